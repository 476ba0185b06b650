"""The key sheet: all keys of a map and what the mouse does, as groups of rows and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape

from s4gui.core.messages import say
from s4gui.gui.key_names import menu_title, native
from s4gui.gui.key_rows import scope_name
from s4gui.workbench.actions import CLASS_KEYS, CLASS_PLACES, Menu, Scope, class_action
from s4gui.workbench.keymap import FIXED, KeyMap
from s4gui.workbench.verbs import ACTIONS

_COLUMNS = 3
_ORDER = (Menu.TOOLS, Menu.EDIT, Menu.IMAGE, Menu.VIEW, Menu.TRAIN, Menu.PROJECT, Menu.HELP)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """Keys or gestures, as the user reads them, and what they do."""

    keys: tuple[str, ...]
    text: str

    def fits(self, words: list[str]) -> bool:
        """Whether all words stand in it."""
        whole = f"{' '.join(self.keys)} {self.text}".casefold()
        return all(word in whole for word in words)


@dataclass(frozen=True, slots=True)
class SheetGroup:
    """Rows under a heading; `where` says in which scope they count."""

    where: str
    title: str
    rows: tuple[SheetRow, ...]


def groups(keymap: KeyMap, *, wheel_zooms: bool) -> tuple[SheetGroup, ...]:
    """Everything that has a key or a gesture: the window's menus, then canvas, lists, mouse."""
    window, canvas = scope_name(Scope.WINDOW), scope_name(Scope.CANVAS)
    lists = scope_name(Scope.LISTS)
    menus = [
        SheetGroup(window, menu_title(menu), tuple(_verbs(keymap, Scope.WINDOW, menu)))
        for menu in _ORDER
    ]
    classes = SheetGroup(window, say("keys.group_classes", "Classes"), tuple(_classes(keymap)))
    held = [row for menu in Menu for row in _verbs(keymap, Scope.CANVAS, menu)]
    found = (
        menus[0],
        classes,
        *menus[1:],
        SheetGroup(canvas, say("sheet.canvas", "Canvas"), (*held, *_fixed(Scope.CANVAS))),
        SheetGroup(lists, say("sheet.lists", "Moving about"), tuple(_fixed(Scope.LISTS))),
        SheetGroup(say("sheet.mouse_where", "Over the image"), say("mouse.title", "Mouse"),
                   mouse_rows(wheel_zooms=wheel_zooms)),
    )  # fmt: skip
    return tuple(each for each in found if each.rows)


def fitting(found: tuple[SheetGroup, ...], query: str) -> tuple[SheetGroup, ...]:
    """Only the rows with all words of the query; a heading that has them keeps its rows."""
    words = query.casefold().split()
    out = []
    for each in found:
        if all(word in each.title.casefold() for word in words):
            out.append(each)
            continue
        rows = tuple(row for row in each.rows if row.fits(words))
        if rows:
            out.append(replace(each, rows=rows))
    return tuple(out)


def page(found: tuple[SheetGroup, ...], colours: Mapping[str, str], *, title: str = "") -> str:
    """HTML of the groups in columns of about one length, drawn in these colours by role."""
    told: set[str] = set()
    cells = ""
    for column in _columns(found):
        tables = ""
        for each in column:
            tables += _table(each, colours, where="" if each.where in told else each.where)
            told.add(each.where)
        cells += f'<td width="{100 // _COLUMNS}%" style="padding-right:22px">{tables}</td>'
    head = f"<h2>{escape(title)}</h2>" if title else ""
    body = f'<table width="100%" cellspacing="0"><tr valign="top">{cells}</tr></table>'
    return f'<body style="color:{colours["text"]}">{head}{body}</body>'


