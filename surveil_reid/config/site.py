"""Site files: which cameras there are, where their recordings lie and when they were made.

A site can also be put together from `NAME=PATH[@ISO-TIME]` options. Both end as the same `Site`.
"""

import difflib
import glob
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, field_validator

from surveil_reid.core import InputError, SiteError, StoreError
from surveil_reid.identity import TravelTime
from surveil_reid.store import url_from

Polygon = tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingSource:
    """Recordings as asked for: a file, a folder or a glob, with the first one's start if known.

    Attributes:
        path: file, folder or glob.
        start: UTC seconds since 1970, or None to read it from the files.
        continues: whether the first one follows the entry before end to end, whatever the files
            say of themselves; so it is where one start stands for several entries.
    """

    path: str
    start: float | None = None
    continues: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraSource:
    """A camera of the site.

    Attributes:
        name: unique in the site.
        recordings: what to process.
        clock_offset: seconds added to every start time, for a clock that goes wrong.
        ignore: polygons in pixels; a person whose foot point lies in one is ignored.
        moving: whether the camera itself moves; the motion gate is off then.
        position: where it hangs on a plan of the site, x to the right and y up, in any unit; None
            if nobody says.
    """

    name: str
    recordings: tuple[RecordingSource, ...]
    clock_offset: float = 0.0
    ignore: tuple[Polygon, ...] = ()
    moving: bool = False
    position: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """All cameras, the store they go to (None: the command's default), and ways between them."""

    cameras: tuple[CameraSource, ...]
    store: str | None = None
    travel: tuple[TravelTime, ...] = ()

    @property
    def positions(self) -> dict[str, tuple[float, float]]:
        """Where the cameras hang that have a position."""
        return {c.name: c.position for c in self.cameras if c.position is not None}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Camera(_Strict):
    name: str = Field(min_length=1)
    recordings: list[str] = Field(min_length=1)
    start: datetime | None = None
    clock_offset: float = Field(default=0.0, allow_inf_nan=False)
    ignore: list[list[tuple[float, float]]] = []
    moving: bool = False
    position: tuple[FiniteFloat, FiniteFloat] | None = None

    @field_validator("start", mode="before")
    @classmethod
    def _no_number(cls, start: object) -> object:
        """YAML reads 20260301_080000 and 18:00:00 as whole numbers, which are no seconds here."""
        if isinstance(start, int | float):
            msg = f"{start} is a number to YAML, no time; write 2026-03-01T08:00:00+07:00"
            raise ValueError(msg)  # noqa: TRY004  pydantic passes on nothing else
        try:
            return datetime.fromisoformat(start) if isinstance(start, str) else start
        except ValueError:
            msg = f"{start!r} is no time; write 2026-03-01T08:00:00+07:00"
            raise ValueError(msg) from None

    @field_validator("ignore")
    @classmethod
    def _at_least_triangles(cls, polygons: list[Any]) -> list[Any]:
        if any(len(polygon) < 3 for polygon in polygons):
            msg = "a polygon needs three points or more"
            raise ValueError(msg)
        return polygons


class _Travel(_Strict):
    origin: str = Field(alias="from")
    to: str
    minimum: float = Field(ge=0)
    usual: float | None = Field(default=None, ge=0)


class _SiteFile(_Strict):
    store: str | None = None
    cameras: list[_Camera] = Field(min_length=1)
    travel: list[_Travel] = []


