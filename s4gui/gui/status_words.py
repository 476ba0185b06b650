"""What status bar, banner and Train button say about the moment."""

from __future__ import annotations

from s4gui.core.classes import UNLABELLED, VOID, ClassMap
from s4gui.core.messages import say
from s4gui.core.prediction import Prediction
from s4gui.gui.desk import Desk
from s4gui.gui.panels.progress import time_left
from s4gui.gui.run_words import state_name
from s4gui.store.project import Project
from s4gui.workbench.running import RunLog


def under_cursor(desk: Desk, prediction: Prediction | None, y: int, x: int) -> str:
    """Place, label and prediction under the pointer; empty when it is not on the image."""
    frame_id = desk.current
    if frame_id is None or y < 0:
        return ""
    class_map = desk.workbench.class_map
    label = int(desk.workbench.mask(frame_id).labels[y, x])
    parts = [
        say("status.at", "x {x}, y {y}", x=x, y=y),
        say("status.label", "label: {name}", name=value_name(class_map, label)),
    ]
    if prediction is not None:
        name = value_name(class_map, int(prediction.classes[y, x]))
        sure = round(100 * int(prediction.confidence[y, x]) / 255)
        parts.append(say("status.predicted", "predicted: {name} ({sure} %)", name=name, sure=sure))
    return "    ".join(parts)


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


def train_button(*, running: bool, paused: bool) -> str:
    """What the one Train button does now."""
    if not running:
        return say("session.train", "Train")
    return say("session.go_on", "Go on") if paused else say("session.pause", "Pause")


def running(log: RunLog) -> str:
    """The run under way in a few words: state, share, time left."""
    text = say("session.running", "Run {n} {state}", n=log.number, state=state_name(log.state))
    if log.total_steps:
        share = 100 * log.step // log.total_steps
        text = say("session.running_at", "{text} {share} %", text=text, share=share)
    left = log.seconds_left()
    return text if left is None else f"{text}, {time_left(left)}"
