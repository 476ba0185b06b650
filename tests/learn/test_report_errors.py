"""Decision 0023: where the report's printed formulas and their right readings differ."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import Optimizer

from s4gui.core.classes import VOID
from s4gui.core.recipe import Recipe
from s4gui.core.scores import ConfusionMatrix
from s4gui.learn import fusion, multilabel, optimizers
from s4gui.learn.batches import view_size, working_scale
from s4gui.learn.build import _dose, make_generator
from s4gui.learn.ema import Ema
from s4gui.learn.judging import Dose
from s4gui.learn.losses import (
    adversarial,
    discriminator_loss,
    feature_matching,
    sparse_cross_entropy,
)
from s4gui.learn.nets.unet import UNet
from s4gui.learn.strategies.s4gan_mlmt import EMA
from s4gui.store import resources
from s4gui.store.snapshots import Snapshot
from tests.learn.scenes import make_run

RATE, B1, B2, EPS = 1e-3, 0.9, 0.999, 1e-8


def _recipe(name: str) -> Recipe:
    """A shipped recipe, by the file a person reads."""
    path = resources.find(f"recipes/{name}.json")
    return Recipe.from_json(json.loads(path.read_text(encoding="utf-8")))


def _optimizer_of(name: str, start: float, **changes: float) -> tuple[Optimizer, nn.Parameter]:
    """The optimizer a recipe's network gets, moving one weight that begins at `start`."""
    network = nn.Linear(1, 1, bias=False).double()
    nn.init.constant_(network.weight, start)
    return optimizers.make(_recipe(name).but(**changes), network), network.weight


def _adam_moves(gradients: list[float]) -> list[float]:
    """How far the Adam of `seed-unet` has moved a weight after each gradient."""
    optimizer, weight = _optimizer_of("seed-unet", 0.0)
    places = []
    for gradient in gradients:
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
        places.append(weight.item())
    return places


def _our_adam(gradients: list[float], *, sign: int = 1, corrected: int = -1) -> list[float]:
    """Appendix A with `sign` before the new gradient and `corrected` before b^t."""
    m = v = w = 0.0
    places = []
    for t, g in enumerate(gradients, 1):
        m = B1 * m + sign * (1 - B1) * g
        v = B2 * v + sign * (1 - B2) * g * g
        m_hat, v_hat = m / (1 + corrected * B1**t), v / (1 + corrected * B2**t)
        w -= RATE * m_hat / (math.sqrt(v_hat) + EPS)
        places.append(w)
    return places


def test_1_adam_with_the_printed_signs_has_no_root() -> None:
    assert _our_adam([0.3, -0.2, 0.7]) == pytest.approx(_adam_moves([0.3, -0.2, 0.7]), abs=1e-15)
    with pytest.raises(ValueError, match=r"negative|math domain"):
        _our_adam([0.3], sign=-1, corrected=+1)
    v_hat = -(1 - B2) * 0.3**2 / (1 + B2)
    assert v_hat == pytest.approx(-4.5e-5, rel=1e-3)


def test_2_dividing_by_one_plus_lets_the_first_step_be_more_than_twice_too_long() -> None:
    (right,) = _adam_moves([0.3])
    assert right == pytest.approx(-9.9999997e-4, abs=1e-11)
    (printed,) = _our_adam([0.3], corrected=+1)
    ratio = (0.1 / 1.9) / math.sqrt(0.001 / 1.999)
    assert printed / right == pytest.approx(ratio, rel=1e-5)
    assert ratio == pytest.approx(2.353, abs=1e-3)


def test_3_without_the_corrected_average_the_first_step_is_a_tenth() -> None:
    g = 0.3
    m, v_hat = (1 - B1) * g, g * g
    printed = -RATE * m / (math.sqrt(v_hat) + EPS)
    assert printed / _adam_moves([g])[0] == pytest.approx(0.1, rel=1e-6)


def test_4_sgd_has_momentum_and_decay() -> None:
    optimizer, weight = _optimizer_of("s4gan-cityscapes", 2.0, learning_rate=0.1)
    speed, place, plain = 0.0, 2.0, 2.0
    for gradient in (0.3, -0.1, 0.2):
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
        speed = 0.9 * speed + (gradient + 5e-4 * place)
        place -= 0.1 * speed
        plain -= 0.1 * gradient
    assert weight.item() == pytest.approx(place, abs=1e-15)
    assert abs(plain - place) > 0.01


