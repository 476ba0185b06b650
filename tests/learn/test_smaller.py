"""When memory runs out a run gets smaller, rung by rung, says each, and loses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from s4gui.core.errors import DeviceError
from s4gui.core.recipe import Recipe
from s4gui.learn import checkpoints, device, loop
from s4gui.learn.device import Device
from s4gui.learn.gear import Gear
from s4gui.learn.nets.light import LightNet
from s4gui.learn.predict import Predictor
from s4gui.learn.smaller import smaller
from s4gui.wire import events
from tests.learn.scenes import QUICK, Heard, make_run

CPU = Device("cpu", "cores", 8 << 30)
METAL = Device("mps", "Apple GPU", 16 << 30)
RECIPES = {
    "supervised": QUICK,
    "s4gan": QUICK.but(strategy="s4gan", trust=0.3),
    "mean_teacher": QUICK.but(strategy="mean_teacher"),
    "fixmatch": QUICK.but(strategy="weak2strong", threshold=0.3),
    "unimatch": QUICK.but(
        strategy="weak2strong", teacher="itself", strong_views=2, perturb="features"
    ),
    "s4gan_mlmt": QUICK.but(strategy="s4gan_mlmt", tag_px=128),
}


def _all_rungs(recipe: Recipe, side: int, where: Device) -> list[str]:
    """The notices of all rungs; the sides of views follow the crop."""
    said = []
    while True:
        try:
            rung = smaller(recipe, view=(side, side), device=where)
        except DeviceError:
            return said
        recipe, side = rung.recipe, rung.recipe.crop_px or side
        said.append(f"{rung.notice.id} {recipe.batch_labelled} {side} {recipe.precision}")


def test_the_ladder_is_batch_then_crop_then_precision() -> None:
    recipe = Recipe(batch_labelled=4, batch_unlabelled=3, precision="fp32")
    assert _all_rungs(recipe, 400, CPU) == [
        "memory.smaller_batch 2 400 fp32",
        "memory.smaller_batch 1 400 fp32",
        "memory.smaller_views 1 200 fp32",
        "memory.smaller_views 1 100 fp32",
        "memory.half_precision 1 100 bf16",
    ]


def test_a_device_without_bf16_has_no_rung_for_it() -> None:
    assert _all_rungs(Recipe(batch_labelled=1, batch_unlabelled=1), 100, METAL) == []


def test_pictures_of_whole_frames_shrink_with_the_views_and_after_them() -> None:
    recipe = Recipe(strategy="s4gan_mlmt", batch_labelled=1, batch_unlabelled=1, tag_px=320)
    sizes = []
    side = 200
    while recipe.precision != "bf16":
        recipe = smaller(recipe, view=(side, side), device=CPU).recipe
        side = recipe.crop_px
        sizes.append((side, recipe.tag_px))
    assert sizes == [(100, 160), (100, 80), (100, 64), (100, 64)]
    plain = Recipe(batch_labelled=1, batch_unlabelled=1, tag_px=320)
    assert smaller(plain, view=(200, 200), device=CPU).recipe.tag_px == 320


@pytest.mark.parametrize(
    ("choices", "where", "hints"),
    [
        ({"width": 64, "network": "unet"}, METAL, ["Set width to 32", "device to cpu", "3.0 GiB"]),
        ({"width": 8}, CPU, ["Close other programs"]),
        ({"network": "deeplabv2-resnet101"}, CPU, ["deeplabv2-resnet50"]),
        ({"network": "deeplabv2-resnet18", "multi_scale": True}, CPU, ["multi_scale to false"]),
        ({"strategy": "s4gan"}, CPU, ["the strategy supervised"]),
    ],
)
def test_in_the_end_it_is_said_what_would_help_this_recipe_here(
    choices: dict, where: Device, hints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "_ram_bytes", lambda: 3 << 30)
    recipe = Recipe(batch_labelled=1, batch_unlabelled=1, precision="bf16").but(**choices)
    with pytest.raises(DeviceError, match="cannot hold one view of 64 x 96 pixels") as caught:
        smaller(recipe, view=(64, 96), device=where)
    for hint in hints:
        assert hint in caught.value.hint
    assert ("device to" in caught.value.hint) == (where is METAL)
    assert ("supervised" in caught.value.hint) == (recipe.strategy != "supervised")


def _starve(monkeypatch: pytest.MonkeyPatch, *, views: int, half_views: int) -> None:
    """Networks that hold only so many views at once, or, in half precision, so many."""
    features = LightNet.features

    def limited(self, images):
        held = half_views if torch.is_autocast_enabled("cpu") else views
        if len(images) > held:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return features(self, images)

    monkeypatch.setattr(LightNet, "features", limited)


class StarvingAt(Heard):
    """Memory runs out once so many steps are done."""

    def __init__(self, step: int, monkeypatch: pytest.MonkeyPatch, **views: int) -> None:
        super().__init__()
        self._at, self._patch, self._views = step, monkeypatch, views

    def take(self, wait_seconds: float) -> object:
        if self.step == self._at and self._views:
            _starve(self._patch, **self._views)
            self._views = {}
        return super().take(wait_seconds)


@pytest.mark.parametrize("name", RECIPES)
def test_a_run_of_each_strategy_goes_on_smaller(tmp_path: Path, name: str, monkeypatch) -> None:
    run = make_run(tmp_path, RECIPES[name], dense=name == "s4gan_mlmt")
    # UniMatch asks for a labelled and an unlabelled view in one picture stack, and two strong.
    enough = 2 if name == "unimatch" else 1
    heard = StarvingAt(7, monkeypatch, views=enough, half_views=enough)
    loop.run(run, heard, heard)
    assert [each.message_id for each in heard.of(events.Notice)] == ["memory.smaller_batch"]
    assert heard.of(events.Notice)[0].step == 7
    assert heard.events[-1] == events.Finished(10, "done")
    (kept,) = json.loads((run.path / "resolved.json").read_text())["smaller"]
    assert (kept["step"], kept["recipe"]["batch_labelled"]) == (7, 1)


@pytest.mark.parametrize("name", RECIPES)
def test_a_run_of_each_strategy_ends_in_words_and_keeps_its_checkpoint(
    tmp_path: Path, name: str, monkeypatch
) -> None:
    run = make_run(tmp_path, RECIPES[name], dense=name == "s4gan_mlmt")
    heard = StarvingAt(7, monkeypatch, views=0, half_views=0)
    with pytest.raises(DeviceError, match="cannot hold one view") as caught:
        loop.run(run, heard, heard)
    assert "Close other programs" in caught.value.hint
    said = [each.message_id for each in heard.of(events.Notice)]
    assert said[0] == "memory.smaller_batch"
    assert said[-1] == "memory.half_precision"
    assert ("memory.smaller_views" in said) == (name == "s4gan_mlmt")  # its pictures
    folder = run.last_checkpoint()
    assert folder is not None
    assert checkpoints.read(folder).card.step == 5
    monkeypatch.undo()
    heard = Heard()
    loop.run(run, heard, heard, resume=True)
    assert heard.events[-1] == events.Finished(10, "done")


def test_what_fits_in_half_precision_only_is_learned_in_it_and_resumed_so(
    tmp_path: Path, monkeypatch
) -> None:
    run = make_run(tmp_path, QUICK)
    heard = StarvingAt(7, monkeypatch, views=0, half_views=1)
    loop.run(run, heard, heard)
    said = [each.message_id for each in heard.of(events.Notice)]
    assert said == ["memory.smaller_batch", "memory.half_precision", "memory.no_prediction"]
    assert "bf16" in heard.of(events.Notice)[1].text
    assert heard.events[-1] == events.Finished(10, "done")
    folder = run.last_checkpoint()
    assert folder is not None
    assert Gear.of(checkpoints.read(folder).card.recipe).precision == "bf16"


def test_rungs_before_the_first_step_are_said_too(tmp_path: Path, monkeypatch) -> None:
    _starve(monkeypatch, views=1, half_views=1)
    run = make_run(tmp_path, QUICK.but(batch_labelled=4, steps=0, seconds=0.01))
    heard = Heard()
    loop.run(run, heard, heard)
    said = [(each.step, each.message_id) for each in heard.of(events.Notice)]
    assert said[:2] == [(0, "memory.smaller_batch")] * 2
    assert heard.of(events.RunStarted)[0].resolved["recipe"]["batch_labelled"] == 1


def test_a_probe_that_meets_the_end_of_memory_goes_down_the_ladder_first(
    tmp_path: Path, monkeypatch
) -> None:
    _starve(monkeypatch, views=1, half_views=1)
    choices = {"probe": "always", "memory_format": "contiguous", "compiled": "off"}
    run = make_run(tmp_path, QUICK.but(steps=2, **choices))
    heard = Heard()
    loop.run(run, heard, heard)
    resolved = heard.of(events.RunStarted)[0].resolved
    assert resolved["recipe"]["batch_labelled"] == 1
    assert len(resolved["probe"]["trials"]) == 2
    assert heard.events[-1] == events.Finished(2, "done")


def test_predictions_that_do_not_fit_are_left_out_and_the_run_is_kept(
    tmp_path: Path, monkeypatch
) -> None:
    run = make_run(tmp_path, QUICK.but(prior=0.5), watch=("images/003.png",))

    def starved(*_: object) -> None:
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(Predictor, "probabilities", starved)
    heard = Heard()
    loop.run(run, heard, heard)
    assert [each.message_id for each in heard.of(events.Notice)] == ["memory.no_prediction"]
    assert not heard.of(events.Validated)
    assert [each.step for each in heard.of(events.CheckpointSaved)] == [5, 10]
    assert heard.events[-1] == events.Finished(10, "done")
