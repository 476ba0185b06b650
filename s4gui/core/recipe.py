"""Recipe: the frozen, self-checking choices of a run; a file a person can read and diff."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from s4gui.core.errors import RecipeError
from s4gui.core.sources import SourceKind

NETWORKS = (
    "light",
    "unet",
    "deeplabv2-resnet18",
    "deeplabv2-resnet34",
    "deeplabv2-resnet50",
    "deeplabv2-resnet101",
)
PRETRAINED = ("auto", "imagenet", "none")
STRATEGIES = (
    "supervised",
    "s4gan",
    "s4gan_mlmt",
    "mean_teacher",
    "weak2strong",
    "self_training",
)
OPTIMIZERS = ("adamw", "adam", "sgd")
SCHEDULES = ("poly", "cosine", "onecycle", "constant")
EMA_FORMS = ("forgets_start", "keeps_start")
TEACHERS = ("average", "itself")
PERTURBATIONS = ("none", "features", "complementary")
CLASS_WEIGHTS = ("none", "sqrt", "log")
TAGGERS = ("shared", "resnet18", "resnet34", "resnet50", "resnet101")
TAG_CONSISTENCIES = ("cosine", "squared")
REFINEMENTS = ("none", "guided", "colours")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
MEMORY_FORMATS = ("auto", "contiguous", "channels_last")
COMPILED = ("auto", "off", "on")
PROBES = ("gpu", "always")

ZOO = re.compile(r"zoo:(?P<decoder>[a-z0-9+]+)/(?P<encoder>[\w.\-]+)")
"""Names of networks of the extra `zoo`: a decoder on an encoder, `zoo:unet/resnet18`."""

_ENCODED = "deeplabv2-"


def encoder_of(network: str) -> str:
    """The encoder of a network that ImageNet weights fit (`resnet101`); empty: it has none."""
    return network.removeprefix(_ENCODED) if network.startswith(_ENCODED) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides what a run learns, but the labels. If it exists, it is valid.

    The budget is `steps`; or, when steps is 0, `epochs` (passes over the labelled frames); or,
    when that is 0 too, `seconds` of training time: the run counts its frames or probes its
    speed, resolves the steps once and writes them down (`resolved`), so that it can be
    repeated exactly.
    """

    name: str = "fast"
    description: str = ""  # what a reader should know of it
    network: str = "light"
    width: int = 16
    pretrained: str = "auto"  # weights an encoder begins with: ImageNet's if at hand
    multi_scale: bool = False  # DeepLabv2: the largest answer of three sizes of the image
    strategy: str = "supervised"
    position: bool = False  # the network is told where in the frame a pixel lies
    long_side_px: int = 320  # images are scaled to this longer side; 0: full size
    crop_px: int = 0  # height of the crop after scaling; 0: the whole scaled image
    crop_ratio: float = 1.0  # its width by its height
    batch_labelled: int = 2
    batch_unlabelled: int = 2
    steps: int = 0
    epochs: float = 0.0
    seconds: float = 300.0
    optimizer: str = "adamw"
    learning_rate: float = 3e-3
    momentum: float = 0.9  # of sgd
    nesterov: bool = False  # of sgd
    weight_decay: float = 1e-2
    schedule: str = "cosine"
    clip_norm: float = 5.0
    ema: float = 0.99
    ema_form: str = "forgets_start"
    class_weights: str = "none"
    # What a labelled pixel counts by the kind of its source; kinds not named count 1.
    source_weights: Mapping[str, float] = field(default_factory=dict, hash=False)
    flip: bool = True
    scale_min: float = 0.7
    scale_max: float = 1.6
    colour: float = 0.3
    mix: float = 0.0  # share of labelled views that get a piece of another one
    refine: str = "colours"  # what follows the network when it predicts
    prior: float = 0.0  # how far answers are moved to class shares found on unlabelled images
    mirror: bool = True  # predict the mirrored image too and take the mean
    validate_every: int = 50
    checkpoint_every: int = 200
    hold_out: float = 0.2  # share of edits kept for scores where no frame is in val
    weight_crf: float = 0.1  # like neighbours, like classes: for runs on strokes
    plain_colours: bool = False  # of the frames, for CRF and tree; else as the network sees them
    weight_tree: float = 0.0  # regions that hang together by colour, like classes
    weight_entropy: float = 0.0  # sure answers where nobody painted
    regularise_from: float = 0.1  # share of the run after which CRF and entropy count
    tree_from: float = 0.0  # and the tree energy, which needs no warm-up (methods 3.5)
    weight_fm: float = 0.1
    weight_st: float = 1.0
    weight_adv: float = 0.0  # masks that the discriminator takes for real ones
    trust: float = 0.6
    weight_cons: float = 1.0  # what the teacher says of unlabelled images
    teacher: str = "average"
    strong_views: int = 1
    cutmix: float = 0.5  # share of strong views that get a piece of another one
    perturb: str = "none"  # what is done to features, beside what is done to pictures
    threshold: float = 0.9  # surer answers teach
    warmup_steps: int = 100
    # Self-training: shares of the run until the first round of answers and between rounds, and
    # which share of each class's answers teaches.
    answers_from: float = 0.4
    answers_every: float = 0.2
    answers_kept: float = 0.7
    discriminator_width: int = 16
    discriminator_learning_rate: float = 1e-4
    tagger: str = "shared"  # what says which classes an image shows: the network itself, a ResNet
    tagger_pretrained: str = "auto"  # whether a ResNet begins with ImageNet's weights
    tag_px: int = 160  # side of the square it sees whole frames in
    tag_learning_rate: float = 0.03  # of a ResNet; a shared one learns with the network
    tag_consistency: str = "cosine"  # how student and teacher are compared
    tag_consistency_on_tagged: bool = False  # on tagged images too, not on the others alone
    weight_tags: float = 0.5
    weight_tag_consistency: float = 1.0
    fuse: float = 0.2  # classes an image shows less surely are no pixel's class; 0: all may be
    # How networks compute; "auto": what a timed probe before the run finds to pay (learn.gear).
    precision: str = "auto"
    memory_format: str = "auto"
    compiled: str = "auto"
    probe: str = "gpu"  # where to probe; without one, a processor computes as it always did
    device: str = "auto"
    threads: int = 0  # 0: all cores but one
    seed: int = 0

    def __post_init__(self) -> None:
        if not ZOO.fullmatch(self.network):
            _one_of("network", self.network, NETWORKS)
        _one_of("pretrained", self.pretrained, PRETRAINED)
        _one_of("strategy", self.strategy, STRATEGIES)
        _one_of("optimizer", self.optimizer, OPTIMIZERS)
        _one_of("schedule", self.schedule, SCHEDULES)
        _one_of("class_weights", self.class_weights, CLASS_WEIGHTS)
        _one_of("refine", self.refine, REFINEMENTS)
        _one_of("tagger", self.tagger, TAGGERS)
        _one_of("tagger_pretrained", self.tagger_pretrained, PRETRAINED)
        _one_of("tag_consistency", self.tag_consistency, TAG_CONSISTENCIES)
        _one_of("ema_form", self.ema_form, EMA_FORMS)
        _one_of("teacher", self.teacher, TEACHERS)
        _one_of("perturb", self.perturb, PERTURBATIONS)
        _one_of("precision", self.precision, PRECISIONS)
        _one_of("memory_format", self.memory_format, MEMORY_FORMATS)
        _one_of("compiled", self.compiled, COMPILED)
        _one_of("probe", self.probe, PROBES)
        self._check_ranges()
        self._check_together()

    def _check_ranges(self) -> None:
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if isinstance(value, bool) or not low <= value <= high:
                raise RecipeError(
                    "recipe.out_of_range",
                    "{name} is {value}, outside {low} to {high}",
                    hint="Change it in the recipe",
                    name=name,
                    value=value,
                    low=low,
                    high=high,
                )
        for kind, weight in self.source_weights.items():
            _one_of("source_weights", kind, tuple(SourceKind))
            if not 0 <= weight <= 100:
                raise RecipeError(
                    "recipe.source_weight",
                    "The weight of {kind} pixels is {weight}, outside 0 to 100",
                    hint="Change it in the recipe",
                    kind=kind,
                    weight=weight,
                )

    def _check_together(self) -> None:
        if self.pretrained == "imagenet" and not encoder_of(self.network):
            raise RecipeError(
                "recipe.no_encoder",
                "{network} has no encoder that ImageNet weights fit",
                hint="Set pretrained to auto or none, or choose a DeepLabv2 network",
                network=self.network,
            )
        if not self.steps and not self.epochs and self.seconds <= 0:
            raise RecipeError(
                "recipe.no_budget",
                "The recipe has neither steps nor epochs nor seconds",
                hint="Give it a number of steps, epochs or seconds",
            )
        if self.uses_unlabelled and self.batch_unlabelled < 1:
            raise RecipeError(
                "recipe.no_unlabelled_views",
                "{strategy} learns from unlabelled images, and batch_unlabelled is 0",
                hint="Set batch_unlabelled to 1 or more, or choose the strategy supervised",
                strategy=self.strategy,
            )
        if self.perturb == "complementary" and self.strong_views != 2:
            raise RecipeError(
                "recipe.halves",
                "Complementary dropout shares channels between two strong views, not {views}",
                hint="Set strong_views to 2, or perturb to none",
                views=self.strong_views,
            )
        if self.nesterov and not self.momentum:
            raise RecipeError(
                "recipe.nesterov",
                "Nesterov's step needs momentum, and momentum is 0",
                hint="Set momentum to 0.9, or nesterov to false",
            )
        if self.scale_min > self.scale_max:
            raise RecipeError(
                "recipe.scale_range",
                "scale_min {low} is above scale_max {high}",
                hint="Swap them",
                low=self.scale_min,
                high=self.scale_max,
            )

    @property
    def uses_unlabelled(self) -> bool:
        """Whether unlabelled images teach. S4GAN's adversarial term alone needs none."""
        if self.strategy == "s4gan":
            return bool(self.weight_fm or self.weight_st)
        return self.strategy != "supervised"

    def but(self, **choices: Any) -> Recipe:
        """The same recipe with some choices changed (checked again)."""
        return replace(self, **choices)

    def to_json(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Recipe:
        """The recipe of plain values; a missing choice takes its default.

        RecipeError for an unknown name or a value of the wrong type.
        """
        known = {name: type(value) for name, value in asdict(cls()).items()}
        for name, value in raw.items():
            kind = known.get(name)
            if kind is None:
                raise RecipeError(
                    "recipe.unknown_choice",
                    "A recipe has no choice called {name}",
                    hint="Known choices: {known}",
                    name=name,
                    known=", ".join(known),
                )
            if not _fits(value, kind):
                raise RecipeError(
                    "recipe.wrong_type",
                    "{name} is a {kind}, not {value!r}",
                    hint="Change it in the recipe",
                    name=name,
                    kind=kind.__name__,
                    value=value,
                )
        values: dict[str, Any] = {n: float(v) if known[n] is float else v for n, v in raw.items()}
        return cls(**values)


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("width", 4, 256),
    ("long_side_px", 0, 16_384),
    ("crop_px", 0, 4_096),
    ("crop_ratio", 0.1, 10),
    ("batch_labelled", 1, 256),
    ("batch_unlabelled", 0, 256),
    ("steps", 0, 10_000_000),
    ("epochs", 0, 100_000),
    ("seconds", 0, 30 * 86_400),
    ("learning_rate", 1e-8, 10),
    ("momentum", 0, 0.9999),
    ("weight_decay", 0, 1),
    ("clip_norm", 0, 1e6),
    ("ema", 0, 0.99999),
    ("scale_min", 0.1, 4),
    ("scale_max", 0.1, 4),
    ("colour", 0, 1),
    ("mix", 0, 1),
    ("prior", 0, 1),
    ("validate_every", 1, 1_000_000),
    ("checkpoint_every", 1, 1_000_000),
    ("hold_out", 0, 0.9),
    ("weight_crf", 0, 100),
    ("weight_tree", 0, 100),
    ("weight_entropy", 0, 100),
    ("regularise_from", 0, 1),
    ("tree_from", 0, 1),
    ("weight_fm", 0, 100),
    ("weight_st", 0, 100),
    ("weight_adv", 0, 100),
    ("trust", 0, 1),
    ("weight_cons", 0, 1000),
    ("strong_views", 1, 2),
    ("cutmix", 0, 1),
    ("threshold", 0, 1),
    ("warmup_steps", 0, 1_000_000),
    ("answers_from", 0, 1),
    ("answers_every", 0.01, 1),
    ("answers_kept", 0, 1),
    ("discriminator_width", 4, 256),
    ("discriminator_learning_rate", 1e-8, 10),
    ("tag_px", 64, 1_024),
    ("tag_learning_rate", 1e-8, 10),
    ("weight_tags", 0, 100),
    ("weight_tag_consistency", 0, 100),
    ("fuse", 0, 1),
    ("threads", 0, 1024),
    ("seed", 0, 2**32 - 1),
)


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise RecipeError(
            "recipe.unknown_value",
            "{name} cannot be {value!r}",
            hint="Choose one of: {known}",
            name=name,
            value=value,
            known=", ".join(known),
        )


def _fits(value: object, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is dict:
        return isinstance(value, Mapping) and all(_fits(each, float) for each in value.values())
    return type(value) is kind
