"""The features of a file are those of torchvision's network with the same tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from s4gui.learn import torchvision
from s4gui.learn.features import LONG_SIDE_PX, FrozenEncoder, write_all
from s4gui.store import features


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(3)
    return torchvision.load().models.resnet18(weights=None).eval()


def encoder(network: torch.nn.Module, **choices: int) -> FrozenEncoder:
    return FrozenEncoder("resnet18", dict(network.state_dict()), weights="random", **choices)


def picture(seed: int = 0, height: int = 48, width: int = 64) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_features_are_torchvisions_and_the_grid_begins_at_the_corner(
    network: torch.nn.Module,
) -> None:
    from torchvision.transforms import v2

    pixels = picture()
    found = encoder(network).see(pixels)
    images = torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float32) / 255)[None]
    images = v2.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])(images)
    with torch.inference_mode():
        x = network.maxpool(network.relu(network.bn1(network.conv1(images))))
        expected = network.layer2(network.layer1(x))[0]
    assert (found.values.shape, found.stride) == ((128, 6, 8), 8)
    assert found.values.dtype == np.float16
    np.testing.assert_allclose(found.values, expected.numpy(), rtol=2e-3, atol=2e-3)
    assert (found.encoder, found.weights) == ("resnet18/layer2", "random")


def test_a_large_image_is_seen_small(network: torch.nn.Module) -> None:
    found = encoder(network, layer=1).see(picture(height=20, width=2 * LONG_SIDE_PX))
    assert found.image_shape == (10, LONG_SIDE_PX)
    assert found.values.shape == (64, 3, LONG_SIDE_PX // 4)


def test_files_are_written_once_and_again_when_image_or_encoder_change(
    network: torch.nn.Module, tmp_path: Path
) -> None:
    images = [(f"images/{n}.png", tmp_path / f"{n}.png") for n in range(2)]
    for number, (_, path) in enumerate(images):
        Image.fromarray(picture(number)).save(path)
    missing = ("images/gone.png", tmp_path / "gone.png")
    broken = ("images/broken.png", tmp_path / "broken.png")
    broken[1].write_bytes(b"no image")
    said: list[tuple[str, str]] = []
    out = tmp_path / "features"

    def listen(frame: str, problem: str) -> bool:
        said.append((frame, problem))
        return True

    seen: list[int] = []
    eye = encoder(network)
    look = eye.see
    eye.see = lambda *a, **k: seen.append(1) or look(*a, **k)
    write_all(eye, [images[0], missing, broken, images[1]], out, listen)
    assert [bool(problem) for _, problem in said] == [False, True, True, False]
    files = sorted(out.iterdir())
    assert len(files) == len(seen) == 2
    first = features.read(files[0])
    assert np.array_equal(first.values, look(picture(0)).values)
    write_all(eye, images, out, listen)
    assert len(seen) == 2, "they were there"
    Image.fromarray(picture(9, 40, 40)).save(images[0][1])
    write_all(eye, images, out, listen)
    assert len(seen) == 3
    assert features.read(files[0]).image_shape == (40, 40)
    eye.weights = "others"
    files[1].write_bytes(b"damaged")
    write_all(eye, images, out, listen)
    assert len(seen) == 5


def test_writing_stops_when_it_is_told(network: torch.nn.Module, tmp_path: Path) -> None:
    images = [(f"{n}.png", tmp_path / f"{n}.png") for n in range(3)]
    for _, path in images:
        Image.fromarray(picture()).save(path)
    write_all(encoder(network), images, tmp_path / "out", lambda *_: False)
    assert len(list((tmp_path / "out").iterdir())) == 1
