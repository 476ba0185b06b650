"""The ladder when memory runs out: batch, crop, tag pictures, precision, then a clear stop."""

from __future__ import annotations

from dataclasses import dataclass

from s4gui.core.errors import DeviceError
from s4gui.core.messages import Message, say
from s4gui.core.recipe import Recipe, encoder_of
from s4gui.learn import device as devices
from s4gui.learn.device import GIB, Device
from s4gui.learn.strategy import needs

SMALLEST_VIEW = 96
SMALLEST_TAG_PX = 64
SMALLEST_WIDTH = 8
LIGHTER = {
    "deeplabv2-resnet101": "deeplabv2-resnet50",
    "deeplabv2-resnet50": "deeplabv2-resnet34",
    "deeplabv2-resnet34": "deeplabv2-resnet18",
}
"""Networks that need much less, by those that learn the same way."""


@dataclass(frozen=True, slots=True)
class Rung:
    """The recipe one rung down, and what is said of it."""

    recipe: Recipe
    notice: Message


def smaller(recipe: Recipe, *, view: tuple[int, int], device: Device) -> Rung:
    """One rung down. DeviceError with what did not fit and what would if there is none left.

    Halved are the views of a step, then the sides of views and of the pictures of whole frames;
    in the end networks compute in half precision.
    """
    if recipe.batch_labelled > 1 or recipe.batch_unlabelled > 1:
        batches = {
            "batch_labelled": max(1, recipe.batch_labelled // 2),
            "batch_unlabelled": max(min(1, recipe.batch_unlabelled), recipe.batch_unlabelled // 2),
        }
        return Rung(
            recipe.but(**batches),
            Message(
                "memory.smaller_batch",
                "Memory ran out: {labelled} labelled views a step from now on, and {unlabelled}"
                " unlabelled ones where they teach",
                {"labelled": batches["batch_labelled"], "unlabelled": batches["batch_unlabelled"]},
            ),
        )
    smaller_sides = _smaller_sides(recipe, view)
    if smaller_sides:
        return Rung(
            recipe.but(**smaller_sides),
            Message(
                "memory.smaller_views",
                "Memory ran out: views have half the height and width from now on"
                if "crop_px" in smaller_sides
                else "Memory ran out: the classifier sees images at half the height and width"
                " from now on",
            ),
        )
    if recipe.precision in {"auto", "fp32"} and device.has_bf16:
        return Rung(
            recipe.but(precision="bf16"),
            Message(
                "memory.half_precision",
                "Memory ran out: the networks compute in half precision (bf16) from now on",
            ),
        )
    raise DeviceError(
        "memory.exhausted",
        "{device} ({memory} GiB) cannot hold one view of {height} x {width} pixels",
        hint="{ways}",
        device=device.title,
        memory=round(device.memory_bytes / GIB, 1),
        height=view[0],
        width=view[1],
        ways=_ways_out(recipe, device),
    )


def _smaller_sides(recipe: Recipe, view: tuple[int, int]) -> dict[str, int]:
    found = {}
    half = max(view) // 2
    if half >= SMALLEST_VIEW:
        found["crop_px"] = round(half / max(1.0, recipe.crop_ratio))
    if needs(recipe).pictures and recipe.tag_px > SMALLEST_TAG_PX:
        found["tag_px"] = max(SMALLEST_TAG_PX, recipe.tag_px // 2)
    return found


def _ways_out(recipe: Recipe, device: Device) -> str:
    """What of this recipe and machine would help, in sentences."""
    ways = []
    if encoder_of(recipe.network) and recipe.multi_scale:
        ways.append(say("memory.one_scale", "Set multi_scale to false."))
    elif recipe.network in LIGHTER:
        lighter = LIGHTER[recipe.network]
        ways.append(say("memory.lighter", "Choose the network {network}.", network=lighter))
    elif recipe.network in {"light", "unet"} and recipe.width >= 2 * SMALLEST_WIDTH:
        half = recipe.width // 2
        ways.append(say("memory.narrower", "Set width to {width}: half the memory.", width=half))
    if recipe.strategy != "supervised":
        ways.append(
            say("memory.supervised", "Choose the strategy supervised: one network, fewer views.")
        )
    processor = devices.processor()
    if device.name != processor.name:
        ways.append(
            say(
                "memory.processor",
                "Set device to {name}, which has {memory} GiB.",
                name=processor.name,
                memory=round(processor.memory_bytes / GIB, 1),
            )
        )
    ways.append(say("memory.close", "Close other programs."))
    return " ".join(ways)
