"""What the import checker cannot see: what is really loaded when a layer is imported."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

QT = {"PySide6", "shiboken6", "pyqtgraph"}
TORCH = {"torch", "torchvision", "safetensors"}
SCIENCE = {"scipy", "skimage", "sklearn"}
FORBIDDEN = {
    "core": QT | TORCH | SCIENCE | {"PIL", "platformdirs", "sqlite3"},
    "store": QT | TORCH | SCIENCE,
    "wire": QT | TORCH | SCIENCE | {"PIL"},
    "workbench": QT | TORCH | SCIENCE,
    "report": QT | TORCH | {"sklearn"},
    "preview": QT | TORCH,
    "learn": QT | {"sklearn", "torchvision"},
    "worker": QT | {"sklearn", "torchvision"},
    "cli": QT | {"sklearn"},
    "gui": TORCH | SCIENCE,
}


def modules_of(layer: str) -> list[str]:
    """Every module of a layer, found on disk."""
    package = import_module(f"s4gui.{layer}")
    found = pkgutil.walk_packages(package.__path__, f"s4gui.{layer}.")
    return [f"s4gui.{layer}", *(each.name for each in found)]


@pytest.mark.parametrize("layer", sorted(FORBIDDEN))
def test_a_fresh_interpreter_that_imports_a_layer_does_not_load(layer: str) -> None:
    code = f"import sys\nfor m in {modules_of(layer)}: __import__(m)\nprint(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    assert out.returncode == 0, out.stderr
    loaded = {name.split(".")[0] for name in out.stdout.split()}
    assert not FORBIDDEN[layer] & loaded
    assert "s4gui" in loaded


def test_the_entry_loads_nothing_heavy_for_help() -> None:
    code = "import sys\nfrom s4gui.__main__ import main\nmain(['--help'])\nprint(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in out.stdout.split()}
    assert not (QT | TORCH | SCIENCE | {"numpy", "PIL"}) & loaded
