"""A step of S4GAN+MLMT is its formulas, branch by branch."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from s4gui.core.errors import RecipeError
from s4gui.core.recipe import Recipe
from s4gui.learn.build import make_classifier, make_generator
from s4gui.learn.judging import Dose
from s4gui.learn.nets.classifier import Classifier, PooledBottleneck
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.schedule import Progress
from s4gui.learn.strategies.s4gan import S4Gan
from s4gui.learn.strategies.s4gan_mlmt import Branch, Critic, Lesson, S4GanMlmt
from s4gui.learn.update import BrokenNumber
from s4gui.learn.views import Batch, Pictures, Views

C, H, W = 3, 32, 40
LATE = Progress(35, 100)  # w = 0.5


def _views(n: int, seed: int) -> Views:
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, C, (n, H, W), generator=rng)
    inside = torch.ones(n, H, W, dtype=torch.bool)
    return Views(torch.rand(n, 3, H, W, generator=rng), labels, inside)


def _batch(*, seed: int = 1) -> Batch:
    rng = torch.Generator().manual_seed(seed)
    tagged, tagged_teacher, untagged, untagged_teacher = (
        torch.randn(n, 3, 16, 16, generator=rng) for n in (2, 2, 3, 3)
    )
    presence = torch.tensor([[1.0, 0.0, -1.0], [1.0, -1.0, -1.0]])
    pictures = Pictures(tagged, tagged_teacher, presence, untagged, untagged_teacher)
    return Batch(_views(2, 0), _views(3, 5), _views(2, 2), pictures=pictures)


class _Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Tanh())
        self.classify = nn.Conv2d(8, C, 3, padding=1)

    def features(self, images: Tensor) -> tuple[Tensor, ...]:
        return (self.encode(images),)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.classify(self.encode(images))
        return logits


class _Trunk(nn.Module):
    """Stands for what makes one vector of an image."""

    channels = 8

    def __init__(self, generator: nn.Module | None) -> None:
        super().__init__()
        self.generator = generator or _Generator()

    def forward(self, images: Tensor) -> Tensor:
        maps: Tensor = self.generator.encode(images)
        return maps.mean((2, 3))


def _sgd(parameters: list[nn.Parameter]) -> torch.optim.SGD:
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)


def _strategy(*, shared: bool, dose: Dose | None = None, **lesson: object) -> S4GanMlmt:
    torch.manual_seed(3)
    generator = _Generator()
    critic = Discriminator(classes=C, width=4, dropout=0.0)
    student = Classifier(_Trunk(generator if shared else None), classes=C).train()
    own = list(student.head.parameters()) if shared else []
    return S4GanMlmt(
        generator,
        _sgd([*generator.parameters(), *own]),
        Critic(critic, torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.9, 0.99))),
        Branch(
            student,
            lesson=Lesson(**lesson),
            optimizer=None if shared else _sgd(list(student.parameters())),
        ),
        dose=dose or Dose(trust=0.0, warmup_steps=0),
    )


def _branch_loss(g: nn.Module, h: nn.Module, p: Pictures, form: str, *, on_tagged: bool) -> Tensor:
    """Methods 1.6 once more, image by image and class by class."""
    logits = g(p.tagged)
    known = [
        -torch.log(
            torch.sigmoid(logits[i, c]) if p.presence[i, c] else 1 - torch.sigmoid(logits[i, c])
        )
        for i in range(2)
        for c in range(C)
        if p.presence[i, c] >= 0
    ]
    pairs = list(zip(g(p.untagged), h(p.untagged_teacher), strict=True))
    if on_tagged:
        pairs += list(zip(logits, h(p.tagged_teacher), strict=True))
    distances = []
    for a, target in pairs:
        b = target.detach()
        if form == "cosine":
            distances.append(1 - (a @ b) / (a.norm() * b.norm()))
        else:
            distances.append(((torch.sigmoid(a) - torch.sigmoid(b)) ** 2).sum() / C)
    return 0.5 * torch.stack(known).mean() + 0.5 * torch.stack(distances).mean()


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("form", ["cosine", "squared"])
@pytest.mark.parametrize("on_tagged", [True, False])
def test_a_step_of_the_branch_equals_its_formulas(
    *, shared: bool, form: str, on_tagged: bool
) -> None:
    """Both forms of the consistency on both sets of images, from a network apart or the shared
    encoder: student and teacher move as computed by hand, after two steps.
    """
    none = Dose(feature_matching=0, self_training=0, trust=1.0)
    ours = _strategy(shared=shared, dose=none, form=form, on_tagged=on_tagged)
    student = copy.deepcopy(ours.branch.student)
    teacher = copy.deepcopy(student).train()
    optimizer = _sgd(list(student.parameters()))
    for n in (1, 2):
        batch = _batch(seed=n)
        ours.step(batch, LATE)
        loss = _branch_loss(student, teacher, batch.pictures, form, on_tagged=on_tagged)
        if shared:
            logits = student.trunk.generator(batch.labelled.images)
            loss = loss + nn.functional.cross_entropy(logits, batch.labelled.labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for t, s in zip(teacher.parameters(), student.parameters(), strict=True):
                alpha = min(1 - 1 / (n + 1), 0.999)
                t.copy_(alpha * t + (1 - alpha) * s)
    for mine, reference in ((ours.branch.student, student), (ours.branch.tag_teacher, teacher)):
        for (name, a), b in zip(mine.named_parameters(), reference.parameters(), strict=True):
            if not shared or "classify" not in name:
                torch.testing.assert_close(a, b, rtol=0, atol=1e-6, msg=name)


def test_without_its_branch_a_step_is_s4gans_to_the_last_bit() -> None:
    ours = _strategy(shared=False)
    generator, critic = copy.deepcopy(ours.generator), copy.deepcopy(ours.discriminator)
    theirs = S4Gan(
        generator,
        critic,
        generator_optimizer=_sgd(list(generator.parameters())),
        discriminator_optimizer=torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.9, 0.99)),
        dose=Dose(trust=0.0, warmup_steps=0),
    )
    for n in range(3):
        batch = _batch(seed=n)
        facts, expected = ours.step(batch, LATE), theirs.step(batch, LATE)
        assert expected.losses.items() <= facts.losses.items()
        assert expected.rates.items() <= facts.rates.items()
    for mine, other in ((ours.generator, generator), (ours.discriminator, critic)):
        for a, b in zip(mine.state_dict().values(), other.state_dict().values(), strict=True):
            assert torch.equal(a, b)


def test_a_shared_encoder_is_taught_by_tags_and_the_decoder_is_not() -> None:
    silent = _strategy(shared=True, tags=0.0, consistency=0.0)
    taught = _strategy(shared=True, tags=1.0, consistency=0.0)
    for each in (silent, taught):
        each.step(_batch(), Progress(0, 100))
    assert not torch.equal(silent.generator.encode[0].weight, taught.generator.encode[0].weight)
    assert torch.equal(silent.generator.classify.weight, taught.generator.classify.weight)


def test_other_untagged_pictures_give_another_student() -> None:
    """What has no tag and no label teaches by its consistency, once the ramp has begun."""
    found: dict[bool, list[Tensor]] = {True: [], False: []}
    for late in (True, False):
        for seed in (1, 2):
            ours = _strategy(shared=False)
            ours.branch.teacher.network.head.score.weight.mul_(-1)  # something to agree on
            batch = _batch()
            batch.pictures.untagged.copy_(_batch(seed=seed).pictures.untagged)
            ours.step(batch, LATE if late else Progress(5, 100))
            found[late].append(ours.branch.student.head.score.weight.detach().clone())
    assert not torch.equal(*found[True])
    assert torch.equal(*found[False])


def test_the_teacher_keeps_the_statistics_of_the_pictures_it_sees_itself() -> None:
    ours = _strategy(shared=False)
    batch = _batch()
    twin = copy.deepcopy(ours.branch.student.trunk.generator.encode).train()
    ours.step(batch, LATE)
    twin(batch.pictures.untagged_teacher)
    torch.testing.assert_close(
        ours.branch.tag_teacher.trunk.generator.encode[1].running_mean, twin[1].running_mean
    )


def test_tags_seen_are_remembered_by_student_and_teacher() -> None:
    ours = _strategy(shared=True)
    ours.step(_batch(), LATE)
    for each in (ours.branch.student, ours.branch.tag_teacher):
        assert each.known.tolist() == [True, True, False]


def test_told_not_to_teach_itself_it_learns_from_labels_and_tags_alone() -> None:
    ours, open_minded = (_strategy(shared=False) for _ in range(2))
    ours.self_taught = False
    for each in (ours, open_minded):
        each.branch.teacher.network.head.score.weight.mul_(-1)
    silent, heard = (each.step(_batch(), LATE) for each in (ours, open_minded))
    assert (silent.losses["tag_cons"], silent.rates["gate"]) == (0.0, 0.0)
    assert silent.losses["tags"] == heard.losses["tags"] > 0
    assert heard.losses["tag_cons"] > 0
    assert heard.rates["gate"] == 1.0


def test_a_broken_tag_loss_stops_the_step_before_weights_change() -> None:
    ours = _strategy(shared=True)
    batch = _batch()
    batch.pictures.tagged[0] = float("nan")
    before = [each.detach().clone() for each in ours.branch.student.parameters()]
    with pytest.raises(BrokenNumber, match="tags"):
        ours.step(batch, LATE)
    for old, new in zip(before, ours.branch.student.parameters(), strict=True):
        assert torch.equal(old, new)


@pytest.mark.parametrize("network", ["light", "unet", "deeplabv2-resnet18"])
def test_a_shared_classifier_is_the_mean_of_the_bottleneck_and_a_linear_layer(network: str) -> None:
    recipe = Recipe(network=network, width=4, tagger="shared", position=True)
    torch.manual_seed(0)
    generator = make_generator(recipe, classes=C).train()
    before = copy.deepcopy(generator.state_dict())
    classifier = make_classifier(recipe, generator, classes=C)
    for name, mine in generator.state_dict().items():
        assert torch.equal(mine, before[name]), name  # asking for its width moved nothing
    assert generator.training
    images = torch.randn(2, 5, 64, 96)
    bottleneck = generator.eval().features(images)[-1].double()
    assert bottleneck.shape[1] == classifier.head.score.in_features
    means = torch.stack([each.flatten(1).sum(1) / each[0].numel() for each in bottleneck])
    expected = means @ classifier.head.score.weight.double().T + classifier.head.score.bias
    torch.testing.assert_close(
        classifier.eval()(images).double(), expected.double(), rtol=1e-4, atol=1e-5
    )


def test_a_network_without_a_bottleneck_is_refused_with_what_to_choose() -> None:
    with pytest.raises(RecipeError, match="no bottleneck") as caught:
        PooledBottleneck(nn.Conv2d(3, C, 1), in_channels=3)
    assert "ResNet" in caught.value.hint
