"""Class shares are found on images nobody labelled, and predictions move towards them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from s4gui.learn import checkpoints, loop, predicting, prior
from s4gui.learn.predict import Predictor
from s4gui.store.images import read_pixels
from tests.learn.scenes import QUICK, Heard, make_run, scene


def _answers(shares: tuple[float, ...], taught: np.ndarray, count: int) -> np.ndarray:
    """Bayes' answers under the taught shares, on data with other shares; one noisy feature."""
    rng = np.random.default_rng(0)
    classes = rng.choice(len(shares), count, p=shares)
    seen = classes + rng.normal(0, 0.5, count)
    likely = np.exp(-0.5 * ((seen[:, None] - np.arange(len(shares))) / 0.5) ** 2)
    return likely * taught / (likely * taught).sum(1, keepdims=True)


def test_shares_of_other_data_are_found_again() -> None:
    taught, true = np.array([100.0, 100.0, 100.0]), (0.7, 0.25, 0.05)
    found = prior.found_shares(_answers(true, taught / 300, 40_000), taught)
    np.testing.assert_allclose(found, true, atol=0.01)


def test_a_class_that_was_never_taught_stays_as_it_is() -> None:
    taught = np.array([3.0, 0.0, 1.0])
    answers = np.array([[0.5, 0.1, 0.4], [0.9, 0.0, 0.1]])
    found = prior.found_shares(answers, taught)
    assert found[1] == 0.0
    assert prior.tilt(found, taught, strength=0.5)[1] == 1.0


def test_a_tilt_is_bounded_and_of_the_strength_asked_for() -> None:
    taught, found = np.array([50.0, 50.0]), np.array([0.98, 0.02])
    assert prior.tilt(found, taught, strength=1.0) == pytest.approx((1.96, 0.25))
    assert prior.tilt(found, taught, strength=0.5) == pytest.approx((1.4, 0.5))
    assert prior.tilt(found, taught, strength=0.0) == (1.0, 1.0)


def test_a_tilt_multiplies_odds() -> None:
    class Even(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return torch.zeros(len(images), 3, *images.shape[-2:])

    predictor = Predictor(
        Even(),
        class_ids=np.array([2, 7, 40], np.uint8),
        recipe=QUICK,
        device=torch.device("cpu"),
        tilt=(1.0, 2.0, 1.0),
    )
    maps = predictor.probabilities(scene(0)[0])
    torch.testing.assert_close(maps[:, 0, 0], torch.tensor([0.25, 0.5, 0.25]))


def test_a_checkpoint_keeps_its_tilt_and_predicts_with_it(tmp_path: Path) -> None:
    run = make_run(tmp_path, QUICK.but(prior=0.5, refine="colours"))
    heard = Heard()
    loop.run(run, heard, heard)
    path = run.last_checkpoint()
    assert path is not None
    checkpoint = checkpoints.read(path)
    assert len(checkpoint.card.tilt) == 3
    assert any(each != 1.0 for each in checkpoint.card.tilt)
    predictor = predicting.load(checkpoint, wanted="cpu")
    pixels = predictor.at_working_size(read_pixels(tmp_path / "images" / "003.png"))
    tilted = predictor.probabilities(pixels)
    plain = Predictor(
        predictor._network,
        class_ids=checkpoint.card.class_map.from_train(),
        recipe=checkpoint.card.recipe,
        device=torch.device("cpu"),
    ).probabilities(pixels)
    expected = plain * torch.tensor(checkpoint.card.tilt)[:, None, None]
    torch.testing.assert_close(tilted, expected / expected.sum(0))
    checkpoints.write_single(tmp_path / "one.safetensors", checkpoint)
    assert checkpoints.read(tmp_path / "one.safetensors").card.tilt == checkpoint.card.tilt


def test_a_recipe_without_prior_has_no_tilt(tmp_path: Path) -> None:
    run = make_run(tmp_path, QUICK.but(prior=0.0))
    heard = Heard()
    loop.run(run, heard, heard)
    path = run.last_checkpoint()
    assert path is not None
    assert checkpoints.read(path).card.tilt == ()
