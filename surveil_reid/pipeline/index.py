"""The search index of a store: derived from its descriptors, and brought up to date on opening."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from surveil_reid.core import SIGHT, ModelInfo, StoreError
from surveil_reid.matching import DescriptorIndex, IndexSource
from surveil_reid.store import Store

BLOCK = 16_384
"""Descriptors that are read from the store at once."""


def open_index(store: Store) -> DescriptorIndex:
    """The store's index, with all that has changed since it was saved.

    It is built anew when it is missing, damaged or of another model.

    Raises:
        StoreError: when the store holds no descriptors at all.
    """
    index = _saved_index(store)
    if index is None:
        index = DescriptorIndex.build(
            np.zeros(0, np.int64),
            np.zeros((0, current_model(store).dim), np.float32),
            np.zeros(0, SIGHT),
            source=_source(store),
            revision=-1,
            fetch=store.chosen_descriptors,
        )
    if index.revision != store.revision():
        _catch_up(index, store)
        if not store.read_only:
            index.save(store.index_path)
    return index


@contextmanager
def index_kept(store: Store) -> Iterator[None]:
    """Around a removal, which deletes the index: saves it again, without who has gone.

    Making a large one anew from the store would take the next search much longer.
    """
    index = None if store.model() is None else _saved_index(store)
    yield
    if index is not None and store.model() is not None:
        _catch_up(index, store)
        index.save(store.index_path)


def _catch_up(index: DescriptorIndex, store: Store) -> None:
    revision = store.revision()  # before the rows: what is added meanwhile makes it stale
    changed = store.changed_tracklets(index.revision)
    index.remove(changed)
    for start in range(0, len(changed), BLOCK):
        index.add(*store.search_rows(changed[start : start + BLOCK]))
    index.revision = revision


def index_state(store: Store) -> str:
    """Whether the index file can be used: "none", "ready" or "stale" (it then catches up)."""
    if store.model() is None or not store.index_path.exists():
        return "none"
    index = _saved_index(store)
    return "ready" if index is not None and index.revision == store.revision() else "stale"


def _saved_index(store: Store) -> DescriptorIndex | None:
    """The index as it was saved, unless it is of a later revision than the store is."""
    index = DescriptorIndex.open(
        store.index_path,
        source=_source(store),
        dim=current_model(store).dim,
        fetch=store.chosen_descriptors,
    )
    return None if index is None or index.revision > store.revision() else index


def _source(store: Store) -> IndexSource:
    return IndexSource(model_sha256=current_model(store).sha256, store=store.key())


def current_model(store: Store) -> ModelInfo:
    """The model of the store's descriptors.

    Raises:
        StoreError: when the store holds none.
    """
    model = store.model()
    if model is None:
        msg = f"{store.url}: nothing to search yet; run `surveil-reid process` first"
        raise StoreError(msg)
    return model
