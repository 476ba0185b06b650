"""The shipped resources: demo pictures and strokes, class sets, icons, themes."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image

from s4gui.core.classes import UNLABELLED, VOID, ClassMap, LabelClass
from s4gui.core.strokes import Stroke, rasterise
from tests.demo_scenes import ROOT, render

RESOURCES = ROOT / "resources"
DEMO = RESOURCES / "demo"
SETS = {"camvid-11": 11, "cityscapes-19": 19, "cityscapes-groups-7": 7, "street-4": 4, "empty": 0}


def class_map(name: str) -> ClassMap:
    rows = json.loads((RESOURCES / "palettes" / f"{name}.json").read_text("utf-8"))["classes"]
    return ClassMap(
        tuple(LabelClass(row["id"], row["name"], tuple(row["rgb"]), row["group"]) for row in rows)
    )


def test_the_class_sets_are_those_of_the_issue() -> None:
    assert {path.stem for path in (RESOURCES / "palettes").glob("*.json")} == set(SETS)


@pytest.mark.parametrize(("name", "count"), SETS.items())
def test_a_class_set_loads_as_a_class_map_with_colours_of_its_own(name: str, count: int) -> None:
    data = json.loads((RESOURCES / "palettes" / f"{name}.json").read_text("utf-8"))
    classes = class_map(name)
    assert data["name"] == name
    assert classes.ids == tuple(range(count))
    assert len({each.rgb for each in classes.classes}) == count
    assert all(each.group for each in classes.classes)


@pytest.mark.parametrize("name", SETS)
def test_foreign_values_become_class_ids_or_void(name: str) -> None:
    data = json.loads((RESOURCES / "palettes" / f"{name}.json").read_text("utf-8"))
    ids = {*class_map(name).ids, VOID, UNLABELLED}
    for table in data["import_values"].values():
        assert table["others"] == VOID
        pairs = table.get("values") or table["colours"]
        assert set(pairs.values()) <= ids
        assert set(pairs.values()) >= set(class_map(name).ids)
        form = r"\d{1,3}" if "values" in table else r"\d{1,3},\d{1,3},\d{1,3}"
        assert all(re.fullmatch(form, key) for key in pairs)


def test_known_foreign_values_mean_what_their_data_sets_say() -> None:
    tables = {
        name: json.loads((RESOURCES / "palettes" / f"{name}.json").read_text("utf-8"))[
            "import_values"
        ]
        for name in SETS
    }
    city = tables["cityscapes-19"]
    assert city["cityscapes-train-ids"]["values"]["255"] == VOID
    assert city["cityscapes-label-ids"]["values"]["26"] == 13  # car
    assert city["cityscapes-label-ids"]["values"]["33"] == 18  # bicycle
    assert city["cityscapes-colours"]["colours"]["220,20,60"] == 11  # person
    groups = tables["cityscapes-groups-7"]["cityscapes-label-ids"]["values"]
    assert [groups[str(i)] for i in (7, 11, 17, 21, 23, 24, 33)] == list(range(7))
    assert tables["camvid-11"]["camvid-index"]["values"]["11"] == VOID
    assert tables["camvid-11"]["camvid-colours"]["colours"]["192,0,64"] == 3  # lane marking


def test_the_demo_has_a_dozen_pictures_with_reference_masks_under_two_megabytes() -> None:
    pictures = sorted((DEMO / "images").iterdir())
    assert [each.name for each in pictures] == [f"scene-{i:02d}.jpg" for i in range(1, 13)]
    assert sum(each.stat().st_size for each in DEMO.rglob("*.jpg")) < 2_000_000
    palette = class_map("camvid-11").palette()
    for each in pictures:
        with (
            Image.open(each) as picture,
            Image.open(DEMO / "reference" / f"{each.stem}.png") as mask,
        ):
            assert picture.size == mask.size == (640, 360)
            assert mask.mode == "P"
            values = np.asarray(mask)
            colours = np.asarray(mask.convert("RGB"))
        assert set(np.unique(values)) <= {*range(11), VOID}
        np.testing.assert_array_equal(colours, palette[values])


def test_every_class_is_in_at_least_half_of_the_demo_pictures() -> None:
    scenes = np.zeros(256, int)
    for path in (DEMO / "reference").iterdir():
        with Image.open(path) as mask:
            scenes += np.bincount(np.asarray(mask).ravel(), minlength=256) >= 100
    assert scenes[:11].min() >= 6, scenes[:11]
    assert scenes[VOID] >= 3


def test_the_shipped_pictures_are_what_the_renderer_makes() -> None:
    """Another machine's arithmetic may move a few pixels, another renderer moves many."""
    rgb, mask = render(5, 360, 640, samples=1)
    shipped = np.asarray(Image.open(DEMO / "reference" / "scene-06.png"))
    assert (shipped != mask).mean() < 0.005
    picture = np.asarray(Image.open(DEMO / "images" / "scene-06.jpg"), np.float32)
    assert np.abs(picture - rgb).mean() < 8


def test_the_demo_strokes_lie_on_their_classes_in_four_pictures_some_partly_painted() -> None:
    rows = json.loads((DEMO / "strokes.json").read_text("utf-8"))
    values: dict[str, set[int]] = {}
    for row in rows:
        reference = DEMO / "reference" / row["frame"].replace(".jpg", ".png")
        mask = np.asarray(Image.open(reference))
        path = tuple((y, x) for y, x in row["path_yx"])
        inside, box = rasterise(Stroke(path, row["radius_px"], row["value"]))
        y, x = np.nonzero(inside)
        assert (mask[y + box.y0, x + box.x0] == row["value"]).mean() > 0.98
        values.setdefault(row["frame"], set()).add(row["value"])
    assert len(values) == 4
    assert set().union(*values.values()) == {*range(11), VOID}
    assert min(len(each) for each in values.values()) < 8
