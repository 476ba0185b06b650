"""Camera masks: which frames they are for, what they hide, and how they travel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from s4gui.core.camera import CameraMask, CameraMasks, HiddenPlane, covered
from s4gui.core.classes import VOID
from s4gui.core.frames import Frame

SHAPE = (5, 7)


def plane(*places: tuple[int, int], shape: tuple[int, int] = SHAPE) -> HiddenPlane:
    hidden = np.zeros(shape, bool)
    for y, x in places:
        hidden[y, x] = True
    return HiddenPlane.of(hidden)


def frame(path: str, shape: tuple[int, int] = SHAPE) -> Frame:
    return Frame("images", path, *shape)


@given(arrays.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 11))))
def test_a_plane_survives_packing_and_its_line_of_text(hidden: np.ndarray) -> None:
    if not hidden.any():
        with pytest.raises(ValueError, match="at least one"):
            HiddenPlane.of(hidden)
        return
    made = HiddenPlane.of(hidden)
    again = HiddenPlane.from_text(made.text)
    assert again == made
    assert np.array_equal(again.array, hidden)
    assert again.pixels == hidden.sum()


@pytest.mark.parametrize("text", ["", "5x7", "5x7:AAAA", "x:eJw=", "5x7:!!", "nonsense"])
def test_a_damaged_text_is_no_plane(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        HiddenPlane.from_text(text)


def test_a_mask_is_for_frames_of_its_prefix_and_size() -> None:
    mask = CameraMask("images/left/", plane((0, 0)))
    masks = CameraMasks((mask,))
    assert masks.mask_of(frame("left/a.png")) == mask
    assert masks.of(frame("right/a.png")) is None
    assert masks.of(frame("left/a.png", (7, 5))) is None
    frames = [frame("left/a.png"), frame("left/b.png", (7, 5)), frame("leftover.png")]
    assert covered(frames, "images/left/", SHAPE) == 1
    assert covered(frames, "images/left", SHAPE) == 2


def test_the_longest_prefix_wins_in_any_order() -> None:
    wide, near = CameraMask("images/", plane((0, 0))), CameraMask("images/a/", plane((1, 1)))
    for both in ((wide, near), (near, wide)):
        masks = CameraMasks(both)
        assert masks.mask_of(frame("a/x.png")) == near
        assert masks.mask_of(frame("b/x.png")) == wide


def test_a_new_mask_takes_the_place_of_the_one_for_the_same_frames() -> None:
    old, new = CameraMask("images/", plane((0, 0))), CameraMask("images/", plane((1, 1)))
    other = CameraMask("images/", plane((1, 1), shape=(7, 5)))
    masks = CameraMasks((old, other)).put(new)
    assert set(masks.masks) == {new, other}
    assert masks.without(new).masks == (other,)
    with pytest.raises(ValueError, match="same frames"):
        CameraMasks((old, new))


def test_hidden_pixels_are_void_and_the_others_stay() -> None:
    classes = np.arange(35, dtype=np.uint8).reshape(SHAPE)
    masks = CameraMasks((CameraMask("images/a", plane((2, 3), (4, 6))),))
    found = masks.over(frame("a.png"), classes)
    assert found[2, 3] == found[4, 6] == VOID
    assert (found != classes).sum() == 2
    assert classes[2, 3] == 17
    assert masks.over(frame("b.png"), classes) is classes


def test_at_another_size_the_same_part_is_hidden() -> None:
    hidden = np.zeros((8, 12), bool)
    hidden[6:] = True
    small = HiddenPlane.of(hidden).at((4, 6))
    assert small[3].all()
    assert not small[:3].any()
    assert np.array_equal(HiddenPlane.of(hidden).at((8, 12)), hidden)
