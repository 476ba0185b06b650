"""Runs in words: states, log lines, list rows."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from s4gui.core.errors import S4Error
from s4gui.core.messages import say
from s4gui.gui import gear_words
from s4gui.gui.panels.progress import RunFacts, time_left
from s4gui.gui.panels.runs import RunRow
from s4gui.gui.recipe_words import network_name, strategy_name
from s4gui.store.runs import RunFolder
from s4gui.wire import events
from s4gui.workbench.running import RunLog, RunState


def state_name(state: RunState) -> str:
    """A state as the user reads it."""
    return {
        RunState.IDLE: say("run_state.idle", "not begun"),
        RunState.STARTING: say("run_state.starting", "starting"),
        RunState.TRAINING: say("run_state.training", "training"),
        RunState.PAUSED: say("run_state.paused", "paused"),
        RunState.STOPPING: say("run_state.stopping", "stopping"),
        RunState.DONE: say("run_state.done", "done"),
        RunState.STOPPED: say("run_state.stopped", "stopped"),
        RunState.FAILED: say("run_state.failed", "failed"),
        RunState.DIED: say("run_state.died", "ended unexpectedly"),
        RunState.DETACHED: say("run_state.detached", "goes on without the window"),
    }[state]


def facts(log: RunLog) -> RunFacts:
    """What the progress panel shows of a run."""
    what, hint = log.message
    message = f"{what}. {hint}." if what and hint else what
    resolved = log.started.resolved if log.started else {}
    return RunFacts(
        number=log.number,
        state=state_name(log.state),
        step=log.step,
        total_steps=log.total_steps,
        seconds_left=log.seconds_left(),
        device=log.device,
        message=message,
        gear=gear_words.summary(resolved),
        trials=gear_words.trials(resolved),
    )


def row(folder: RunFolder, log: RunLog) -> RunRow:
    """What the list of runs shows of one."""
    best = log.best
    return RunRow(
        log.number,
        state_name(log.state),
        _about(folder),
        best.mean_iou if best else None,
        on=best.on if best else "images",
    )


def scored_on(log: RunLog) -> str:
    """What a run's scores rest on: "images", "strokes" if any of them does, or "nothing" yet.

    Labels that arrive while a run learns may change it.
    """
    said = {each.on for each in log.validations}
    if said:
        return "strokes" if "strokes" in said else "images"
    return log.started.val_on if log.started else "nothing"


@functools.lru_cache(maxsize=1024)
def _about(folder: RunFolder) -> str:
    """Strategy and network; read once, a recipe never changes."""
    try:
        recipe = folder.read_recipe()
    except S4Error:
        return ""  # a damaged run is listed, not refused
    strategy = strategy_name(recipe.strategy).split(" (")[0]
    return f"{strategy}, {network_name(recipe.network).split(' (')[0]}"


def lines(batch: tuple[events.Event, ...]) -> tuple[str, ...]:
    """The log lines of some events; most events say nothing."""
    said = (_SAID[type(each)](each) for each in batch if type(each) in _SAID)
    return tuple(each for each in said if each)


def _hello(event: events.Hello) -> str:
    memory = f"{event.memory_bytes / 2**30:.0f}"
    return say(
        "log.hello", "Worker on {d} ({n}, {m} GiB)", d=event.device, n=event.device_name, m=memory
    )


def _started(event: events.RunStarted) -> str:
    return say(
        "log.started",
        "Steps {a} to {b} on {device}: {l} labelled, {u} unlabelled images, scores on {on}",
        a=event.first_step,
        b=event.total_steps,
        device=event.device,
        l=event.labelled_frames,
        u=event.unlabelled_frames,
        on=event.val_on,
    )


def _validated(event: events.Validated) -> str:
    mean = "-" if event.mean_iou is None else f"{event.mean_iou:.3f}"
    if event.on == "strokes":
        return say(
            "log.validated_strokes",
            "Step {n}: mean IoU on strokes {mean}",
            n=event.step,
            mean=mean,
        )
    return say("log.validated", "Step {n}: mean IoU {mean}", n=event.step, mean=mean)


def _checkpoint(event: events.CheckpointSaved) -> str:
    return say("log.checkpoint", "Step {n}: checkpoint saved", n=event.step)


def _labels(event: events.LabelsUsed) -> str:
    return say("log.labels", "Step {n}: learns from the new labels", n=event.step)


def _paused(event: events.Paused) -> str:
    if event.paused:
        return say("log.paused", "Step {n}: paused", n=event.step)
    return say("log.goes_on", "Step {n}: goes on", n=event.step)


def _notice(event: events.Notice) -> str:
    return say("log.notice", "Step {n}: {t} {h}", n=event.step, t=event.text, h=event.hint).strip()


def _failed(event: events.Failed) -> str:
    return say("log.failed", "Failed: {what} {hint}", what=event.what, hint=event.hint)


def _finished(event: events.Finished) -> str:
    if event.reason == "done":
        return say("log.done", "Step {n}: done", n=event.step)
    return say("log.stopped", "Step {n}: stopped", n=event.step)


_SAID: dict[type, Callable[[Any], str]] = {
    events.Hello: _hello,
    events.RunStarted: _started,
    events.Validated: _validated,
    events.CheckpointSaved: _checkpoint,
    events.LabelsUsed: _labels,
    events.Paused: _paused,
    events.Notice: _notice,
    events.Failed: _failed,
    events.Finished: _finished,
}


def train_button(*, running: bool, paused: bool) -> str:
    """What the one Train button does now."""
    if not running:
        return say("session.train", "Train")
    return say("session.go_on", "Go on") if paused else say("session.pause", "Pause")


def encode_button(*, running: bool) -> str:
    """What the verb about the encoder does now."""
    if running:
        return say("session.encode_stop", "Stop looking at the images")
    return say("action.preview.features", "Look at all images with an encoder")


def running(log: RunLog) -> str:
    """The run under way in a few words: state, share, time left."""
    text = say("session.running", "Run {n} {state}", n=log.number, state=state_name(log.state))
    if log.total_steps:
        share = 100 * log.step // log.total_steps
        text = say("session.running_at", "{text} {share} %", text=text, share=share)
    left = log.seconds_left()
    return text if left is None else f"{text}, {time_left(left)}"
