"""The search index of a store: derived from its descriptors, and made anew whenever it is stale."""

from surveil_reid.core import ModelInfo, StoreError
from surveil_reid.matching import DescriptorIndex
from surveil_reid.store import Store


def open_index(store: Store) -> DescriptorIndex:
    """The store's index; rebuilt when it is missing, stale, damaged or of another model.

    Raises:
        StoreError: when the store holds no descriptors at all.
    """
    index = _saved_index(store)
    if index is None:
        model = current_model(store)
        revision = store.revision()  # before the rows: what is added meanwhile makes it stale
        ids, vectors = store.descriptors(doubtful=True)
        index = DescriptorIndex.build(ids, vectors, model_sha256=model.sha256, revision=revision)
        if not store.read_only:
            index.save(store.index_path)
    return index


def index_state(store: Store) -> str:
    """Whether the index file can be used: "none", "ready" or "stale" (rebuilt when needed)."""
    if store.model() is None or not store.index_path.exists():
        return "none"
    return "stale" if _saved_index(store) is None else "ready"


def _saved_index(store: Store) -> DescriptorIndex | None:
    model = current_model(store)
    return DescriptorIndex.open(
        store.index_path, model_sha256=model.sha256, revision=store.revision(), dim=model.dim
    )


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
