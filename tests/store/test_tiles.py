"""Tiles as bytes."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4gui.core.labels import Box, LabelMask, Patch
from s4gui.store import tiles


def made(seed: int) -> tuple[LabelMask, LabelMask, Patch]:
    """A mask, the same before the edit, and the edit."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 4, (200, 300)).astype(np.uint8)
    labels[labels == 3] = 255
    sources = np.where(labels == 255, 0, random.integers(1, 60_000, labels.shape))
    mask = LabelMask(labels, sources.astype(np.uint16))
    before = LabelMask(mask.labels, mask.sources)
    y, x = random.integers(0, 150, 2)
    box = Box(int(y), int(x), int(y) + 60, int(x) + 140)
    patch = mask.paint(random.random(box.shape) < 0.1, box, 2, source=40_000)
    assert patch is not None
    return mask, before, patch


@pytest.mark.parametrize("seed", range(10))
def test_tiles_come_back_and_do_the_same(seed: int) -> None:
    mask, before, patch = made(seed)
    back = tiles.decode(tiles.encode(patch))
    before.apply(back)
    assert np.array_equal(before.labels, mask.labels)
    assert np.array_equal(before.sources, mask.sources)


def test_only_the_changed_part_of_a_tile_is_kept() -> None:
    mask = LabelMask.empty((256, 256))
    box = Box(130, 140, 133, 150)
    patch = mask.paint(np.ones(box.shape, bool), box, 1, source=1)
    assert patch is not None
    assert tiles.decode(tiles.encode(patch)).tiles[0].box == box


@given(st.data())
def test_damaged_tiles_are_refused_or_at_least_no_crash(data: st.DataObject) -> None:
    whole = bytearray(tiles.encode(made(3)[2]))
    if data.draw(st.booleans()):
        del whole[data.draw(st.integers(0, len(whole) - 1)) :]
        with pytest.raises(ValueError, match="tiles"):
            tiles.decode(bytes(whole))
        return
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(ValueError):  # anything else fails the test
        assert isinstance(tiles.decode(bytes(whole)), Patch)
