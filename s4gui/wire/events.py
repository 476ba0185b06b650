"""What a training worker says, one JSON line per event. Arrays travel as files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from s4gui.wire import lines


@dataclass(frozen=True, slots=True)
class Hello:
    """The first line of a worker; whatever comes before it is a login banner."""

    version: str
    host: str
    pid: int
    device: str  # chosen if nobody asks for another: cuda:0, mps, cpu
    device_name: str
    memory_bytes: int  # of the device
    devices: tuple[str, ...]  # all that can be asked for
    encoders: tuple[str, ...] = ()  # those whose ImageNet weights are at hand


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Said about every 2 seconds, whatever the worker does."""

    step: int
    rss_bytes: int


@dataclass(frozen=True, slots=True)
class RunStarted:
    """What the run resolved: with the recipe and the snapshot it makes the run repeatable."""

    run: int
    first_step: int  # 0, or the step of the checkpoint it goes on from
    total_steps: int
    device: str
    labelled_frames: int
    unlabelled_frames: int
    val_on: Literal["images", "strokes", "nothing"]
    resolved: dict[str, Any]  # probe results by name


@dataclass(frozen=True, slots=True)
class StepDone:
    """One update. `losses` by term name; `rates` are shares such as the gate rate."""

    step: int
    losses: dict[str, float]
    rates: dict[str, float]
    learning_rate: float
    seconds: float  # of training so far, validation left out


@dataclass(frozen=True, slots=True)
class Validated:
    """Scores at a step; the four tuples run over `class_ids`. None: no reference pixel."""

    step: int
    on: Literal["images", "strokes"]
    class_ids: tuple[int, ...]
    iou: tuple[float | None, ...]
    support_px: tuple[int, ...]
    false_positive_px: tuple[int, ...]
    mean_iou: float | None
    pixel_accuracy: float | None


@dataclass(frozen=True, slots=True)
class PredictionReady:
    """A prediction file (store.predictions) lies there, whole; latest wins."""

    step: int
    frame: str
    path: str  # relative to the run's folder


@dataclass(frozen=True, slots=True)
class Encoded:
    """The feature file of a frame lies there, whole, or `problem` says why it does not."""

    done: int  # images so far, this one too
    total: int
    frame: str
    encoder: str  # network and layer
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """A checkpoint lies there, whole and verified."""

    step: int
    path: str  # relative to the run's folder


@dataclass(frozen=True, slots=True)
class LabelsUsed:
    """From this step on the run learns from this snapshot."""

    step: int
    snapshot: str  # its hash


@dataclass(frozen=True, slots=True)
class Paused:
    """The run waits after this step, or goes on."""

    step: int
    paused: bool


@dataclass(frozen=True, slots=True)
class Detached:
    """The worker goes on without the window; commands are read from the run's folder."""

    step: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a user should know that ends nothing (collapse caught, batch halved)."""

    step: int
    message_id: str
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The last line of a run that could not go on."""

    kind: Literal["memory", "data", "device", "defect"]
    message_id: str
    what: str
    hint: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last line of a run that ended by itself or was stopped."""

    step: int
    reason: Literal["done", "stopped"]


Event = (
    Hello
    | Heartbeat
    | RunStarted
    | StepDone
    | Validated
    | PredictionReady
    | Encoded
    | CheckpointSaved
    | LabelsUsed
    | Paused
    | Detached
    | Notice
    | Failed
    | Finished
)
_KINDS: dict[str, type[Event]] = {cls.__name__: cls for cls in Event.__args__}


def encode(event: Event) -> str:
    """One JSON line; ValueError if a number is not finite."""
    return lines.encode(event)


def decode(line: str) -> Event:
    """The event of one line; WireError if it is none."""
    return lines.decode(line, _KINDS)
