"""What status bar and banner say about the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s4gui.core.classes import UNLABELLED, VOID, ClassMap
from s4gui.core.messages import say
from s4gui.core.prediction import Prediction
from s4gui.core.sources import NO_SOURCE, Source
from s4gui.gui.desk import Desk
from s4gui.gui.layer_words import kind_name
from s4gui.store.project import Project

if TYPE_CHECKING:
    from s4gui.wire.preview import Fitted


def under_cursor(desk: Desk, prediction: Prediction | None, y: int, x: int) -> str:
    """Place, label with its source, and prediction under the pointer; empty off the image."""
    frame_id = desk.current
    if frame_id is None or y < 0:
        return ""
    class_map, mask = desk.workbench.class_map, desk.workbench.mask(frame_id)
    if y >= mask.shape[0] or x >= mask.shape[1]:
        return ""
    value, number = int(mask.labels[y, x]), int(mask.sources[y, x])
    name = value_name(class_map, value)
    label = say("status.label", "label: {name}", name=name)
    if number != NO_SOURCE:
        source = source_words(desk.project.sources[number])
        label = say("status.label_source", "label: {name}, {source}", name=name, source=source)
    if value in desk.workbench.locks.values:
        label = say("status.locked", "{label} (locked)", label=label)
    parts = [say("status.at", "y {y}, x {x}", x=x, y=y), label]
    if prediction is not None and prediction.shape == mask.shape:
        name = value_name(class_map, int(prediction.classes[y, x]))
        sure = round(100 * int(prediction.confidence[y, x]) / 255)
        parts.append(say("status.predicted", "predicted: {name} ({sure} %)", name=name, sure=sure))
    return "    ".join(parts)


def source_words(source: Source) -> str:
    """Where a label came from, in words: painted, imported from gt, accepted from run 7."""
    kind = kind_name(source.kind)
    if not source.detail:
        return kind
    return say("source.detail", "{kind} from {detail}", kind=kind, detail=source.detail)


def fitted(event: Fitted) -> str:
    """How long the preview took, and what it learned from where an encoder plays a part."""
    seconds = f"{event.seconds:.1f}"
    if event.encoder:
        from s4gui.gui.recipe_words import encoder_name  # noqa: PLC0415 - after the first image

        return say(
            "learners.fitted_seen",
            "Preview: {s} s, from colours, edges and {encoder}",
            s=seconds,
            encoder=encoder_name(event.encoder),
        )
    if event.lacking:
        return say(
            "learners.fitted_lacking",
            "Preview: {s} s, from colours and edges ({n} images wait for the encoder)",
            s=seconds,
            n=event.lacking,
        )
    return say("learners.fitted", "Preview: {s} s", s=seconds)


def value_name(class_map: ClassMap, value: int) -> str:
    """A pixel value as the user reads it."""
    if value == UNLABELLED:
        return say("value.unlabelled", "unlabelled")
    if value == VOID:
        return say("value.void", "void")
    if value in class_map:
        return class_map[value].name
    return say("value.removed", "removed class {id}", id=value)


def lock(project: Project) -> str:
    """Why nothing can be painted, and who has the project; empty when it can."""
    holder = project.holder
    if not project.read_only:
        return ""
    if holder is None:
        return say("lock.read_only", "Open read-only: nothing can be painted here.")
    return say(
        "lock.held",
        "Open read-only: {program} on {host} has this project "
        "(user {user}, process {pid}, since {since}).",
        program=holder.program or say("lock.other", "another program"),
        host=holder.host,
        user=holder.user,
        pid=holder.pid,
        since=holder.since,
    )
