"""The zoo: any decoder of segmentation_models_pytorch on any encoder of timm, by name.

Both come with the extra `zoo` and are imported when a network is asked for. Encoders begin from
scratch: their weights lie on a hub that asks for each file by itself.
"""

from __future__ import annotations

import difflib
import importlib
from dataclasses import dataclass
from types import ModuleType

import torch
from torch import Tensor, nn

from s4gui.core.errors import RecipeError
from s4gui.core.recipe import ZOO
from s4gui.learn import torchvision
from s4gui.learn.nets.padding import mirrored_out

CODE_LICENCE = "MIT (segmentation_models_pytorch), Apache-2.0 (timm)"
UNKNOWN = "not said"
_AT_LEAST = {"pan": 128}  # its pyramid pools three times below a stride of 16


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder of timm: its licence is that of the weights timm has for it."""

    name: str
    licence: str
    parameters: int


class ZooNet(nn.Module):
    """Logits for each pixel from a picture of any size.

    Sides are mirrored out to what the encoder can halve (or cut into patches) and cut back. The
    last layer is called `classify`, as in all networks here.
    """

    def __init__(self, body: nn.Module, *, multiple: int, at_least: int = 1) -> None:
        super().__init__()
        self.classify = body.get_submodule("segmentation_head")
        body.add_module("segmentation_head", nn.Identity())
        self.body, self._multiple, self._at_least = body, multiple, at_least

    def forward(self, images: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> logits (N, classes, H, W)."""
        height, width = images.shape[-2:]
        whole = mirrored_out(images, self._multiple, at_least=self._at_least)
        logits: Tensor = self.classify(self.body(whole))
        return logits[..., :height, :width]


def make(name: str, *, classes: int, in_channels: int = 3) -> ZooNet:
    """The network called `zoo:DECODER/ENCODER` with fresh weights.

    RecipeError where the extra is not installed, a name is unknown, or the two do not fit.
    """
    decoder, encoder = _parts(name)
    models, encoders = _packages(name)
    if decoder not in decoders():
        raise _unknown(name, decoder, decoders())
    if not encoders.is_model(encoder.partition(".")[0]):
        raise _unknown(name, encoder, encoders.list_models())
    # Transformers are made for one size of picture unless they are told.
    more = {"dynamic_img_size": True} if decoder == "dpt" else {}
    # A dense prediction transformer halves its patches once more.
    halvings = 2 if decoder == "dpt" else 1
    try:
        body = models.create_model(
            decoder,
            encoder_name=f"tu-{encoder}",
            encoder_weights=None,
            in_channels=in_channels,
            classes=classes,
            **more,
        )
        multiple = halvings * int(body.encoder.output_stride)
        network = ZooNet(body, multiple=multiple, at_least=_AT_LEAST.get(decoder, 1))
        _try(network, torch.zeros(1, in_channels, 2 * multiple, 3 * multiple))
    except (RuntimeError, ValueError, TypeError, KeyError, AssertionError) as error:
        raise RecipeError(
            "zoo.unfit",
            "{decoder} cannot be built on {encoder}: {reason}",
            hint="Choose another encoder: s4gui model list --zoo NAME",
            decoder=decoder,
            encoder=encoder,
            reason=str(error).splitlines()[0] if str(error) else type(error).__name__,
        ) from error
    return network


def decoders() -> tuple[str, ...]:
    """Names of all decoders. RecipeError where the extra is not installed."""
    models, _ = _packages()
    return tuple(sorted(models.MODEL_ARCHITECTURES_MAPPING))


def encoder_names(pattern: str) -> tuple[str, ...]:
    """Encoders whose name matches a shell pattern. RecipeError without the extra."""
    _, encoders = _packages()
    return tuple(encoders.list_models(pattern))


def encoder(name: str) -> Encoder:
    """Licence and size of an encoder, built without its numbers. RecipeError without the extra."""
    _, encoders = _packages()
    try:
        with torch.device("meta"):
            network = encoders.create_model(name, pretrained=False, num_classes=0)
    except (RuntimeError, NotImplementedError):  # some compute with numbers as they are built
        network = encoders.create_model(name, pretrained=False, num_classes=0)
    size = sum(each.numel() for each in network.parameters())
    return Encoder(name, weights_licence(name), size)


def weights_licence(name: str) -> str:
    """The licence of timm's weights of an encoder, as timm says it."""
    _, encoders = _packages()
    card = encoders.get_pretrained_cfg(name)
    return str(getattr(card, "license", None) or UNKNOWN)


@torch.inference_mode()
def _try(network: ZooNet, images: Tensor) -> None:
    """Some pairs are built and fail at their first picture; in eval mode nothing is changed."""
    if network.eval()(images).shape[-2:] != images.shape[-2:]:
        raise ValueError("its answers have another size than the picture")
    network.train()


def _parts(name: str) -> tuple[str, str]:
    found = ZOO.fullmatch(name)
    if found is None:
        raise RecipeError(
            "zoo.bad_name",
            "{name} names no network of the zoo",
            hint="Write it as zoo:unet/resnet18: a decoder, a slash, an encoder",
            name=name,
        )
    return found["decoder"], found["encoder"]


def _packages(name: str = "The zoo") -> tuple[ModuleType, ModuleType]:
    """segmentation_models_pytorch and timm."""
    try:
        torchvision.load()  # by its one door, before they import it themselves (decision 0013)
        models = importlib.import_module("segmentation_models_pytorch")
        encoders = importlib.import_module("timm")
    except ImportError as error:
        raise RecipeError(
            "zoo.missing",
            "{name} needs packages that are not installed: {reason}",
            hint="Install them beside s4gui: pip install segmentation-models-pytorch timm",
            name=name,
            reason=str(error),
        ) from error
    return models, encoders


def _unknown(name: str, part: str, known: tuple[str, ...] | list[str]) -> RecipeError:
    near = difflib.get_close_matches(part, known, n=6, cutoff=0.4) or sorted(known)[:12]
    return RecipeError(
        "zoo.unknown",
        "{name}: the zoo has nothing called {part}",
        hint="Near to it: {near}",
        name=name,
        part=part,
        near=", ".join(near),
    )