def test_5_a_sigmoid_before_the_softmax_caps_every_probability() -> None:
    classes = 19
    logits = torch.full((1, classes), -500.0, dtype=torch.float64)
    logits[0, 3] = 500.0
    assert logits.softmax(1).max().item() == 1.0
    capped = logits.sigmoid().softmax(1).max().item()
    assert capped == pytest.approx(math.e / (math.e + 18), abs=1e-12)
    assert capped == pytest.approx(0.131, abs=5e-4)
    loss = F.cross_entropy(logits.sigmoid(), torch.tensor([3])).item()
    assert loss == pytest.approx(math.log(1 + 18 / math.e), abs=1e-12)


@pytest.mark.parametrize("network", ["light", "unet", "deeplabv2-resnet18"])
def test_5_networks_end_in_logits_of_any_sign_and_size(network: str) -> None:
    torch.manual_seed(0)
    net = make_generator(Recipe(network=network, width=4, pretrained="none"), classes=5).eval()
    images = torch.randn(1, 3, 32, 32)
    first = net(images).detach()
    with torch.no_grad():
        for name, each in net.named_parameters():
            if name.startswith("classify."):
                each.mul_(-1000)
    scaled = net(images).detach()
    assert (first < 0).any()  # neither a sigmoid nor a softmax
    assert (first > 0).any()  # nor the logarithm of one
    torch.testing.assert_close(scaled, -1000 * first, rtol=1e-4, atol=1e-3)


def test_6_a_sum_grows_with_the_crop_and_a_mean_does_not() -> None:
    torch.manual_seed(0)
    logits = torch.randn(1, 3, 4, 5, dtype=torch.float64)
    labels = torch.randint(0, 3, (1, 4, 5))
    twice = (torch.cat((logits, logits), -1), torch.cat((labels, labels), -1))
    summed = F.cross_entropy(logits, labels, reduction="sum")
    assert F.cross_entropy(*twice, reduction="sum").item() == pytest.approx(2 * summed.item())
    ours = sparse_cross_entropy(logits, labels)
    assert ours.item() == pytest.approx(summed.item() / 20, abs=1e-12)
    assert sparse_cross_entropy(*twice).item() == pytest.approx(ours.item(), abs=1e-12)


def test_7_the_printed_objective_is_maximised_and_is_not_feature_matching() -> None:
    real = torch.tensor([0.8, 0.5], dtype=torch.float64).logit().requires_grad_()
    fake = torch.tensor([0.25, 0.5], dtype=torch.float64).logit().requires_grad_()
    printed = real.sigmoid().log().mean() + (1 - fake.sigmoid()).log().mean()
    ours = discriminator_loss(real, fake)
    assert ours.item() == pytest.approx(0.4742799962214703, abs=1e-12)
    assert ours.item() == pytest.approx(-printed.item() / 2, abs=1e-12)
    down = torch.autograd.grad(printed, (real, fake))
    assert (down[0] > 0).all()  # descending on it makes real masks look fake ...
    assert (down[1] < 0).all()  # ... and fakes real
    right = torch.autograd.grad(ours, (real, fake))
    assert (right[0] < 0).all()
    assert (right[1] > 0).all()
    features = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[0.0, 0.0], [2.0, 1.0]])
    assert feature_matching(*features).item() == 1.75


def test_8_without_brackets_a_fake_is_rewarded_for_looking_real() -> None:
    p = torch.tensor([0.3], dtype=torch.float64, requires_grad=True)
    y = 0.0
    printed = -(y * p.log()) + (1 - y) * (1 - p).log()
    right = -(y * p.log() + (1 - y) * (1 - p).log())
    assert right.item() == pytest.approx(
        F.binary_cross_entropy(p, torch.zeros_like(p)).item(), abs=1e-12
    )
    assert printed.item() < 0  # no loss at all
    assert torch.autograd.grad(printed.sum(), p)[0].item() < 0  # a larger p costs less
    assert torch.autograd.grad(right.sum(), p)[0].item() > 0


