"""Probabilities fitted on a labelled folder of pictures."""

from pathlib import Path

from surveil_reid.core import Calibration
from surveil_reid.embedding import Embedder
from surveil_reid.evaluation.extraction import embed_images
from surveil_reid.evaluation.folder import read_folder
from surveil_reid.identity import best_hits, fit_calibration


def calibrate_on_folder(root: Path, embedder: Embedder) -> Calibration:
    """Fit probabilities on pictures of people whose identity is known.

    Each picture is searched for among all others, once with its person there and once without.

    Args:
        root: `identity/image`, one folder for each person; a camera may stand in a picture's name.
        embedder: that of the store that is to be calibrated.

    Raises:
        InputError: when the folder is not laid out so, or there are too few pictures.
        MediaError: when a picture cannot be read.
    """
    data_set = read_folder(root)
    images = data_set.query + data_set.gallery
    people = [image.identity for image in images]
    hits = best_hits(embed_images(images, embedder), people, [image.camera for image in images])
    return fit_calibration(
        hits, f"folder {root.name}: {len(set(people))} people, {len(images)} pictures"
    )
