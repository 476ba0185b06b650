"""Learner: the networks, optimizers and strategy that a recipe asks for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer

from s4gui.core.recipe import ZOO, Recipe, encoder_of
from s4gui.learn import collectives, optimizers, seed
from s4gui.learn.collapse import Watch
from s4gui.learn.ema import Ema
from s4gui.learn.gear import Gear, Geared
from s4gui.learn.judging import Dose
from s4gui.learn.nets import zoo
from s4gui.learn.nets.classifier import Classifier, PooledBottleneck, PooledResNet
from s4gui.learn.nets.deeplabv2 import DeepLabV2
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.nets.light import LightNet
from s4gui.learn.nets.unet import UNet
from s4gui.learn.processes import this
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.schedule import Progress, learning_rate
from s4gui.learn.seed import Stream
from s4gui.learn.strategies.mean_teacher import MeanTeacher
from s4gui.learn.strategies.s4gan import S4Gan
from s4gui.learn.strategies.s4gan_mlmt import Branch, Critic, Lesson, S4GanMlmt
from s4gui.learn.strategies.self_training import SelfTraining
from s4gui.learn.strategies.supervised import Supervised
from s4gui.learn.strategies.weak2strong import Manner, WeakToStrong
from s4gui.learn.strategy import Strategy
from s4gui.learn.views import RGB, Batch, StepFacts

POSITION = 2


@dataclass(frozen=True, slots=True)
class Learner:
    """All parts of a run that change while it learns."""

    recipe: Recipe
    generator: nn.Module
    ema: Ema
    strategy: Strategy
    geared: Geared
    watch: Watch | None = None  # of a network that teaches itself

    def step(self, batch: Batch, progress: Progress) -> StepFacts:
        """One step with its learning rates and its own random numbers; then the average.

        If the network has taught itself nonsense, it is put back to before and learns from
        labels alone from then on (learn.collapse). BrokenNumber if a loss is not finite.
        """
        seed.seed_torch(self.recipe.seed, Stream.TORCH, progress.step, rank=this().rank)
        for optimizer, base in self.strategy.optimizers.values():
            optimizers.set_rate(optimizer, learning_rate(base, self.recipe.schedule, progress))
        if self.watch is not None:
            self.strategy.self_taught = not self.watch.halted
        scale = self.geared.scale
        with self.geared.engaged(), nullcontext() if scale is None else scale.in_force():
            facts = self.strategy.step(batch, progress)
        collectives.mean_statistics((self.generator, *self.strategy.parts.values()))
        self.ema.update(self.generator)
        views = batch.unlabelled or batch.labelled
        facts = collectives.shared_facts(facts, len(views.images))
        if self.watch is None or not self.watch.collapsed(facts, self.ema.network):
            return facts
        good = self.watch.good.state_dict()
        self.generator.load_state_dict(good)
        self.ema.network.load_state_dict(good)
        moved_by, _ = self.strategy.optimizers["generator"]
        moved_by.state.clear()  # its momentum points to where the network came from
        return replace(facts, collapsed=True)

    @property
    def tag_teacher(self) -> Classifier | None:
        """What knows which classes an image shows, if anything does."""
        return self.strategy.branch.tag_teacher if isinstance(self.strategy, S4GanMlmt) else None

    def weigh(self, weights: Tensor | None, *, labels: Tensor) -> None:
        """Use these class weights (C,) from now on; labels (C,) are the labelled pixels."""
        self.strategy.weights = weights
        if self.watch is not None:
            self.watch.use(labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is there before the strategy, which may take any of it.

    covered: labels are strokes, not whole masks. weights: (C,) of the classes, or None.
    """

    generator: nn.Module
    optimizer: Optimizer
    ema: Ema
    classes: int
    covered: bool
    device: torch.device
    weights: Tensor | None


def make_generator(recipe: Recipe, *, classes: int) -> nn.Module:
    """The recipe's network with fresh weights from torch's generator.

    `pretrained` decides here only what is fixed and how fast it learns: weights are loaded
    where a run begins (learn.pretrained), so that a checkpoint needs no file but its own.
    """
    channels = RGB + POSITION * recipe.position
    encoder = encoder_of(recipe.network)
    if encoder:
        return DeepLabV2(
            classes=classes,
            encoder=encoder,
            in_channels=channels,
            pretrained=recipe.pretrained == "imagenet",
            multi_scale=recipe.multi_scale,
        )
    if ZOO.fullmatch(recipe.network):
        return zoo.make(recipe.network, classes=classes, in_channels=channels)
    if recipe.network == "unet":
        return UNet(classes=classes, in_channels=channels, width=recipe.width)
    return LightNet(classes=classes, in_channels=channels, width=recipe.width)


def make_classifier(recipe: Recipe, generator: nn.Module, *, classes: int) -> Classifier:
    """The recipe's multi-label classifier with fresh weights; a shared one uses the generator."""
    if recipe.tagger == "shared":
        channels = RGB + POSITION * recipe.position
        return Classifier(PooledBottleneck(generator, in_channels=channels), classes=classes)
    return Classifier(PooledResNet(recipe.tagger), classes=classes)


