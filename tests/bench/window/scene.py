"""Projects that the benches open: street scenes rendered here, with strokes on them."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from s4gui.store import palettes
from s4gui.store.project import Project
from s4gui.workbench.workbench import Workbench
from tests.demo_scenes import render
from tests.flows import strokes

SIZES = {"640x360": (360, 640), "2048x1024": (1024, 2048)}
CLASS_SET = "camvid-11"


def lay_out(folder: Path, size: str, *, images: int) -> Path:
    """A project of so many rendered images, a stroke of each class on each; its folder."""
    height, width = SIZES[size]
    pictures = folder / "images"
    pictures.mkdir(parents=True)
    masks = []
    for number in range(images):
        sys.stderr.write(f"\rrendering {size}: {number + 1} of {images} ")
        rgb, mask = render(number, height, width, samples=1)
        Image.fromarray(rgb).save(pictures / f"{number:02d}.png", compress_level=6)
        masks.append(mask)
    sys.stderr.write("\n")
    where = folder / "project"
    (chosen,) = (each for each in palettes.all_class_sets() if each.name == CLASS_SET)
    Project.create(
        where, name=size, images=pictures, class_map=chosen.class_map, program="s4gui"
    ).close()
    bench = Workbench(Project.open(where, program="s4gui"))
    for frame, mask in zip(bench.frames, masks, strict=True):
        bench.show(frame.id)
        for value, path in strokes.paths(mask, classes=len(chosen.class_map)):
            bench.begin_stroke(frame.id, value=value, radius_px=height / 120, at_yx=path[0])
            bench.extend_stroke(path[1:])
            bench.end_stroke()
    bench.close()
    return where
