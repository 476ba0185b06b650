"""The named choices of a recipe that the window folds away: values, words and tooltips."""

from __future__ import annotations

from dataclasses import dataclass

from s4gui.core.messages import say


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of the recipe: its name there, its label, its values with their words in order."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    tip: str = ""


def learning() -> tuple[Choice, ...]:
    """How it learns."""
    return (
        Choice(
            "optimizer",
            say("recipe.optimizer", "Optimizer"),
            (
                ("adamw", say("optimizer.adamw", "AdamW")),
                ("adam", say("optimizer.adam", "Adam")),
                ("sgd", say("optimizer.sgd", "SGD")),
            ),
        ),
        Choice(
            "schedule",
            say("recipe.schedule", "Schedule"),
            (
                ("poly", say("schedule.poly", "Polynomial")),
                ("cosine", say("schedule.cosine", "Cosine")),
                ("onecycle", say("schedule.onecycle", "One cycle")),
                ("constant", say("schedule.constant", "Constant")),
            ),
            say("recipe.schedule_tip", "How the learning rate falls over the run."),
        ),
        Choice(
            "class_weights",
            say("recipe.class_weights", "Class weights"),
            (
                ("none", say("class_weights.none", "All alike")),
                ("sqrt", say("class_weights.sqrt", "By square root")),
                ("log", say("class_weights.log", "By logarithm")),
            ),
            say("recipe.class_weights_tip", "How much more rare classes count."),
        ),
    )


def computing() -> tuple[Choice, ...]:
    """How networks compute: what a timed probe decides where it is left open."""
    auto = say("gear.auto", "Automatic")
    trial = say(
        "gear.auto_tip",
        "Automatic: on a graphics card a short timed trial before the run decides whether it"
        " pays; on a processor it stays off.",
    )
    return (
        Choice(
            "precision",
            say("recipe.precision", "Precision"),
            (
                ("auto", auto),
                ("fp32", precision_name("fp32")),
                ("bf16", precision_name("bf16")),
                ("fp16", precision_name("fp16")),
            ),
            _two(
                say(
                    "recipe.precision_tip",
                    "Half is faster where the card is made for it.",
                ),
                trial,
            ),
        ),
        Choice(
            "memory_format",
            say("recipe.memory_format", "Memory format"),
            (
                ("auto", auto),
                ("contiguous", say("gear.contiguous", "Plane by plane")),
                ("channels_last", say("gear.channels_last", "Channels last")),
            ),
            _two(
                say(
                    "recipe.memory_format_tip",
                    "How pictures lie in memory.",
                ),
                trial,
            ),
        ),
        Choice(
            "compiled",
            say("recipe.compiled", "Compiled network"),
            (("auto", auto), ("off", say("gear.off", "Off")), ("on", say("gear.on", "On"))),
            _two(
                say(
                    "recipe.compiled_tip",
                    "Takes minutes at first; long runs earn them.",
                ),
                trial,
            ),
        ),
    )


def precision_name(name: str) -> str:
    """A precision as the user reads it."""
    return {
        "fp32": say("gear.fp32", "Full (32 bit)"),
        "bf16": say("gear.bf16", "Half (bfloat16)"),
        "fp16": say("gear.fp16", "Half (float16)"),
    }[name]


def _two(first: str, second: str) -> str:
    return f"{first}\n{second}"