def test_8_both_terms_of_our_loss_are_inside_the_minus() -> None:
    for score, target in ((0.3, 0.0), (0.3, 1.0)):
        p = torch.tensor([score], dtype=torch.float64)
        right = -(target * p.log() + (1 - target) * (1 - p).log()).item()
        sure = torch.tensor([60.0], dtype=torch.float64)  # the other side costs nothing
        pair = (p.logit(), -sure) if target else (sure, p.logit())
        assert discriminator_loss(*pair).item() == pytest.approx(right / 2, abs=1e-12)
    assert adversarial(torch.tensor([0.3]).logit()).item() == pytest.approx(-math.log(0.3))


def test_10_the_generator_has_feature_matching_and_gated_self_training() -> None:
    for dose in (Dose(), _dose(Recipe())):
        assert (dose.feature_matching, dose.self_training) == (0.1, 1.0)
        assert (dose.adversarial, dose.trust) == (0.0, 0.6)
    assert _dose(_recipe("s4gan-cityscapes")).trust == 0.7
    reports = _dose(_recipe("seed-gan"))
    assert (reports.feature_matching, reports.self_training) == (0.0, 0.0)
    assert reports.adversarial > 0


def test_11_exclusive_classes_cannot_both_be_present() -> None:
    present = torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64)
    logits = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.1)
    for _ in range(500):
        optimizer.zero_grad()
        loss = -(present * logits.log_softmax(0)).sum()
        loss.backward()
        optimizer.step()
    assert loss.item() == pytest.approx(2 * math.log(2), abs=1e-3)
    sure = torch.tensor([40.0, 40.0, -40.0], dtype=torch.float64)
    assert multilabel.tag_cross_entropy(sure[None], present[None]).item() < 1e-15
    said, known = torch.tensor([[0.9, 0.2]], dtype=torch.float64).logit(), torch.tensor([[1, 0]])
    ours = multilabel.tag_cross_entropy(said, known).item()
    assert ours == pytest.approx(0.1642520335, abs=1e-9)


def test_11_the_teacher_is_the_average_of_the_student() -> None:
    student = nn.Linear(1, 1, bias=False).double()
    nn.init.constant_(student.weight, 10.0)
    teacher = Ema(student, decay=EMA, form="keeps_start", buffers=False)
    for weight in (1.0, 2.0, 3.0, 4.0):
        nn.init.constant_(student.weight, weight)
        teacher.update(student)
    assert teacher.network.weight.item() == pytest.approx((10 + 1 + 2 + 3 + 4) / 5, abs=1e-12)
    squared = multilabel.consistency(torch.zeros(1, 1), torch.full((1, 1), 0.8).logit(), "squared")
    assert squared.item() == pytest.approx((0.5 - 0.8) ** 2, abs=1e-6)


def test_12_tags_by_softmax_share_one_hundred_percent() -> None:
    both = torch.tensor([8.0, 8.0, -8.0])  # two things are certainly there
    assert both.softmax(0)[:2].tolist() == pytest.approx([0.5, 0.5], abs=1e-6)
    rates = multilabel.presence_rates(both[None], torch.tensor([[1, 1, 0]]))
    assert rates["tag_present"] > 0.999  # ours have each their own
    assert rates["tag_absent"] < 0.001


def test_13_crops_are_of_the_image_at_half_size(tmp_path: Path) -> None:
    recipe = _recipe("s4gan-cityscapes")
    assert working_scale((1024, 2048), recipe.long_side_px) == 0.5
    assert (recipe.scale_min, recipe.scale_max) == (1.0, 1.0)
    snapshot = Snapshot.read(make_run(tmp_path).snapshot())
    assert view_size(snapshot, recipe) == (256, 512)


def test_14_logits_are_made_larger_and_masks_are_left_alone() -> None:
    assert not _recipe("s4gan-cityscapes").multi_scale
    torch.manual_seed(0)
    logits = torch.randn(1, 3, 4, 5, dtype=torch.float64)
    labels = torch.randint(0, 3, (1, 16, 20))
    large = F.interpolate(logits, (16, 20), mode="bilinear", align_corners=False)
    expected = F.cross_entropy(large, labels).item()
    assert sparse_cross_entropy(logits, labels).item() == pytest.approx(expected, abs=1e-6)
    assert F.cross_entropy(logits, labels[:, ::4, ::4]).item() != pytest.approx(expected, abs=0.01)


def test_15_thirty_five_thousand_updates_are_ninety_four_epochs() -> None:
    recipe = _recipe("s4gan-cityscapes")
    assert (recipe.steps, recipe.epochs) == (35_000, 0.0)
    assert round(recipe.steps * recipe.batch_labelled / 2_975) == 94


