"""The ladder when memory runs out: half the batch, then a smaller crop, then a clear stop."""

from __future__ import annotations

from s4gui.core.errors import DeviceError
from s4gui.core.recipe import Recipe
from s4gui.learn.device import GIB, Device

SMALLEST_VIEW = 96


def smaller(recipe: Recipe, *, view: tuple[int, int], device: Device) -> Recipe:
    """The recipe one rung down. DeviceError with what did not fit if there is none left."""
    if recipe.batch_labelled > 1 or recipe.batch_unlabelled > 1:
        return recipe.but(
            batch_labelled=max(1, recipe.batch_labelled // 2),
            batch_unlabelled=max(min(1, recipe.batch_unlabelled), recipe.batch_unlabelled // 2),
        )
    half = max(view) // 2
    if half >= SMALLEST_VIEW:
        return recipe.but(crop_px=round(half / max(1.0, recipe.crop_ratio)))
    raise DeviceError(
        "memory.exhausted",
        "{device} ({memory} GiB) cannot hold one view of {height} x {width} pixels",
        hint="Choose a smaller network width, or another device; close other programs",
        device=device.title,
        memory=round(device.memory_bytes / GIB, 1),
        height=view[0],
        width=view[1],
    )
