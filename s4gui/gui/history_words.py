"""What an edit is called in the history: its tool, its class, its pixels."""

from __future__ import annotations

from datetime import datetime

from s4gui.core.classes import UNLABELLED, ClassMap
from s4gui.core.messages import say
from s4gui.gui.status_words import value_name
from s4gui.store.journal import RowKind, RowNote
from s4gui.workbench.verbs import by_id


def title(note: RowNote, class_map: ClassMap) -> str:
    """As the list shows it: `Brush Car`, `Accepted from run 7`, `Import`."""
    if note.kind is RowKind.ACCEPT:
        return say("history.accepted", "Accepted from {origin}", origin=note.detail)
    if note.kind is RowKind.IMPORT:
        return say("history.import", "Import")
    tool = _tool(note.tool)
    if note.value == UNLABELLED:
        return tool
    name = value_name(class_map, note.value)
    return say("history.edit", "{tool} {name}", tool=tool, name=name)


def pixels(note: RowNote) -> str:
    """How many pixels it changed; empty where the row does not say."""
    return "" if note.px is None else say("history.px", "{px} px", px=f"{note.px:,}")


def tip(note: RowNote, class_map: ClassMap) -> str:
    """All that is known of it."""
    when = datetime.fromtimestamp(note.time).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    lines = [title(note, class_map), pixels(note), when]
    if note.kind is RowKind.IMPORT:
        lines.insert(1, note.detail)
    return "\n".join(each for each in lines if each)


def _tool(name: str) -> str:
    spec = by_id().get(f"tool.{name}")
    return spec.text.text if spec is not None else name.capitalize()
