"""Find a person over all cameras of a store, by crops that show nobody else.

    python samples/search_person.py person.jpg

In a whole frame `surveil-reid search frame.jpg` finds the people first. The answer may be "no
match": nobody in the store is alike enough at the false-alarm rate asked for.
"""

import argparse
from pathlib import Path

import surveil_reid


def main() -> None:
    """Print the answer, then the hits, best first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--embedder", help="the one that ships by default")
    parser.add_argument("--store", default="sqlite:///surveil.db")
    parser.add_argument("--false-alarm", type=float, default=0.01)
    parser.add_argument("pictures", nargs="+", type=Path, help="crops of one person")
    given = parser.parse_args()

    embedder = surveil_reid.load_embedder(given.embedder)
    pictures = [surveil_reid.read_picture(path) for path in given.pictures]
    with surveil_reid.open_store(given.store, create=False) as store:
        store.check_model(embedder.info)
        result = surveil_reid.search(
            store,
            surveil_reid.describe_pictures(pictures, embedder),
            surveil_reid.SearchOptions(false_alarm=given.false_alarm),
        )
    print("match" if result.match else "no match")
    for hit in result.hits:
        print(f"{hit.score:.3f} {'match' if hit.match else '-':6} {hit.camera} {hit.crop}")


if __name__ == "__main__":
    main()
