"""Learner: the networks, optimizers and strategy that a recipe asks for."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from s4gui.core.recipe import Recipe, encoder_of
from s4gui.learn import seed
from s4gui.learn.ema import Ema
from s4gui.learn.nets.deeplabv2 import DeepLabV2
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.nets.light import LightNet
from s4gui.learn.nets.unet import UNet
from s4gui.learn.schedule import Progress, learning_rate
from s4gui.learn.seed import Stream
from s4gui.learn.strategies.s4gan import Dose, S4Gan
from s4gui.learn.strategies.supervised import Supervised
from s4gui.learn.views import RGB, Batch, StepFacts

POSITION = 2


@dataclass(frozen=True, slots=True)
class Learner:
    """All parts of a run that change while it learns."""

    recipe: Recipe
    generator: nn.Module
    ema: Ema
    strategy: Supervised | S4Gan

    @property
    def discriminator(self) -> Discriminator | None:
        """The discriminator, if the strategy has one."""
        return self.strategy.discriminator if isinstance(self.strategy, S4Gan) else None

    @property
    def optimizers(self) -> dict[str, tuple[Optimizer, float]]:
        """Optimizers and their base rates by name."""
        found = {"generator": (self.strategy.optimizer, self.recipe.learning_rate)}
        if isinstance(self.strategy, S4Gan):
            critic = self.strategy.discriminator_optimizer
            found["discriminator"] = (critic, self.recipe.discriminator_learning_rate)
        return found

    def step(self, batch: Batch, progress: Progress) -> StepFacts:
        """One step with its learning rates and its own random numbers; then the average.

        BrokenNumber if a loss is not finite.
        """
        seed.seed_torch(self.recipe.seed, Stream.TORCH, progress.step)
        for optimizer, base in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(base, self.recipe.schedule, progress)
        facts = self.strategy.step(batch, progress)
        self.ema.update(self.generator)
        return facts

    def weigh(self, weights: Tensor | None) -> None:
        """Use these class weights (C,) from now on."""
        self.strategy.weights = weights


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
    if recipe.network == "unet":
        return UNet(classes=classes, in_channels=channels, width=recipe.width)
    return LightNet(classes=classes, in_channels=channels, width=recipe.width)


def make_learner(
    recipe: Recipe,
    *,
    classes: int,
    covered: bool,
    device: torch.device,
    weights: Tensor | None = None,
    start: dict[str, Tensor] | None = None,
) -> Learner:
    """Everything new, on the device; `start` are generator weights to begin from."""
    seed.seed_torch(recipe.seed, Stream.WEIGHTS)
    generator = make_generator(recipe, classes=classes)
    if start is not None:
        generator.load_state_dict(start)
    generator = generator.to(device).train()
    ema = Ema(generator, decay=recipe.ema)
    optimizer = _optimizer(recipe, generator)
    if recipe.strategy == "supervised":
        supervised = Supervised(
            generator,
            optimizer,
            clip_norm=recipe.clip_norm,
            weights=weights,
            weight_crf=recipe.weight_crf,
        )
        return Learner(recipe, generator, ema, supervised)
    critic = Discriminator(classes=classes, covered=covered, width=recipe.discriminator_width)
    critic = critic.to(device).train()
    strategy = S4Gan(
        generator,
        critic,
        generator_optimizer=optimizer,
        discriminator_optimizer=Adam(
            critic.parameters(), lr=recipe.discriminator_learning_rate, betas=(0.9, 0.99)
        ),
        dose=Dose(
            feature_matching=recipe.weight_fm,
            self_training=recipe.weight_st,
            trust=recipe.trust,
            warmup_steps=recipe.warmup_steps,
        ),
        clip_norm=recipe.clip_norm,
        weights=weights,
    )
    return Learner(recipe, generator, ema, strategy)


def _optimizer(recipe: Recipe, network: nn.Module) -> Optimizer:
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimizer == "sgd":
        return SGD(network.parameters(), lr=rate, momentum=0.9, weight_decay=decay)
    if recipe.optimizer == "adam":
        return Adam(network.parameters(), lr=rate, weight_decay=decay)
    fused = next(network.parameters()).device.type in {"cpu", "cuda"}
    return AdamW(network.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=decay, fused=fused)
