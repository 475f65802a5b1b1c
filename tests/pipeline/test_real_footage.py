"""The whole job on real cameras, with real weights."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import surveil_reid
from surveil_reid.demo import demo

RECORD = Path(__file__).parents[1] / "benchmarks/results/pets09.json"


def test_a_man_in_two_rooms_is_one_identity_and_is_found(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SURVEIL_REID_DATA", str(real_data))
    report = demo(tmp_path / "demo")
    assert [identity.cameras for identity in report.identities] == [("cam1", "cam2")]
    assert report.found.match
    assert report.found.hits[0].camera == "cam2"

    stranger = next((real_data / "prw-samples/query").glob("*.jpg"))
    with surveil_reid.open_store(report.store) as store:
        model = store.model()
        assert model is not None
        embedder = surveil_reid.load_embedder(model.source)
        query = surveil_reid.describe_pictures([surveil_reid.read_picture(stranger)], embedder)
        assert not surveil_reid.search(store, query).match
    again = demo(tmp_path / "demo")  # replaces what it made before
    assert again.identities == report.identities


@pytest.mark.parametrize(
    "row",
    json.loads(RECORD.read_text(encoding="utf-8"))["pets09-s2l1"][:1],
    ids=lambda row: str(row["detector"]),
)
def test_box_tracks_are_as_good_as_recorded(
    real_data: Path, tmp_path: Path, row: dict[str, float | str]
) -> None:
    footage = real_data / "footage/pets09-s2l1"
    settings = replace(surveil_reid.Settings(), video=surveil_reid.VideoOptions(fps=None))
    detector = real_data / "weights/detectors" / str(row["detector"])
    embedder = real_data / "weights/reid-0277" / f"{row['embedder']}.xml"
    with surveil_reid.open_store(f"sqlite:///{tmp_path / 'pets.db'}") as store:
        surveil_reid.process(
            surveil_reid.site_of([surveil_reid.parse_camera(f"pets={footage / 'video.avi'}")]),
            store,
            detector=surveil_reid.load_detector(detector),
            embedder=surveil_reid.load_embedder(embedder),
            settings=settings,
        )
        (tracks,) = surveil_reid.write_box_tracks(store, store.recordings(), tmp_path)
    scores = surveil_reid.score_tracks(
        surveil_reid.read_mot(footage / "gt.txt", truth=True), surveil_reid.read_mot(tracks)
    ).as_dict()
    for name in ("MOTA", "IDF1", "HOTA"):
        assert scores[name] == pytest.approx(row[name], abs=0.01)
