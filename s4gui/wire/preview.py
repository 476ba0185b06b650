"""What window and preview process tell each other, one JSON line each. Pixels go as files."""

from __future__ import annotations

from dataclasses import dataclass

from s4gui.wire import lines


@dataclass(frozen=True, slots=True)
class Open:
    """A project: its classes, and where results may be written (made if missing).

    `features_folder` is where feature files may lie (store.features); empty: none are used.
    """

    class_ids: tuple[int, ...]
    results_folder: str
    seed: int
    cache_bytes: int
    features_folder: str = ""


@dataclass(frozen=True, slots=True)
class FrameFile:
    """Where a frame's image lies.

    `hidden` is the plane of its camera mask (core.camera.HiddenPlane.text), of which nothing is
    said; empty: none.
    """

    frame: str
    path: str
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Warm:
    """Compute and cache the features of these frames when there is nothing else to do."""

    frames: tuple[FrameFile, ...]


@dataclass(frozen=True, slots=True)
class LabelTile:
    """Labels under a box: zlib-packed, base64 (h*w) bytes of class ids, VOID, UNLABELLED.

    Pixels that may not teach (val, held out) come as UNLABELLED.
    """

    y0: int
    x0: int
    y1: int
    x1: int
    packed: str


@dataclass(frozen=True, slots=True)
class UpdateLabels:
    """New labels of a frame (its size is (height, width)); other pixels stay as they were."""

    image: FrameFile
    height: int
    width: int
    tiles: tuple[LabelTile, ...]


@dataclass(frozen=True, slots=True)
class ForgetLabels:
    """This frame no longer teaches."""

    frame: str


@dataclass(frozen=True, slots=True)
class Fit:
    """Fit on all labels known now, then predict: first the view, then the whole frame, then
    the neighbours. A later Fit replaces one that has not begun."""

    ticket: int
    current: FrameFile
    view: tuple[int, int, int, int]  # y0, x0, y1, x1 in frame pixels: what is on screen
    zoom: float  # screen pixels per frame pixel
    neighbours: tuple[FrameFile, ...]


@dataclass(frozen=True, slots=True)
class Quit:
    """End; so does the end of stdin."""


@dataclass(frozen=True, slots=True)
class PreviewHello:
    """The first line of a preview process."""

    version: str
    pid: int


@dataclass(frozen=True, slots=True)
class NeedsClasses:
    """Nothing to fit: fewer than two classes are painted."""

    ticket: int
    painted: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """The trees are fitted, on this many labelled working pixels of these classes.

    `encoder` names what they see beside the filters' features, for the current frame; empty:
    nothing. `lacking` counts the frames in whose way that is, if there are feature files at all:
    labelled ones and the current one without the features that the others have.
    """

    ticket: int
    seconds: float
    pixels: int
    class_ids: tuple[int, ...]
    encoder: str = ""
    lacking: int = 0


@dataclass(frozen=True, slots=True)
class Previewed:
    """A prediction file (store.predictions) lies there, whole.

    Its arrays are as large as `box` (y0, x0, y1, x1 in frame pixels) and lie there in the
    frame; `whole` says that this is all of it. The last two files of a frame are kept.
    `seconds` since the Fit was begun. A Fit may be answered twice with the same ticket: again
    when all labelled frames have been looked at.
    """

    ticket: int
    frame: str
    path: str
    box: tuple[int, int, int, int]
    whole: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Warmed:
    """The features of a frame are cached."""

    frame: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PreviewFailed:
    """A command could not be done; the process goes on."""

    message_id: str
    what: str
    hint: str
    traceback: str  # empty when a user can act on it
    ticket: int = 0  # of the Fit that it happened in
    frame: str = ""  # that it happened to


PreviewCommand = Open | Warm | UpdateLabels | ForgetLabels | Fit | Quit
PreviewEvent = PreviewHello | NeedsClasses | Fitted | Previewed | Warmed | PreviewFailed
_COMMANDS: dict[str, type[PreviewCommand]] = {c.__name__: c for c in PreviewCommand.__args__}
_EVENTS: dict[str, type[PreviewEvent]] = {c.__name__: c for c in PreviewEvent.__args__}


def encode(value: PreviewCommand | PreviewEvent) -> str:
    """One JSON line."""
    return lines.encode(value)


def decode_command(line: str) -> PreviewCommand:
    """The command of one line; WireError if it is none."""
    return lines.decode(line, _COMMANDS)


def decode_event(line: str) -> PreviewEvent:
    """The event of one line; WireError if it is none."""
    return lines.decode(line, _EVENTS)
