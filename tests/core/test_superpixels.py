from __future__ import annotations

import numpy as np
import pytest

from s4gui.core import superpixels
from s4gui.core.superpixels import SIZES_PX, Cells, parted


def image(seed, height, width):
    """Rectangles of random colours with a little noise."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros((height, width, 3), int)
    for _ in range(12):
        y, x = rng.integers(height), rng.integers(width)
        pixels[y : y + 60, x : x + 60] = rng.integers(0, 256, 3)
    return np.clip(pixels + rng.integers(-2, 3, pixels.shape), 0, 255).astype(np.uint8)


def is_connected(inside):
    found = np.zeros_like(inside)
    todo = [tuple(np.argwhere(inside)[0])]
    while todo:
        y, x = todo.pop()
        if 0 <= y < inside.shape[0] and 0 <= x < inside.shape[1]:
            if found[y, x] or not inside[y, x]:
                continue
            found[y, x] = True
            todo += [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
    return bool((found == inside).all())


@pytest.mark.parametrize("size_px", SIZES_PX)
@pytest.mark.parametrize(
    ("shape", "max_px", "scale"),
    [((120, 161), 10_000, 2), ((33, 20), 10_000, 2), ((1, 1), 1, 2), ((121, 163), 2000, 4)],
)
def test_cells_part_the_frame_into_connected_areas(shape, max_px, scale, size_px, monkeypatch):
    monkeypatch.setattr(superpixels, "MAX_PX", max_px)
    assert parted(image(1, *shape), size_px).scale == scale
    cells = parted(image(1, *shape), size_px)
    covered = np.zeros(shape, int)
    for number in range(1, len(cells.starts) - 1):
        inside, box = cells.area(number, shape)
        assert inside.shape == box.shape
        assert is_connected(inside)
        covered[box.slices] += inside
        y, x = (int(each) for each in np.argwhere(inside)[0])
        assert cells.at(box.y0 + y, box.x0 + x) == number
    assert (covered == 1).all()


def test_a_cell_ends_at_an_edge_of_the_image_and_is_compact_where_there_is_none():
    pixels = np.full((96, 96, 3), 90, np.uint8)
    pixels[:, 54:] = 140
    cells = parted(pixels, 24)
    left = np.unique(cells.numbers[:, :27])
    assert not np.isin(left, cells.numbers[:, 27:]).any()
    flat = parted(np.full((96, 96, 3), 90, np.uint8), 24)
    for number in range(1, len(flat.starts) - 1):
        _, box = flat.area(number, (96, 96))
        assert max(box.shape) <= 24 + 2 * flat.scale


def test_every_pixel_must_be_in_a_cell():
    with pytest.raises(ValueError, match="numbered from 1"):
        Cells.of(np.zeros((2, 2), np.int32), 2)
