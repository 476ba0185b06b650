"""Views and batches: what one step sees."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from s4gui.core.errors import DataError

RGB = 3


@dataclass(frozen=True, slots=True)
class Views:
    """Pieces of frames, each cut, scaled and recoloured at random.

    images (N, 3 or 5, H, W) float32: RGB in -1..1, then, if the recipe has position, y and x
    in the frame in -1..1. labels (N, H, W) int64: training index, UNLABELLED for what must not
    teach. inside (N, H, W) bool: not mirrored in from beyond the frame, not hidden by a camera
    mask; elsewhere nothing teaches, labelled or not. shares (N, H, W)
    float32: what each label counts by its source, None if all count 1. plain (N, 3, H, W)
    float32 in 0..1: the same places not recoloured; None if nobody compares colours, or if the
    images are not recoloured either.
    """

    images: Tensor
    labels: Tensor
    inside: Tensor
    shares: Tensor | None = None
    plain: Tensor | None = None

    @property
    def rgb(self) -> Tensor:
        """(N, 3, H, W) in 0..1: what a network sees."""
        return self.images[:, :RGB] / 2 + 0.5

    @property
    def colours(self) -> Tensor:
        """(N, 3, H, W) in 0..1: the frames' own colours, as far as they are known."""
        return self.rgb if self.plain is None else self.plain

    def to(self, device: torch.device) -> Views:
        """The same on a device."""
        return Views(
            self.images.to(device),
            self.labels.to(device),
            self.inside.to(device),
            None if self.shares is None else self.shares.to(device),
            None if self.plain is None else self.plain.to(device),
        )


@dataclass(frozen=True, slots=True)
class Strong:
    """Unlabelled views (M), strongly changed, and which part is to come from the next one.

    images (M, 3 or 5, H, W) as in Views, not mixed yet; box (M, H, W) bool.
    """

    images: Tensor
    box: Tensor

    def to(self, device: torch.device) -> Strong:
        """The same on a device."""
        return Strong(self.images.to(device), self.box.to(device))


@dataclass(frozen=True, slots=True)
class Pictures:
    """Whole frames of two kinds, each drawn once for the student and once for the teacher.

    tagged, tagged_teacher (N, 3 or 5, S, S) and untagged, untagged_teacher (M, 3 or 5, S, S)
    float32: planes as in Views. presence (N, C) float32 belongs to the tagged ones
    (learn.multilabel).
    """

    tagged: Tensor
    tagged_teacher: Tensor
    presence: Tensor
    untagged: Tensor
    untagged_teacher: Tensor

    def to(self, device: torch.device) -> Pictures:
        """The same on a device."""
        return Pictures(
            self.tagged.to(device),
            self.tagged_teacher.to(device),
            self.presence.to(device),
            self.untagged.to(device),
            self.untagged_teacher.to(device),
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's views. All but `labelled` are there for strategies that want them.

    `real` holds labelled views drawn independently, for the discriminator. Labels of
    `unlabelled` views are given train labels; labels held out for scores are in neither.
    `strong` are versions of the unlabelled views, of the same places.
    `pictures` are whole frames.
    """

    labelled: Views
    unlabelled: Views | None = None
    real: Views | None = None
    strong: tuple[Strong, ...] = ()
    pictures: Pictures | None = None

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        return Batch(
            self.labelled.to(device),
            self.unlabelled.to(device) if self.unlabelled else None,
            self.real.to(device) if self.real else None,
            tuple(each.to(device) for each in self.strong),
            self.pictures.to(device) if self.pictures else None,
        )


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What a step says: losses by term, rates (shares such as the gate rate), and shares of
    classes (C,) that the network sees in unlabelled views, empty if nobody asked it. collapsed:
    the network had taught itself nonsense and was put back to before it did.
    """

    losses: dict[str, float]
    rates: dict[str, float]
    seen: tuple[float, ...] = ()
    collapsed: bool = False


def unlabelled_of(batch: Batch, *, strong: int = 0) -> tuple[Views, tuple[Strong, ...]]:
    """The unlabelled views and their strong versions, at least so many of them.

    DataError if the batch has none.
    """
    if batch.unlabelled is None or len(batch.strong) < strong:
        raise no_unlabelled()
    return batch.unlabelled, batch.strong


def no_unlabelled() -> DataError:
    """What is wrong when there are no unlabelled images and the strategy needs some."""
    return DataError(
        "learn.no_unlabelled",
        "This strategy learns from unlabelled images too, and there are none",
        hint="Add images to the project, or choose the supervised recipe",
    )
