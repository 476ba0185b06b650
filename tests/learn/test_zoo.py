"""The zoo by name, against stand-ins for its two packages (they are an extra)."""

from __future__ import annotations

import fnmatch
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from s4gui.core.errors import RecipeError
from s4gui.core.recipe import Recipe
from s4gui.learn.build import make_generator
from s4gui.learn.nets import zoo

ENCODERS = {"tiny8": "apache-2.0", "tiny16": "cc-by-nc-4.0", "odd": None}


class FakeBody(nn.Module):
    """Refuses sides that are no multiples of its stride, as the real ones do."""

    def __init__(self, stride: int, in_channels: int, classes: int) -> None:
        super().__init__()
        self.encoder = nn.Conv2d(in_channels, 6, stride, stride)
        self.encoder.output_stride = stride
        self.decoder = nn.Upsample(scale_factor=stride)
        self.segmentation_head = nn.Sequential(nn.Conv2d(6, classes, 1))

    def forward(self, images: Tensor) -> Tensor:
        if any(side % self.encoder.stride[0] for side in images.shape[-2:]):
            raise RuntimeError("Wrong input shape")
        return self.segmentation_head(self.decoder(self.encoder(images)))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Stand-ins in the place of both packages; what their create_model was asked for."""
    calls: list[dict[str, Any]] = []

    def create_model(arch: str, **choices: Any) -> nn.Module:
        calls.append({"arch": arch, **choices})
        if choices["encoder_name"] == "tu-odd":
            raise ValueError("Unsupported model downsampling pattern.")
        stride = int(choices["encoder_name"].removeprefix("tu-tiny"))
        body = FakeBody(stride, choices["in_channels"], choices["classes"])
        if arch == "wrong":
            body.decoder = nn.Identity()
        return body

    models, timm = ModuleType("segmentation_models_pytorch"), ModuleType("timm")
    models.create_model = create_model
    models.MODEL_ARCHITECTURES_MAPPING = dict.fromkeys(["unet", "dpt", "pan", "wrong"])
    timm.is_model = ENCODERS.__contains__
    timm.list_models = lambda pattern="": [
        n for n in ENCODERS if fnmatch.fnmatch(n, pattern or "*")
    ]
    timm.create_model = lambda name, *, pretrained, num_classes: nn.Linear(3, 4)
    timm.get_pretrained_cfg = lambda name: SimpleNamespace(license=ENCODERS[name])
    monkeypatch.setitem(sys.modules, "segmentation_models_pytorch", models)
    monkeypatch.setitem(sys.modules, "timm", timm)
    return calls


def test_a_name_becomes_a_decoder_on_a_fresh_encoder_of_timm(asked: list[dict[str, Any]]) -> None:
    recipe = Recipe(network="zoo:unet/tiny8", position=True)
    network = make_generator(recipe, classes=4)
    assert isinstance(network, zoo.ZooNet)
    assert network.training
    assert asked == [
        {
            "arch": "unet",
            "encoder_name": "tu-tiny8",
            "encoder_weights": None,
            "in_channels": 5,
            "classes": 4,
        }
    ]


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("size", [(16, 32), (37, 50), (3, 5)])
@pytest.mark.parametrize(("name", "multiple"), [("unet/tiny8", 8), ("dpt/tiny8", 16)])
def test_pictures_of_any_size_are_mirrored_out_and_cut_back(
    name: str, multiple: int, size: tuple[int, int]
) -> None:
    network = zoo.make(f"zoo:{name}", classes=2)
    seen: list[torch.Size] = []
    network.body.encoder.register_forward_hook(lambda _m, given, _o: seen.append(given[0].shape))
    assert network(torch.rand(1, 3, *size)).shape == (1, 2, *size)
    assert all(0 <= big - side < multiple for big, side in zip(seen[0][-2:], size, strict=True))
    assert not any(side % multiple for side in seen[0][-2:])


@pytest.mark.usefixtures("asked")
def test_a_pyramid_gets_pictures_large_enough_for_it() -> None:
    network = zoo.make("zoo:pan/tiny16", classes=2)
    seen: list[torch.Size] = []
    network.body.encoder.register_forward_hook(lambda _m, given, _o: seen.append(given[0].shape))
    assert network(torch.rand(1, 3, 40, 150)).shape == (1, 2, 40, 150)
    assert seen[0][-2:] == (128, 160)


@pytest.mark.usefixtures("asked")
def test_the_last_layer_is_called_as_in_all_networks_and_counted_once() -> None:
    network = zoo.make("zoo:unet/tiny8", classes=2)
    outputs = [n for n in network.state_dict() if n.startswith("classify.")]
    assert outputs == ["classify.0.weight", "classify.0.bias"]
    assert not [n for n in network.state_dict() if "segmentation_head" in n]


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("name", "message_id", "hint"),
    [
        ("zoo:unett/tiny8", "zoo.unknown", "unet"),
        ("zoo:unet/tiny9", "zoo.unknown", "tiny8"),
        ("zoo:unet/odd", "zoo.unfit", "another encoder"),
        ("zoo:wrong/tiny8", "zoo.unfit", "another encoder"),
        ("zoo:unet", "zoo.bad_name", "zoo:unet/resnet18"),
    ],
)
def test_what_cannot_be_built_is_said_with_what_is_near(
    name: str, message_id: str, hint: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        zoo.make(name, classes=2)
    assert caught.value.message.id == message_id
    assert hint in caught.value.hint


@pytest.mark.usefixtures("asked")
def test_an_encoder_is_shown_with_its_licence_and_size() -> None:
    assert zoo.encoder_names("tiny*") == ("tiny8", "tiny16")
    assert zoo.encoder("tiny16") == zoo.Encoder("tiny16", "cc-by-nc-4.0", 16)
    assert zoo.weights_licence("odd") == zoo.UNKNOWN
    assert zoo.decoders() == ("dpt", "pan", "unet", "wrong")


@pytest.mark.parametrize("absent", ["segmentation_models_pytorch", "timm"])
@pytest.mark.usefixtures("asked")
def test_without_the_extra_it_says_how_to_install_it(
    absent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(RecipeError) as caught:
        make_generator(Recipe(network="zoo:unet/tiny8"), classes=2)
    assert absent in str(caught.value)
    assert "pip install segmentation-models-pytorch timm" in caught.value.hint


@pytest.mark.parametrize("name", ["zoo:unet", "zoo:/resnet18", "zoo:unet/", "unet/resnet18", "zoo"])
def test_a_recipe_refuses_names_that_can_be_none_of_the_zoo(name: str) -> None:
    with pytest.raises(RecipeError):
        Recipe(network=name)


def test_imagenet_weights_are_for_networks_that_have_such_an_encoder() -> None:
    assert Recipe(network="deeplabv2-resnet34", pretrained="imagenet").pretrained == "imagenet"
    for network in ("light", "unet", "zoo:unet/resnet18"):
        with pytest.raises(RecipeError) as caught:
            Recipe(network=network, pretrained="imagenet")
        assert caught.value.message.id == "recipe.no_encoder"
