"""From class probabilities at working size to class and confidence at the frame's own size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s4gui.core.labels import Box
from s4gui.preview.features import Floats, blurred, shrunk

RADIUS_PX = 12.0
"""Width (sigma) of the filter's window in working pixels."""
EPSILON = 1e-3
"""Variance of the guide (0 to 1) below which an area counts as flat."""
COARSER = 4
"""The model is fitted on every n-th working pixel: smooth as the window is, nothing is lost."""
STRIP_ROWS = 32


@dataclass(frozen=True, slots=True)
class EdgeModel:
    """Per coarse cell and class, probability as an affine function of the pixel's colour.

    `slopes` (3 * C, h, w) and `offsets` (C, h, w) float32; `shape` is the frame's (H, W).
    """

    slopes: Floats
    offsets: Floats
    shape: tuple[int, int]


def edge_model(probabilities: Floats, pixels: NDArray[np.uint8]) -> EdgeModel:
    """Guided filter (He, Sun, Tang 2013, colour guide, eq. 14-15) of probabilities (h, w, C).

    Fitted at working size (fast guided filter, He and Sun 2015) under a Gaussian window, with
    the image (H, W, 3) uint8 as guide; `refined` then applies it at any size.
    """
    height, width, classes = probabilities.shape
    guide = _guide(shrunk(pixels))
    p = np.ascontiguousarray(probabilities.transpose(2, 0, 1))
    mean_guide, mean_p = _window(guide), _window(p)
    covariance = _inverse_covariance(guide, mean_guide)
    products = (guide[:, None] * p[None]).reshape(3 * classes, height, width)
    joint = _window(products).reshape(3, classes, *mean_p.shape[1:])
    joint -= mean_guide[:, None] * mean_p[None]
    slopes = np.einsum("ijhw,jchw->ichw", covariance, joint)
    offsets = mean_p - np.einsum("ichw,ihw->chw", slopes, mean_guide)
    both = np.concatenate([slopes.reshape(3 * classes, *mean_p.shape[1:]), offsets])
    both = blurred(both, RADIUS_PX / COARSER)
    return EdgeModel(both[: 3 * classes], both[3 * classes :], (pixels.shape[0], pixels.shape[1]))


def refined(
    model: EdgeModel, pixels: NDArray[np.uint8], box: Box, *, step: int = 1
) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Best class (index) and confidence 0-255 of each pixel of a box of the frame, (h, w) each.

    `pixels` is the whole frame (H, W, 3) uint8. Confidence is the class's share of the
    filtered probabilities. With a larger `step` every n-th pixel is worked out and its
    neighbours below and right are given the same answer.
    """
    best = np.empty(box.shape, np.intp)
    confidence = np.empty(box.shape, np.uint8)
    for y in range(0, box.shape[0], STRIP_ROWS * step):
        rows = slice(y, min(y + STRIP_ROWS * step, box.shape[0]))
        strip = Box(box.y0 + rows.start, box.x0, box.y0 + rows.stop, box.x1)
        found, share = _strip(model, pixels, strip, step)
        best[rows] = _spread(found, step, strip.shape)
        confidence[rows] = _spread(share, step, strip.shape)
    return best, confidence


def _strip(
    model: EdgeModel, pixels: NDArray[np.uint8], box: Box, step: int
) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    classes = len(model.offsets)
    guide = _guide(pixels[box.slices][::step, ::step])
    score = _enlarged(model.offsets, box, model.shape, step)
    for channel in range(3):
        part = model.slopes[channel * classes : (channel + 1) * classes]
        slope = _enlarged(part, box, model.shape, step)
        slope *= guide[channel]
        score += slope
    np.clip(score, 0, None, out=score)
    best = score.argmax(0)
    top = score.max(0)
    total = score.sum(0)
    share = np.divide(top, total, out=np.zeros_like(top), where=total > 0)
    return best, np.rint(share * 255).astype(np.uint8)


def _spread(found: NDArray[Any], step: int, shape: tuple[int, int]) -> NDArray[Any]:
    if step == 1:
        return found
    return found.repeat(step, 0).repeat(step, 1)[: shape[0], : shape[1]]


def _enlarged(planes: Floats, box: Box, shape: tuple[int, int], step: int) -> Floats:
    """Planes (C, h, w) under every n-th pixel of a box of the frame `shape`, bilinearly."""
    _, height, width = planes.shape
    y0, y1, fy = _between(range(box.y0, box.y1, step), size=height, full=shape[0])
    x0, x1, fx = _between(range(box.x0, box.x1, step), size=width, full=shape[1])
    lines = planes[:, y0] * (1 - fy)[:, None] + planes[:, y1] * fy[:, None]
    left = lines[:, :, x0]
    right = lines[:, :, x1]
    right -= left
    right *= fx
    right += left
    return right


@lru_cache(maxsize=128)
def _between(
    pixels: range, *, size: int, full: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Lower and upper neighbour and fraction, on a grid of `size`, of pixels out of `full`."""
    at = (np.array(pixels) + 0.5) * size / full - 0.5
    at = np.clip(at, 0, size - 1)
    low = np.floor(at).astype(np.intp)
    high = np.minimum(low + 1, size - 1)
    return low, high, (at - low).astype(np.float32)


def _guide(pixels: NDArray[np.uint8]) -> Floats:
    """(3, h, w) float32, 0 to 1."""
    return pixels.transpose(2, 0, 1) * np.float32(1 / 255)


def _window(planes: Floats) -> Floats:
    """Means of planes (K, h, w) under the window, on the coarser grid."""
    _, height, width = planes.shape
    return blurred(planes, RADIUS_PX, shape=(-(-height // COARSER), -(-width // COARSER)))


def _inverse_covariance(guide: Floats, mean: Floats) -> Floats:
    """(3, 3, h, w): inverse of the guide's covariance under the window, plus EPSILON."""
    _, height, width = guide.shape
    products = (guide[:, None] * guide[None]).reshape(9, height, width)
    spread = _window(products).reshape(3, 3, *mean.shape[1:]) - mean[:, None] * mean[None]
    a, b, c = spread[0, 0] + EPSILON, spread[0, 1], spread[0, 2]
    d, e, f = spread[1, 1] + EPSILON, spread[1, 2], spread[2, 2] + EPSILON
    p, q, r = d * f - e * e, c * e - b * f, b * e - c * d
    s, t, u = a * f - c * c, b * c - a * e, a * d - b * b
    scale = 1 / (a * p + b * q + c * r)
    inverse: Floats = np.stack([np.stack([p, q, r]), np.stack([q, s, t]), np.stack([r, t, u])])
    inverse *= scale
    return inverse
