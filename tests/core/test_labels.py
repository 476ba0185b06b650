"""Label masks, edits and patches against full copies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.labels import TILE_PX, Box, Edit, LabelMask, Patch, Tile

BOXES = st.tuples(*(st.integers(-40, 300) for _ in range(4))).map(
    lambda v: Box(min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3]))
)


def full(box: Box) -> np.ndarray:
    return np.ones(box.shape, bool)


@given(BOXES, st.integers(1, 280), st.integers(1, 280))
def test_a_clipped_box_holds_exactly_the_pixels_of_both(box: Box, height: int, width: int) -> None:
    clip = box.clipped((height, width))
    inside = {
        (y, x)
        for y in range(max(box.y0, 0), min(box.y1, height))
        for x in range(max(box.x0, 0), min(box.x1, width))
    }
    assert clip.shape[0] * clip.shape[1] == len(inside)
    assert clip.is_empty == (not inside)
    if inside:
        assert (clip.y0, clip.x0) in inside
        assert (clip.y1 - 1, clip.x1 - 1) in inside


@given(st.lists(st.tuples(BOXES, st.sampled_from([0, 7, VOID, UNLABELLED])), max_size=6))
def test_painting_boxes_equals_painting_copies_and_undo_restores_them(
    edits: list[tuple[Box, int]],
) -> None:
    shape = (150, 270)
    mask = LabelMask.empty(shape)
    copies = [(mask.labels.copy(), mask.sources.copy())]
    patches: list[Patch] = []
    for number, (box, value) in enumerate(edits, 1):
        labels, sources = (plane.copy() for plane in copies[-1])
        clip = box.clipped(shape)
        changed = np.zeros(shape, bool)
        changed[clip.slices] = True
        changed &= labels != value
        labels[changed] = value
        sources[changed] = 0 if value == UNLABELLED else number
        patch = mask.paint(full(box), box, value, source=number)
        assert (patch is None) == (not changed.any())
        assert np.array_equal(mask.labels, labels)
        assert np.array_equal(mask.sources, sources)
        if patch is not None:
            patches.append(patch)
            copies.append((labels, sources))
    for patch, (labels, sources) in zip(patches[::-1], copies[-2::-1], strict=True):
        mask.apply(patch.inverse)
        assert np.array_equal(mask.labels, labels)
        assert np.array_equal(mask.sources, sources)


def test_a_stroke_outside_the_frame_changes_nothing() -> None:
    mask = LabelMask.empty((10, 10))
    box = Box(-30, -30, -5, -5)
    assert mask.paint(full(box), box, 3, source=1) is None
    assert mask.counts() == {}


def test_repainting_the_same_value_keeps_the_source() -> None:
    mask = LabelMask.empty((10, 10))
    box = Box(0, 0, 10, 10)
    mask.paint(full(box), box, 3, source=1)
    assert mask.paint(full(box), box, 3, source=2) is None
    assert set(np.unique(mask.sources)) == {1}


def test_erasing_takes_the_source_away_too() -> None:
    mask = LabelMask.empty((10, 10))
    box = Box(2, 2, 8, 8)
    mask.paint(full(box), box, 3, source=1)
    mask.paint(full(box), box, UNLABELLED, source=1)
    assert not mask.sources.any()
    assert mask.counts() == {}


def test_the_planes_cannot_be_written_from_outside() -> None:
    mask = LabelMask.empty((4, 4))
    with pytest.raises(ValueError, match="read-only"):
        mask.labels[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        mask.sources[0, 0] = 1


def test_a_mask_with_a_label_but_no_source_is_refused() -> None:
    labels = np.full((3, 3), UNLABELLED, np.uint8)
    labels[1, 1] = 4
    with pytest.raises(ValueError, match="exactly where"):
        LabelMask(labels, np.zeros((3, 3), np.uint16))


def test_a_patch_for_other_pixels_changes_nothing() -> None:
    mask = LabelMask.empty((200, 200))
    box = Box(0, 0, 200, 200)
    patch = mask.paint(full(box), box, 1, source=1)
    assert patch is not None
    corner = Box(199, 199, 200, 200)
    mask.paint(full(corner), corner, 2, source=1)
    before = mask.labels.copy()
    with pytest.raises(ValueError, match="other pixels"):
        mask.apply(patch.inverse)
    assert np.array_equal(mask.labels, before)


def test_an_edit_keeps_only_the_tiles_it_changed() -> None:
    mask = LabelMask.empty((4 * TILE_PX, 4 * TILE_PX))
    edit = Edit(mask)
    for at in (5, TILE_PX + 5, 5):
        box = Box(at, at, at + 3, at + 3)
        edit.paint(full(box), box, 2, source=1)
    patch = edit.finish()
    assert patch is not None
    assert len(patch.tiles) == 2
    assert edit.finish() is None


def test_a_cancelled_edit_leaves_no_trace_and_says_where_it_was() -> None:
    mask = LabelMask.empty((100, 100))
    edit = Edit(mask)
    box = Box(10, 20, 30, 40)
    edit.paint(full(box), box, 2, source=1)
    where = edit.cancel()
    assert where is not None
    assert where.union(box) == where
    assert mask.counts() == {}
    assert edit.finish() is None


def test_putting_planes_that_contradict_each_other_is_refused() -> None:
    mask = LabelMask.empty((4, 4))
    with pytest.raises(ValueError, match="exactly where"):
        mask.put(np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint16), Box(0, 0, 2, 2))


def test_a_patch_without_tiles_does_not_exist() -> None:
    with pytest.raises(ValueError, match="changes something"):
        Patch(())


def test_a_tile_knows_which_pixels_changed_in_either_plane() -> None:
    same = np.zeros((1, 3), np.uint8)
    sources = np.array([[1, 1, 1]], np.uint16), np.array([[1, 2, 1]], np.uint16)
    tile = Tile(Box(0, 0, 1, 3), same, np.array([[0, 0, 5]], np.uint8), *sources)
    assert tile.changed.tolist() == [[False, True, True]]
    assert tile.inverse.inverse == tile
