"""Which embedder made the descriptors; those of two are never mixed."""

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveil_reid.core import (
    Calibration,
    ModelInfo,
    ModelMismatchError,
    OperatingPoint,
    StoreError,
)
from surveil_reid.store.schema import ModelRow, TrackletRow


def current_model(session: Session) -> ModelInfo | None:
    """The embedder of the descriptors in the store; None while there are none."""
    row = _current_row(session)
    return None if row is None else model_info(row)


def _current_row(session: Session) -> ModelRow | None:
    used = select(TrackletRow.id).where(TrackletRow.model_id == ModelRow.id).exists()
    return session.scalars(select(ModelRow).where(used)).first()


def require_model(session: Session, info: ModelInfo) -> None:
    """Raise ModelMismatchError when the descriptors in the store were made by another model.

    The same weights fed otherwise are another model.
    """
    held = current_model(session)
    if held is None:
        return
    changed = _fed_otherwise(held, info)
    if held.sha256 == info.sha256 and changed:
        msg = (
            f"the store's descriptors were made by {held.name} with other preprocessing "
            f"({', '.join(changed)}); correct its description, or change the whole store over with "
            f"`surveil-reid reembed --embedder {info.name}`"
        )
        raise ModelMismatchError(msg)
    if held.sha256 != info.sha256:
        msg = (
            f"the store's descriptors were made by {held.name} ({held.sha256[:12]}), not by "
            f"{info.name} ({info.sha256[:12]}); use that, or change the whole store over with "
            f"`surveil-reid reembed --embedder {info.name}`"
        )
        raise ModelMismatchError(msg)


def save_model(session: Session, info: ModelInfo) -> int:
    """The id of the model's row, which is written, or refreshed where `info` says more.

    A calibration that the row has stays: it may be the one fitted to the store's own cameras.
    """
    values: dict[str, Any] = {
        "name": info.name,
        "dim": info.dim,
        "preprocessing": info.preprocessing,
        "linking": [asdict(point) for point in info.linking],
        "linking_similarity": info.linking_similarity,
        "calibration": _plain(info.calibration),
        "source": info.source,
    }
    row = session.scalars(select(ModelRow).where(ModelRow.sha256 == info.sha256)).first()
    if row is None:
        session.execute(insert(ModelRow), [{"sha256": info.sha256, **values}])
        return session.scalars(select(ModelRow.id).where(ModelRow.sha256 == info.sha256)).one()
    if row.calibration is not None:
        del values["calibration"]
    # A copy of the model that says less takes nothing away.
    values = {name: value for name, value in values.items() if value not in (None, [], "")}
    if any(getattr(row, name) != value for name, value in values.items()):
        session.execute(update(ModelRow).where(ModelRow.id == row.id).values(**values))
    return row.id


def save_calibration(session: Session, calibration: Calibration) -> None:
    """Give the model of the descriptors in the store other probabilities.

    Raises:
        StoreError: when the store holds no descriptors.
    """
    held = _current_row(session)
    if held is None:
        msg = "the store holds no descriptors to calibrate; process recordings first"
        raise StoreError(msg)
    held.calibration = _plain(calibration)


def _fed_otherwise(held: ModelInfo, info: ModelInfo) -> list[str]:
    # A store of an earlier version may say less.
    shared = held.preprocessing.keys() & info.preprocessing.keys()
    return sorted(key for key in shared if held.preprocessing[key] != info.preprocessing[key])


def _plain(calibration: Calibration | None) -> dict[str, Any] | None:
    """As it comes back from the database, so that the two can be compared."""
    return None if calibration is None else json.loads(json.dumps(calibration.as_dict()))


def model_info(row: ModelRow) -> ModelInfo:
    """The row as a value."""
    return ModelInfo(
        name=row.name,
        sha256=row.sha256,
        dim=row.dim,
        preprocessing=row.preprocessing,
        linking=tuple(OperatingPoint(**point) for point in row.linking),
        linking_similarity=row.linking_similarity,
        calibration=None if row.calibration is None else Calibration.from_dict(row.calibration),
        source=row.source,
    )
