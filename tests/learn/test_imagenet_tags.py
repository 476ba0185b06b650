"""The report's nine steps, with a classifier whose weights are made here."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from s4gui.core.errors import WeightsError
from s4gui.learn import imagenet_tags, pretrained, torchvision
from s4gui.learn.pretrained import WeightFile

STREETCAR, TRAFFIC_LIGHT = 829, 920


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 255, (9, 12, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((400, 300), Image.Resampling.BICUBIC))


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    made = torchvision.load().models.resnet18(weights=None)
    with torch.no_grad():
        made.fc.bias[STREETCAR] = 6.0
        made.fc.bias[TRAFFIC_LIGHT] = 5.0
    return made


@pytest.fixture
def place(tmp_path: Path, network: torch.nn.Module, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder with one file, whose name carries its hash as torchvision's do."""
    raw = tmp_path / "raw"
    torch.save(network.state_dict(), raw)
    digits = hashlib.sha256(raw.read_bytes()).hexdigest()[:8]
    file = WeightFile(
        "resnet18", "ResNet18_Weights.IMAGENET1K_V1", f"x://x/resnet18-{digits}.pth", 1, 45
    )
    raw.rename(tmp_path / file.name)
    monkeypatch.setattr(pretrained, "weight_files", lambda _: (file,))
    return tmp_path


def test_tags_equal_the_nine_steps_done_by_hand(
    image: np.ndarray, network: torch.nn.Module, place: Path
) -> None:
    found = imagenet_tags.ready("resnet18", place=place).tags(image)
    # Shorter side 256 (anti-aliased), the middle 224 x 224, ImageNet's mean and deviation.
    resized = torch.nn.functional.interpolate(
        torch.tensor(image).movedim(-1, 0)[None].float(),
        (256, 341),
        mode="bilinear",
        antialias=True,
    )
    cut = resized[..., 16:240, 58:282].round() / 255
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.no_grad():
        scores = network.eval()((cut - mean[:, None, None]) / std[:, None, None])[0].double()
    percent = 100 * scores.exp() / scores.exp().sum()
    order = percent.argsort(descending=True)[:5]
    assert order[:2].tolist() == [STREETCAR, TRAFFIC_LIGHT]
    names = torchvision.load().models.ResNet18_Weights.IMAGENET1K_V1.meta["categories"]
    assert [each.name for each in found] == [names[int(i)] for i in order]
    assert [each.percent for each in found] == pytest.approx(percent[order].tolist(), abs=0.05)
    assert (found[0].name, found[1].name) == ("streetcar", "traffic light")


def test_all_percentages_sum_to_a_hundred_and_fall(image: np.ndarray, place: Path) -> None:
    found = imagenet_tags.ready("resnet18", place=place).tags(image, top=1000)
    percents = [each.percent for each in found]
    assert len({each.name for each in found}) > 990  # two names of the list are given twice
    assert sum(percents) == pytest.approx(100, abs=1e-3)
    assert percents == sorted(percents, reverse=True)


def test_the_network_is_asked_in_eval_mode_so_twice_gives_the_same(
    image: np.ndarray, place: Path
) -> None:
    classifier = imagenet_tags.ready("resnet18", place=place)
    classifier.network.train()
    first = classifier.tags(image)
    assert not classifier.network.training
    assert classifier.tags(image) == first


def test_without_weights_the_sentence_names_the_file_and_the_folder(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no ImageNet weights of resnet18") as caught:
        imagenet_tags.ready("resnet18", place=tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "resnet18-f37072fd.pth" in caught.value.hint


def test_a_stopped_download_is_said_and_leaves_nothing(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretrained, "fetch", lambda *_: None)
    empty = tmp_path / "empty"
    with pytest.raises(WeightsError, match="no ImageNet weights"):
        imagenet_tags.ready("resnet18", place=empty, fetching=lambda _, __: False)
    assert not empty.exists()


def test_weights_of_another_network_are_refused(place: Path) -> None:
    with pytest.raises(WeightsError, match="another encoder"):
        imagenet_tags.ready("resnet50", place=_renamed(place))


def _renamed(place: Path) -> Path:
    (file,) = place.glob("resnet18-*.pth")
    other = place / f"other/{file.name}"
    other.parent.mkdir()
    (other.parent / "resnet50-0.pth").touch()
    other.write_bytes(file.read_bytes())
    return other.parent
