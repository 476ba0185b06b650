"""Errors a user can act on. Anything else is a defect and keeps its traceback."""

from __future__ import annotations

from s4gui.core.messages import Message


class S4Error(Exception):
    """`str(error)` is what went wrong; `hint` is what the user can do.

    `message_id` names the sentence (`project.locked`), so that it can be translated;
    `what` and `hint` are English templates filled with `params`.
    """

    def __init__(self, message_id: str, what: str, *, hint: str = "", **params: object) -> None:
        super().__init__(message_id, what)
        self.message = Message(message_id, what, params)
        self._hint = Message(f"{message_id}.hint", hint, params)

    def __str__(self) -> str:
        return self.message.text

    @property
    def hint(self) -> str:
        """What the user can do about it; empty when there is nothing to do."""
        return self._hint.text


class ProjectError(S4Error):
    """The project's folder, file, database or lock does not allow what was asked."""


class ImageError(S4Error):
    """An image cannot be read or shown."""


class LabelFileError(S4Error):
    """A label file is not what it says it is; it is never overwritten."""


class FormatError(S4Error):
    """A file to import or export does not fit its format."""


class FilterError(S4Error):
    """A filter cannot be understood; its parameters `at` and `until` say which part."""


class RecipeError(S4Error):
    """A recipe's choices contradict each other or the project."""


class CheckpointError(S4Error):
    """A checkpoint is damaged, foreign, or made for other classes."""


class WeightsError(S4Error):
    """Weights that others trained are not at hand, not to be had, or not what they should be."""


class DeviceError(S4Error):
    """The device has not enough memory, or is not there."""


class DataError(S4Error):
    """The labels or images do not allow this training or score."""


class WorkerDied(S4Error):
    """A worker or preview process ended without saying why."""


class WireError(S4Error):
    """A line between two processes is not one of ours."""
