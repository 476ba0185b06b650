"""Palettes that are shipped, and colours for more classes than they have."""

from __future__ import annotations

import pytest

from s4gui.core.colours import hard_pairs
from s4gui.store.palettes import Palette, all_palettes

BY_NAME = {each.name: each for each in all_palettes()}


def test_the_palette_of_okabe_and_ito_is_as_published() -> None:
    assert BY_NAME["okabe-ito"].colours == (
        (230, 159, 0),
        (86, 180, 233),
        (0, 158, 115),
        (240, 228, 66),
        (0, 114, 178),
        (213, 94, 0),
        (204, 121, 167),
    )


def test_every_palette_says_whose_it_is() -> None:
    assert len(BY_NAME) >= 5
    for each in BY_NAME.values():
        assert each.title
        assert each.source


@pytest.mark.parametrize("name", sorted(set(BY_NAME) - {"ibm"}))
def test_colours_of_a_palette_can_be_told_apart_whoever_looks(name: str) -> None:
    assert hard_pairs(BY_NAME[name].colours) == []


def test_blue_and_violet_of_ibm_are_close_to_a_deuteranope() -> None:
    assert [row[:2] for row in hard_pairs(BY_NAME["ibm"].colours)] == [(0, 1)]


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_any_number_of_classes_gets_different_colours_the_palettes_own_first(name: str) -> None:
    palette = BY_NAME[name]
    for count in (0, 1, len(palette.colours), 40, 254):
        given = palette.give(count)
        assert len(set(given)) == len(given) == count
        assert all(0 <= part <= 255 for rgb in given for part in rgb)
    assert palette.give(250)[: len(palette.colours)] == palette.colours
    assert palette.give(40) == palette.give(250)[:40]


def test_a_palette_has_each_colour_once() -> None:
    with pytest.raises(ValueError, match="each once"):
        Palette("x", "X", "nobody", ((1, 1, 1), (1, 1, 1)))
    with pytest.raises(ValueError, match="has colours"):
        Palette("x", "X", "nobody", ())
