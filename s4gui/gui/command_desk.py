"""CommandDesk: everything that the command palette finds, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt

from s4gui.core.classes import ClassMap
from s4gui.core.messages import say
from s4gui.gui.dialogs.command_palette import CommandPalette
from s4gui.gui.key_names import menu_title, native
from s4gui.gui.main_window import MainWindow
from s4gui.gui.session import Session
from s4gui.gui.turns import next_turn
from s4gui.store.settings import Settings
from s4gui.workbench.actions import class_action
from s4gui.workbench.finding import Entry, Fit, Found, Rank, find, names_with
from s4gui.workbench.key_presets import PRESETS
from s4gui.workbench.keymap import KeyMap
from s4gui.workbench.reasons import why_off
from s4gui.workbench.verbs import ACTIONS

_HELD = frozenset({"layer.bare", "app.palette"})
"""Actions that one cannot run from here: held ones, and this one."""
_IMAGES, _IMAGE_LETTERS = 60, 2
_RECENT = 12


class CommandDesk(QObject):
    """Opens the palette over actions, classes, images and settings."""

    def __init__(
        self,
        window: MainWindow,
        settings: Settings,
        session: Callable[[], Session | None],
        apply: Callable[[dict[str, Any]], None],
    ) -> None:
        super().__init__(window)
        self._window, self._settings, self._session, self._apply = window, settings, session, apply

    def open(self) -> CommandPalette:
        """Open the palette."""
        images, recent = Images(self._session()), self._recent()
        seen = images.those(each.removeprefix("image ") for each in recent)
        entries = [*self._actions(), *self._classes(), *self._choices()]

        def search(text: str) -> Sequence[Found]:
            found = find(text, entries if text.strip() else [*entries, *seen], recent)
            good = sum(1 for each in found if each.fit.rank <= Rank.PARTS)
            return [*found[:good], *images.find(text), *found[good:]]

        hint = say("palette.type", "Find an action, class, image or setting")
        palette = CommandPalette(self._window, search, hint)
        palette.run_asked.connect(self._run)
        palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        palette.open()
        return palette

    def _actions(self) -> Iterator[Entry]:
        verbs = self._window.verbs
        for spec in ACTIONS:
            if spec.id not in _HELD:
                action = verbs.actions[spec.id]
                yield Entry(
                    f"do {spec.id}",
                    action.text().rstrip("…"),
                    menu_title(spec.menu),
                    f"{menu_title(spec.menu)} {spec.tip.text} {spec.text.text}",
                    " / ".join(map(native, verbs.keymap.of(spec.id)[:2])),
                    why_off(spec.when, verbs.situation) if not action.isEnabled() else "",
                    spec.id,
                )

    def _classes(self) -> list[Entry]:
        session = self._session()
        if session is None:
            return []
        return class_entries(session.desk.workbench.class_map, self._window.verbs.keymap)

    def _choices(self) -> Iterator[Entry]:
        kind = say("palette.setting", "Setting")
        for theme, text in (
            ("light", say("palette.theme_light", "Light theme")),
            ("dark", say("palette.theme_dark", "Dark theme")),
            ("system", say("palette.theme_system", "Theme as the system")),
        ):
            yield Entry(f"set theme {theme}", text, kind, picture="app.settings")
        for preset in PRESETS:
            text = say("palette.preset", "Keys as in {program}", program=preset.name.text)
            yield Entry(f"set key_preset {preset.id}", text, kind, picture="app.keys")
        zooms, scrolls = (
            say("palette.wheel_zooms", "Mouse wheel zooms"),
            say("palette.wheel_scrolls", "Mouse wheel scrolls, Ctrl+wheel zooms"),
        )
        yield Entry("set wheel_zooms yes", zooms, kind, picture="app.settings")
        yield Entry("set wheel_zooms no", scrolls, kind, picture="app.settings")

    # --- doing -------------------------------------------------------------------------------

    def _run(self, what: str) -> None:
        kept = [what, *(each for each in self._recent() if each != what)][:_RECENT]
        self._settings.set("palette_recent", kept)
        # The palette goes first, so that the focus is where it was.
        next_turn(self, lambda: self._do(what))

    def _do(self, what: str) -> None:
        kind, _, name = what.partition(" ")
        session = self._session()
        if kind == "do":
            self._window.verbs.actions[name].trigger()
        elif kind == "class" and session is not None:
            session.easel.choose_value(int(name))
        elif kind == "image" and session is not None:
            session.gallery.open(name)
        elif kind == "set":
            key, _, value = name.partition(" ")
            self._apply({key: value == "yes" if key == "wheel_zooms" else value})

    def _recent(self) -> list[str]:
        return [str(each) for each in self._settings.get("palette_recent")]


class Images:
    """The images of the open project by name; lower case is made once, when first needed."""

    def __init__(self, session: Session | None) -> None:
        self._frames = () if session is None else session.desk.usable
        self._names: list[str] = []
        self._lowered: list[str] = []

    def find(self, text: str) -> list[Found]:
        """Images whose name holds all words of the text, in the project's order."""
        if len(text.strip()) < _IMAGE_LETTERS or not self._frames:
            return []
        if not self._names:
            self._names = [each.id for each in self._frames]
            self._lowered = [each.casefold() for each in self._names]
        names = names_with(text, self._names, self._lowered, _IMAGES)
        return [Found(_image(name), Fit(Rank.PART)) for name in names]

    def those(self, names: Iterable[str]) -> list[Entry]:
        """The images of these names that the project has."""
        wanted = set(names)
        return [_image(each.id) for each in self._frames if each.id in wanted]


def _image(name: str) -> Entry:
    return Entry(f"image {name}", name, say("palette.image", "Image"), picture="images")


def class_entries(class_map: ClassMap, keymap: KeyMap) -> list[Entry]:
    """The classes of a project, with their keys."""
    kind = say("palette.class", "Class")
    return [
        Entry(
            f"class {each.id}",
            each.name,
            kind,
            keys=" / ".join(map(native, keymap.of(class_action(place))[:1])),
            picture=each.rgb,
        )
        for place, each in enumerate(class_map.classes)
    ]
