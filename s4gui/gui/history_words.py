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
    if note.kind is RowKind.PART:
        return whole(note.tool, note.detail)
    tool = _tool(note.tool)
    if note.value == UNLABELLED:
        return tool
    name = value_name(class_map, note.value)
    return say("history.edit", "{tool} {name}", tool=tool, name=name)


def whole(verb: str, detail: str) -> str:
    """An edit of the whole project, or (`un…`) that it was taken back."""
    names = {
        "merge": say("history.merge", "Merge {what}", what=detail),
        "revert": say("history.revert", "Take back {what}", what=detail),
        "rename": say("history.rename", "Rename {what}", what=detail),
        "reorder": say("history.reorder", "Order of classes"),
        "remove": say("history.remove", "Remove {what}", what=detail),
    }
    if verb in names:
        return names[verb]
    name = names.get(verb.removeprefix("un"), verb)
    return say("history.taken_back", "Undone: {what}", what=name)


def pixels(note: RowNote) -> str:
    """How many pixels it changed; empty where the row does not say."""
    return "" if note.px is None else say("history.px", "{px} px", px=f"{note.px:,}")


def tip(note: RowNote, class_map: ClassMap) -> str:
    """All that is known of it."""
    when = datetime.fromtimestamp(note.time).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    lines = [title(note, class_map), pixels(note), when]
    if note.kind is RowKind.PART:
        lines.insert(1, say("history.all_images", "In all images: undo takes it back in all"))
    if note.kind is RowKind.IMPORT:
        lines.insert(1, note.detail)
    return "\n".join(each for each in lines if each)


def _tool(name: str) -> str:
    spec = by_id().get(f"tool.{name}")
    return spec.text.text if spec is not None else name.capitalize()
