"""A number that breaks ends the run in words, whoever broke it, and the good weights stay."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

from s4gui.core.errors import DataError
from s4gui.learn import checkpoints, loop
from s4gui.learn.batches import Batches
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.strategies.weak2strong import PRESETS
from s4gui.learn.views import Batch
from s4gui.wire import events
from tests.learn.scenes import QUICK, Heard, make_run

S4GAN = QUICK.but(strategy="s4gan", trust=0.3)
MLMT = QUICK.but(strategy="s4gan_mlmt", tag_px=64)
STUDENT = {name: QUICK.but(strategy="weak2strong", **PRESETS[name]) for name in PRESETS}
CASES = {
    "s4gan": (S4GAN, "unlabelled", "fm"),
    "s4gan's real masks": (S4GAN, "real", "fm"),
    "the report's": (S4GAN.but(weight_fm=0.0, weight_st=0.0, weight_adv=0.1), "labelled", "adv"),
    "mean teacher": (QUICK.but(strategy="mean_teacher"), "strong", "cons"),
    **{name: (recipe, "strong", "s1") for name, recipe in STUDENT.items()},
    "unimatch's features": (STUDENT["unimatch"], "unlabelled", "fp"),
    "tags": (MLMT, "pictures", "tags"),
    "tag consistency": (MLMT, "pictures", "tag_cons"),
}


def _spoil(part: object) -> None:
    """Make all pictures in a part of a batch infinite."""
    if isinstance(part, Tensor):
        if part.dim() == 4:
            part.fill_(float("inf"))
    elif isinstance(part, tuple):
        for each in part:
            _spoil(each)
    elif is_dataclass(part):
        for each in fields(part):
            _spoil(getattr(part, each.name))


def _spoiled_at(monkeypatch: pytest.MonkeyPatch, step: int, part: str) -> None:
    draw = Batches.batch

    def batch(self, number: int) -> Batch:
        drawn = draw(self, number)
        if number == step:
            _spoil(getattr(drawn, part))
        return drawn

    monkeypatch.setattr(Batches, "batch", batch)


def _ends_in_words(tmp_path: Path, recipe, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is said; the last checkpoint is whole, and the run can be gone on with."""
    run = make_run(tmp_path, recipe, dense=recipe.strategy == "s4gan_mlmt")
    heard = Heard()
    with pytest.raises(DataError, match=r"broke after step 7: .* is no number") as caught:
        loop.run(run, heard, heard)
    assert "last checkpoint" in caught.value.hint
    folder = run.last_checkpoint()
    assert folder is not None
    assert checkpoints.read(folder).card.step == 5
    kept = checkpoints.read(folder).weights | checkpoints.read_training(folder)
    # The watch for a collapse begins with infinite minima.
    assert all(torch.isfinite(v).all() for k, v in kept.items() if not k.startswith("watch."))
    monkeypatch.undo()
    heard = Heard()
    loop.run(run, heard, heard, resume=True)
    assert heard.events[-1] == events.Finished(10, "done")
    return str(caught.value)


@pytest.mark.parametrize("name", CASES)
def test_a_loss_that_breaks_is_named_and_the_good_checkpoint_stays(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, part, term = CASES[name]
    _spoiled_at(monkeypatch, 7, part)
    said = _ends_in_words(tmp_path, recipe, monkeypatch)
    assert term in said.replace(",", "").split()


@pytest.mark.parametrize("recipe", [S4GAN, MLMT], ids=["s4gan", "s4gan_mlmt"])
def test_a_discriminator_that_breaks_is_named(
    tmp_path: Path, recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, judge = Batches.batch, Discriminator.forward
    now = []

    def batch(self, number: int) -> Batch:
        now.append(number)
        return draw(self, number)

    def forward(self, *maps: Tensor):
        score, features = judge(self, *maps)
        # Only where it learns itself; the generator's losses are still numbers.
        broken = now[-1] == 7 and next(self.parameters()).requires_grad
        return (score * float("nan") if broken else score), features

    monkeypatch.setattr(Batches, "batch", batch)
    monkeypatch.setattr(Discriminator, "forward", forward)
    assert "step 7: d is no" in _ends_in_words(tmp_path, recipe, monkeypatch)


def test_a_gradient_that_breaks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entropy = "s4gui.learn.strategies.supervised.sparse_cross_entropy"
    steps = []

    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx, logits: Tensor) -> Tensor:
            return logits.sum() * 0

        @staticmethod
        def backward(ctx, grad: Tensor) -> Tensor:
            return torch.full((2, 3, 24, 32), float("nan"))

    def broken(logits: Tensor, *_: object) -> Tensor:
        steps.append(logits)
        return Broken.apply(logits) if len(steps) == 8 else logits.square().mean()

    monkeypatch.setattr(entropy, broken)
    assert "step 7: gradient is" in _ends_in_words(tmp_path, QUICK, monkeypatch)
