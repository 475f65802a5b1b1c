"""Process the recordings of two cameras into tracklets and identities.

    python samples/process_footage.py --store sqlite:///site.db \
        gate=gate.mp4@2026-03-01T08:00:00Z yard=yard.mp4

Processing the same recordings again changes nothing, and an interrupted run goes on where it stood.
"""

import argparse
import sys

import surveil_reid


def main() -> None:
    """Process, then say who was seen in more than one camera."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--detector", help="the one that ships by default")
    parser.add_argument("--embedder", help="the one that ships by default")
    parser.add_argument("--store", default="sqlite:///surveil.db")
    parser.add_argument("cameras", nargs="+", metavar="NAME=PATH[@TIME]")
    given = parser.parse_args()

    site = surveil_reid.site_of(surveil_reid.parse_camera(text) for text in given.cameras)
    with surveil_reid.open_store(given.store) as store:
        report = surveil_reid.process(
            site,
            store,
            detector=surveil_reid.load_detector(given.detector),
            embedder=surveil_reid.load_embedder(given.embedder),
        )
        for recording in report.recordings:
            print(f"{recording.camera}: {recording.tracklets} tracklets in {recording.path}")
        for failure in report.failed:
            print(f"{failure.camera}: {failure.error}")
        for identity in store.identities():
            if len(identity.cameras) > 1:
                print(f"identity {identity.id} was seen by {', '.join(identity.cameras)}")
    if report.failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
