"""Lookup tables: the colour of each value of a layer; no Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED, VOID, Rgb
from s4gui.core.sources import SourceKind
from s4gui.gui.canvas.material import Agreement, Verdict

Lut = NDArray[np.uint32]
STRIPE_RGB = (255, 236, 120)
STRIPE_ALPHA = 0.92
SOURCE_RGB: dict[SourceKind, Rgb] = {
    SourceKind.PAINTED: (0, 114, 178),
    SourceKind.CLICKED: (86, 180, 233),
    SourceKind.GROWN: (0, 158, 115),
    SourceKind.ASSISTED: (240, 228, 66),
    SourceKind.PROPAGATED: (204, 121, 167),
    SourceKind.IMPORTED: (235, 235, 235),
    SourceKind.ACCEPTED: (213, 94, 0),
}
AGREEMENT_RGB: dict[Agreement, Rgb] = {
    Agreement.LABEL_DIFFERS: (255, 40, 130),
    Agreement.LEARNERS_DIFFER: (86, 200, 255),
}
VERDICT_RGB: dict[Verdict, Rgb] = {
    Verdict.MISSED: (213, 94, 0),
    Verdict.FALSE: (240, 228, 66),
    Verdict.HIT: (0, 114, 178),
}
_VOID_RGB, _VOID_ALPHA = (16, 16, 20), 0.62
_LIGHT_FROM = 150.0
# Where a model is less sure than this it is shown as wholly unsure (CamVid has 11 classes).
_SURE, _UNSURE = 255, 77


def label_lut(palette: NDArray[np.uint8], opacity: float) -> Lut:
    """Premultiplied colours (256,) uint32 of pixel values; UNLABELLED clear, VOID dark."""
    alpha = np.full(256, opacity)
    alpha[VOID], alpha[UNLABELLED] = opacity * _VOID_ALPHA, 0
    colours = palette.astype(np.float64)
    colours[VOID] = _VOID_RGB
    return premultiplied(colours, alpha)


def edge_lut(palette: NDArray[np.uint8], opacity: float) -> Lut:
    """Premultiplied colours (256,) uint32 of the rim of labelled areas, by pixel value.

    Half way to white, light colours to black: paint stays in sight over a prediction of its
    own class. VOID has its hatch and no rim.
    """
    colours = palette.astype(np.float64)
    light = colours @ np.array([0.299, 0.587, 0.114]) > _LIGHT_FROM
    rim = (colours + np.where(light, 0.0, 255.0)[:, None]) / 2
    alpha = np.full(256, opacity)
    alpha[UNLABELLED] = 0
    out = premultiplied(rim, alpha)
    out[VOID] = label_lut(palette, opacity)[VOID]
    return out


def line_lut(palette: NDArray[np.uint8], opacity: float) -> Lut:
    """Premultiplied colours (256,) uint32 of outlines; VOID has the colour of its stripes."""
    out = label_lut(palette, opacity)
    out[VOID] = stripe(opacity)
    return out


def stripe(opacity: float) -> np.uint32:
    """The premultiplied colour of the stripes of VOID."""
    alpha = np.array([opacity * STRIPE_ALPHA])
    return np.uint32(premultiplied(np.array([STRIPE_RGB], np.float64), alpha)[0])


def prediction_lut(palette: NDArray[np.uint8], opacity: float) -> Lut:
    """Premultiplied colours (256,) uint32 of predicted class ids; VOID and above are clear."""
    alpha = np.full(256, opacity)
    alpha[MAX_CLASS_ID + 1 :] = 0
    return premultiplied(palette.astype(np.float64), alpha)


def confidence_lut(opacity: float) -> Lut:
    """Premultiplied colours (256,) uint32 of confidence: sure is clear, doubt glows.

    From 255 (sure, clear) over yellow to red at 77 (0.3) and below.
    """
    doubt = ((_SURE - np.arange(256)) / (_SURE - _UNSURE)).clip(0, 1)
    colours = np.stack([np.full(256, 255), 220 * (1 - doubt), 70 * (1 - doubt)], axis=1)
    return premultiplied(colours, opacity * doubt)


def source_lut(opacity: float) -> Lut:
    """Premultiplied colours (256,) uint32 of the numbers of source kinds."""
    return few_lut({kind.number: rgb for kind, rgb in SOURCE_RGB.items()}, opacity)


def few_lut(colours: dict[int, Rgb], opacity: float) -> Lut:
    """Premultiplied colours (256,) uint32 of a few values; all others are clear."""
    rgb, alpha = np.zeros((256, 3)), np.zeros(256)
    for value, colour in colours.items():
        rgb[value], alpha[value] = colour, opacity
    return premultiplied(rgb, alpha)


def premultiplied(rgb: NDArray[np.float64], alpha: NDArray[np.float64]) -> Lut:
    """0xAARRGGBB (256,) uint32 of colours 0-255 and alphas 0-1, colours times alpha."""
    a = np.floor(alpha * 255 + 0.5)
    parts = np.floor(rgb * (a / 255)[:, None] + 0.5).astype(np.uint32)
    alphas = a.astype(np.uint32) << 24
    return np.asarray(alphas | parts[:, 0] << 16 | parts[:, 1] << 8 | parts[:, 2], np.uint32)
