"""MainWindow: bars, menus and the three rooms. It shows and asks; it knows no project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from s4gui.core.messages import say
from s4gui.gui.bare_keys import BareKeys
from s4gui.gui.bars import Banner, NoticeBar, StatusBar, TopBar
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.label_space import LabelSpace
from s4gui.gui.menus import Verbs
from s4gui.workbench.actions import CLASS_PLACES, Menu, Scope, Workspace, class_action
from s4gui.workbench.keymap import KeyMap

if TYPE_CHECKING:
    from s4gui.gui.workspaces import ReviewSpace, TrainSpace

PREFERRED = (1440, 900)


class MainWindow(QMainWindow):
    """The window. Label is built at once, the other rooms by `build_rest` after the first paint."""

    verb_asked = Signal(str)
    class_key_asked = Signal(int)
    recent_asked = Signal(str)
    dropped = Signal(object)  # list of paths
    closing = Signal()
    first_painted = Signal()
    room_shown = Signal(str)  # Workspace
    train: TrainSpace
    review: ReviewSpace

    def __init__(self) -> None:
        super().__init__()
        self.verbs = Verbs(self)
        self.verbs.asked.connect(self.verb_asked)
        self.verbs.class_asked.connect(self.class_key_asked)
        self.menus = {menu: self.verbs.menu(menu, self) for menu in Menu}
        self.recent_menu = QMenu(say("menu.recent", "Recent projects"), self)
        self._put_recent()
        self.top = TopBar(self.verbs.actions, self.menus)
        self.banner, self.notice = Banner(), NoticeBar()
        self.label = LabelSpace(self.verbs.actions)
        self.verbs.put_on(Scope.CANVAS, self.label.canvas)
        self.menus[Menu.VIEW].insertMenu(
            self.verbs.actions["view.save"], self.label.layers.views_menu
        )
        self.rooms = QStackedWidget()
        self.rooms.addWidget(self.label)
        self.status = StatusBar()
        self.setStatusBar(self.status)
        self._middle = middle = QWidget()
        middle.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for bar in (self.top, self.banner, self.notice):
            column.addWidget(bar)
        column.addWidget(self.rooms, 1)
        self.setCentralWidget(middle)
        self.setAcceptDrops(True)
        self._bare_keys = BareKeys(self, self.verbs.press)
        self._was_painted, self._wheel_zooms = False, True
        self._missing = self._make_rooms()
        self.may_close: Callable[[], bool] = lambda: True
        self.verbs.check("workspace.label", on=True)
        self.show_keys(self.verbs.keymap)
        self.show_title("")

    @property
    def is_built(self) -> bool:
        """Whether the rooms Train and Review are there."""
        return self.rooms.count() == len(Workspace)

    def build_next(self) -> bool:
        """Make a part of the rooms that are missing; whether there is still one to make.

        One part at a time, with events between them: each takes some 50 ms.
        """
        return next(self._missing, self) is None

    def _make_rooms(self) -> Iterator[None]:
        from s4gui.gui.panels.frames import FramesPanel  # noqa: PLC0415 - after the first image
        from s4gui.gui.panels.log import LogPanel  # noqa: PLC0415 - after the first image
        from s4gui.gui.panels.progress import ProgressPanel  # noqa: PLC0415 - the same
        from s4gui.gui.panels.recipe import RecipePanel  # noqa: PLC0415 - the same
        from s4gui.gui.panels.runs import RunsPanel  # noqa: PLC0415 - the same
        from s4gui.gui.panels.scores import ScoresPanel  # noqa: PLC0415 - the same
        from s4gui.gui.workspaces import ReviewSpace, TrainSpace  # noqa: PLC0415 - the same

        yield
        progress = ProgressPanel(self.verbs.actions)
        yield
        scores = ScoresPanel()
        yield
        runs, log = RunsPanel(), LogPanel()
        yield
        self.train = TrainSpace(progress, scores, runs, log)
        yield
        self.rooms.addWidget(self.train)
        yield
        recipe = RecipePanel()
        yield
        self.train.put_recipe(recipe)
        yield
        filmstrip, scores = FramesPanel(), ScoresPanel()
        yield
        self.review = ReviewSpace(self.verbs.actions, filmstrip, scores)
        yield
        for canvas in (self.review.image, self.review.labels, self.review.prediction):
            self.verbs.put_on(Scope.CANVAS, canvas)
        self.rooms.addWidget(self.review)
        self.show_keys(self.verbs.keymap)

    def build_rest(self) -> None:
        """Make all rooms now: somebody wants to see one."""
        while self.build_next():
            pass

    @property
    def room(self) -> Workspace:
        """The room that is shown."""
        return tuple(Workspace)[self.rooms.currentIndex()]

    def show_room(self, room: Workspace) -> None:
        """Go into a room."""
        if room is not Workspace.LABEL:
            self.build_rest()
        self.rooms.setCurrentIndex(tuple(Workspace).index(room))
        self.verbs.check(f"workspace.{room}", on=True)
        if room is Workspace.TRAIN:
            self._middle.setFocus()  # no field takes the bare keys unasked
        else:
            canvas = self.label.canvas if room is Workspace.LABEL else self.review.labels
            canvas.setFocus()
        self.room_shown.emit(room.value)

    def show_keys(self, keymap: KeyMap) -> None:
        """Let these keys count from now on, and show them wherever keys are shown."""
        self.verbs.show_keys(keymap)
        places = (keymap.of(class_action(n)) for n in range(CLASS_PLACES))
        firsts = tuple(keys[0] if keys else "" for keys in places)
        void = keymap.of("tool.void")
        self.label.classes.show_keys(firsts, void[0] if void else "")
        for canvas in self.findChildren(Canvas):
            canvas.set_bare_keys(keymap.of("layer.bare"))
        self.show_wheel(zooms=self._wheel_zooms)

    def show_wheel(self, *, zooms: bool) -> None:
        """Whether the wheel zooms on every canvas, also on those that come later."""
        self._wheel_zooms = zooms
        for canvas in self.findChildren(Canvas):
            canvas.set_wheel_zooms(zooms)

    def show_title(self, project: str) -> None:
        """Show the project's name in the title and on its menu."""
        title = say("window.title", "{name} — s4gui", name=project) if project else "s4gui"
        self.setWindowTitle(title)
        self.top.show_project(project)

    def show_recent(self, recent: list[Path]) -> None:
        """Fill the menu of recent projects."""
        self.recent_menu.clear()
        for each in recent[:12]:
            action = self.recent_menu.addAction(_short(each))
            action.setToolTip(str(each))
            action.triggered.connect(
                lambda _checked=False, path=str(each): self.recent_asked.emit(path)
            )
        self.recent_menu.setEnabled(bool(recent))

    def show_full_screen(self, *, on: bool) -> None:
        """Use the whole screen, or not."""
        self.setWindowState(
            self.windowState() | Qt.WindowState.WindowFullScreen
            if on
            else self.windowState() & ~Qt.WindowState.WindowFullScreen
        )

    def place(self, geometry: str) -> None:
        """Take a remembered place and size; else a size that fits the screen."""
        if geometry and self.restoreGeometry(QByteArray.fromBase64(geometry.encode())):
            return
        screen = QGuiApplication.primaryScreen()
        room = screen.availableGeometry() if screen else None
        width, height = PREFERRED
        if room is not None:
            # Of a large screen take most; on a small one leave room for its own bars.
            width = min(max(width, int(room.width() * 0.75)), room.width() - 16)
            height = min(max(height, int(room.height() * 0.8)), room.height() - 48)
            self.resize(width, height)
            self.move(room.center() - self.rect().center())
        else:
            self.resize(width, height)

    @property
    def place_text(self) -> str:
        """Place and size, to be remembered."""
        return bytes(self.saveGeometry().toBase64().data()).decode()

    def _put_recent(self) -> None:
        menu = self.menus[Menu.PROJECT]
        demo = self.verbs.actions["project.demo"]
        menu.insertMenu(demo, self.recent_menu)

    # --- events ------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """The canvas has the keys from the start."""
        super().showEvent(event)
        self.label.canvas.setFocus()

    def event(self, event: QEvent) -> bool:
        """Tell once that the window was painted."""
        done = super().event(event)
        if event.type() == QEvent.Type.UpdateRequest and not self._was_painted:
            self._was_painted = True
            self.first_painted.emit()
        return done

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A key that neither a shortcut nor a widget took may be known by its place."""
        if not self._bare_keys.press(event):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Nothing asks to save: all is saved. Only what cannot be written keeps it open."""
        if not self.may_close():
            event.ignore()
            return
        self.closing.emit()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Folders and project files may be dropped."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)


def _short(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
