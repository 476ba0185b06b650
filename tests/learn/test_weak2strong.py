"""Weak to strong and the mean teacher: a step is what the formulas say, written once more."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.core.errors import DataError, RecipeError
from s4gui.core.recipe import Recipe
from s4gui.learn.losses import masked_consistency, squared_distance
from s4gui.learn.nets.light import LightNet
from s4gui.learn.nets.unet import UNet
from s4gui.learn.perturbing import Perturbable
from s4gui.learn.schedule import Progress
from s4gui.learn.strategies.mean_teacher import MeanTeacher, ramp
from s4gui.learn.strategies.weak2strong import PRESETS, Manner, WeakToStrong, total
from s4gui.learn.views import Batch, Strong, Views

C, H, W = 3, 32, 48
LATE = Progress(50, 100)


def _views(n: int, seed: int, *, labelled: float) -> Views:
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, C, (n, H, W), generator=rng)
    labels[torch.rand(n, H, W, generator=rng) > labelled] = 255
    inside = torch.ones(n, H, W, dtype=torch.bool)
    inside[:, :3] = False
    return Views(torch.rand(n, 3, H, W, generator=rng) * 2 - 1, labels, inside)


def _batch(*, unlabelled_seed: int = 1, views: int = 2) -> Batch:
    weak = _views(3, unlabelled_seed, labelled=0.05)
    strong = []
    for number in range(views):
        rng = torch.Generator().manual_seed(100 + unlabelled_seed + number)
        box = torch.zeros(3, H, W, dtype=torch.bool)
        box[number, 4:20, 10:30] = True
        noise = torch.rand(weak.images.shape, generator=rng)
        strong.append(Strong((weak.images + noise / 4).clamp(-1, 1), box))
    return Batch(_views(2, 0, labelled=0.3), weak, None, tuple(strong))


def _plain_net(seed: int = 3) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Tanh(), nn.Conv2d(8, C, 3, padding=1))


def _sgd(network: nn.Module) -> torch.optim.SGD:
    return torch.optim.SGD(network.parameters(), lr=0.1)


def _descend(network: nn.Module, loss: Tensor) -> None:
    grads = torch.autograd.grad(loss, list(network.parameters()))
    with torch.no_grad():
        for weight, grad in zip(network.parameters(), grads, strict=True):
            weight.sub_(0.1 * grad)


def _assert_equal(one: nn.Module, other: nn.Module) -> None:
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-6)


def _mixed(i: int, box: Tensor, planes: Tensor) -> Tensor:
    """Plane i with the box taken from the plane before, pixel by pixel."""
    out = planes[i].clone()
    for y, x in box[i].nonzero().tolist():
        out[..., y, x] = planes[i - 1][..., y, x]
    return out


@pytest.mark.parametrize("views", [1, 2])
def test_a_step_with_an_averaged_teacher_equals_its_formulas(views: int) -> None:
    ours, teacher, batch = _plain_net(), _plain_net(9), _batch(views=views)
    reference = copy.deepcopy(ours)
    with torch.no_grad():
        teacher[2].weight *= 6  # sure of some pixels, unsure of others
        p = teacher(batch.unlabelled.images).softmax(1)
    threshold = 0.6
    conf, y = p.max(1)
    given = batch.unlabelled.labels != 255
    y, conf = torch.where(given, batch.unlabelled.labels, y), conf.masked_fill(given, 1.0)
    terms = []
    for strong in batch.strong:
        summed, valid = torch.zeros(()), 0
        for i in range(3):
            x_s = _mixed(i, strong.box, strong.images)
            y_s, c_s = _mixed(i, strong.box, y), _mixed(i, strong.box, conf)
            ok = _mixed(i, strong.box, batch.unlabelled.inside)
            ce = F.cross_entropy(reference(x_s[None]), y_s[None], reduction="none")[0]
            summed = summed + ce[ok & (c_s >= threshold)].sum()
            valid += int(ok.sum())
        terms.append(summed / valid)
    labelled = F.cross_entropy(
        reference(batch.labelled.images), batch.labelled.labels, ignore_index=255
    )
    loss = 0.5 * (labelled + torch.stack(terms).mean())
    strategy = WeakToStrong(ours, _sgd(ours), teacher, manner=Manner(threshold=threshold))
    facts = strategy.step(batch, LATE)
    _descend(reference, loss)
    _assert_equal(ours, reference)
    assert sum(facts.losses.values()) == pytest.approx(loss.item(), rel=1e-5)
    assert set(facts.losses) == {"ce", *(f"s{n + 1}" for n in range(views))}
    assert 0.1 < facts.rates["mask"] < 0.9
    assert sum(facts.seen) == pytest.approx(1)


def test_a_step_of_unimatch_equals_its_formulas() -> None:
    torch.manual_seed(0)
    ours = LightNet(classes=C, width=4)
    with torch.no_grad():
        ours.classify.weight *= 8
    reference, batch, threshold = copy.deepcopy(ours), _batch(), 0.5
    x, u = batch.labelled, batch.unlabelled
    size = {"size": (H, W), "mode": "bilinear", "align_corners": False}
    with torch.no_grad():
        conf_m, y_m = reference.eval()(u.images).softmax(1).max(1)
    reference.train()
    torch.manual_seed(5)
    features = reference.features(torch.cat([x.images, u.images]))
    fed = tuple(torch.cat([f, F.dropout2d(f, 0.5)]) for f in features)
    out, out_fp = (F.interpolate(each, **size) for each in reference.decode(fed, (H, W)).chunk(2))
    conf, y = out[2:].detach().softmax(1).max(1)
    given = u.labels != 255

    def overwritten(classes: Tensor, sure: Tensor) -> tuple[Tensor, Tensor]:
        return torch.where(given, u.labels, classes), sure.masked_fill(given, 1.0)

    (y, conf), (y_m, conf_m) = overwritten(y, conf), overwritten(y_m, conf_m)

    def term(logits: Tensor, box: Tensor | None) -> Tensor:
        target, sure, ok = y, conf, u.inside
        if box is not None:
            target = torch.where(box, y_m.roll(1, 0), y)
            sure = torch.where(box, conf_m.roll(1, 0), conf)
            ok = torch.where(box, u.inside.roll(1, 0), u.inside)
        ce = F.cross_entropy(logits, target, reduction="none")
        return (ce * (sure >= threshold) * ok).sum() / ok.sum()

    strong = torch.cat(
        [torch.where(s.box[:, None], s.images.roll(1, 0), s.images) for s in batch.strong]
    )
    s1, s2 = F.interpolate(reference.coarse(strong), **size).chunk(2)
    l_x = F.cross_entropy(out[:2], x.labels, ignore_index=255)
    loss = 0.5 * (
        l_x
        + 0.25 * term(s1, batch.strong[0].box)
        + 0.25 * term(s2, batch.strong[1].box)
        + 0.5 * term(out_fp[2:], None)
    )
    manner = Manner(teacher="itself", perturb="features", threshold=threshold)
    strategy = WeakToStrong(ours, _sgd(ours), nn.Identity(), manner=manner)
    torch.manual_seed(5)
    facts = strategy.step(batch, LATE)
    _descend(reference, loss)
    _assert_equal(ours, reference)
    assert sum(facts.losses.values()) == pytest.approx(loss.item(), rel=1e-5)
    assert ours.training


def test_no_gradient_reaches_the_teacher_and_none_comes_through_its_answers() -> None:
    ours, teacher = _plain_net(), _plain_net(9)
    before = copy.deepcopy(teacher)
    strategy = WeakToStrong(ours, _sgd(ours), teacher, manner=Manner(threshold=0.0))
    strategy.step(_batch(), LATE)
    _assert_equal(teacher, before)
    assert all(each.grad is None for each in teacher.parameters())


def test_the_published_total_of_unimatch_is_known() -> None:
    terms = {"s1": torch.tensor(0.4), "s2": torch.tensor(0.6), "fp": torch.tensor(0.2)}
    assert sum(total(torch.tensor(0.8), terms).values()).item() == pytest.approx(0.575)
    of_v2 = total(torch.tensor(0.8), {"s1": torch.tensor(0.4), "s2": torch.tensor(0.6)})
    assert sum(of_v2.values()).item() == pytest.approx(0.5 * (0.8 + 0.5))
    fixmatch = total(torch.tensor(0.8), {"s1": torch.tensor(0.4)})
    assert sum(fixmatch.values()).item() == pytest.approx(0.6)


def test_the_masked_consistency_is_divided_by_valid_pixels_not_by_sure_ones() -> None:
    logits = torch.tensor([0.3, 0.5, 0.9, 2.0])  # -log p of class 0 of two
    rows = torch.stack([torch.zeros(4), torch.log(torch.expm1(logits))])
    loss = masked_consistency(
        rows.view(1, 2, 2, 2),
        torch.zeros(1, 2, 2, dtype=torch.long),
        torch.tensor([[[True, True], [False, True]]]),
        torch.tensor([[[True, True], [True, False]]]),
    )
    assert loss.item() == pytest.approx(0.2666667, abs=1e-6)
    nothing = torch.zeros(1, 2, 2, dtype=torch.bool)
    empty = masked_consistency(
        rows.view(1, 2, 2, 2), torch.zeros(1, 2, 2, dtype=torch.long), nothing, nothing
    )
    assert empty.item() == 0.0


def test_a_step_of_the_mean_teacher_equals_its_formulas() -> None:
    ours, teacher, batch = _plain_net(), _plain_net(9), _batch(views=1)
    reference, (strong,) = copy.deepcopy(ours), batch.strong
    u = batch.unlabelled
    with torch.no_grad():
        p = teacher(u.images).softmax(1)
    for i, y, x in (u.labels != 255).nonzero().tolist():
        p[i, :, y, x] = F.one_hot(u.labels[i, y, x], C).float()
    squares = []
    for i in range(3):
        x_s, p_s = _mixed(i, strong.box, strong.images), _mixed(i, strong.box, p)
        ok = _mixed(i, strong.box, u.inside)
        squares.append((reference(x_s[None]).softmax(1)[0] - p_s)[:, ok].square().flatten())
    share = math.exp(-5 * (1 - 0.1 / 0.3) ** 2)
    l_x = F.cross_entropy(reference(batch.labelled.images), batch.labelled.labels, ignore_index=255)
    loss = l_x + 2.0 * share * torch.cat(squares).mean()
    facts = MeanTeacher(ours, _sgd(ours), teacher, consistency=2.0).step(batch, Progress(10, 100))
    _descend(reference, loss)
    _assert_equal(ours, reference)
    assert sum(facts.losses.values()) == pytest.approx(loss.item(), rel=1e-5)


def test_the_mean_teachers_weight_rises_to_one_at_thirty_percent() -> None:
    assert ramp(0.0) == pytest.approx(math.exp(-5))
    assert ramp(0.15) == pytest.approx(math.exp(-1.25))
    assert ramp(0.3) == ramp(0.9) == 1.0


def test_nothing_valid_costs_nothing() -> None:
    logits = torch.randn(1, C, 4, 4, requires_grad=True)
    loss = squared_distance(logits, torch.rand(1, C, 4, 4), torch.zeros(1, 4, 4).bool())
    loss.backward()
    assert loss.item() == 0.0
    assert not logits.grad.any()


@pytest.mark.parametrize("preset", [*PRESETS, "mean_teacher"])
def test_other_unlabelled_images_give_other_weights(preset: str) -> None:
    weights = []
    for seed in (1, 7):
        torch.manual_seed(0)
        network = LightNet(classes=C, width=4)
        teacher = copy.deepcopy(network).eval()
        if preset == "mean_teacher":
            strategy = MeanTeacher(network, _sgd(network), teacher)
            batch = _batch(unlabelled_seed=seed, views=1)
        else:
            choices = Recipe(strategy="weak2strong", **PRESETS[preset])
            manner = Manner(teacher=choices.teacher, perturb=choices.perturb, threshold=0.0)
            strategy = WeakToStrong(network, _sgd(network), teacher, manner=manner)
            batch = _batch(unlabelled_seed=seed, views=choices.strong_views)
        torch.manual_seed(1)
        strategy.step(batch, LATE)
        weights.append(torch.cat([each.detach().flatten() for each in network.parameters()]))
    assert not torch.equal(weights[0], weights[1])


@pytest.mark.parametrize("kind", ["mean_teacher", "weak2strong"])
def test_a_batch_without_unlabelled_views_is_refused(kind: str) -> None:
    network = _plain_net()
    made = {
        "mean_teacher": MeanTeacher(network, _sgd(network), network),
        "weak2strong": WeakToStrong(network, _sgd(network), network, manner=Manner()),
    }
    with pytest.raises(DataError, match="unlabelled images"):
        made[kind].step(Batch(_views(2, 0, labelled=0.3)), LATE)


def test_during_the_warm_up_only_labels_teach() -> None:
    ours = _plain_net()
    strategy = WeakToStrong(ours, _sgd(ours), ours, manner=Manner(threshold=0.0, warmup_steps=51))
    assert set(strategy.step(_batch(), LATE).losses) == {"ce"}
    assert set(strategy.step(_batch(), Progress(51, 100)).losses) == {"ce", "s1", "s2"}


@pytest.mark.parametrize("kind", ["mean_teacher", "weak2strong"])
def test_what_the_network_says_itself_can_be_switched_off(kind: str) -> None:
    network = _plain_net()
    strategy = (
        MeanTeacher(network, _sgd(network), network)
        if kind == "mean_teacher"
        else WeakToStrong(network, _sgd(network), network, manner=Manner(threshold=0.0))
    )
    batch = _batch(views=1)
    assert len(strategy.step(batch, LATE).losses) == 2
    strategy.self_taught = False
    assert set(strategy.step(batch, LATE).losses) == {"ce"}


def test_a_network_whose_features_cannot_be_had_is_refused_in_words() -> None:
    with pytest.raises(RecipeError, match="no features that could be perturbed") as caught:
        WeakToStrong(
            _plain_net(), _sgd(_plain_net()), nn.Identity(), manner=Manner(perturb="features")
        )
    assert "light or unet" in caught.value.hint


@pytest.mark.parametrize("make", [LightNet, UNet])
def test_decoding_the_features_is_what_the_network_does_anyway(make: type[nn.Module]) -> None:
    torch.manual_seed(5)  # a narrow network may be born with a level that is all zeros
    network = make(classes=C, width=8)
    assert isinstance(network, Perturbable)
    network.eval()
    images = torch.rand(2, 3, 40, 56)
    whole = network(images)
    halfway = network.decode(network.features(images), (40, 56))
    if halfway.shape != whole.shape:
        halfway = F.interpolate(halfway, size=(40, 56), mode="bilinear", align_corners=False)
    assert torch.equal(whole, halfway)
    moved = [each.clone() for each in network.features(images)]
    for level in range(len(moved)):  # the decoder looks at every level
        changed = tuple(0 * each if n == level else each for n, each in enumerate(moved))
        assert not torch.equal(network.decode(changed, (40, 56)), network.decode(moved, (40, 56)))
