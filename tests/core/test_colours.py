"""Differences of colours against the published answers and another library."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import color

from s4gui.core.colours import HARD_BELOW, Vision, difference, hard_pairs, lab, seen_as

PUBLISHED = [
    # Sharma, Wu and Dalal 2005, table 1: pairs of CIELAB colours and their CIEDE2000.
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, 2.8361, -74.0200), (50, 0, -82.7485), 3.4412),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.4900, -0.0010), (50, -2.4900, 0.0009), 7.1792),
    ((50, 2.4900, -0.0010), (50, -2.4900, 0.0011), 7.2195),
    ((50, -0.0010, 2.4900), (50, 0.0009, -2.4900), 4.8045),
    ((50, -0.0010, 2.4900), (50, 0.0011, -2.4900), 4.7461),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("first", "second", "answer"), PUBLISHED)
def test_differences_are_those_published_whichever_colour_comes_first(first, second, answer):
    a, b = np.array(first, float), np.array(second, float)
    assert difference(a, b) == pytest.approx(answer, abs=5e-5)
    assert difference(b, a) == pytest.approx(answer, abs=5e-5)


def test_differences_are_those_of_another_library():
    rgb = np.random.default_rng(1).integers(0, 256, (4000, 2, 3), np.uint8)
    rgb[:400, 1] = rgb[:400, 0]
    rgb[400:800] = rgb[400:800, :, :1]  # greys
    found = lab(rgb)
    np.testing.assert_allclose(found, color.rgb2lab(rgb), atol=0.01)
    want = color.deltaE_ciede2000(found[:, 0], found[:, 1])
    np.testing.assert_allclose(difference(found[:, 0], found[:, 1]), want, atol=1e-9)
    assert (difference(found[:400, 0], found[:400, 1]) == 0).all()


def test_white_black_and_pure_red_have_their_known_lab():
    known = lab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]], np.uint8))
    want = [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20]]
    np.testing.assert_allclose(known, want, atol=0.02)


def test_who_lacks_a_cone_sees_greys_as_they_are_and_reds_and_greens_alike():
    greys = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)
    red, green = np.array([200, 60, 0], np.uint8), np.array([110, 110, 0], np.uint8)
    plain = float(difference(lab(red), lab(green)))
    for vision in Vision:
        assert np.abs(seen_as(greys, vision).astype(int) - greys).max() <= 1
    for vision in (Vision.DEUTERANOPIA, Vision.PROTANOPIA):
        seen = float(difference(lab(seen_as(red, vision)), lab(seen_as(green, vision))))
        assert seen < plain / 2
    np.testing.assert_array_equal(seen_as(red, Vision.NORMAL), red)


def test_pure_red_is_dark_to_a_protanope_and_not_to_a_deuteranope():
    red = np.array([255, 0, 0], np.uint8)
    protan, deutan = (lab(seen_as(red, v))[0] for v in (Vision.PROTANOPIA, Vision.DEUTERANOPIA))
    assert protan < deutan
    # The matrices' first columns, through the curve of sRGB.
    np.testing.assert_array_equal(seen_as(red, Vision.PROTANOPIA), [109, 95, 0])
    np.testing.assert_array_equal(seen_as(red, Vision.DEUTERANOPIA), [163, 144, 0])


def test_hard_pairs_are_found_with_the_eye_that_finds_them_hard_the_worst_first():
    colours = ((0, 0, 0), (255, 255, 255), (3, 3, 3), (200, 60, 0), (110, 110, 0))
    found = hard_pairs(colours)
    assert found[0][:2] == (0, 2)
    assert [row[3] for row in found] == sorted(row[3] for row in found)
    assert all(row[3] < HARD_BELOW for row in found)
    every = hard_pairs(colours, below=1e9)
    assert len(every) == 10
    for first, second, vision, far in every:
        pair = np.array([colours[first], colours[second]], np.uint8)
        apart = {}
        for each in Vision:
            a, b = lab(seen_as(pair, each))
            apart[each] = float(difference(a, b))
        assert far == pytest.approx(min(apart.values()))
        assert apart[vision] == pytest.approx(far)
    assert hard_pairs(()) == []
    assert hard_pairs(((1, 2, 3),)) == []
