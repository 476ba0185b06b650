"""Message: what a user may read, as an id with parameters; made into text at the border."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_catalogue: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Message:
    """An id (`noun.fact`), its English template (`str.format`) and the parameters for it."""

    id: str
    english: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The message in the installed language, English where it has no translation."""
        template = _catalogue.get(self.id, self.english)
        return template.format(**self.params) if self.params else template


def say(message_id: str, english: str, /, **params: object) -> str:
    """Text of a message for a window or a terminal, in the installed language."""
    return Message(message_id, english, params).text


def install(catalogue: Mapping[str, str]) -> None:
    """Use these translations (id -> template) from now on; an empty one means English."""
    _catalogue.clear()
    _catalogue.update(catalogue)
