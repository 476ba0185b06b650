"""Writes the pictures, reference masks and strokes of the demo project."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from s4gui_demo.render import render
from s4gui_demo.scribbles import scribbles

PALETTE = Path(__file__).resolve().parents[3] / "resources" / "palettes" / "camvid-11.json"
QUALITY = 88
STROKED = {0: 1.0, 4: 1.0, 6: 0.7, 11: 0.5}
"""Scenes that get strokes, with the share of their classes."""


def main(words: list[str] | None = None) -> int:
    """Render to a folder: images/*.jpg, reference/*.png, strokes.json."""
    parser = argparse.ArgumentParser(prog="packaging/demo", description=main.__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", default="640x360", help="width x height")
    wishes = parser.parse_args(words)
    width, height = (int(part) for part in wishes.size.split("x"))
    write_scenes(wishes.out, count=wishes.count, seed=wishes.seed, size=(height, width))
    return 0


def write_scenes(out: Path, *, count: int, seed: int, size: tuple[int, int]) -> None:
    """Write `count` scenes of (height, width) and strokes for four of them."""
    for folder in ("images", "reference"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    strokes = []
    for index in range(count):
        name = f"scene-{index + 1:02d}"
        picture, mask = render(seed + index, *size)
        Image.fromarray(picture).save(
            out / "images" / f"{name}.jpg", quality=QUALITY, optimize=True
        )
        indexed(mask).save(out / "reference" / f"{name}.png", optimize=True)
        if index in STROKED:
            rng = np.random.default_rng((seed + index, 3))
            for each in scribbles(mask, rng, share=STROKED[index]):
                strokes.append({"frame": f"{name}.jpg", **asdict(each)})
    lines = ",\n".join(json.dumps(each) for each in strokes)
    (out / "strokes.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def indexed(mask: NDArray[np.uint8]) -> Image.Image:
    """The mask as an indexed picture in the colours of the class set camvid-11."""
    table = np.full((256, 3), 128, np.uint8)
    table[254], table[255] = (0, 0, 0), (255, 255, 255)
    for each in json.loads(PALETTE.read_text(encoding="utf-8"))["classes"]:
        table[each["id"]] = each["rgb"]
    image = Image.fromarray(mask)
    image.putpalette(table.tobytes())
    return image
