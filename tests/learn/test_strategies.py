"""One step of a strategy does what the paper's formulas say, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.core.errors import DataError
from s4gui.learn.judging import Dose, judged_maps, pseudo_labels
from s4gui.learn.losses import adversarial
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.schedule import Progress
from s4gui.learn.strategies.s4gan import S4Gan
from s4gui.learn.strategies.supervised import Supervised
from s4gui.learn.update import BrokenNumber
from s4gui.learn.views import Batch, Views

C, H, W = 3, 32, 40
LATE = Progress(50, 100)


def _views(n: int, seed: int, *, labelled: float) -> Views:
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, C, (n, H, W), generator=rng)
    labels[torch.rand(n, H, W, generator=rng) > labelled] = 255
    return Views(
        torch.rand(n, 3, H, W, generator=rng), labels, torch.ones(n, H, W, dtype=torch.bool)
    )


def _batch(seed: int = 0, *, unlabelled_seed: int = 1, labelled: float = 0.3) -> Batch:
    return Batch(
        _views(2, seed, labelled=labelled),
        _views(3, unlabelled_seed, labelled=0.05),
        _views(2, seed + 2, labelled=labelled),
    )


def _generator() -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Tanh(), nn.Conv2d(8, C, 3, padding=1))


def _s4gan(*, covered: bool, trust: float = 0.5, warmup: int = 0, **dose: float) -> S4Gan:
    generator = _generator()
    torch.manual_seed(4)
    critic = Discriminator(classes=C, covered=covered, width=4, dropout=0.0)
    return S4Gan(
        generator,
        critic,
        generator_optimizer=torch.optim.SGD(
            generator.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4
        ),
        discriminator_optimizer=torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.9, 0.99)),
        dose=Dose(trust=trust, warmup_steps=warmup, **dose),
    )


def _reference_step(
    s: nn.Module, d: Discriminator, batch: Batch, cover: Callable[[], Tensor] | None
) -> None:
    """Methods 1.3 and 5.3a once more, straight from the formulas and pixel by pixel."""
    x, y = batch.labelled.images, batch.labelled.labels
    u, y_u = batch.unlabelled.images, batch.unlabelled.labels
    r, y_r = batch.real.images / 2 + 0.5, batch.real.labels
    u_rgb = u / 2 + 0.5
    opt_s = torch.optim.SGD(s.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    opt_d = torch.optim.Adam(d.parameters(), lr=1e-3, betas=(0.9, 0.99))
    m = (y_r != 255)[:, None].float()
    real = torch.stack([(y_r == c).float() for c in range(C)], 1)
    p = torch.softmax(s(u), 1)
    fake = p
    if cover:
        eps = (1 - p.max(1).values).mean().detach()
        real, m_u = m * ((1 - eps) * real + eps / C), m[cover()]
        real_in, fake_in = torch.cat([real, r, m], 1), torch.cat([m_u * fake, u_rgb, m_u], 1)
    else:
        real_in, fake_in = torch.cat([real, r], 1), torch.cat([fake, u_rgb], 1)

    def judge(z: Tensor) -> tuple[Tensor, Tensor]:
        f = d.layers(z).mean(3).mean(2)
        return torch.sigmoid(d.judge(f))[:, 0], f

    score, f_fake = judge(fake_in)
    ce = (F.cross_entropy(s(x), y, ignore_index=255, reduction="none").sum()) / (y != 255).sum()
    fm = (judge(real_in)[1].mean(0) - f_fake.mean(0)).abs().sum() / f_fake.shape[1]
    hard = torch.where(y_u < 255, y_u, p.argmax(1))
    terms = [F.cross_entropy(s(u[i : i + 1]), hard[i : i + 1]) for i in range(3) if score[i] > 0.5]
    assert 0 < len(terms) < 3, "the test's seeds must open the gate for some images only"
    loss_s = ce + 0.1 * fm + torch.stack(terms).mean()
    grads_s = torch.autograd.grad(loss_s, list(s.parameters()))
    fake_score, real_score = judge(fake_in.detach())[0], judge(real_in)[0]
    loss_d = -(torch.log(1 - fake_score).mean() + torch.log(real_score).mean()) / 2
    grads_d = torch.autograd.grad(loss_d, list(d.parameters()))
    for net, grads, opt in ((s, grads_s, opt_s), (d, grads_d, opt_d)):
        for weight, grad in zip(net.parameters(), grads, strict=True):
            weight.grad = grad
        opt.step()


@pytest.mark.parametrize("covered", [False, True])
def test_a_step_of_s4gan_equals_its_formulas(*, covered: bool) -> None:
    ours = _s4gan(covered=covered)
    s, d = copy.deepcopy(ours.generator), copy.deepcopy(ours.discriminator)
    batch = _batch(labelled=0.3 if covered else 1.0)
    with torch.no_grad():  # put the threshold between the scores of the three images
        torch.manual_seed(9)
        maps = judged_maps(
            batch.real, batch.unlabelled, s(batch.unlabelled.images).softmax(1), covered=covered
        )[1]
        middle = d(*maps)[0].median()
        d.judge.bias -= middle
        ours.discriminator.judge.bias -= middle
    torch.manual_seed(9)
    facts = ours.step(batch, LATE)
    torch.manual_seed(9)
    _reference_step(s, d, batch, (lambda: torch.randint(2, (3,))) if covered else None)
    for mine, reference in ((ours.generator, s), (ours.discriminator, d)):
        for a, b in zip(mine.parameters(), reference.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-6)
    assert facts.rates["gate"] == pytest.approx(1 / 3)


def test_other_unlabelled_images_give_other_weights() -> None:
    weights = []
    for seed in (1, 7):
        ours = _s4gan(covered=True)
        torch.manual_seed(0)
        ours.step(_batch(unlabelled_seed=seed), Progress(0, 100))
        weights.append(torch.cat([each.detach().flatten() for each in ours.generator.parameters()]))
    assert not torch.equal(weights[0], weights[1])


def test_the_discriminators_loss_reaches_the_generator_by_no_way() -> None:
    ours = _s4gan(covered=True, trust=1.0)
    ours._dose = Dose(feature_matching=0.0, trust=1.0, warmup_steps=0)
    twin = _generator()
    batch = _batch()
    ours.step(batch, LATE)
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    Supervised(twin, optimizer).step(batch, LATE)
    for a, b in zip(ours.generator.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-7)
    assert all(each.requires_grad for each in ours.discriminator.parameters())


def test_the_reports_form_judges_the_masks_of_the_labelled_images_themselves() -> None:
    ours = _s4gan(covered=False, feature_matching=0.0, self_training=0.0, adversarial=0.5)
    s, d, batch = (
        copy.deepcopy(ours.generator),
        copy.deepcopy(ours.discriminator),
        _batch(labelled=1.0),
    )
    facts = ours.step(Batch(batch.labelled, None, batch.real), LATE)
    x, y = batch.labelled.images, batch.labelled.labels
    fake = torch.cat([s(x).softmax(1), x / 2 + 0.5], 1)
    r = batch.real
    real = torch.cat([torch.stack([(r.labels == c).float() for c in range(C)], 1), r.rgb], 1)

    def score(z: Tensor) -> Tensor:
        return torch.sigmoid(d.judge(d.layers(z).mean((2, 3))))[:, 0]

    l_ce, l_adv = F.cross_entropy(s(x), y), F.binary_cross_entropy(score(fake), torch.ones(2))
    grads = torch.autograd.grad(l_ce + 0.5 * l_adv, list(s.parameters()))
    for mine, before, grad in zip(ours.generator.parameters(), s.parameters(), grads, strict=True):
        torch.testing.assert_close(mine, before - 0.1 * (grad + 5e-4 * before), rtol=0, atol=1e-6)
    l_d = F.binary_cross_entropy(score(fake.detach()), torch.zeros(2)) / 2
    l_d = l_d + F.binary_cross_entropy(score(real), torch.ones(2)) / 2
    assert set(facts.losses) == {"ce", "adv", "d"}
    assert facts.losses["adv"] == pytest.approx(0.5 * l_adv.item(), rel=1e-5)
    assert facts.losses["d"] == pytest.approx(l_d.item(), rel=1e-5)


def test_the_adversarial_term_is_the_binary_cross_entropy_with_one() -> None:
    scores = torch.tensor([0.25, 0.8]).logit()
    expected = -(torch.tensor(0.25).log() + torch.tensor(0.8).log()).item() / 2
    assert adversarial(scores).item() == pytest.approx(expected, rel=1e-6)


def test_feature_matching_without_unlabelled_views_is_refused() -> None:
    ours = _s4gan(covered=False, self_training=0.0, adversarial=0.5)
    batch = _batch()
    with pytest.raises(DataError, match="unlabelled"):
        ours.step(Batch(batch.labelled, None, batch.real), LATE)


def test_the_gate_can_be_switched_off() -> None:
    ours = _s4gan(covered=True, trust=0.0)
    ours.self_taught = False
    assert ours.step(_batch(), LATE).rates["gate"] == 0.0


def test_the_gate_stays_shut_during_the_warm_up() -> None:
    ours = _s4gan(covered=True, trust=0.0, warmup=10)
    assert ours.step(_batch(), Progress(9, 100)).rates["gate"] == 0.0
    assert ours.step(_batch(), Progress(10, 100)).rates["gate"] == 1.0


def test_given_labels_overwrite_pseudo_labels_and_mirrored_pixels_teach_nothing() -> None:
    views = _views(1, 0, labelled=0.5)
    views.inside[0, :, 30:] = False
    logits = torch.zeros(1, C, H, W)
    logits[:, 2] = 1
    pseudo = pseudo_labels(logits, views)
    given = (views.labels != 255) & views.inside
    assert torch.equal(pseudo[given], views.labels[given])
    assert (pseudo[(views.labels == 255) & views.inside] == 2).all()
    assert (pseudo[..., 30:] == 255).all()


def test_predicted_masks_are_judged_under_strokes_of_a_real_view() -> None:
    batch = _batch()
    predicted = torch.rand(3, C, H, W).softmax(1)
    torch.manual_seed(0)
    real, fake = judged_maps(batch.real, batch.unlabelled, predicted, covered=True)
    covers = [each[None] for each in (batch.real.labels != 255).float()]
    for cover in fake[2]:
        assert any(torch.equal(cover, each) for each in covers)
    assert torch.equal(fake[0], predicted * fake[2])
    on = real[2].expand_as(real[0]) > 0
    torch.testing.assert_close(real[0].sum(1), real[2][:, 0])
    assert real[0][on].max() < 1.0
    assert (real[0][~on] == 0).all()


@pytest.mark.parametrize("covered", [False, True])
def test_the_discriminator_sees_the_images_that_the_generator_saw(*, covered: bool) -> None:
    """In 0..1, on both sides: a mask is judged beside the image it was predicted from."""
    batch = _batch()
    for each in (batch.real, batch.unlabelled):
        object.__setattr__(each, "plain", torch.zeros_like(each.images))
    predicted = torch.rand(3, C, H, W).softmax(1)
    real, fake = judged_maps(batch.real, batch.unlabelled, predicted, covered=covered)
    torch.testing.assert_close(real[1], batch.real.images / 2 + 0.5)
    torch.testing.assert_close(fake[1], batch.unlabelled.images / 2 + 0.5)


def test_s4gan_refuses_to_learn_without_unlabelled_images() -> None:
    with pytest.raises(DataError, match="unlabelled"):
        _s4gan(covered=True).step(Batch(_views(2, 0, labelled=0.3)), LATE)


def test_a_supervised_step_is_one_step_of_its_optimizer_on_the_mean() -> None:
    generator = _generator()
    twin = copy.deepcopy(generator)
    batch = _batch()
    facts = Supervised(generator, torch.optim.SGD(generator.parameters(), lr=0.1)).step(batch, LATE)
    loss = F.cross_entropy(twin(batch.labelled.images), batch.labelled.labels, ignore_index=255)
    loss.backward()
    with torch.no_grad():
        for each in twin.parameters():
            each.sub_(0.1 * each.grad)
    for a, b in zip(generator.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-6)
    assert facts.losses["ce"] == pytest.approx(loss.item(), rel=1e-5)


@pytest.mark.parametrize("strategy", ["supervised", "s4gan"])
def test_a_number_that_broke_stops_the_step_before_the_weights_change(strategy: str) -> None:
    ours = _s4gan(covered=True)
    learner = ours
    if strategy == "supervised":
        learner = Supervised(ours.generator, ours.optimizers["generator"][0])
    batch = _batch()
    batch.labelled.images[0, 0, 0, 0] = float("nan")
    batch.labelled.labels[0, 0, 0] = 1
    before = [each.detach().clone() for each in ours.generator.parameters()]
    with pytest.raises(BrokenNumber, match="ce"):
        learner.step(batch, LATE)
    for old, new in zip(before, ours.generator.parameters(), strict=True):
        assert torch.equal(old, new)


def test_a_batch_without_any_label_changes_nothing_by_itself() -> None:
    generator = _generator()
    before = [each.detach().clone() for each in generator.parameters()]
    learner = Supervised(generator, torch.optim.SGD(generator.parameters(), lr=0.1), clip_norm=1.0)
    facts = learner.step(Batch(_views(2, 0, labelled=0.0)), LATE)
    assert facts.losses == {"ce": 0.0}
    for old, new in zip(before, generator.parameters(), strict=True):
        assert torch.equal(old, new)
