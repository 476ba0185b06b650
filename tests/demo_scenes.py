"""Street scenes for tests: `render(seed, height, width)`, loaded from packaging/demo by path.

The renderer's folder is not importable by name (`packaging` is an installed distribution), and
no module search path is changed here, so nothing else can be found there by accident.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "packaging" / "demo" / "s4gui_demo"


def module(name: str) -> ModuleType:
    """A module of the renderer, such as "render" or "scribbles"."""
    if "s4gui_demo" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "s4gui_demo", FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
        )
        assert spec is not None
        assert spec.loader is not None
        package = importlib.util.module_from_spec(spec)
        sys.modules["s4gui_demo"] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"s4gui_demo.{name}")


def render(
    seed: int, height: int, width: int, *, samples: int | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A scene: rgb (height, width, 3) uint8 and mask (height, width) uint8, ids 0-10 and 254.

    `samples=1` is fastest (hard edges in the picture; other masks differ by sub-pixels only).
    """
    rgb, mask = _cached(seed, height, width, samples)
    return rgb.copy(), mask.copy()


@lru_cache(maxsize=32)
def _cached(
    seed: int, height: int, width: int, samples: int | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    made: tuple[NDArray[np.uint8], NDArray[np.uint8]] = module("render").render(
        seed, height, width, samples=samples
    )
    return made
