"""The one import of torchvision: natively first, with declared operators where the builds differ.

The torchvision wheel of the ordinary index belongs to the CUDA build of torch; beside the CPU
build its compiled operators do not load and the import fails (decision 0013).
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import torch

from s4gui.core.errors import DeviceError

_MISSING = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[torch.library.Library] = []  # a library that is collected takes its operators along


def load() -> ModuleType:
    """The package torchvision, usable beside either build of torch.

    Networks and transforms work in both; decoding images by `torchvision.io` may not.
    DeviceError where it is not installed or fits this torch in neither way.
    """
    try:
        return importlib.import_module("torchvision")
    except (ImportError, RuntimeError, AttributeError):
        _forget()
        _declare()
    try:
        return importlib.import_module("torchvision")
    except (ImportError, RuntimeError, AttributeError) as error:
        _forget()
        raise DeviceError(
            "torchvision.unusable",
            "torchvision cannot be used with torch {version}: {cause}",
            hint="Install the release of torchvision that belongs to this torch",
            version=torch.__version__,
            cause=str(error),
        ) from error


def _forget() -> None:
    """Remove what a failed import left behind, or the next one would take it for whole."""
    for name in [n for n in sys.modules if n.partition(".")[0] == "torchvision"]:
        del sys.modules[name]


def _declare() -> None:
    """Declare the compiled operators that torchvision's Python part asks for, unless they exist."""
    if _declared:
        return
    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in _MISSING:
        name = schema.partition("(")[0]
        if not hasattr(torch.ops.torchvision, name):
            library.define(schema)
    _declared.append(library)
