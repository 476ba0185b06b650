from __future__ import annotations

import numpy as np
import pytest

from s4gui.core import growing
from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.growing import grown


def scene():
    """A bright box 20 to 60, 30 to 80 on a dark ground."""
    pixels = np.full((90, 120, 3), 60, np.uint8)
    pixels[20:60, 30:80] = 160
    inside = np.zeros((90, 120), bool)
    inside[20:60, 30:80] = True
    return pixels, inside


def strokes(**at):
    labels = np.full((90, 120), UNLABELLED, np.uint8)
    for value, (y0, x0, y1, x1) in at.items():
        labels[y0:y1, x0:x1] = int(value[1:])
    return labels


def test_a_stroke_grows_to_the_edge_around_it_and_no_farther():
    pixels, inside = scene()
    labels = strokes(v3=(38, 40, 41, 70))
    got = grown(pixels, labels, labels != UNLABELLED, 40)
    both = (got == 3) | (labels == 3)
    assert (both != inside).sum() <= 2 * (40 + 50)  # one pixel each side of the edge
    assert set(np.unique(got)) == {3, UNLABELLED}


def test_strokes_of_two_classes_meet_on_the_edge_between_them():
    pixels, inside = scene()
    labels = strokes(v3=(38, 40, 41, 70), v7=(70, 10, 73, 110))
    got = grown(pixels, labels, labels != UNLABELLED, 200)
    both = np.where(labels == UNLABELLED, got, labels)
    assert (both != UNLABELLED).all()  # nothing is out of reach
    assert ((both == 3) != inside).sum() <= 180


@pytest.mark.parametrize("reach_px", [0, 3, 9.5])
def test_nothing_grows_farther_from_its_strokes_than_the_reach(reach_px):
    rng = np.random.default_rng(4)
    pixels = rng.integers(0, 256, (60, 70, 3)).astype(np.uint8)
    labels = np.full((60, 70), UNLABELLED, np.uint8)
    for value in (0, 5, VOID):
        labels[rng.integers(60, size=3), rng.integers(70, size=3)] = value
    got = grown(pixels, labels, labels != UNLABELLED, reach_px)
    ys, xs = np.mgrid[:60, :70]
    for value in (0, 5, VOID):
        places = np.argwhere(labels == value)
        away = np.min([(ys - y) ** 2 + (xs - x) ** 2 for y, x in places], axis=0)
        assert (away[got == value] <= reach_px**2).all()
    assert (got[labels != UNLABELLED] == UNLABELLED).all()
    assert (got != UNLABELLED).any() == (reach_px > 0)


def test_what_has_grown_stays_and_grows_no_more_by_itself():
    pixels, _ = scene()
    labels = strokes(v3=(38, 40, 41, 70))
    is_stroke = labels != UNLABELLED
    first = grown(pixels, labels, is_stroke, 15)
    after = np.where(first == UNLABELLED, labels, first)
    assert (grown(pixels, after, is_stroke, 15) == UNLABELLED).all()
    assert (grown(pixels, after, is_stroke, 40) == 3).any()


def test_without_a_stroke_nothing_grows():
    pixels, _ = scene()
    labels = strokes(v3=(38, 40, 41, 70))
    assert (grown(pixels, labels, np.zeros_like(labels, bool), 40) == UNLABELLED).all()


def test_a_large_image_is_grown_on_a_smaller_copy_and_thin_strokes_count(monkeypatch):
    monkeypatch.setattr(growing, "MAX_PX", 90 * 120 // 4)
    pixels, inside = scene()
    labels = strokes(v3=(39, 41, 40, 71))  # one pixel thick
    got = grown(pixels[:89, :119], labels[:89, :119], labels[:89, :119] != UNLABELLED, 40)
    both = (got == 3) | (labels[:89, :119] == 3)
    assert (both != inside[:89, :119]).sum() <= 2 * 2 * (40 + 50)
    assert both[39, 60]
    assert got[39, 50] == UNLABELLED
