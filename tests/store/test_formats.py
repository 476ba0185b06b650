"""Foreign masks and ready class sets."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from s4gui.core.classes import UNLABELLED, VOID, ClassMap, LabelClass
from s4gui.core.errors import FormatError
from s4gui.store import palettes
from s4gui.store.formats import colour_png, foreign, index_png

CLASSES = ClassMap(tuple(LabelClass(i, f"c{i}", (i, 2 * i, 255 - i)) for i in (0, 3, 9)))


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 10_000))
def test_both_forms_come_back_exactly(height: int, width: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.choice([0, 3, 9, VOID, UNLABELLED], (height, width)).astype(np.uint8)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.png"
        path.write_bytes(index_png.encode(labels, CLASSES))
        assert np.array_equal(index_png.decode(path), labels)
        assert np.array_equal(foreign.read(path), labels)
        assert np.array_equal(colour_png.decode(path, CLASSES), labels), "by its palette"
        path.write_bytes(colour_png.encode(labels, CLASSES))
        assert np.array_equal(colour_png.decode(path, CLASSES), labels)
        with Image.open(path) as image:
            assert np.array_equal(np.asarray(image), CLASSES.palette()[labels])


def test_classes_of_one_colour_cannot_be_exported_in_colour() -> None:
    twice = CLASSES.with_class("again", (3, 6, 252))
    with pytest.raises(FormatError, match="c3, again"):
        colour_png.encode(np.zeros((2, 2), np.uint8), twice)
    black = CLASSES.with_class("night", (0, 0, 0))
    with pytest.raises(FormatError, match="night"):
        colour_png.encode(np.zeros((2, 2), np.uint8), black)


def test_a_colour_that_no_class_has_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (2, 2), (7, 7, 7)).save(path)
    with pytest.raises(FormatError, match=r"\(7, 7, 7\)"):
        colour_png.decode(path, CLASSES)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64])
def test_values_are_mapped_one_by_one(dtype: type) -> None:
    pixels = np.array([[7, 8], [200, 8]], dtype)
    labels, unknown = foreign.from_values(pixels, {7: 1, 8: VOID})
    assert labels.tolist() == [[1, VOID], [UNLABELLED, VOID]]
    assert unknown == {200: 1}


def test_deep_masks_and_bits_are_read_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    deep = np.array([[0, 26_001], [300, 7]], np.uint16)
    Image.fromarray(deep).save(path)
    assert foreign.read(path).tolist() == deep.tolist()
    Image.fromarray(np.array([[True, False]])).save(path)
    assert foreign.read(path).tolist() == [[1, 0]]


def test_transparent_pixels_of_a_colour_mask_are_unlabelled(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(np.array([[[3, 6, 252, 255], [3, 6, 252, 0]]], np.uint8)).save(path)
    labels, unknown = foreign.from_colours(foreign.read(path), colour_png.colour_table(CLASSES))
    assert labels.tolist() == [[3, UNLABELLED]]
    assert unknown == {}


def test_what_is_no_mask_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(np.zeros((2, 2), np.float32)).save(path)
    with pytest.raises(FormatError, match="real numbers"):
        foreign.read(path)
    path.write_bytes(b"text")
    with pytest.raises(FormatError):
        foreign.read(path)


def test_every_class_set_is_sound_and_its_tables_lead_to_its_classes() -> None:
    sets = palettes.all_class_sets()
    names = [each.name for each in sets]
    assert len(set(names)) == len(names)
    assert {"camvid-11", "cityscapes-19", "empty"} <= set(names)
    assert names[-1] == "empty"
    for each in sets:
        allowed = {*each.class_map.ids, VOID, UNLABELLED}
        for table in each.tables.values():
            assert allowed.issuperset({*table.values.values(), *table.colours.values()})
        assert colour_png.ambiguous(each.class_map) == []


def test_camvid_void_is_void_and_255_is_unlabelled() -> None:
    camvid = {each.name: each for each in palettes.all_class_sets()}["camvid-11"]
    table = camvid.import_values["camvid-index"]
    assert table[11] == VOID
    assert table[255] == UNLABELLED
    assert [table[i] for i in range(11)] == list(range(11))


def test_a_damaged_class_set_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"name": "x"}')
    with pytest.raises(FormatError, match="class set"):
        palettes.read(path)
