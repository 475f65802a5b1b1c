"""The page about a store: whole by itself, true to the store, and safe with any name."""

import io
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import surveil_reid
from helpers.pages import Page, check, decoded, tag, text
from helpers.process_colours import process_colours
from helpers.store_rows import commit, described, new_recording, store_at
from surveil_reid.core import Crop, InputError
from surveil_reid.crops import encode_jpeg
from surveil_reid.report import page as page_module
from surveil_reid.report.cuts import identity_colour
from surveil_reid.store import IdentityGroup, Store

MOST_BYTES = 15_000_000
DATED = 1.8e9


def crop(seed: int, *, time: float = 1000.0, size: tuple[int, int] = (48, 24)) -> Crop:
    """A real picture of noise."""
    random = np.random.default_rng(seed)
    image = random.integers(0, 255, (*size, 3), np.uint8)
    box = np.array([0, 0, size[1], size[0]], np.float32)
    return Crop(frame=seed + 1, time=time, box=box, quality=0.5, jpeg=encode_jpeg(image))


def written(store: Store, folder: Path, **options: object) -> Page:
    """The page about a store, parsed and found sound; without clips where none are asked for."""
    wanted = surveil_reid.ReportOptions(**{"clips": 0, **options})
    report = surveil_reid.write_report(store, folder, wanted)
    assert report.path == folder / "index.html"
    page = Page(report.path)
    check(page)
    assert report.path.stat().st_size < MOST_BYTES
    return page


def card_words(page: Page) -> dict[int, str]:
    """What the card of each identity says."""
    cards = [e for e in page.all("article") if e.attrib.get("class") == "card"]
    return {int(c.attrib["id"].removeprefix("identity-")): text(c) for c in cards}


def test_everybody_is_on_the_page_with_a_picture_of_each_camera(
    site_store: Store, tmp_path: Path
) -> None:
    page = written(site_store, tmp_path / "out")
    cards = card_words(page)
    identities = site_store.identities()
    assert list(cards) == [i.id for i in sorted(identities, key=lambda i: i.first)]
    for identity in identities:
        said = cards[identity.id]
        assert "not reviewed" in said
        assert {camera for camera in ("gate", "yard") if camera in said} == set(identity.cameras)
        shown = [e.attrib["alt"] for e in page.all("img")]
        for camera in identity.cameras:
            assert f"#{identity.id} in {camera}" in shown
    assert "08:00:01 to 08:00:06" in cards[min(cards)]
    words = page.words()
    assert "Nobody has measured" not in words
    assert "plain colours" in words  # what the error rates were measured on
    assert page.cells("What each camera saw")[0][:4] == ["gate", "1", "200", "3"]


def test_the_timeline_has_a_bar_for_each_tracklet(site_store: Store, tmp_path: Path) -> None:
    page = written(site_store, tmp_path / "out")
    bars = [e for e in page.all("rect") if e.attrib["class"].startswith("bar")]
    tracklets = site_store.tracklets()
    assert len(bars) == len(tracklets)
    owner = site_store.memberships()
    said = [text(bar) for bar in bars]
    for tracklet in tracklets:
        mine = [s for s in said if s.startswith(f"#{owner[tracklet.id]}, {tracklet.camera}, ")]
        assert len(mine) == 1


def test_ways_are_counted_and_drawn(site_store: Store, tmp_path: Path) -> None:
    page = written(site_store, tmp_path / "out", positions={"gate": (0, 0), "yard": (30, 10)})
    ((origin, to, count, seconds),) = page.cells("Ways")
    assert (origin, to, count) == ("gate", "yard", "2")
    # Blue leaves at 19 s and appears at 21 s, red leaves at 7 s and appears at 26 s.
    assert seconds == "10 s" or 9 <= float(seconds.removesuffix(" s")) <= 12
    assert "where the site file says" in page.words()
    names = [text(e) for e in page.all("text") if e.attrib.get("class") == "name"]
    assert names == ["gate", "yard"]
    circles = {text(e): (float(e.attrib["cx"]), float(e.attrib["cy"])) for e in page.all("circle")}
    assert circles["yard"][0] > circles["gate"][0]
    assert circles["yard"][1] < circles["gate"][1]  # up on the plan is up on the page
    assert "on a circle" in written(site_store, tmp_path / "out").words()


