"""Themes and icons: legible, told apart by everybody, one picture for every action."""

from __future__ import annotations

import tomllib
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from s4gui.workbench.verbs import ACTIONS
from tests.demo_scenes import ROOT

ICONS = sorted((ROOT / "resources" / "icons").glob("*.svg"))
THEMES = ("dark", "light")
SURFACES = ("window", "panel", "base", "raised", "hover", "pressed", "selection")
CURVES = tuple(f"plot_{i}" for i in range(1, 9))
# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}


def roles(theme: str) -> dict[str, str]:
    tables = tomllib.loads((ROOT / "resources" / "themes" / f"{theme}.toml").read_text("utf-8"))
    assert tables.pop("name") == theme
    return {role: colour for table in tables.values() for role, colour in table.items()}


def linear(code: str) -> np.ndarray:
    part = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(part > 0.04045, ((part + 0.055) / 1.055) ** 2.4, part / 12.92)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(float(linear(code) @ weights) for code in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ rgb.clip(0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_both_themes_have_the_same_roles() -> None:
    assert set(roles("dark")) == set(roles("light"))


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_legible_on_every_surface(theme: str) -> None:
    colours = roles(theme)
    for surface in SURFACES:
        assert contrast(colours["text"], colours[surface]) >= 4.5, surface
    for role in ("text_dim", "good", "warning", "bad"):
        for surface in ("window", "panel", "base", "raised"):
            assert contrast(colours[role], colours[surface]) >= 4.5, (role, surface)
    assert contrast(colours["accent_text"], colours["accent"]) >= 4.5
    assert contrast(colours["accent"], colours["window"]) >= 3.0


@pytest.mark.parametrize("theme", THEMES)
def test_curves_stand_out_from_the_plot(theme: str) -> None:
    colours = roles(theme)
    for curve in CURVES:
        assert contrast(colours[curve], colours["plot_background"]) >= 3.0, curve


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("kind", BLINDNESS)
def test_curves_are_told_apart_also_by_the_colour_blind(theme: str, kind: str) -> None:
    colours = roles(theme)
    seen = {curve: lab(BLINDNESS[kind] @ linear(colours[curve])) for curve in CURVES}
    for a, b in combinations(CURVES, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 10, (a, b)


def test_every_action_has_an_icon() -> None:
    assert {spec.id for spec in ACTIONS} <= {path.stem for path in ICONS}


@pytest.mark.parametrize("path", ICONS, ids=lambda path: path.stem)
def test_an_icon_is_one_outline_in_the_colour_of_the_theme(path) -> None:
    root = ElementTree.fromstring(path.read_text("utf-8"))
    size = "256" if path.stem == "app" else "24"
    assert root.attrib["viewBox"] == f"0 0 {size} {size}"
    if path.stem != "app":
        assert root.attrib["stroke"] == "currentColor"
        assert root.attrib["stroke-width"] == "1.8"
        assert "#" not in path.read_text("utf-8")


@pytest.mark.parametrize("path", ICONS, ids=lambda path: path.stem)
def test_an_icon_is_drawn_inside_its_box(path) -> None:
    """Something is to be seen, and nothing touches the outermost pixels."""
    renderer = QSvgRenderer(QByteArray(path.read_bytes().replace(b"currentColor", b"#000000")))
    assert renderer.isValid()
    image = QImage(96, 96, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, 96, 96))
    painter.end()
    alpha = np.frombuffer(image.constBits(), np.uint8).reshape(96, 96, 4)[:, :, 3]
    assert (alpha > 128).mean() > 0.02
    assert not alpha[[0, 1, -2, -1]].any()
    assert not alpha[:, [0, 1, -2, -1]].any()
