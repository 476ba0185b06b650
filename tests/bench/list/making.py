"""Folders of many small images, no two alike, and projects of them."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from s4gui.store import palettes
from s4gui.store.project import Project

SIZE = (48, 64)
PER_FOLDER = 1000
LABELLED_EVERY = 10


def images(folder: Path, number: int) -> Path:
    """So many small colour images, half of them PNG, half JPEG, a thousand in a folder."""
    chance = np.random.default_rng(number)
    for n in range(number):
        place = folder / f"drive_{n // PER_FOLDER:03d}"
        if n % PER_FOLDER == 0:
            place.mkdir(parents=True)
            sys.stderr.write(f"\rmaking images: {n} of {number} ")
        coarse = Image.fromarray(chance.integers(0, 256, (3, 4, 3), np.uint8))
        picture = coarse.resize(SIZE[::-1], Image.Resampling.BILINEAR)
        data = io.BytesIO()
        if n % 2:
            picture.save(data, "PNG", compress_level=1)
        else:
            picture.save(data, "JPEG", quality=80)
        name = f"frame_{n:06d}.{'png' if n % 2 else 'jpg'}"
        (place / name).write_bytes(data.getvalue())
    sys.stderr.write("\n")
    return folder


def project(folder: Path, pictures: Path) -> dict[str, float]:
    """A project of them, every tenth one labelled; what its first import and a rescan took."""
    (chosen,) = (each for each in palettes.all_class_sets() if each.name == "camvid-11")
    wall, cpu = time.perf_counter(), time.process_time()
    made = Project.create(folder, name="many", images=pictures, class_map=chosen.class_map)
    took = {"import s": time.perf_counter() - wall, "import cpu s": time.process_time() - cpu}
    wall, cpu = time.perf_counter(), time.process_time()
    made.rescan()
    took |= {"rescan s": time.perf_counter() - wall, "rescan cpu s": time.process_time() - cpu}
    # Rows as strokes leave them; 10,000 strokes would take longer than all else here.
    rows = [(each.id, n % 11, 100 + n % 900) for n, each in enumerate(made.frames)]
    made.writer.do(
        lambda to: to.executemany("INSERT INTO counts VALUES(?,?,?)", rows[::LABELLED_EVERY])
    )
    made.writer.do(
        lambda to: to.executemany(
            "INSERT INTO source_counts VALUES(?,1,?)",
            [(name, px) for name, _, px in rows[::LABELLED_EVERY]],
        )
    )
    made.close()
    return {name: round(value, 2) for name, value in took.items()}