class _Loader(yaml.SafeLoader):
    """Says where a value stands that looks like a time or a number and is none."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            if not isinstance(node, yaml.ScalarNode):
                raise
            msg = f"line {node.start_mark.line + 1}: {node.value} is not possible: {error}"
            raise ValueError(msg) from error


def load_site(path: Path) -> Site:
    """Read a site file; paths in it, also that of an SQLite store, are relative to its folder.

    Raises:
        SiteError: when the file is missing, is no YAML, or has a wrong key or value; the message
            names the key and the nearest right one.
    """
    try:
        content = _Loader(path.read_text(encoding="utf-8")).get_single_data()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: the site file cannot be read ({_reason(error)})"
        raise SiteError(msg) from error
    except yaml.YAMLError as error:
        line = " ".join(str(error).split())
        msg = f"{path}: not a YAML file: {line}"
        raise SiteError(msg) from error
    except ValueError as error:
        msg = f"{path}: {error}"
        raise SiteError(msg) from error
    try:
        parsed = _SiteFile.model_validate(content)
    except ValidationError as error:
        msg = f"{path}: {_first_problem(error)}"
        raise SiteError(msg) from error
    cameras = tuple(_camera(camera, path.parent) for camera in parsed.cameras)
    site = Site(cameras=cameras, store=_store(parsed.store, path))
    _check_names(site, parsed.travel, path)
    return replace(site, travel=tuple(_travel(entry, path) for entry in parsed.travel))


def parse_camera(text: str) -> CameraSource:
    """Read one `NAME=PATH[@ISO-TIME]` option.

    What follows the last `@` is a time only if it reads as one, so that a path may hold an `@`.

    Raises:
        SiteError: when there is no name or no path.
    """
    name, equals, rest = text.partition("=")
    if not (name.strip() and equals and rest.strip()):
        msg = f"--camera {text!r}: write NAME=PATH or NAME=PATH@2026-03-01T08:00:00+07:00"
        raise SiteError(msg)
    path, at, time = rest.rpartition("@")
    try:
        start = _epoch(datetime.fromisoformat(time)) if at else None
    except ValueError:
        start = None
    source = RecordingSource(path=path if start is not None else rest, start=start)
    return CameraSource(name=name.strip(), recordings=(source,))


def site_of(cameras: Iterable[CameraSource], *, store: str | None = None) -> Site:
    """A site of cameras given one by one; the same name again adds recordings to that camera."""
    merged: dict[str, CameraSource] = {}
    for camera in cameras:
        before = merged.get(camera.name)
        recordings = (before.recordings if before else ()) + camera.recordings
        merged[camera.name] = CameraSource(name=camera.name, recordings=recordings)
    return Site(cameras=tuple(merged.values()), store=store)


def _camera(parsed: _Camera, folder: Path) -> CameraSource:
    start = None if parsed.start is None else _epoch(parsed.start)
    first, *others = parsed.recordings
    sources = [RecordingSource(path=_inside(folder, first), start=start)]
    continues = start is not None
    sources += [RecordingSource(path=_inside(folder, o), continues=continues) for o in others]
    return CameraSource(
        name=parsed.name,
        recordings=tuple(sources),
        clock_offset=parsed.clock_offset,
        ignore=tuple(tuple(polygon) for polygon in parsed.ignore),
        moving=parsed.moving,
        position=parsed.position,
    )


def _inside(folder: Path, entry: str) -> str:
    """A path or glob of a site file; signs in the name of the folder itself mean nothing."""
    if re.search("[*?[]", entry) and not (folder / entry).exists():
        return str(Path(glob.escape(str(folder))) / entry)
    return str(folder / entry)


def _store(url: str | None, path: Path) -> str | None:
    try:
        return None if url is None else url_from(url, path.parent)
    except StoreError as error:
        msg = f"{path}: store: {error}"
        raise SiteError(msg) from error


def _travel(parsed: _Travel, path: Path) -> TravelTime:
    try:
        return TravelTime(
            origin=parsed.origin, to=parsed.to, minimum=parsed.minimum, usual=parsed.usual
        )
    except InputError as error:
        msg = f"{path}: {error}"
        raise SiteError(msg) from error


def _check_names(site: Site, travel: Iterable[_Travel], path: Path) -> None:
    names = [camera.name for camera in site.cameras]
    for name in names:
        if names.count(name) > 1:
            msg = f"{path}: two cameras are named {name!r}; give each its own name"
            raise SiteError(msg)
    for name in (end for entry in travel for end in (entry.origin, entry.to)):
        if name not in names:
            msg = f"{path}: travel names a camera {name!r} that the site does not have"
            raise SiteError(msg)


def _epoch(moment: datetime) -> float:
    """UTC seconds since 1970; a time without a zone is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or "not UTF-8 text"


def _first_problem(error: ValidationError) -> str:
    """The first problem in one line; of a wrong key, with the nearest right one."""
    problems = error.errors()
    # A misspelt key is missing too; what was written says more than what was not.
    problem = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    where = ".".join(str(part) for part in problem["loc"]) or "the file"
    if problem["type"] != "extra_forbidden":
        return f"{where}: {re.sub('^Value error, ', '', problem['msg'])}"
    model = next(
        (m for key, m in (("cameras", _Camera), ("travel", _Travel)) if key == problem["loc"][0]),
        _SiteFile,
    )
    key = str(problem["loc"][-1])
    right = [field.alias or name for name, field in model.model_fields.items()]
    near = difflib.get_close_matches(key, right, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(right)}"
    return f"{where}: there is no key {key!r}; {hint}"