def mouse_rows(*, wheel_zooms: bool) -> tuple[SheetRow, ...]:
    """Gestures and what they do."""
    zoom = say("mouse.wheel_does", "Zoom at the cursor")
    scroll = say("mouse.scroll_does", "Move the image")
    wheel, ctrl_wheel = say("mouse.wheel", "Wheel"), say("mouse.ctrl_wheel", "Ctrl + wheel")
    erase = say("mouse.right_does", "Erase to unlabelled")
    told = (
        (say("mouse.left", "Left drag"), say("mouse.left_does", "The current tool")),
        (
            say("mouse.shift_click", "Shift + click"),
            say("mouse.shift_click_does", "Straight line from the last point"),
        ),
        (say("mouse.right", "Right drag"), erase),
        (say("mouse.ctrl_left", "Ctrl + left drag"), erase),
        (say("mouse.right_click", "Right click"), say("mouse.right_click_does", "Menu")),
        (say("mouse.middle", "Middle drag"), scroll),
        (say("mouse.space", "Space + drag"), scroll),
        (wheel, zoom if wheel_zooms else scroll),
        (ctrl_wheel, scroll if wheel_zooms else zoom),
        (say("mouse.pinch", "Pinch"), zoom),
        (say("mouse.shift_wheel", "Shift + wheel"), say("mouse.shift_wheel_does", "Brush size")),
        (say("mouse.alt", "Alt + click"), say("mouse.alt_does", "Pick the class under it")),
    )
    by_text: dict[str, tuple[str, ...]] = {}
    for gesture, does in told:
        by_text[does] = (*by_text.get(does, ()), gesture)
    return tuple(SheetRow(gestures, does) for does, gestures in by_text.items())


def _verbs(keymap: KeyMap, scope: Scope, menu: Menu) -> Iterator[SheetRow]:
    for spec in ACTIONS:
        keys = keymap.of(spec.id)
        if spec.menu is menu and spec.scope is scope and keys:
            yield SheetRow(tuple(map(native, keys)), spec.text.text.rstrip("…"))


def _fixed(scope: Scope) -> Iterator[SheetRow]:
    return (SheetRow((native(each.key),), each.text.text) for each in FIXED if each.scope is scope)


def _classes(keymap: KeyMap) -> Iterator[SheetRow]:
    """One row for ten digits with the same modifiers, one for each other key."""
    left = {n: list(keymap.of(class_action(n))) for n in range(CLASS_PLACES)}
    for first in (0, len(CLASS_KEYS)):
        places = range(first, first + len(CLASS_KEYS))
        starts = [key[:-1] for key in left[first] if key.endswith(CLASS_KEYS[0])]
        for start in starts:
            keys = {n: start + CLASS_KEYS[n - first] for n in places}
            if all(keys[n] in left[n] for n in places):
                for n in places:
                    left[n].remove(keys[n])
                shown = native(keys[places[0]]), native(keys[places[-1]])
                text = say("sheet.classes", "Class {a} to {b}", a=first + 1, b=places[-1] + 1)
                yield SheetRow((say("sheet.range", "{a} … {b}", a=shown[0], b=shown[1]),), text)
    for place, keys_left in left.items():
        if keys_left:
            text = say("sheet.class", "Class {n}", n=place + 1)
            yield SheetRow(tuple(map(native, keys_left)), text)


def _columns(found: tuple[SheetGroup, ...]) -> list[list[SheetGroup]]:
    """The groups in their order, cut where columns come out about equally long."""
    lines = [len(each.rows) + 3 for each in found]
    share, out, filled = sum(lines) / _COLUMNS, [[] for _ in range(_COLUMNS)], 0.0  # type: ignore[var-annotated]
    for each, count in zip(found, lines, strict=True):
        out[min(_COLUMNS - 1, int((filled + count / 2) / share))].append(each)
        filled += count
    return out


def _table(group: SheetGroup, colours: Mapping[str, str], *, where: str) -> str:
    dim, cap = colours["text_dim"], colours["hover"]
    lines = "".join(
        f'<tr><td style="padding:3px 16px 3px 0">{escape(row.text)}</td>'
        f'<td align="right" style="padding:3px 0">{_caps(row.keys, cap)}</td></tr>'
        for row in group.rows
    )
    place = f'<br><span style="color:{dim};font-size:small">{escape(where)}</span>' if where else ""
    return (
        f'<p style="margin-bottom:0"><b>{escape(group.title)}</b>{place}</p>'
        f'<table width="100%" cellspacing="0">{lines}</table>'
    )


def _caps(keys: tuple[str, ...], colour: str) -> str:
    made = (
        f'<span style="background-color:{colour};white-space:pre">&nbsp;{_whole(key)}&nbsp;</span>'
        for key in keys
    )
    return "&nbsp; ".join(made)


def _whole(key: str) -> str:
    return escape(key).replace(" ", "&nbsp;")
