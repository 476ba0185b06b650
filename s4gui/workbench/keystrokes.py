"""Keys by name: one spelling for each, and which name means nothing; no Qt.

A name is what Qt calls a portable key: modifiers in the order Meta, Ctrl, Alt, Shift, then the
key: `Ctrl+Shift+T`, `[`, `PgDown`, `F5`.
"""

from __future__ import annotations

MODIFIERS = ("Meta", "Ctrl", "Alt", "Shift")
NAMED = (
    *("Space", "Tab", "Return", "Enter", "Esc", "Backspace", "Ins", "Del", "Home", "End"),
    *("Left", "Up", "Right", "Down", "PgUp", "PgDown", "Pause", "Print", "Menu"),
    *(f"F{n}" for n in range(1, 36)),
)
"""Keys with a name of more than one letter, as Qt writes them."""
_BY_LOWER = {name.lower(): name for name in (*MODIFIERS, *NAMED)} | {
    "escape": "Esc",
    "delete": "Del",
    "insert": "Ins",
    "pageup": "PgUp",
    "pagedown": "PgDown",
    "pgdn": "PgDown",
    "control": "Ctrl",
    "backtab": "Tab",
}


def normal(name: str) -> str:
    """The one spelling of a key's name; ValueError for what is no key."""
    *held, key = _parts(name)
    shown = _BY_LOWER.get(key.lower(), key.upper() if len(key) == 1 else "")
    if not shown or shown in MODIFIERS or not shown.isprintable() or shown.isspace():
        raise ValueError(f"{name!r} is no key")
    modifiers = {_BY_LOWER.get(each.lower(), "") for each in held}
    if key.lower() == "backtab":
        modifiers.add("Shift")
    if not modifiers <= set(MODIFIERS):
        raise ValueError(f"{name!r} is no key")
    return "+".join([*(each for each in MODIFIERS if each in modifiers), shown])


def is_bare(key: str) -> bool:
    """Whether a key is held with nothing but Shift, so that a text field has a use for it."""
    *held, last = _parts(key)
    return set(held) <= {"Shift"} and not (len(last) > 1 and last[0] == "F" and last[1:].isdigit())


def _parts(name: str) -> list[str]:
    name = name.strip()
    if name == "+":
        return ["+"]
    if name.endswith("++"):
        return [*name[:-2].split("+"), "+"]
    return name.split("+")
