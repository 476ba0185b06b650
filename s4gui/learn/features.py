"""Frozen features of an ImageNet encoder, one file per image, for the preview to learn on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from s4gui.core.errors import FormatError, ImageError, WeightsError
from s4gui.learn import pretrained
from s4gui.learn.nets.resnet import ResNet, in_imagenet_units
from s4gui.learn.pixels import Rgb, shrunk
from s4gui.learn.pretrained import Progress, Tensors, WeightFile
from s4gui.store import features
from s4gui.store.features import FeatureMap
from s4gui.store.images import read_pixels

Layer = Literal[1, 2, 3, 4]
STRIDES = {1: 4, 2: 8, 3: 8, 4: 8}
LONG_SIDE_PX = 640
SMALLEST = "resnet18"


class FrozenEncoder:
    """Computes features of images; never learns.

    The encoder computes in torchvision's way, which its weights were trained for: Caffe's would
    be other features, and nothing learns to make up for it. `weights` names the file.
    """

    def __init__(
        self,
        name: str,
        tensors: Tensors,
        *,
        weights: str,
        layer: Layer = 2,
        device: torch.device | None = None,
    ) -> None:
        encoder = ResNet(name, caffe=False)
        encoder.load_state_dict(pretrained.started(encoder.state_dict(), tensors, prefix=""))
        self._device = device or torch.device("cpu")
        self._encoder = encoder.eval().requires_grad_(requires_grad=False).to(self._device)
        self._layer: Layer = layer
        self.title, self.weights = f"{name}/layer{layer}", weights

    @torch.inference_mode()
    def see(self, pixels: Rgb, *, source: str = "") -> FeatureMap:
        """Features (C, h, w) float16 of an image (H, W, 3) uint8, seen at 640 pixels at most."""
        seen = shrunk(pixels, long_side_px=LONG_SIDE_PX)
        planes = seen.transpose(2, 0, 1).astype(np.float32) * np.float32(2 / 255) - 1
        images = in_imagenet_units(torch.from_numpy(planes)[None].to(self._device))
        found = self._encoder.levels(images)[self._layer - 1][0]
        values = found.clamp(-60_000, 60_000).half().numpy(force=True)
        return FeatureMap(
            values,
            encoder=self.title,
            weights=self.weights,
            stride=STRIDES[self._layer],
            image_shape=(seen.shape[0], seen.shape[1]),
            source=source,
        )


def ready(
    name: str = "",
    *,
    place: Path | None = None,
    layer: Layer = 2,
    fetching: Progress | None = None,
    device: torch.device | None = None,
) -> FrozenEncoder:
    """The encoder of this name with the ImageNet weights that lie in the folder (torch's own).

    Without a name the smallest one whose weights lie there. With `fetching` missing weights of a
    named encoder are downloaded. WeightsError where there are none, they are damaged or fetching
    was stopped; DeviceError if torchvision cannot be used here.
    """
    place = place or pretrained.folder()
    at_hand = pretrained.at_hand(place)
    chosen = name or (at_hand[0] if at_hand else SMALLEST)
    found = pretrained.find(chosen, place)
    if found is None:
        file = pretrained.weight_files(chosen)[0]
        path = pretrained.fetch(file, place, fetching) if fetching else None
        if path is None:
            raise _not_at_hand(name, file, place)
        found = file, path
    file, path = found
    tensors = pretrained.read(file, path)
    return FrozenEncoder(chosen, tensors, weights=file.name, layer=layer, device=device)


def _not_at_hand(name: str, file: WeightFile, place: Path) -> WeightsError:
    encoder, size = file.encoder, round(file.size_mb)
    hint = "Fetch them once, with a network: s4gui model fetch {encoder} ({size} MB)"
    facts: dict[str, object] = {"encoder": encoder, "folder": place, "size": size}
    if name:
        return WeightsError(
            "features.no_weights_of",
            "There are no ImageNet weights of {encoder} in {folder}",
            hint=hint,
            **facts,
        )
    return WeightsError(
        "features.no_weights",
        "No pretrained encoder is at hand: there are no ImageNet weights in {folder}",
        hint=hint,
        **facts,
    )


def write_all(
    encoder: FrozenEncoder,
    images: Iterable[tuple[str, Path]],
    folder: Path,
    said: Callable[[str, str], bool],
) -> None:
    """Write the features of (frame id, image file) pairs into a folder, each file whole.

    Files that are there and belong to the same encoder, weights and image are kept. After each
    image `said(frame id, problem)` is called, problem empty if all is well; False stops.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for frame_id, image in images:
        target = features.path_of(folder, frame_id)
        problem = ""
        try:
            source = features.source_of(image)
            if not _is_kept(target, encoder, source):
                features.write(target, encoder.see(read_pixels(image), source=source))
        except (ImageError, OSError) as error:
            problem = str(error)
        if not said(frame_id, problem):
            return


def _is_kept(target: Path, encoder: FrozenEncoder, source: str) -> bool:
    try:
        there = features.read(target)
    except FormatError:
        return False
    known = (there.encoder, there.weights, there.source)
    return known == (encoder.title, encoder.weights, source)
