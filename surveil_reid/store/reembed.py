"""Changes the whole store over to another embedder, from the crops' pictures."""

import tempfile
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from typing import IO, Final

import numpy as np
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from surveil_reid.core import ArrayError, Floats, ModelInfo, StoreError, describe
from surveil_reid.store.chunks import chunks
from surveil_reid.store.codec import decode_vector, encode_vector
from surveil_reid.store.crop_files import CropFolder
from surveil_reid.store.engine import Database
from surveil_reid.store.failures import file_failures
from surveil_reid.store.journal import log, raise_revision
from surveil_reid.store.models import save_model
from surveil_reid.store.schema import CropRow, IdentityRow, MembershipRow, ModelRow, TrackletRow

Compute = Callable[[Sequence[bytes]], Floats]
_BATCH: Final = 64


class _Spool:
    """Embeddings by crop file, on disk until the transaction: a store's may not fit in memory."""

    def __init__(self, file: IO[bytes], folder: CropFolder, dim: int) -> None:
        self._file = file
        self._folder = folder
        self._dim = dim
        self._places: dict[str, int] = {}

    def missing(self, files: Collection[str]) -> list[str]:
        return [file for file in files if file not in self._places]

    def add(self, files: Sequence[str], embeddings: Floats) -> None:
        if embeddings.shape != (len(files), self._dim):
            msg = f"{len(files)} crops gave embeddings of shape {embeddings.shape}, dim {self._dim}"
            raise ArrayError(msg)
        with file_failures(self._folder.folder):
            for file, embedding in zip(files, embeddings, strict=True):
                self._places[file] = self._file.tell()
                self._file.write(encode_vector(embedding))
            self._file.flush()

    def vector(self, file: str) -> bytes:
        with file_failures(self._folder.folder):
            end = self._file.seek(0, 2)
            self._file.seek(self._places[file])
            blob = self._file.read(4 * self._dim)
            self._file.seek(end)
        return blob


def reembed(database: Database, folder: CropFolder, model: ModelInfo, compute: Compute) -> int:
    """Compute every crop's embedding anew, then change all rows in one transaction.

    A process killed on the way leaves the old embeddings. Crops that another process stores
    meanwhile are computed too, those that it removes are left out. Identities are dropped: they
    were drawn from the old descriptors.

    Args:
        database: the store's.
        folder: of its crops.
        model: the new embedder.
        compute: from JPEGs to float32 `(n, dim)`, L2-normalised.

    Returns:
        How many tracklets have a new descriptor.

    Raises:
        ArrayError: when `compute` returns another shape.
        StoreError: when a crop is missing or the store cannot be written.
    """
    database.require_writable()
    with ExitStack() as stack:
        with file_failures(folder.folder):
            file = stack.enter_context(tempfile.TemporaryFile(dir=folder.folder.parent))
        spool = _Spool(file, folder, model.dim)
        while True:
            with database.reading() as session:
                files = _crop_files(session)
            for some in _batches(spool.missing(files)):
                if pictures := _pictures(database, folder, some):
                    spool.add(tuple(pictures), compute(list(pictures.values())))
            with database.writing() as session:
                if not spool.missing(_crop_files(session)):
                    return _change_over(session, spool, model)


def _crop_files(session: Session) -> Sequence[str]:
    return session.scalars(select(CropRow.file).distinct().order_by(CropRow.file)).all()


def _pictures(database: Database, folder: CropFolder, files: Sequence[str]) -> dict[str, bytes]:
    """JPEGs by name, without those that no row names any more: their files go after the rows."""
    found: dict[str, bytes] = {}
    for file in files:
        try:
            found[file] = folder.read(file)
        except StoreError:
            with database.reading() as session:
                if session.scalars(select(CropRow.id).where(CropRow.file == file)).first():
                    raise
    return found


def _batches(files: Sequence[str]) -> list[Sequence[str]]:
    return [files[start : start + _BATCH] for start in range(0, len(files), _BATCH)]


def _change_over(session: Session, spool: _Spool, model: ModelInfo) -> int:
    session.execute(delete(MembershipRow))
    session.execute(delete(IdentityRow))
    session.execute(update(TrackletRow).values(descriptor=None, model_id=None))
    model_id = save_model(session, model)
    session.execute(delete(ModelRow).where(ModelRow.id != model_id))
    tracklets = session.scalars(select(CropRow.tracklet_id).distinct()).all()
    for some in chunks(tracklets):
        _describe_anew(session, spool, model_id, some)
    raise_revision(session)
    log(session, "reembed", {"model": model.name, "tracklets": len(tracklets)})
    return len(tracklets)


def _describe_anew(
    session: Session, spool: _Spool, model_id: int, tracklets: Sequence[int]
) -> None:
    columns = (CropRow.id, CropRow.tracklet_id, CropRow.file, CropRow.quality)
    query = select(*columns).where(CropRow.tracklet_id.in_(tracklets))
    found: dict[int, list[tuple[bytes, float]]] = {number: [] for number in tracklets}
    crops = []
    for number, tracklet, file, quality in session.execute(
        query.order_by(CropRow.time, CropRow.id)
    ):
        vector = spool.vector(file)
        crops.append({"id": number, "embedding": vector})
        found[tracklet].append((vector, quality))
    session.execute(update(CropRow), crops)
    described = [
        {"id": number, "descriptor": _descriptor(known), "model_id": model_id}
        for number, known in found.items()
    ]
    session.execute(update(TrackletRow), described)


def _descriptor(known: Sequence[tuple[bytes, float]]) -> bytes:
    embeddings = np.stack([decode_vector(vector) for vector, _ in known])
    qualities = np.array([quality for _, quality in known], np.float32)
    return encode_vector(describe(embeddings, qualities))
