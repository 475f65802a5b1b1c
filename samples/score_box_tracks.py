"""Score box tracks against the truth: MOTA, IDF1 and HOTA of one camera.

    python samples/score_box_tracks.py gt.txt tracks/gate.txt

`process --tracks DIR` writes such tracks, with the list of analysed frames beside them.
"""

import argparse
from pathlib import Path

import surveil_reid


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("truth", type=Path)
    parser.add_argument("tracks", type=Path)
    given = parser.parse_args()

    scores = surveil_reid.score_tracks(
        surveil_reid.read_mot(given.truth, truth=True), surveil_reid.read_mot(given.tracks)
    )
    print(f"MOTA {scores.mota:.3f}  IDF1 {scores.idf1:.3f}  HOTA {scores.hota:.3f}")


if __name__ == "__main__":
    main()
