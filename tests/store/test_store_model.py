"""Any sequence of commits, merges and removals against plain dicts that do the same."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from helpers.store_rows import (
    DIM,
    assert_sound,
    commit,
    crop,
    new_recording,
    store_at,
    track,
    unit,
    units,
)
from surveil_reid.store import IdentityGroup, TrackletUpdate

CAMERAS = ("gate", "yard")
LENGTH = 100.0


class StoreMachine(RuleBasedStateMachine):
    """The store on one side; on the other, per tracklet, its times and crops by recording."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.store = store_at(self.path)
        self.recordings: dict[int, dict[str, Any]] = {}
        self.tracklets: dict[int, dict[str, Any]] = {}
        self.made = 0
        self.time = 0.0

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    @rule(camera=st.sampled_from(CAMERAS))
    def begin(self, camera: str) -> None:
        self.made += 1
        self.time = max(self.time, LENGTH * self.made)
        new = new_recording(f"{self.made}", camera=camera, start=LENGTH * self.made)
        added = self.store.add_recording(new)
        assert added.id not in self.recordings
        self.recordings[added.id] = {"camera": camera, "path": str(new.path), "progress": 0}

    @precondition(lambda self: self.recordings)
    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        """Grow, merge or begin a tracklet of the camera's newest recording."""
        camera = data.draw(st.sampled_from(sorted({r["camera"] for r in self.recordings.values()})))
        number = max(n for n, r in self.recordings.items() if r["camera"] == camera)
        mine = sorted(n for n, t in self.tracklets.items() if t["camera"] == camera)
        chosen = data.draw(st.lists(st.sampled_from(mine), unique=True, max_size=3) if mine else
                           st.just([]))  # fmt: skip
        self.time += 1.0
        track_id = chosen[0] if chosen else None
        pool = {key: rec for n in chosen for key, rec in self.tracklets[n]["crops"].items()}
        kept = data.draw(st.lists(st.sampled_from(sorted(pool)), unique=True)) if pool else []
        fresh = [
            (seed, self.time)
            for seed in data.draw(st.lists(st.integers(0, 5), max_size=2, unique=True))
        ]
        listed = [*kept, *(key for key in fresh if key not in kept)]
        change = TrackletUpdate(
            id=track_id,
            track=track(self.time),
            crops=tuple(crop(seed, time=time) for seed, time in listed),
            embeddings=units(*(seed for seed, _ in listed))
            if listed
            else np.zeros((0, DIM), np.float32),
            descriptor=unit(1) if listed else None,
            absorbs=tuple(chosen[1:]),
        )
        progress = self.recordings[number]["progress"]
        (given,) = self.store.commit_segment(commit(number, progress, change))
        self.recordings[number]["progress"] += 1
        assert track_id in {None, given}
        olds = [self.tracklets.pop(n) for n in chosen]
        assert given not in self.tracklets
        self.tracklets[given] = {
            "camera": camera,
            "times": {t: rec for old in olds for t, rec in old["times"].items()}
            | {self.time: number},
            "crops": {key: pool.get(key, number) for key in listed},
        }

    @precondition(lambda self: self.tracklets)
    @rule(data=st.data())
    def link(self, data: st.DataObject) -> None:
        found = data.draw(
            st.lists(st.sampled_from(sorted(self.tracklets)), unique=True, min_size=1)
        )
        self.store.set_identities([IdentityGroup(None, tuple(found), (1.0,) * len(found))])

    @precondition(lambda self: self.recordings)
    @rule(data=st.data())
    def remove_recording(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.recordings)))
        gone = {
            n
            for n, t in self.tracklets.items()
            if number in {*t["times"].values(), *t["crops"].values()}
        }
        for one in gone:
            held = self.tracklets[one]
            held["times"] = {t: rec for t, rec in held["times"].items() if rec != number}
            held["crops"] = {key: rec for key, rec in held["crops"].items() if rec != number}
            if not held["times"] or not held["crops"]:
                del self.tracklets[one]
        self.store.remove_recording(self.recordings.pop(number)["path"])

    @precondition(lambda self: self.recordings)
    @rule(data=st.data())
    def remove_camera(self, data: st.DataObject) -> None:
        camera = data.draw(st.sampled_from(self.store.cameras()))
        self.store.remove_camera(camera)
        self.recordings = {n: r for n, r in self.recordings.items() if r["camera"] != camera}
        self.tracklets = {n: t for n, t in self.tracklets.items() if t["camera"] != camera}

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "store"):
            return
        assert {r.id: r.progress for r in self.store.recordings()} == {
            n: r["progress"] for n, r in self.recordings.items()
        }
        states = {
            s.id: s
            for name in self.store.cameras()
            for s in self.store.tracklet_states(camera=name)
        }
        assert states.keys() == self.tracklets.keys()
        for number, wanted in self.tracklets.items():
            state = states[number]
            times = sorted(wanted["times"])
            assert self.store.box_track(number).times.tolist() == times
            assert (state.start, state.end) == (times[0], times[-1])
            assert state.recording_id == wanted["times"][times[0]]
            assert {(c.frame, c.time): c.recording_id for c in state.crops} == wanted["crops"]
            assert (state.descriptor is not None) == bool(wanted["crops"])
        assert self.store.memberships().keys() <= self.tracklets.keys()
        assert_sound(self.store, self.path)


StoreMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
TestStoreMachine = StoreMachine.TestCase
