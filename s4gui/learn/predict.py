"""Predictor: a network's answer for whole frames, at their full resolution."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.core.prediction import Prediction
from s4gui.core.recipe import Recipe
from s4gui.learn import augment
from s4gui.learn.batches import working_scale
from s4gui.learn.pixels import Rgb, resized
from s4gui.learn.refine import RADIUS_SHARE, fit_lines
from s4gui.learn.views import RGB

SMALLEST = 32


class Predictor:
    """Predicts frames the way the recipe scales and refines them.

    `class_ids` (C,) uint8 are the class ids of the network's outputs, in their order.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        class_ids: NDArray[np.uint8],
        recipe: Recipe,
        device: torch.device,
    ) -> None:
        self._network, self._device = network, device
        self._class_ids, self._recipe = class_ids, recipe

    @torch.inference_mode()
    def predict(self, pixels: Rgb, *, origin: str, step: int = 0) -> Prediction:
        """The prediction of an image (H, W, 3) uint8, at its size."""
        height, width = pixels.shape[:2]
        scale = working_scale((height, width), self._recipe.long_side_px)
        small = resized(
            pixels,
            height=max(SMALLEST, round(height * scale)),
            width=max(SMALLEST, round(width * scale)),
        )
        maps = self.probabilities(small)  # (C, h, w)
        if self._recipe.refine == "guided":
            best, index = self._guided(maps, small, pixels)
        else:
            best, index = _largest(maps, (height, width))
        classes = self._class_ids[index.numpy(force=True)]
        confidence = (best.clamp(0, 1) * 255).round().to(torch.uint8).numpy(force=True)
        return Prediction(classes, confidence, origin, step)

    @torch.inference_mode()
    def probabilities(self, small: Rgb) -> Tensor:
        """(C, h, w) float32 on the device, of an image at working size."""
        height, width = small.shape[:2]
        planes = [small.transpose(2, 0, 1).astype(np.float32) * np.float32(2 / 255) - 1]
        if self._recipe.position:
            planes.append(augment.whole_position(height, width))
        images = torch.from_numpy(np.concatenate(planes)).unsqueeze(0).to(self._device)
        maps = self._network(images).softmax(1)
        if self._recipe.mirror:
            turned = images.flip(-1)
            turned[:, RGB:] = images[:, RGB:]  # a mirrored frame has its own left
            maps = (maps + self._network(turned).softmax(1).flip(-1)) / 2
        answer: Tensor = maps[0].float()
        return answer

    def _guided(self, maps: Tensor, small: Rgb, pixels: Rgb) -> tuple[Tensor, Tensor]:
        radius = max(1, round(max(small.shape[:2]) * RADIUS_SHARE))
        radius = min(radius, min(small.shape[:2]) // 2)
        lines = fit_lines(maps, self._grey(small), radius=radius)
        return _largest(lines.offset, pixels.shape[:2], lines.slope, self._grey(pixels))

    def _grey(self, pixels: Rgb) -> Tensor:
        grey = pixels @ (augment.GREY / np.float32(255))
        return torch.from_numpy(grey.astype(np.float32)).to(self._device)


def _largest(
    maps: Tensor,
    shape: tuple[int, ...],
    slope: Tensor | None = None,
    guide: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Largest value and its class, both (H, W), of maps (C, h, w) brought to `shape`.

    With slope (C, h, w) and guide (H, W) it is that of slope * guide + maps. One class at a
    time, so that a large frame with many classes does not need all its maps at once.
    """
    best = torch.full(shape, -1e9, device=maps.device)
    index = torch.zeros(shape, dtype=torch.uint8, device=maps.device)
    for number in range(len(maps)):
        value = _enlarged(maps[number], shape)
        if slope is not None and guide is not None:
            value = value + _enlarged(slope[number], shape) * guide
        better = value > best
        best = torch.where(better, value, best)
        index.masked_fill_(better, number)
    return best, index


def _enlarged(plane: Tensor, shape: tuple[int, ...]) -> Tensor:
    if tuple(plane.shape) == shape:
        return plane
    return F.interpolate(plane[None, None], size=shape, mode="bilinear", align_corners=False)[0, 0]