def test_clips_show_everybody_with_the_colour_of_their_identity(
    site_store: Store, tmp_path: Path
) -> None:
    page = written(site_store, tmp_path / "out", clips=2)
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / "index.html"]
    videos = page.all("video")
    assert len(videos) == 2
    owner = site_store.memberships()
    for camera, video in zip(("gate", "yard"), videos, strict=True):
        assert camera in video.attrib["aria-label"]
        with av.open(io.BytesIO(decoded(video.attrib["src"]))) as container:
            assert container.streams.video[0].codec_context.name == "h264"
            frames = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
        assert 60 <= len(frames) <= 95
        seen = [owner[t.id] for t in site_store.tracklets(cameras=[camera])]
        there = [who for who in seen if _has_colour(frames, identity_colour(who))]
        assert len(there) >= 2


def _has_colour(frames: list[np.ndarray], colour: tuple[int, int, int]) -> bool:
    """Whether many pixels of a frame are nearly of a colour."""
    near = [np.abs(f.astype(int) - colour).sum(axis=2) < 90 for f in frames[:: len(frames) // 8]]
    return max(int(mask.sum()) for mask in near) > 40


def test_large_clips_lie_beside_the_page(
    site_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "INLINE", 100)
    page = written(site_store, tmp_path / "out", clips=6)
    assert [video.attrib["src"] for video in page.all("video")] == [
        "clips/scene_01_gate.mp4",
        "clips/scene_02_yard.mp4",
    ]
    page = written(site_store, tmp_path / "out", clips=1)
    assert [p.name for p in (tmp_path / "out/clips").iterdir()] == ["scene_01_gate.mp4"]
    assert "1 of 2 cameras have a clip" in page.words()
    assert written(site_store, tmp_path / "out", clips=0).all("video") == []
    assert not (tmp_path / "out/clips").exists()


def test_recordings_that_are_gone_are_named(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording("lost"))
        (tracklet,) = store.commit_segment(commit(recording, 0, described(crop(0))))
        store.set_identities([IdentityGroup(None, (tracklet,), (1.0,))])
        page = written(store, tmp_path / "out", clips=1)
    assert page.all("video") == []
    assert "camera gate: its recordings are no longer where they were" in page.words()


def test_an_empty_store_has_a_page(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        page = written(store, tmp_path / "out")
    words = page.words()
    assert "Nobody has been seen yet" in words
    assert "The store holds no camera" in words
    assert page.all("img", "video", "svg") == []


def test_who_was_seen_and_not_linked_is_not_nobody(site_store: Store, tmp_path: Path) -> None:
    site_store.set_identities([])
    words = written(site_store, tmp_path / "out").words()
    assert "People have been seen, but nobody has been linked" in words
    assert "Nobody has been seen yet" not in words


def test_one_camera_that_saw_nobody_has_a_page(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        store.add_recording(new_recording())
        page = written(store, tmp_path / "out", clips=1)
    assert "Nobody was seen by two cameras" in page.words()
    assert [text(e) for e in page.all("circle")] == ["gate"]


def test_thousands_are_capped_and_the_page_says_so(tmp_path: Path) -> None:
    count = 900
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        picture = crop(0, size=(400, 200))
        found = [
            described(picture, times=(1000.0 + 7 * n, 1003.0 + 7 * n), seed=n) for n in range(count)
        ]
        ids = store.commit_segment(commit(recording, 0, *found))
        groups = [IdentityGroup(None, (n,), (1.0,)) for n in ids[:-40]]
        store.set_identities([*groups, IdentityGroup(None, ids[-40:], (0.7,) * 40)])
        page = written(store, tmp_path / "out")
        cards = card_words(page)
        assert len(cards) == 100
        assert max(cards) == count - 39  # the one of many tracklets is among them
        assert f"{count - 39 - 100:,} identities are left out" in page.words()
        few = written(store, tmp_path / "few", most=7)
        assert len(card_words(few)) == 7
        many = written(store, tmp_path / "many", most=700)
        assert len(card_words(many)) == 700
        left_out = re.search(r"([\d,]+) pictures are left out", many.words())
        assert left_out
        missing = int(left_out[1].replace(",", ""))
        assert missing > 0
        # One of each, and a second one of whom several tracklets show.
        assert len(many.all("img")) + missing == 701


NASTY = (
    "<script>alert(1)</script>", '" onload="x', "'", "&amp;", "</title><b>", "</style>", "]]>",
    "{{ 7*7 }}", "{% raw %}", "<!--", "javascript:alert(1)", "a\u202eb", "../../etc", "日本 🎥",
)  # fmt: skip
NAMES = st.sampled_from(NASTY) | st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=40
).filter(str.strip)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=st.lists(NAMES, min_size=2, max_size=9, unique_by=lambda n: " ".join(n.split())))
def test_names_stay_words(names: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("names")
    with store_at(folder) as store:
        ids: list[int] = []
        for number, name in enumerate(names):
            recording = store.add_recording(new_recording(name, camera=name))
            times = (DATED + 10 * number, DATED + 5 + 10 * number)
            ids += store.commit_segment(commit(recording, 0, described(crop(0), times=times)))
        store.set_identities([IdentityGroup(None, tuple(ids), (0.8,) * len(ids))])
        page = written(store, folder / "out", title=names[0])
    expected = sorted(" ".join(name.split()) for name in names)
    assert sorted(row[0] for row in page.cells("What each camera saw")) == expected
    assert text(page.all("h1")[0]) == text(page.all("title")[0]) == " ".join(names[0].split())
    ways = [(row[0], row[1]) for row in page.cells("Ways")]
    plain = [" ".join(name.split()) for name in names]
    assert sorted(ways) == sorted(pairwise(plain))
    known = {"html", "head", "body", "meta", "title", "style", "header", "main", "footer", "nav"}
    assert {tag(e) for e in page.root} == {"head", "body"} < known


def test_times_that_nobody_knows_are_named_and_compared_with_none(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        ids: list[int] = []
        for number, (camera, start) in enumerate(
            [("gate", 1.8e9), ("yard", 1.8e9 + 60), ("shed", 0.0)]
        ):
            new = replace(new_recording(camera, camera=camera, start=start), start_known=start > 0)
            times = (start + 5, start + 9)
            seen = described(crop(number, time=start + 6), times=times)
            ids += store.commit_segment(commit(store.add_recording(new), 0, seen))
        store.set_identities([IdentityGroup(None, tuple(ids), (0.8,) * len(ids))])
        page = written(store, tmp_path / "some")
        assert "2027-01-15, 08:00:05 to 08:01:09 UTC. Nothing dates some recordings of shed" in (
            page.words()
        )
        assert "between cameras. Told apart by" in page.words()
        assert [row[:2] for row in page.cells("Ways")] == [["gate", "yard"]]
        bars = [text(e) for e in page.all("rect") if e.attrib["class"].startswith("bar")]
        assert len(bars) == 2
        assert not any("shed" in bar for bar in bars)
        assert "day 1 00:00:05" in card_words(page)[1]
        store.remove_camera("gate")
        store.remove_camera("yard")
        alone = written(store, tmp_path / "alone")
    assert "1970" not in alone.words()
    assert len([e for e in alone.all("rect") if e.attrib["class"].startswith("bar")]) == 1


def test_what_reviewers_decided_is_marked(site_store: Store, tmp_path: Path) -> None:
    both, *_ = (i for i in site_store.identities() if len(i.tracklet_ids) == 2)
    surveil_reid.confirm_tracklets(site_store, both.id, both.tracklet_ids[:1])
    one = card_words(written(site_store, tmp_path / "out"))[both.id]
    assert "1 of 2 tracklets reviewed" in one
    surveil_reid.confirm_tracklets(site_store, both.id, both.tracklet_ids[1:])
    all_ = card_words(written(site_store, tmp_path / "out"))
    assert "not reviewed" not in all_[both.id]
    assert sum("not reviewed" in said for said in all_.values()) == len(all_) - 1


def test_that_people_were_looked_at_is_logged(
    site_store: Store, site_folder: Path, tmp_path: Path
) -> None:
    written(site_store, tmp_path / "out", most=2)
    (event,) = site_store.events(1)
    assert event.kind == "report"
    shown = card_words(Page(tmp_path / "out/index.html"))
    assert sorted(event.detail["identities"]) == sorted(shown)
    url = f"sqlite:///{site_folder / 'site.db'}"
    with surveil_reid.open_store(url, read_only=True) as store:
        before = store.events(5)
        written(store, tmp_path / "again")
        assert store.events(5) == before


def test_pictures_that_are_gone_leave_a_gap(site_store: Store, tmp_path: Path) -> None:
    for path in (site_store.folder / "crops").rglob("*.jpg"):
        path.unlink()
    page = written(site_store, tmp_path / "out")
    assert page.all("img") == []
    assert "pictures are missing" in page.words()


def test_a_search_and_scores_are_shown(site_store: Store, tmp_path: Path) -> None:
    red = min(site_store.tracklets(), key=lambda t: t.start)
    descriptor = surveil_reid.describe_tracklet(site_store, red.id)
    result = surveil_reid.search(site_store, descriptor, leave_out=[red.id])
    found = surveil_reid.FoundPerson(
        query=surveil_reid.pictures_of(site_store, [red.id]), words="Red & <co>", result=result
    )
    truth = surveil_reid.write_box_tracks(
        site_store, site_store.recordings(), tmp_path / "tracks", identities=True
    )
    tracks = surveil_reid.read_cameras(tmp_path / "tracks")
    scores = surveil_reid.score_cameras(tracks, tracks)
    report = surveil_reid.write_report(site_store, tmp_path / "out", found=found, scores=scores)
    page = Page(report.path)
    check(page)
    words = page.words()
    assert "Red & <co>" in words
    badges = [text(e) for e in page.all("span") if "badge" in e.attrib.get("class", "")]
    matches = [hit.match for hit in result.hits]
    assert badges[: len(matches)] == ["match" if m else "no match" for m in matches]
    assert [row[0] for row in page.cells("Each camera by itself")] == [p.stem for p in truth]
    assert all(row[5] == "1.000" for row in page.cells("Each camera by itself"))


def test_a_page_that_fails_leaves_the_earlier_one_whole(
    site_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "INLINE", 100)
    out = tmp_path / "out"
    written(site_store, out, clips=2)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert len(before) == 3

    def fail(**_: object) -> bytes:
        raise InputError("no page")

    monkeypatch.setattr(page_module, "render_page", fail)
    with pytest.raises(InputError, match="no page"):
        written(site_store, out, clips=1)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in out.iterdir()) == ["clips", "index.html"]


def test_an_earlier_page_is_replaced_and_a_folder_that_cannot_be_is_named(
    site_store: Store, tmp_path: Path
) -> None:
    out = tmp_path / "a" / "out"
    written(site_store, out, title="first")
    assert out.stat().st_mode & 0o077 == 0
    page = written(site_store, out, title="second")
    assert text(page.all("h1")[0]) == "second"
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="file"):
        surveil_reid.write_report(site_store, tmp_path / "file")
    with pytest.raises(InputError, match="-1"):
        surveil_reid.ReportOptions(most=-1)


def test_somebody_without_a_crop_has_a_card_without_a_picture(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        (tracklet,) = store.commit_segment(commit(recording, 0, described()))
        store.set_identities([IdentityGroup(None, (tracklet,), (1.0,))])
        page = written(store, tmp_path / "out")
    assert page.all("img") == []
    assert "1 tracklet" in card_words(page)[1]


def test_a_store_without_identities_has_a_page(site_folder: Path, tmp_path: Path) -> None:
    with surveil_reid.open_store(f"sqlite:///{tmp_path / 'x.db'}") as store:
        process_colours(store, [f"gate={site_folder / 'gate.mp4'}@2026-03-01T08:00:00Z"])
        store.set_identities([])
        page = written(store, tmp_path / "out", clips=1)
    assert "There is no identity" in page.words()
    assert page.all("video") == []


def contrast(first: str, second: str) -> float:
    """WCAG's contrast ratio of two #rrggbb colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot((0.2126, 0.7152, 0.0722), linear))

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_can_be_read_in_light_and_dark() -> None:
    style = (Path(page_module.__file__).parent / "templates/page.css").read_text()
    for block in re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)[:2]:
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for words, ground in (
            *(("text", g) for g in ("page", "card", "lane")),
            *(("soft", g) for g in ("page", "card", "lane", "quiet-back")),
            *(("accent", g) for g in ("page", "card", "lane")),
            ("good", "good-back"),
            ("warn", "warn-back"),
        ):
            assert contrast(colours[words], colours[ground]) >= 4.5, (words, ground)
        for number in range(8):
            assert contrast(colours[f"c{number}"], colours["lane"]) >= 3
            assert contrast(colours[f"c{number}"], colours["card"]) >= 3
