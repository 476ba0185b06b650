"""The recipe in the words of the window: its numbers, networks and strategies."""

from __future__ import annotations

from dataclasses import dataclass

from s4gui.core.messages import say
from s4gui.core.recipe import encoder_of

_S4GAN = ("s4gan", "s4gan_mlmt")
_MLMT = ("s4gan_mlmt",)
_TAUGHT = (*_S4GAN, "mean_teacher", "weak2strong")
_SELF = ("self_training",)


@dataclass(frozen=True, slots=True)
class Spin:
    """A number of the recipe: its label, range, step, decimals (0: whole), and for which
    strategies it counts (none named: for all).
    """

    name: str
    label: str
    low: float
    high: float
    step: float
    decimals: int = 0
    strategies: tuple[str, ...] = ()


def spins() -> tuple[Spin, ...]:
    """The numbers that the window offers, in its order."""
    return (
        Spin("long_side_px", say("recipe.long_side", "Image long side (px)"), 0, 16_384, 32),
        Spin("batch_labelled", say("recipe.batch_labelled", "Labelled per step"), 1, 256, 1),
        Spin(
            "batch_unlabelled",
            say("recipe.batch_unlabelled", "Unlabelled per step"),
            *(0, 256, 1, 0),
            (*_TAUGHT, *_SELF),
        ),
        Spin("learning_rate", say("recipe.rate", "Learning rate"), 1e-6, 1, 0.0005, 5),
        Spin("weight_crf", say("recipe.weight_crf", "Gated CRF"), 0, 100, 0.05, 2),
        Spin("weight_tree", say("recipe.weight_tree", "Tree energy"), 0, 100, 0.1, 2),
        Spin("weight_entropy", say("recipe.weight_entropy", "Entropy"), 0, 100, 0.01, 2),
        Spin(
            "weight_cons",
            say("recipe.weight_cons", "Consistency"),
            *(0, 1000, 0.1, 2),
            ("mean_teacher", "weak2strong", *_SELF),
        ),
        Spin(
            "answers_from",
            say("recipe.answers_from", "First answers after (share)"),
            *(0, 1, 0.05, 2),
            _SELF,
        ),
        Spin(
            "answers_kept",
            say("recipe.answers_kept", "Surest answers that teach (share)"),
            *(0, 1, 0.05, 2),
            _SELF,
        ),
        Spin(
            "threshold",
            say("recipe.threshold", "Teaches if surer than"),
            *(0, 1, 0.05, 2),
            ("weak2strong",),
        ),
        Spin("weight_fm", say("recipe.weight_fm", "Feature matching"), 0, 100, 0.05, 2, _S4GAN),
        Spin("weight_st", say("recipe.weight_st", "Self-training"), 0, 100, 0.1, 2, _S4GAN),
        Spin("trust", say("recipe.trust", "Trust threshold"), 0, 1, 0.05, 2, _S4GAN),
        Spin("weight_adv", say("recipe.weight_adv", "Adversarial term"), 0, 100, 0.05, 3, _S4GAN),
        Spin("fuse", say("recipe.fuse", "Fusion threshold (0: off)"), 0, 1, 0.05, 2, _MLMT),
        Spin("warmup_steps", say("recipe.warmup", "Warm-up steps"), 0, 1_000_000, 50, 0, _TAUGHT),
        Spin("hold_out", say("recipe.hold_out", "Strokes held out"), 0, 0.9, 0.05, 2),
        Spin("validate_every", say("recipe.validate", "Validate every (steps)"), 1, 1_000_000, 10),
        Spin("threads", say("recipe.threads", "Threads (0: all but one)"), 0, 1024, 1),
        Spin("seed", say("recipe.seed", "Seed"), 0, 2**31 - 1, 1),
    )


def network_name(name: str) -> str:
    """A network as the user reads it."""
    if name == "light":
        return say("network.light", "Light (for a CPU)")
    if encoder_of(name):
        depth = encoder_of(name).removeprefix("resnet")
        return say("network.deeplabv2", "DeepLabv2, ResNet-{depth}", depth=depth)
    return say("network.unet", "U-Net") if name == "unet" else name


def beginning(text: str, network: str, at_hand: tuple[str, ...]) -> str:
    """A network or recipe with what its encoder begins with; without an encoder as it is."""
    encoder = encoder_of(network)
    if encoder in at_hand:
        return say("network.with_weights", "{name}, ImageNet weights", name=text)
    if encoder:
        return say("network.from_scratch", "{name}, from scratch", name=text)
    return text


def encoder_name(name: str) -> str:
    """An encoder as the user reads it, without the layer that features are of."""
    network = name.partition("/")[0]
    if network.startswith("resnet"):
        return say("encoder.resnet", "ResNet-{depth}", depth=network.removeprefix("resnet"))
    return network


def pretrained_name(name: str) -> str:
    """What an encoder begins with, as the user reads it."""
    if name == "imagenet":
        return say("pretrained.imagenet", "Fetched if need be")
    if name == "none":
        return say("pretrained.none", "None")
    return say("pretrained.auto", "If at hand")


def strategy_name(name: str) -> str:
    """A strategy as the user reads it."""
    found = {
        "supervised": say("strategy.supervised", "Supervised (strokes only)"),
        "s4gan": say("strategy.s4gan", "S4GAN (strokes and unlabelled images)"),
        "s4gan_mlmt": say("strategy.s4gan_mlmt", "S4GAN+MLMT (and which classes an image shows)"),
        "mean_teacher": say(
            "strategy.mean_teacher", "Mean teacher (strokes and unlabelled images)"
        ),
        "weak2strong": say(
            "strategy.weak2strong", "Weak to strong (strokes and unlabelled images)"
        ),
        "self_training": say(
            "strategy.self_training", "Self-training (strokes and its own sure answers)"
        ),
    }
    return found.get(name, name)
