"""Losses equal the values worked out by hand (methods 6)."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from s4gui.learn.losses import (
    class_weights,
    discriminator_loss,
    feature_matching,
    self_training,
    sparse_cross_entropy,
)


def _picture() -> tuple[Tensor, Tensor]:
    logits = torch.full((1, 3, 2, 2), 0.3, dtype=torch.float64)
    logits[0, :, 0, 0] = torch.tensor([2.0, 0.0, 0.0])
    logits[0, :, 1, 1] = torch.tensor([-1.0, 2.0, 0.0])
    labels = torch.full((1, 2, 2), 255)
    labels[0, 0, 0], labels[0, 1, 1] = 0, 1
    return logits.requires_grad_(), labels


def test_only_labelled_pixels_count() -> None:
    assert sparse_cross_entropy(*_picture()).item() == pytest.approx(0.2046953928890851, abs=1e-15)


def test_nothing_labelled_is_a_zero_with_a_zero_gradient() -> None:
    logits, labels = _picture()
    loss = sparse_cross_entropy(logits, torch.full_like(labels, 255))
    loss.backward()
    assert loss.item() == 0.0
    assert logits.grad is not None
    assert torch.equal(logits.grad, torch.zeros_like(logits))


def test_weights_weigh_the_mean() -> None:
    logits, labels = _picture()
    each = -logits.log_softmax(1)
    a, b = each[0, 0, 0, 0].item(), each[0, 1, 1, 1].item()
    weights = torch.tensor([3.0, 1.0, 7.0], dtype=torch.float64)
    expected = (3 * a + b) / 4
    assert sparse_cross_entropy(logits, labels, weights).item() == pytest.approx(expected)


def test_the_discriminator_pays_half_for_each_side() -> None:
    real = torch.logit(torch.tensor([0.8, 0.5], dtype=torch.float64))
    fake = torch.logit(torch.tensor([0.25, 0.5], dtype=torch.float64))
    assert discriminator_loss(real, fake).item() == pytest.approx(0.4742799962214703, abs=1e-14)


def test_features_match_by_their_means() -> None:
    real, fake = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[0.0, 0.0], [2.0, 1.0]])
    assert feature_matching(real, fake).item() == 1.75


def test_only_trusted_images_teach_themselves() -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    pseudo = logits.detach().argmax(1)
    loss = self_training(logits, pseudo, torch.tensor([0.7, 0.5]) > 0.6)
    loss.backward()
    expected = -logits.detach().log_softmax(1)[0].gather(0, pseudo[:1]).mean()
    assert loss.item() == pytest.approx(expected.item())
    assert logits.grad is not None
    assert logits.grad[0].abs().sum() > 0
    assert logits.grad[1].abs().sum() == 0


def test_nobody_trusted_is_a_zero_on_the_graph() -> None:
    logits = torch.randn(2, 3, 4, 5, requires_grad=True)
    loss = self_training(logits, logits.detach().argmax(1), torch.tensor([False, False]))
    loss.backward()
    assert loss.item() == 0.0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_class_weights_have_mean_one_and_favour_the_rare() -> None:
    counts = torch.tensor([900, 99, 0])
    for how in ("sqrt", "log"):
        weights = class_weights(counts, how)
        assert weights is not None
        assert weights[:2].mean().item() == pytest.approx(1.0)
        assert weights[1] > weights[0]
        assert torch.isfinite(weights).all()
    root = class_weights(counts, "sqrt")
    assert root is not None
    assert (root[1] / root[0]).item() == pytest.approx((901 / 100) ** 0.5)
    assert class_weights(counts, "none") is None


@pytest.mark.parametrize("size", [(12, 16), (6, 8), (5, 7)])
def test_smaller_logits_are_enlarged_where_labels_are(size: tuple[int, int]) -> None:
    torch.manual_seed(2)
    logits = torch.randn(2, 4, *size, dtype=torch.float64, requires_grad=True)
    labels = torch.full((2, 12, 16), 255)
    places = torch.rand(2, 12, 16) < 0.3
    labels[places] = torch.randint(4, (int(places.sum()),))
    weights = torch.tensor([1.0, 2.0, 0.5, 1.5], dtype=torch.float64)
    ours = sparse_cross_entropy(logits, labels, weights)
    (grad,) = torch.autograd.grad(ours, logits)
    whole = F.interpolate(logits, size=(12, 16), mode="bilinear", align_corners=False)
    plain = F.cross_entropy(whole, labels, weight=weights, ignore_index=255)
    (expected,) = torch.autograd.grad(plain, logits)
    torch.testing.assert_close(ours, plain, rtol=0, atol=1e-6)
    torch.testing.assert_close(grad, expected, rtol=0, atol=1e-6)


def test_pixels_count_as_much_as_their_source_does() -> None:
    logits, labels = _picture()
    each = -logits.log_softmax(1)
    a, b = each[0, 0, 0, 0].item(), each[0, 1, 1, 1].item()
    shares = torch.tensor([[[0.5, 9.0], [9.0, 2.0]]], dtype=torch.float64)
    loss = sparse_cross_entropy(logits, labels, None, shares)
    assert loss.item() == pytest.approx((0.5 * a + 2 * b) / 2.5)
    weights = torch.tensor([3.0, 1.0, 7.0], dtype=torch.float64)
    loss = sparse_cross_entropy(logits, labels, weights, shares)
    assert loss.item() == pytest.approx((3 * 0.5 * a + 2 * b) / 3.5)
    faint = sparse_cross_entropy(logits, labels, None, torch.full_like(shares, 0.25))
    assert faint.item() == pytest.approx(0.25 * (a + b))  # divided by 1, not by less
    none = sparse_cross_entropy(logits, labels, None, torch.zeros_like(shares))
    none.backward()
    assert none.item() == 0.0
    assert logits.grad is not None
    assert not logits.grad.any()
