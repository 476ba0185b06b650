"""Label planes as PNG files, read back by Pillow alone."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from s4gui.core.errors import LabelFileError
from s4gui.store import masks

PALETTE = np.arange(768, dtype=np.uint32).astype(np.uint8).reshape(256, 3)


@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_both_planes_come_back_pixel_by_pixel(height: int, width: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 256, (height, width)).astype(np.uint8)
    sources = random.integers(0, 65_536, (height, width)).astype(np.uint16)
    with Image.open(io.BytesIO(masks.encode_plain(labels, PALETTE))) as image:
        assert image.mode == "P"
        assert np.array_equal(np.asarray(image), labels)
        assert image.getpalette() == PALETTE.ravel().tolist()
    with Image.open(io.BytesIO(masks.encode_sources(sources))) as image:
        assert np.array_equal(np.asarray(image).astype(np.uint16), sources)


def test_large_planes_are_encoded_in_pieces_of_little_work(tmp_path: Path) -> None:
    labels = np.random.default_rng(0).integers(0, 9, (1500, 2100)).astype(np.uint8)
    pieces = list(masks.plain_stripes(labels, PALETTE))
    assert len(pieces) > 3
    path = tmp_path / "large.png"
    path.write_bytes(b"".join(pieces))
    assert np.array_equal(masks.read_plain(path), labels)
    masks.check_whole(path)


def test_notes_go_along_in_every_script(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    notes = {"seq": "17", "frame": "bilder/straße 道.png"}
    path.write_bytes(masks.encode_plain(np.zeros((3, 3), np.uint8), PALETTE, notes))
    _, found = masks.read_noted(path)
    assert {key: found[key] for key in notes} == notes


def test_a_colour_picture_is_no_label_mask(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (4, 4)).save(path)
    with pytest.raises(LabelFileError, match="RGB"):
        masks.read_plain(path)
    with pytest.raises(LabelFileError, match="RGB"):
        masks.read_sources(path)


@given(st.data())
def test_every_flipped_bit_and_every_cut_is_noticed(data: st.DataObject) -> None:
    labels = np.random.default_rng(1).integers(0, 3, (20, 30)).astype(np.uint8)
    whole = bytearray(masks.encode_plain(labels, PALETTE, {"seq": "3"}))
    if data.draw(st.booleans()):
        del whole[data.draw(st.integers(0, len(whole) - 1)) :]
    else:
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    class OneFile:
        name = "a.png"

        def read_bytes(self) -> bytes:
            return bytes(whole)

    with pytest.raises(LabelFileError):
        masks.check_whole(OneFile())  # type: ignore[arg-type]