def make_learner(
    recipe: Recipe,
    *,
    classes: int,
    covered: bool,
    device: torch.device,
    weights: Tensor | None = None,
    start: dict[str, Tensor] | None = None,
    labels: Tensor | None = None,
) -> Learner:
    """Everything new, on the device; `start` are generator weights to begin from.

    labels (C,) are the labelled pixels of each class; with them a network that teaches itself
    is watched (learn.collapse).
    """
    seed.seed_torch(recipe.seed, Stream.WEIGHTS)
    generator = make_generator(recipe, classes=classes)
    if start is not None:
        generator.load_state_dict(start)
    generator = generator.to(device).train()
    made = Made(
        generator=generator,
        optimizer=optimizers.make(recipe, generator),
        ema=Ema(generator, decay=recipe.ema, form=recipe.ema_form),
        classes=classes,
        covered=covered,
        device=device,
        weights=weights,
    )
    strategy = _STRATEGIES[recipe.strategy](recipe, made)
    for network in (generator, made.ema.network, *strategy.parts.values()):
        collectives.unite(network, device)
    watch = None
    if labels is not None and recipe.uses_unlabelled:
        watch = Watch(made.ema.network, labels=labels)
    geared = Geared(Gear.of(recipe), _networks(made, strategy), device)
    return Learner(recipe, generator, made.ema, strategy, geared, watch)


def _networks(made: Made, strategy: Strategy) -> list[nn.Module]:
    """All that a strategy asks in a step."""
    parts = [p.network if isinstance(p, Ema) else p for p in strategy.parts.values()]
    student = [strategy.branch.student] if isinstance(strategy, S4GanMlmt) else []
    return [made.generator, made.ema.network, *parts, *student]


def _supervised(recipe: Recipe, made: Made) -> Strategy:
    return Supervised(
        made.generator,
        made.optimizer,
        clip_norm=recipe.clip_norm,
        weights=made.weights,
        regularisers=Regularisers.of(recipe),
    )


def _s4gan(recipe: Recipe, made: Made) -> Strategy:
    critic, moved_by = _critic(recipe, made)
    return S4Gan(
        made.generator,
        critic,
        generator_optimizer=made.optimizer,
        discriminator_optimizer=moved_by,
        dose=_dose(recipe),
        clip_norm=recipe.clip_norm,
        weights=made.weights,
        regularisers=Regularisers.of(recipe),
    )


def _s4gan_mlmt(recipe: Recipe, made: Made) -> Strategy:
    student = make_classifier(recipe, made.generator, classes=made.classes)
    student = student.to(made.device).train()
    apart: Optimizer | None = None
    if recipe.tagger == "shared":
        made.optimizer.add_param_group(
            {"params": list(student.head.parameters()), optimizers.FACTOR: 1.0}
        )
    else:
        # The authors' (methods 1.6); the schedule is the run's.
        rate = recipe.tag_learning_rate
        apart = SGD(student.parameters(), rate, momentum=0.9, nesterov=True, weight_decay=1e-5)
    lesson = Lesson(
        tags=recipe.weight_tags,
        consistency=recipe.weight_tag_consistency,
        form=recipe.tag_consistency,
        on_tagged=recipe.tag_consistency_on_tagged,
    )
    return S4GanMlmt(
        made.generator,
        made.optimizer,
        Critic(*_critic(recipe, made)),
        Branch(student, lesson=lesson, optimizer=apart),
        dose=_dose(recipe),
        clip_norm=recipe.clip_norm,
        weights=made.weights,
        regularisers=Regularisers.of(recipe),
    )


def _mean_teacher(recipe: Recipe, made: Made) -> Strategy:
    return MeanTeacher(
        made.generator,
        made.optimizer,
        made.ema.network,
        consistency=recipe.weight_cons,
        clip_norm=recipe.clip_norm,
        weights=made.weights,
        regularisers=Regularisers.of(recipe),
    )


def _weak_to_strong(recipe: Recipe, made: Made) -> Strategy:
    return WeakToStrong(
        made.generator,
        made.optimizer,
        made.ema.network,
        manner=Manner(
            teacher=recipe.teacher,
            perturb=recipe.perturb,
            threshold=recipe.threshold,
            weight=recipe.weight_cons,
            warmup_steps=recipe.warmup_steps,
        ),
        clip_norm=recipe.clip_norm,
        weights=made.weights,
        regularisers=Regularisers.of(recipe),
    )


def _self_training(recipe: Recipe, made: Made) -> Strategy:
    return SelfTraining(
        made.generator,
        made.optimizer,
        made.ema.network,
        weight=recipe.weight_cons,
        clip_norm=recipe.clip_norm,
        weights=made.weights,
        regularisers=Regularisers.of(recipe),
    )


def _critic(recipe: Recipe, made: Made) -> tuple[Discriminator, Optimizer]:
    critic = Discriminator(
        classes=made.classes, covered=made.covered, width=recipe.discriminator_width
    )
    critic = critic.to(made.device).train()
    rate = recipe.discriminator_learning_rate
    return critic, Adam(critic.parameters(), lr=rate, betas=(0.9, 0.99))


def _dose(recipe: Recipe) -> Dose:
    return Dose(
        feature_matching=recipe.weight_fm,
        self_training=recipe.weight_st,
        adversarial=recipe.weight_adv,
        trust=recipe.trust,
        warmup_steps=recipe.warmup_steps,
    )


_STRATEGIES: dict[str, Callable[[Recipe, Made], Strategy]] = {
    "supervised": _supervised,
    "s4gan": _s4gan,
    "s4gan_mlmt": _s4gan_mlmt,
    "mean_teacher": _mean_teacher,
    "weak2strong": _weak_to_strong,
    "self_training": _self_training,
}