def test_16_thirty_percent_is_a_quotient() -> None:
    ours, theirs = 0.86, 0.66
    assert ours / theirs - 1 == pytest.approx(0.30, abs=0.005)
    assert ours - theirs == pytest.approx(0.20)


def test_18_void_is_dropped_before_the_category() -> None:
    truth = np.array([[0, 1, VOID], [2, VOID, 1]], np.uint8)
    found = np.array([[0, 2, 1], [2, 0, 1]], np.uint8)
    category = 3 * truth.astype(np.int64) + found
    assert np.bincount(category.ravel()).size > 9  # does not fit the 3 x 3 matrix
    matrix = ConfusionMatrix((0, 1, 2))
    matrix.add(truth, found)
    assert matrix.counts.tolist() == [[1, 0, 0], [0, 1, 1], [0, 0, 1]]


def test_18_the_category_of_8_bit_masks_wraps_and_ours_does_not() -> None:
    truth = np.full((1, 4), 18, np.uint8)
    wrapped = np.uint8(19) * truth + truth
    assert wrapped.tolist() == [[(18 * 19 + 18) % 256] * 4]
    matrix = ConfusionMatrix(tuple(range(19)))
    matrix.add(truth, truth)
    assert matrix.counts[18, 18] == 4
    assert matrix.counts.sum() == 4
    assert np.iinfo(np.uint8).max == 16 * 16 - 1  # the last number of classes that fits


def test_18_an_absent_class_has_no_iou() -> None:
    matrix = ConfusionMatrix((0, 1, 2), np.array([[5, 1, 0], [2, 3, 0], [0, 0, 0]], np.int64))
    assert [each.iou for each in matrix.per_class()] == [0.625, 0.5, None]
    assert matrix.mean_iou() == 0.5625
    assert (0.625 + 0.5) / 3 == 0.375  # what counting it as 0 would say
    found = ConfusionMatrix((0, 1, 2), np.array([[5, 1, 1], [2, 3, 0], [0, 0, 0]], np.int64))
    assert [each.iou for each in found.per_class()] == [5 / 9, 0.5, None]  # nor when predicted
    assert found.mean_iou() == pytest.approx((5 / 9 + 0.5) / 2)


def test_19_each_convolution_is_normalised_and_then_cut_at_zero() -> None:
    net = make_generator(Recipe(network="unet", width=4), classes=3)
    assert isinstance(net, UNet)
    assert len(net.downs) == len(net.ups) == len(net.merges) == 4
    for block in (net.entry, *net.downs, *net.merges):
        assert [type(each) for each in block] == 2 * [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
        assert {each.padding for each in block if isinstance(each, nn.Conv2d)} == {(1, 1)}
    for up in net.ups:
        assert isinstance(up, nn.ConvTranspose2d)
        assert (up.kernel_size, up.stride) == ((2, 2), (2, 2))


def test_20_the_reports_unet_takes_twenty_five_passes_of_batches_of_five() -> None:
    recipe = _recipe("seed-unet")
    assert (recipe.network, recipe.width, recipe.strategy) == ("unet", 64, "supervised")
    assert (recipe.optimizer, recipe.learning_rate, recipe.weight_decay) == ("adam", 1e-3, 0.0)
    assert (recipe.schedule, recipe.ema, recipe.class_weights) == ("constant", 0.0, "none")
    assert (recipe.batch_labelled, recipe.epochs, recipe.steps) == (5, 25.0, 0)
    assert 25 * 2_975 // 5 == 14_875


def test_21_a_denied_class_wins_if_logits_are_multiplied() -> None:
    logits, scores = torch.tensor([-1.0, -2.0, -3.0]), torch.tensor([0.9, 0.2, 0.1])
    is_open = fusion.gate(scores, 0.2)
    assert is_open.tolist() == [True, True, False]
    assert int((logits * is_open).argmax()) == 2  # denied, and yet the largest: 0
    maps = logits.softmax(0)[:, None, None]
    ours = fusion.fused(maps, is_open)[:, 0, 0]
    assert int(ours.argmax()) == 0
    assert ours.tolist() == pytest.approx([1 / (1 + math.exp(-1)), 1 / (1 + math.e), 0.0])
    nobody = fusion.gate(scores, 0.95)  # all are denied: then none is
    torch.testing.assert_close(fusion.fused(maps, nobody), maps)
