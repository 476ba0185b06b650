"""Class counts: the same as counting everything anew after each change."""

from __future__ import annotations

import random

import pytest

from s4gui.workbench.class_counts import ClassCount, ClassCounts


@pytest.mark.parametrize("seed", range(10))
def test_counts_kept_are_counts_made_anew(seed: int) -> None:
    rng = random.Random(seed)
    frames: dict[str, dict[int, int]] = {}
    kept = ClassCounts()
    for _ in range(200):
        frame = f"f{rng.randrange(6)}"
        frames[frame] = {rng.randrange(5): rng.randrange(4) for _ in range(rng.randrange(4))}
        kept.put(frame, frames[frame])
        for value in range(5):
            px = sum(held.get(value, 0) for held in frames.values())
            total = sum(sum(held.values()) for held in frames.values())
            here, labelled = frames[frame].get(value, 0), sum(frames[frame].values())
            assert kept.of(value, frame) == ClassCount(
                here,
                here / labelled if labelled else None,
                px,
                px / total if total else None,
                sum(1 for held in frames.values() if held.get(value, 0)),
            )
        assert kept.labelled_px == sum(sum(held.values()) for held in frames.values())
        assert kept.values == {v for held in frames.values() for v, px in held.items() if px}
    again = ClassCounts(frames)
    assert all(again.of(v, "f0") == kept.of(v, "f0") for v in range(5))


def test_without_labels_there_is_no_share() -> None:
    assert ClassCounts().of(3, "f") == ClassCount()
    assert ClassCounts({"f": {3: 5}}).of(3, None) == ClassCount(0, None, 5, 1.0, 1)
