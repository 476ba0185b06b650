"""torchvision comes in by one module, whatever build of torch is here (decision 0013).

Each case runs in an interpreter of its own: an operator that is declared stays declared.
"""

from __future__ import annotations

import subprocess
import sys

MISMATCH = """
import sys, types
import torch
real = __import__("importlib").import_module
tried = []
def fail_first(name):
    tried.append(name)
    if len(tried) == 1:
        sys.modules["torchvision"] = sys.modules["torchvision.half"] = types.ModuleType("half")
        raise RuntimeError("operator torchvision::nms does not exist")
    assert "torchvision.half" not in sys.modules, "the half-imported modules are still there"
    return real(name)
from s4gui.learn import torchvision as door
door.importlib = types.SimpleNamespace(import_module=fail_first)
"""


def run(code: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_networks_and_transforms_work_and_255_survives() -> None:
    code = """
import torch
from s4gui.learn import torchvision as door
tv = door.load()
assert door.load() is tv
from torchvision import tv_tensors
from torchvision.models import segmentation
from torchvision.transforms import v2
net = segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=5)
print(tuple(net.eval()(torch.zeros(1, 3, 32, 48))["out"].shape))
mask = tv_tensors.Mask(torch.full((4, 6), 255, dtype=torch.uint8))
print(v2.Resize((8, 12))(mask).unique().tolist())
"""
    assert run(code).splitlines() == ["(1, 5, 32, 48)", "[255]"]


def test_after_a_mismatch_the_half_import_is_forgotten_and_tried_again() -> None:
    assert run(MISMATCH + "print(door.load().__name__, len(tried))\n") == "torchvision 2\n"


def test_operators_that_exist_are_not_declared_again() -> None:
    code = """
import torch
there = torch.library.Library("torchvision", "DEF")
there.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from s4gui.learn import torchvision as door
door._declare()
print(hasattr(torch.ops.torchvision, "nms"), hasattr(torch.ops.torchvision, "qnms"))
"""
    assert run(code) == "True True\n"


def test_a_torchvision_that_fits_in_no_way_is_said_in_words() -> None:
    code = """
import types
from s4gui.core.errors import DeviceError
from s4gui.learn import torchvision as door
def never(name):
    raise ImportError("no module named torchvision")
door.importlib = types.SimpleNamespace(import_module=never)
try:
    door.load()
except DeviceError as error:
    print(error, "|", error.hint)
"""
    said = run(code)
    assert "no module named torchvision" in said
    assert "Install the release of torchvision" in said
