"""New descriptors for a whole store, from the crops that it kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveil_reid.core import Floats, InputError, WeightsError
from surveil_reid.crops import decode_jpeg
from surveil_reid.embedding import Embedder
from surveil_reid.pipeline.linking import link_new
from surveil_reid.pipeline.progress import Progress, Quiet
from surveil_reid.store import Store


@dataclass(frozen=True, slots=True)
class ReembedReport:
    """What re-embedding gave: the new model's name, and how much was made anew."""

    model: str
    tracklets: int
    crops: int


def reembed(store: Store, embedder: Embedder, *, progress: Progress | None = None) -> ReembedReport:
    """Replace all descriptors by those of another embedder, then link anew.

    Nothing changes in the store until all is computed: a run that is killed leaves the old ones.

    Args:
        store: whose crops to embed.
        embedder: the model of all descriptors from now on.
        progress: told of each batch of crops.
    """
    watcher = progress or Quiet()
    total = sum(camera.crops for camera in store.counts().cameras)
    done = 0

    def compute(jpegs: Sequence[bytes]) -> Floats:
        nonlocal done
        embeddings = embedder.embed([decode_jpeg(jpeg) for jpeg in jpegs])
        done += len(jpegs)
        watcher.advance(len(jpegs))
        return embeddings

    watcher.begin("embedding crops", total)
    try:
        tracklets = store.reembed(embedder.info, compute)
    finally:
        watcher.end()
    try:
        link_new(store)
    except (InputError, WeightsError) as error:
        watcher.warn(f"not linked into identities: {error}")
    return ReembedReport(model=embedder.info.name, tracklets=tracklets, crops=done)
