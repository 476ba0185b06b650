"""What the window tells a training worker, one JSON line per command."""

from __future__ import annotations

from dataclasses import dataclass

from s4gui.wire import lines


@dataclass(frozen=True, slots=True)
class Start:
    """Train the run whose folder this is (recipe.json and snapshot/ lie in it)."""

    run_folder: str
    resume: bool = False  # go on from its last checkpoint


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop after this step: checkpoint, then Finished("stopped")."""

    checkpoint: bool = True


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait after this step, or go on."""

    paused: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """Predict these frames now and after each validation, in this order."""

    frames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UseLabels:
    """Learn from this snapshot folder (relative to the run's folder) from the next step on."""

    snapshot: str


@dataclass(frozen=True, slots=True)
class SaveCheckpoint:
    """Write a checkpoint after this step."""


@dataclass(frozen=True, slots=True)
class Detach:
    """Go on without the window: end of stdin no longer stops the run."""


@dataclass(frozen=True, slots=True)
class ImageFile:
    """Where a frame's image lies; `hidden` is its place in the command's planes, -1: none."""

    frame: str
    path: str
    hidden: int = -1


@dataclass(frozen=True, slots=True)
class Predict:
    """Predict these images with the last checkpoint of a run: PredictionReady each, Finished.

    `hidden` are planes of camera masks (core.camera.HiddenPlane.text), each once: nothing is
    said of these pixels.
    """

    run_folder: str
    images: tuple[ImageFile, ...]
    device: str = "auto"
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Encode:
    """Write feature files (store.features) of these images: Encoded each, Finished.

    Files that are still right are kept. Without an encoder's name it is the smallest one whose
    weights are at hand.
    """

    folder: str
    images: tuple[ImageFile, ...]
    encoder: str = ""
    device: str = "auto"


Command = Start | Stop | Pause | Watch | UseLabels | SaveCheckpoint | Detach | Predict | Encode
_KINDS: dict[str, type[Command]] = {cls.__name__: cls for cls in Command.__args__}


def encode(command: Command) -> str:
    """One JSON line."""
    return lines.encode(command)


def decode(line: str) -> Command:
    """The command of one line; WireError if it is none."""
    return lines.decode(line, _KINDS)
