"""Tags of an image class by class, and what an export says of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from s4gui.core.labels import Box
from s4gui.core.tags import ImageTags
from s4gui.store.project import Project
from s4gui.workbench import exporting
from s4gui.workbench.painting import Tool
from s4gui.workbench.tagging import Presence
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

A, B = "images/a.png", "images/b.png"


def painted(folder: Path) -> Workbench:
    bench = places.opened(places.make(folder, {"a.png": (20, 20), "b.png": (20, 20)}))
    inside = np.ones((5, 5), bool)
    bench.paint_region(A, inside, Box(0, 0, 5, 5), 1, tool=Tool.BRUSH)
    return bench


def test_paint_is_presence_that_nobody_has_to_say(tmp_path: Path) -> None:
    bench = painted(tmp_path)
    assert bench.presence(A)[1] is Presence.PAINTED
    assert not bench.say_next(A, 1)
    assert not bench.say(A, 1, Presence.ABSENT)
    assert bench.project.tags == {}
    bench.undo(A)
    assert bench.presence(A)[1] is Presence.UNKNOWN
    with pytest.raises(ValueError, match="seen"):
        bench.say(A, 2, Presence.PAINTED)
    bench.close()


def test_a_class_goes_from_unknown_to_present_to_absent_and_back(tmp_path: Path) -> None:
    bench = painted(tmp_path)
    seen = []
    for _ in range(3):
        assert bench.say_next(A, 3).frames
        seen.append(bench.presence(A)[3])
    assert seen == [Presence.PRESENT, Presence.ABSENT, Presence.UNKNOWN]
    assert bench.project.tags == {}
    bench.close()


def test_all_others_are_absent_and_it_is_there_after_a_restart(tmp_path: Path) -> None:
    bench = painted(tmp_path)
    bench.say(A, 4, Presence.PRESENT)
    bench.say_others_absent(A)
    expected = ImageTags(frozenset({4}), frozenset({0, 2, 3, 5}))
    assert bench.project.tags == {A: expected}
    assert not bench.say_others_absent(A), "nothing is left to say"
    folder = bench.project.folder
    bench.close()
    again = Workbench(Project.open(folder))
    assert again.project.tags == {A: expected}
    again.close()


def test_the_export_has_the_tags_beside_the_masks(tmp_path: Path) -> None:
    bench = painted(tmp_path)
    bench.say(A, 4, Presence.PRESENT)
    bench.say(A, 0, Presence.ABSENT)
    bench.say(B, 2, Presence.PRESENT)
    bench.project.settle()
    bench.project.set_tags({A: bench.project.tags[A].but(present=[4], absent=[0, 1])})
    out = tmp_path / "out"

    def export(tags: dict[str, ImageTags] | None) -> None:
        exporting.export_masks(
            bench.frames,
            lambda frame: bench.mask(frame.id).labels if frame.id == A else None,
            out,
            class_map=bench.class_map,
            form=exporting.Form.INDEXED,
            tags=tags,
        )

    export(None)
    assert not (out / "tags.json").exists()
    export(bench.project.tags)
    said = json.loads((out / "tags.json").read_text(encoding="utf-8"))
    assert said == {
        "a": {"painted": ["class 1"], "present": ["class 4"], "absent": ["class 0"]},
        "b": {"painted": [], "present": ["class 2"], "absent": []},
    }
    bench.close()
