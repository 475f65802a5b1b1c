"""Bodies from anny, kept as one file each, so that the renderer needs neither anny nor torch.

anny (Apache-2.0) carries MakeHuman's mesh, targets and skin weights (CC0-1.0). The mesh has, beside
the skin, "helper" sheets of tights, skirt and hair that follow every body's shape; the clothes are
cut from them. Its `smplx` topology has other terms and is not used.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BONES = (
    *("root", "upperleg01.L", "lowerleg01.L", "foot.L", "upperleg01.R", "lowerleg01.R", "foot.R"),
    *("spine05", "spine03", "spine01"),
    *("clavicle.L", "upperarm01.L", "lowerarm01.L", "wrist.L"),
    *("clavicle.R", "upperarm01.R", "lowerarm01.R", "wrist.R"),
    *("neck01", "head"),
)
"""The bones that move; every other bone follows its nearest ancestor among them."""

SKIN, TIGHTS, SKIRT, HAIR, EYES = range(5)
"""Sheets of the mesh."""

_ARRAYS = ("quads", "sheets", "weights", "parents")  # of a topology
_SHEETS = {
    "body": SKIN,
    "helper-tights": TIGHTS,
    "helper-skirt": SKIRT,
    "helper-hair": HAIR,
    "helper-l-eye": EYES,
    "helper-r-eye": EYES,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How a body is built; all but the stature in 0..1.

    Attributes:
        stature: height in metres.
        gender: 0 male, 1 female.
        age: 0.67 is a young adult, 1 is old.
        muscle: 0.5 is the mean.
        weight: 0.5 is the mean.
        proportions: 0.5 is the mean.
        african: share of that face and build; with the next two it sums to 1.
        asian: likewise.
        caucasian: likewise.
    """

    stature: float
    gender: float
    age: float
    muscle: float
    weight: float
    proportions: float
    african: float
    asian: float
    caucasian: float


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """What all bodies share.

    Attributes:
        quads: int64 `(q, 4)`, vertices of each face; a triangle repeats its last.
        sheets: int64 `(q,)`, the sheet of each face.
        weights: float64 `(v, b)`, how far each vertex follows each of `BONES`; rows sum to 1.
        parents: int64 `(b,)`, -1 for the root.
    """

    quads: Integers
    sheets: Integers
    weights: Floats
    parents: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A body at rest: feet on z = 0, looking to -y, arms held away; its left is +x.

    Attributes:
        topology: shared by all bodies.
        vertices: float64 `(v, 3)` in metres.
        joints: float64 `(b, 3)`, where each of `BONES` begins.
    """

    topology: Topology
    vertices: Floats
    joints: Floats


def build_bodies(shapes: Iterable[Shape], folder: Path) -> None:
    """Write `topology.npz` and a file for each shape; those that exist are kept.

    Raises:
        ImportError: when anny is not installed.
    """
    missing = [shape for shape in shapes if not _file(shape, folder).exists()]
    if not missing and (folder / "topology.npz").exists():
        return
    import anny  # noqa: PLC0415 - large, and only needed where bodies are missing

    folder.mkdir(parents=True, exist_ok=True)
    model = anny.Anny(
        topology="makehuman-full",
        rig="makehuman",
        phenotypes="all",
        phenotype_blendshapes="original",
    )
    topology = _topology(model, Path(anny.__file__).parent / "data/mpfb2/3dobjs/base.obj")
    _save(folder / "topology.npz", {n: getattr(topology, n) for n in _ARRAYS})
    labels = list(model.bone_labels)
    bones = [labels.index(bone) for bone in BONES]
    skin = np.unique(topology.quads[topology.sheets == SKIN])
    for shape in missing:
        made = model(phenotype_kwargs=_phenotypes(shape))
        vertices = made["rest_vertices"][0].numpy().astype(np.float64)
        joints = made["rest_bone_heads"][0].numpy().astype(np.float64)[bones]
        ground, top = vertices[skin, 2].min(), vertices[skin, 2].max()
        scale, shift = shape.stature / (top - ground), np.array([0.0, 0.0, ground])
        arrays = {"vertices": (vertices - shift) * scale, "joints": (joints - shift) * scale}
        _save(_file(shape, folder), {k: v.astype(np.float32) for k, v in arrays.items()})


def load_bodies(shapes: Iterable[Shape], folder: Path) -> dict[Shape, Body]:
    """Read what `build_bodies` wrote.

    Raises:
        FileNotFoundError: when a body has not been built.
    """
    with np.load(folder / "topology.npz") as arrays:
        topology = Topology(**{name: arrays[name] for name in arrays.files})
    bodies = {}
    for shape in shapes:
        with np.load(_file(shape, folder)) as arrays:
            vertices, joints = (arrays[k].astype(np.float64) for k in ("vertices", "joints"))
        bodies[shape] = Body(topology, vertices, joints)
    return bodies


def _file(shape: Shape, folder: Path) -> Path:
    """A shape's own file: other seeds and casts share a folder without harm."""
    return folder / f"{hashlib.sha256(repr(shape).encode()).hexdigest()[:16]}.npz"


def _phenotypes(shape: Shape) -> dict[str, float]:
    names = [n for n in Shape.__dataclass_fields__ if n != "stature"]
    return {"height": 0.5, "cupsize": 0.5, "firmness": 0.6} | {n: getattr(shape, n) for n in names}


def _topology(model: Any, mesh: Path) -> Topology:  # noqa: ANN401 - anny has no type hints
    quads, sheets = _read_faces(mesh)
    labels, parents = list(model.bone_labels), [int(p) for p in model.bone_parents]
    owners = [_owner(bone, labels, parents) for bone in range(len(labels))]
    above = [parents[labels.index(bone)] for bone in BONES]
    bones = np.array(owners)[model.vertex_bone_indices.numpy()]
    shares = model.vertex_bone_weights.numpy().astype(np.float64)
    weights = np.zeros((len(bones), len(BONES)))
    for column in range(bones.shape[1]):
        np.add.at(weights, (np.arange(len(bones)), bones[:, column]), shares[:, column])
    return Topology(
        quads, sheets, weights, np.array([owners[p] if p >= 0 else -1 for p in above], np.int64)
    )


def _owner(bone: int, labels: list[str], parents: list[int]) -> int:
    """The nearest ancestor that moves, as a position in `BONES`."""
    while labels[bone] not in BONES:
        bone = parents[bone]
    return BONES.index(labels[bone])


def _read_faces(path: Path) -> tuple[Integers, Integers]:
    """Faces of the sheets that we use, and the sheet of each."""
    quads, sheets, sheet = [], [], None
    for line in path.read_text(encoding="utf-8").splitlines():
        key, _, rest = line.partition(" ")
        if key == "g":
            sheet = _SHEETS.get(rest.strip())
        elif key == "f" and sheet is not None:
            corners = [int(corner.split("/")[0]) - 1 for corner in rest.split()]
            quads.append((corners + corners[-1:])[:4])
            sheets.append(sheet)
    return np.array(quads, np.int64), np.array(sheets, np.int64)


def _save(path: Path, arrays: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(file, **arrays)
    part.replace(path)
