"""The image that was open last is decoded while the window is being imported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s4gui.core.errors import ImageError
from s4gui.gui import app, first_image


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    pixels = np.random.default_rng(1).integers(0, 256, (24, 40, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def settings(folder: Path, **values: object) -> Path:
    (folder / "settings.json").write_text(json.dumps(values))
    return folder


def test_an_image_begun_is_handed_out_once_and_equals_the_file(image: Path) -> None:
    first_image.begin(image)
    taken = first_image.take(image)
    image.unlink()
    assert taken.shape == (24, 40)
    with pytest.raises(ImageError):
        first_image.take(image)


def test_another_image_than_the_one_begun_is_read_itself(image: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.png"
    Image.new("RGB", (8, 6), (1, 2, 3)).save(other)
    first_image.begin(image)
    assert first_image.take(other).level(0).tolist() == [[[1, 2, 3]] * 8] * 6


def test_a_broken_image_is_told_to_whoever_wants_it(tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"no image")
    first_image.begin(path)
    with pytest.raises(ImageError):
        first_image.take(path)


@pytest.mark.parametrize(
    ("words", "begins"),
    [([], True), (["{last}"], True), (["{other}"], False), (["--demo"], False)],
)
def test_only_the_project_that_was_open_last_has_its_image_decoded_ahead(
    words: list[str],
    begins: bool,  # noqa: FBT001
    image: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last, other = tmp_path / "last", tmp_path / "other"
    folder = settings(tmp_path, recent=[str(last), str(other)], last_image=str(image))
    begun: list[Path] = []
    monkeypatch.setattr(first_image, "begin", begun.append)
    given = [each.format(last=last, other=other) for each in words]
    app._begin_image(app._words([*given, "--settings", str(folder)]))
    assert begun == [image] * begins
