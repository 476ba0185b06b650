"""Predictor: a network's answer for whole frames, at their full resolution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.core.prediction import Prediction
from s4gui.core.recipe import Recipe
from s4gui.learn import augment
from s4gui.learn.batches import working_scale
from s4gui.learn.fusion import Tagger, fused
from s4gui.learn.pixels import Rgb, resized
from s4gui.learn.refine import (
    COLOUR_RADIUS_SHARE,
    RADIUS_SHARE,
    Lines,
    fit_colours,
    fit_lines,
)
from s4gui.learn.views import RGB

SMALLEST = 32


class Predictor:
    """Predicts frames the way the recipe scales and refines them.

    `class_ids` (C,) uint8 are the class ids of the network's outputs, in their order; `tilt`
    (C,), if any, multiplies the odds of each (learn.prior). With a `tagger` pixels are only of
    classes that it finds in the whole image (learn.fusion).
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        class_ids: NDArray[np.uint8],
        recipe: Recipe,
        device: torch.device,
        tilt: Sequence[float] = (),
        tagger: Tagger | None = None,
    ) -> None:
        self._network, self._device = network, device
        self._tilt = torch.tensor(tilt, device=device).reshape(-1, 1, 1)  # (C, 1, 1), or empty
        self._class_ids, self._recipe, self._tagger = class_ids, recipe, tagger

    @torch.inference_mode()
    def predict(self, pixels: Rgb, *, origin: str, step: int = 0) -> Prediction:
        """The prediction of an image (H, W, 3) uint8, at its size."""
        height, width = pixels.shape[:2]
        small = self.at_working_size(pixels)
        maps = self.probabilities(small)  # (C, h, w)
        if self._recipe.refine == "none":
            best, index = _largest(maps, (height, width))
        else:
            best, index = self._guided(maps, small, pixels)
        classes = self._class_ids[index.numpy(force=True)]
        confidence = (best.clamp(0, 1) * 255).round().to(torch.uint8).numpy(force=True)
        return Prediction(classes, confidence, origin, step)

    def at_working_size(self, pixels: Rgb) -> Rgb:
        """(h, w, 3) uint8: an image as large as the network sees it."""
        height, width = pixels.shape[:2]
        scale = working_scale((height, width), self._recipe.long_side_px)
        return resized(
            pixels,
            height=max(SMALLEST, round(height * scale)),
            width=max(SMALLEST, round(width * scale)),
        )

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
        if self._tagger is not None:
            answer = fused(answer, self._tagger.gate(small))
        if len(self._tilt):
            answer = answer * self._tilt
            answer = answer / answer.sum(0)
        return answer

    def _guided(self, maps: Tensor, small: Rgb, pixels: Rgb) -> tuple[Tensor, Tensor]:
        shape = pixels.shape[:2]
        if self._recipe.refine == "guided":
            grey = self._planes(small @ augment.GREY)
            lines = fit_lines(maps, grey, radius=_radius(maps, RADIUS_SHARE))
            return _largest(lines.offset, shape, lines, self._planes(pixels @ augment.GREY)[None])
        # Fitted at half the size: it is smooth, and the edges come from the guide.
        maps = F.avg_pool2d(maps, 2)
        guide = F.avg_pool2d(self._planes(small).movedim(-1, 0), 2)
        lines = fit_colours(maps, guide, radius=_radius(maps, COLOUR_RADIUS_SHARE))
        return _largest(lines.offset, shape, lines, self._planes(pixels).movedim(-1, 0))

    def _planes(self, values: NDArray[np.generic]) -> Tensor:
        """Values of 0..255 as float32 in 0..1, on the device."""
        return torch.from_numpy(values.astype(np.float32) / np.float32(255)).to(self._device)


def _radius(maps: Tensor, share: float) -> int:
    """Of a window, in pixels of the maps (C, h, w): a share of the longer side that fits."""
    sides = maps.shape[-2:]
    return min(max(1, round(max(sides) * share)), min(sides) // 2)


def _largest(
    maps: Tensor,
    shape: tuple[int, ...],
    lines: Lines | None = None,
    guide: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Largest value and its class, both (H, W), of maps (C, h, w) brought to `shape`.

    With lines and a guide (G, H, W) it is that of slope * guide + maps. One class at a time, so
    that a large frame with many classes does not need all its maps at once.
    """
    best = torch.full(shape, -1e9, device=maps.device)
    index = torch.zeros(shape, dtype=torch.uint8, device=maps.device)
    for number in range(len(maps)):
        value = _enlarged(maps[number], shape)
        if lines is not None and guide is not None:
            for slope, plane in zip(lines.slope, guide, strict=True):
                value = value + _enlarged(slope[number], shape) * plane
        better = value > best
        best = torch.where(better, value, best)
        index.masked_fill_(better, number)
    return best, index


def _enlarged(plane: Tensor, shape: tuple[int, ...]) -> Tensor:
    if tuple(plane.shape) == shape:
        return plane
    return F.interpolate(plane[None, None], size=shape, mode="bilinear", align_corners=False)[0, 0]
