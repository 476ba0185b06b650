"""Fusion: pixels may only be of classes that the image as a whole shows (methods 1.7)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from s4gui.core.recipe import Recipe
from s4gui.learn import augment
from s4gui.learn.nets.classifier import Classifier
from s4gui.learn.pixels import Rgb, resized


def gate(scores: Tensor, threshold: float) -> Tensor:
    """(C,) bool: the classes whose score (C,) in 0..1 is at least the threshold.

    If there is none the classifier knows nothing, and all are open.
    """
    is_open = scores >= threshold
    return is_open if bool(is_open.any()) else torch.ones_like(is_open)


def fused(maps: Tensor, is_open: Tensor) -> Tensor:
    """Probabilities (C, H, W) without the classes that are shut, summing to 1 again.

    The same as a softmax of logits that are minus infinity there. The authors' code multiplies
    logits by the gate instead, and where all logits are negative a shut class wins (methods
    1.8, Q5). Where the open classes have no probability left they share it equally.
    """
    shape = (-1, *(1,) * (maps.dim() - 1))
    kept = maps * is_open.reshape(shape).to(maps)
    total = kept.sum(0, keepdim=True)
    even = is_open.to(maps) / is_open.sum().clamp(min=1)
    return torch.where(total > 0, kept / total.clamp(min=1e-38), even.reshape(shape))


class Tagger:
    """Says how surely each class is somewhere in an image, by a multi-label classifier.

    The classifier is put into eval mode. It sees the whole image resized to a square, as it did
    while learning (learn.pictures).
    """

    def __init__(
        self,
        classifier: Classifier,
        *,
        side_px: int,
        position: bool,
        threshold: float,
        device: torch.device,
    ) -> None:
        self._classifier = classifier.eval()
        self._side_px, self._position, self._device = side_px, position, device
        self._threshold = threshold

    @torch.inference_mode()
    def scores(self, pixels: Rgb) -> Tensor:
        """(C,) float32 in 0..1 on the device, of an image (H, W, 3) uint8 of any size."""
        square = resized(pixels, height=self._side_px, width=self._side_px)
        planes = [square.transpose(2, 0, 1).astype(np.float32) * np.float32(2 / 255) - 1]
        if self._position:
            planes.append(augment.whole_position(self._side_px, self._side_px))
        images = torch.from_numpy(np.concatenate(planes)).unsqueeze(0).to(self._device)
        answer: Tensor = self._classifier(images)[0].float().sigmoid()
        return answer

    @property
    def known(self) -> Tensor:
        """(C,) bool: the classes of which a tag was ever seen; scores of others mean nothing."""
        return self._classifier.known

    def gate(self, pixels: Rgb) -> Tensor:
        """(C,) bool on the device: the classes that pixels of this image may be of.

        A class of which nothing was ever said stays open.
        """
        return gate(self.scores(pixels).where(self.known, 1.0), self._threshold)


def tagger(teacher: Classifier | None, recipe: Recipe, device: torch.device) -> Tagger | None:
    """What fuses a recipe's predictions; None where there is no teacher."""
    if teacher is None:
        return None
    return Tagger(
        teacher,
        side_px=recipe.tag_px,
        position=recipe.position,
        threshold=recipe.fuse,
        device=device,
    )
