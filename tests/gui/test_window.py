"""The window over a real project: open, paint, undo, walk, accept, import, export, close."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from s4gui.core.classes import UNLABELLED, VOID, ClassMap
from s4gui.core.frames import FrameState, Split
from s4gui.core.prediction import Prediction
from s4gui.gui import application
from s4gui.gui.application import Application
from s4gui.gui.dialogs.command_palette import CommandPalette
from s4gui.gui.dialogs.export import What, Which
from s4gui.gui.dialogs.importing import ImportDialog
from s4gui.gui.exports import Exports
from s4gui.gui.imports import Imports
from s4gui.gui.main_window import MainWindow
from s4gui.gui.session import Session
from s4gui.store.project import Project
from s4gui.store.settings import Settings
from s4gui.workbench.actions import Workspace
from s4gui.workbench.painting import Tool
from s4gui.workbench.running import RunState
from s4gui.workbench.verbs import ACTIONS
from tests.workbench import places

WAIT_MS = 20_000
FAKE_WORKER = [sys.executable, "-m", "tests.fake_worker"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    sizes = {f"train/{n}.png": (60, 80) for n in range(4)} | {"val/9.png": (60, 80)}
    folder = places.make(tmp_path, sizes)
    (tmp_path / "images" / "train" / "broken.png").write_bytes(b"no image")
    opened = Project.open(folder)
    opened.rescan()
    opened.close()
    return folder


@pytest.fixture
def make(qapp: QApplication, tmp_path: Path, qtbot: QtBot) -> Iterator[Callable[..., Application]]:
    """Applications that are closed at the end, whatever happened."""
    made: list[Application] = []

    def one(name: str = "settings", **choices: object) -> Application:
        settings = Settings(tmp_path / name, extra=application.SETTINGS)
        values = {"tour_done": True, "warm_workers": False, "live_preview": False, **choices}
        for key, value in values.items():
            settings.set(key, value)
        root = Application(qapp, settings, tmp_path / name, worker_command=FAKE_WORKER)
        made.append(root)
        return root

    yield one
    for root in made:
        root.window.close()
        root.window.deleteLater()
        root.deleteLater()


@pytest.fixture
def root(make: Callable[..., Application], project: Path, qtbot: QtBot) -> Application:
    root = make()
    root.window.resize(1000, 700)
    root.start(project)
    qtbot.waitUntil(lambda: shown(root), timeout=WAIT_MS)
    return root


def shown(root: Application) -> bool:
    session = root.session
    return session is not None and session.desk.current is not None and session.has_begun


def session_of(root: Application) -> Session:
    assert root.session is not None
    return root.session


def current(root: Application) -> str:
    name = session_of(root).desk.current
    assert name is not None
    return name


def counts(root: Application) -> dict[int, int]:
    return session_of(root).desk.workbench.counts(current(root))


def stroke(root: Application, qtbot: QtBot, button: Qt.MouseButton, *, dy: int = 0) -> None:
    canvas = root.window.label.canvas
    at = canvas.rect().center() + QPoint(-40, dy)
    qtbot.mousePress(canvas, button, pos=at)
    for step in range(1, 9):
        qtbot.mouseMove(canvas, at + QPoint(10 * step, 0))
    qtbot.mouseRelease(canvas, button, pos=at + QPoint(80, 0))


def go(root: Application, qtbot: QtBot, verb: str, frame: str) -> None:
    root.do(verb)
    qtbot.waitUntil(lambda: current(root).endswith(frame), timeout=WAIT_MS)


def test_every_action_is_in_a_menu_and_does_something(root: Application) -> None:
    session = session_of(root)
    held = {"layer.bare"}  # the canvas listens to the key itself
    known = {*root._verbs, *root._project_verbs, *session._verbs, *held}
    assert {spec.id for spec in ACTIONS} == known
    listed = {action for menu in root.window.menus.values() for action in menu.actions()}
    assert set(root.window.verbs.actions.values()) <= listed


def test_every_shown_key_is_in_the_tooltip(root: Application) -> None:
    for spec in ACTIONS:
        tip = root.window.verbs.actions[spec.id].toolTip()
        for key in spec.keys:
            assert QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) in tip


def test_a_stroke_is_painted_at_once_and_acknowledged_without_asking(
    root: Application, qtbot: QtBot
) -> None:
    qtbot.keyClick(root.window.label.canvas, Qt.Key.Key_3)
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    assert set(counts(root)) == {2}
    bench = session_of(root).desk.workbench
    qtbot.waitUntil(lambda: bench.acknowledged, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "saved" in root.window.status.saved.text(), timeout=WAIT_MS)


def test_undo_redo_and_the_right_button_work_on_this_image(root: Application, qtbot: QtBot) -> None:
    canvas = root.window.label.canvas
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    painted = counts(root)
    qtbot.waitUntil(root.window.verbs.actions["edit.undo"].isEnabled)
    qtbot.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert counts(root) == {}
    qtbot.waitUntil(root.window.verbs.actions["edit.redo"].isEnabled)
    qtbot.keyClick(canvas, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert counts(root) == painted
    stroke(root, qtbot, Qt.MouseButton.RightButton)
    assert sum(counts(root).values()) < sum(painted.values())


def test_keys_choose_tools_and_the_void_key_goes_back_and_forth(
    root: Application, qtbot: QtBot
) -> None:
    canvas, bench = root.window.label.canvas, session_of(root).desk.workbench
    for key, tool in (
        (Qt.Key.Key_E, Tool.ERASER),
        (Qt.Key.Key_P, Tool.POLYGON),
        (Qt.Key.Key_V, Tool.HAND),
        (Qt.Key.Key_B, Tool.BRUSH),
    ):
        qtbot.keyClick(canvas, key)
        assert bench.tool is tool
        assert root.window.verbs.actions[f"tool.{tool}"].isChecked()
    qtbot.keyClick(canvas, Qt.Key.Key_M)
    assert bench.value == VOID
    qtbot.keyClick(canvas, Qt.Key.Key_M)
    assert bench.value == 0


def test_brush_and_eraser_keep_their_own_sizes(root: Application, qtbot: QtBot) -> None:
    canvas, bench = root.window.label.canvas, session_of(root).desk.workbench
    brush, eraser = bench.radius_px(Tool.BRUSH), bench.radius_px(Tool.ERASER)
    qtbot.keyClick(canvas, Qt.Key.Key_BracketRight)
    assert bench.radius_px(Tool.BRUSH) > brush
    assert bench.radius_px(Tool.ERASER) == eraser


def test_bare_keys_in_the_filter_box_type_and_do_nothing_else(
    root: Application, qtbot: QtBot
) -> None:
    box, bench = root.window.label.frames.filter_box, session_of(root).desk.workbench
    box.setFocus()
    qtbot.keyClicks(box, "e3")
    assert box.text() == "e3"
    assert (bench.tool, bench.value) == (Tool.BRUSH, 0)


def test_walking_leaves_broken_images_out_and_stops_at_the_ends(
    root: Application, qtbot: QtBot
) -> None:
    go(root, qtbot, "image.next", "train/1.png")
    for name in ("2", "3"):
        go(root, qtbot, "image.next", f"train/{name}.png")
    go(root, qtbot, "image.next", "val/9.png")
    root.do("image.next")
    assert current(root).endswith("val/9.png")
    go(root, qtbot, "image.previous", "train/3.png")


def test_each_image_keeps_its_own_labels_and_undo(root: Application, qtbot: QtBot) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    first = counts(root)
    go(root, qtbot, "image.next", "train/1.png")
    assert counts(root) == {}
    root.do("edit.undo")
    go(root, qtbot, "image.previous", "train/0.png")
    assert counts(root) == first
    root.do("edit.undo")
    assert counts(root) == {}


def test_the_next_unlabelled_image_is_the_next_one_without_a_stroke(
    root: Application, qtbot: QtBot
) -> None:
    go(root, qtbot, "image.next", "train/1.png")
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    gallery = session_of(root).gallery
    qtbot.waitUntil(lambda: gallery.table.labelled == 1, timeout=WAIT_MS)
    go(root, qtbot, "image.previous", "train/0.png")
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: gallery.table.labelled == 2, timeout=WAIT_MS)
    go(root, qtbot, "image.next_unlabelled", "train/2.png")


def test_accepting_copies_the_predicted_region_but_not_over_paint(
    root: Application, qtbot: QtBot
) -> None:
    session, frame = session_of(root), current(root)
    qtbot.keyClick(root.window.label.canvas, Qt.Key.Key_2)
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    painted = session.desk.workbench.mask(frame).labels.copy()
    classes = np.full((60, 80), 4, np.uint8)
    classes[:, 40:] = 5
    session._prediction_shown(Prediction(classes, np.full_like(classes, 200), "run 3", 10))
    session.easel.accept(5, 5)
    qtbot.waitUntil(lambda: 4 in counts(root), timeout=WAIT_MS)
    labels = session.desk.workbench.mask(frame).labels
    expected = painted.copy()
    left = np.zeros((60, 80), bool)
    left[:, :40] = True
    expected[left & (painted == UNLABELLED)] = 4
    assert (labels == expected).all()
    root.do("edit.undo")
    assert (session.desk.workbench.mask(frame).labels == painted).all()


def test_picking_takes_the_class_under_the_cursor(root: Application, qtbot: QtBot) -> None:
    session = session_of(root)
    session.easel.choose_value(4)
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    y, x = (
        int(each[0]) for each in np.nonzero(session.desk.workbench.mask(current(root)).labels == 4)
    )
    session.easel.choose_value(1)
    session.easel._pick(y, x)
    assert session.desk.workbench.value == 4


def test_the_filter_list_and_the_counts_follow_the_strokes(root: Application, qtbot: QtBot) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    panel = root.window.label.frames
    qtbot.waitUntil(lambda: "1 labelled" in panel._count.text(), timeout=WAIT_MS)
    classes = root.window.label.classes
    px = counts(root)[0]
    qtbot.waitUntil(lambda: f"{px:,}" in classes.model.rows[0].tip, timeout=WAIT_MS)


def test_the_filter_is_there_when_the_project_is_opened_again(
    root: Application, make: Callable[..., Application], project: Path, qtbot: QtBot
) -> None:
    root.window.label.frames.filter_box.setText('class:"class 2" or split:val')
    root.window.close()
    second = make("second")
    second.start(project)
    qtbot.waitUntil(lambda: shown(second), timeout=WAIT_MS)
    panel = second.window.label.frames
    assert panel.filter_box.text() == 'class:"class 2" or split:val'
    assert panel.shown_ids() == ("images/val/9.png",)


def test_the_images_beside_one_are_the_next_that_can_be_opened(root: Application) -> None:
    desk = session_of(root).desk
    names = [each.id for each in desk.project.frames]
    assert names[4].endswith("broken.png")
    assert desk.beside(names[3]) == (names[5], names[2])
    assert desk.beside(names[0]) == (names[1],)
    assert desk.beside(names[5]) == (names[3],)
    assert desk.beside(None) == ()


def test_several_images_are_marked_with_one_key_and_unmarked_with_the_same(
    root: Application, qtbot: QtBot
) -> None:
    panel, project = root.window.label.frames, session_of(root).desk.project
    view = panel.view
    names = panel.shown_ids()
    place = view.visualRect(view.model().index(2, 0)).center()
    modifier = Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)
    qtbot.waitUntil(lambda: current(root) == names[2], timeout=WAIT_MS)
    assert panel.selected() == (names[0], names[2])
    qtbot.keyClick(root.window.label.canvas, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
    assert project.marks == dict.fromkeys((names[0], names[2]), FrameState.FLAGGED)
    assert panel.states._buttons[FrameState.FLAGGED].text() == "2"
    canvas = root.window.label.canvas
    qtbot.keyClick(canvas, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert set(project.marks.values()) == {FrameState.DONE}
    qtbot.keyClick(canvas, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert project.marks == {}


def test_one_goes_from_image_to_image_of_a_state(root: Application, qtbot: QtBot) -> None:
    panel, session = root.window.label.frames, session_of(root)
    names = panel.shown_ids()
    flagged = [names[0], names[2], names[5]]
    session.desk.publish(session.desk.workbench.set_mark(flagged, FrameState.FLAGGED), root)
    go(root, qtbot, "state.next", "train/2.png")
    go(root, qtbot, "state.previous", "train/0.png")
    go(root, qtbot, "state.previous", "val/9.png")
    button = panel.states._buttons[FrameState.UNTOUCHED]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: current(root) == names[1], timeout=WAIT_MS)
    panel.filter_box.setText("val/")
    root.do("state.next")
    assert "No other image" in root.window.notice.text
    assert current(root) == names[1]


def test_an_image_can_be_given_another_split(root: Application, qtbot: QtBot) -> None:
    root.do("image.split_val")
    assert session_of(root).desk.project.frame(current(root)).split is Split.VAL


def test_a_second_window_opens_read_only_and_says_who_has_the_project(
    root: Application, make: Callable[..., Application], project: Path, qtbot: QtBot
) -> None:
    second = make("second")
    second.start(project)
    qtbot.waitUntil(lambda: shown(second), timeout=WAIT_MS)
    assert "read-only" in second.window.banner.text
    stroke(second, qtbot, Qt.MouseButton.LeftButton)
    assert counts(second) == {}
    assert not second.window.verbs.actions["tool.brush"].isEnabled()
    root.window.close()
    second.window.banner.retry_asked.emit()
    qtbot.waitUntil(
        lambda: shown(second) and not session_of(second).desk.read_only, timeout=WAIT_MS
    )
    assert second.window.banner.text == ""


def test_what_was_painted_is_there_when_the_window_opens_again(
    root: Application, make: Callable[..., Application], project: Path, qtbot: QtBot
) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    before, frame = counts(root), current(root)
    root.window.close()
    again = make()
    again.start(None)
    qtbot.waitUntil(lambda: shown(again), timeout=WAIT_MS)
    assert current(again) == frame
    assert counts(again) == before
    qtbot.waitUntil(again.window.verbs.actions["edit.undo"].isEnabled, timeout=WAIT_MS)


def test_masks_are_imported_beside_painting_and_can_be_undone(
    root: Application, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "masks"
    folder.mkdir()
    for name in ("1.png", "2.png"):
        Image.fromarray(np.full((60, 80), 3, np.uint8)).save(folder / name)
    imports = root._imports
    assert isinstance(imports, Imports)
    imports.ask(folder)
    assert imports.dialog is not None
    imports.dialog._ok.click()
    qtbot.waitUntil(lambda: imports.dialog is None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "Imported 2" in root.window.notice.text, timeout=WAIT_MS)
    go(root, qtbot, "image.next", "train/1.png")
    assert counts(root) == {3: 60 * 80}
    root.do("edit.undo")
    assert counts(root) == {}


def test_exported_labels_are_the_labels_read_by_pillow_alone(
    root: Application, tmp_path: Path, qtbot: QtBot
) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    session = session_of(root)
    qtbot.waitUntil(lambda: session.desk.workbench.acknowledged, timeout=WAIT_MS)
    exports = session.desk.owner.findChildren(Exports)[0]
    exports.ask((), None)
    dialog = exports.dialog
    assert dialog is not None
    dialog.folder.show_folder(tmp_path / "out")
    dialog.which.setCurrentIndex(dialog.which.findData(Which.LABELLED))
    assert dialog.chosen().what is What.LABELS
    dialog._ok.click()
    qtbot.waitUntil(lambda: exports.dialog is None, timeout=WAIT_MS)
    files = [path for path in (tmp_path / "out").rglob("*.png")]
    assert len(files) == 1
    written = np.asarray(Image.open(files[0]))
    assert (written == session.desk.workbench.mask(current(root)).labels).all()


def test_a_run_is_started_watched_and_stopped(root: Application, qtbot: QtBot) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    session = session_of(root)
    train = root.window.verbs.actions["train.start"]
    qtbot.waitUntil(train.isEnabled, timeout=WAIT_MS)
    root.do("workspace.train")
    root.do("train.start")
    qtbot.waitUntil(lambda: session.trainer.live is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: bool(session.trainer.logs[1].validations), timeout=WAIT_MS)
    root.do("train.stop")
    qtbot.waitUntil(lambda: session.trainer.live is None, timeout=WAIT_MS)
    assert session.trainer.logs[1].state in {RunState.STOPPED, RunState.DONE}
    scores = root.window.train.scores
    qtbot.waitUntil(lambda: "Run 1" in scores._about.text(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: train.text() == "Train", timeout=WAIT_MS)


def test_the_rooms_have_one_key_each(root: Application, qtbot: QtBot) -> None:
    window = root.window
    for key, room in (
        (Qt.Key.Key_F7, Workspace.TRAIN),
        (Qt.Key.Key_F8, Workspace.REVIEW),
        (Qt.Key.Key_F6, Workspace.LABEL),
    ):
        qtbot.keyClick(window, key)
        assert window.room is room
        assert window.verbs.actions[f"workspace.{room}"].isChecked()


def test_review_shows_labels_and_prediction_of_the_image_that_is_open(
    root: Application, qtbot: QtBot
) -> None:
    root.do("workspace.review")
    review = root.window.review
    assert review.image_title.whole == "0.png"
    root.do("image.next")
    qtbot.waitUntil(lambda: review.image_title.whole == "1.png", timeout=WAIT_MS)


def test_without_a_class_the_list_says_what_to_do(
    make: Callable[..., Application], tmp_path: Path, qtbot: QtBot
) -> None:
    folder = places.make(tmp_path, {"a.png": (60, 80)})
    opened = Project.open(folder)
    opened.set_class_map(ClassMap())
    opened.close()
    root = make()
    root.start(folder)
    qtbot.waitUntil(lambda: shown(root), timeout=WAIT_MS)
    assert root.window.label.classes._stack.currentIndex() == 1
    assert not root.window.verbs.actions["class.find"].isEnabled()


def test_a_project_that_cannot_be_opened_is_said_in_the_notice_bar(
    make: Callable[..., Application], tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "project.s4gui").write_text("{")
    root = make()
    root.start(folder)
    qtbot.waitUntil(lambda: root.window.notice.text != "", timeout=WAIT_MS)
    assert root.session is None
    assert not root.window.verbs.actions["tool.brush"].isEnabled()


def test_the_tour_has_five_steps_and_can_be_left(root: Application, qtbot: QtBot) -> None:
    root.settings.set("tour_done", False)
    root.begin_tour()
    tour = root._tour
    assert tour is not None
    rooms = []
    for place in range(5):
        tour.go(place)
        rooms.append(root.window.room)
    assert rooms == [Workspace.LABEL] * 3 + [Workspace.TRAIN, Workspace.REVIEW]
    tour.leave()
    assert root._tour is None
    assert root.settings.get("tour_done") is True
    assert root.window.room is Workspace.LABEL


def test_an_empty_project_says_what_to_paint_until_something_is_painted(
    root: Application, qtbot: QtBot
) -> None:
    hint = root.window.label.hint
    assert "first class" in hint.text()
    assert not hint.isHidden()
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    assert hint.isHidden()


def test_labels_changed_outside_are_asked_about_and_can_be_kept(
    root: Application, make: Callable[..., Application], project: Path, qtbot: QtBot
) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    mine = counts(root)
    root.window.close()
    (file,) = [p for p in (project / "labels").rglob("*.png") if "source" not in p.name]
    Image.fromarray(np.full((60, 80), 5, np.uint8)).save(file)
    again = make()
    again.start(project)
    qtbot.waitUntil(lambda: shown(again), timeout=WAIT_MS)
    boxes = again.window.findChildren(QMessageBox)
    assert len(boxes) == 1
    keep = next(each for each in boxes[0].buttons() if "mine" in each.text())
    keep.click()
    assert counts(again) == mine


def test_a_brush_suits_the_image_until_a_hand_chose_its_size(
    root: Application, qtbot: QtBot
) -> None:
    bench = session_of(root).desk.workbench
    assert bench.radius_px(Tool.BRUSH) == 2.0
    session_of(root).easel.set_radius(9.0)
    go(root, qtbot, "image.next", "train/1.png")
    assert bench.radius_px(Tool.BRUSH) == 9.0


def test_the_split_of_selected_images_is_in_the_menu_of_the_list(
    root: Application, qtbot: QtBot
) -> None:
    session_of(root)._frame_menu((), QPoint(5, 5))
    menu = root.window.findChildren(QMenu)[-1]
    shown_actions = {action.text() for action in menu.actions()}
    assert "Use for validation" in shown_actions
    menu.close()


def test_another_project_takes_the_place_of_the_first_in_the_same_window(
    root: Application, tmp_path: Path, qtbot: QtBot
) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    first = session_of(root)
    other = places.make(tmp_path / "other", {"x.png": (50, 40)})
    root.opening.open(other)
    qtbot.waitUntil(
        lambda: root.session is not None and root.session is not first and shown(root),
        timeout=WAIT_MS,
    )
    assert current(root).endswith("x.png")
    assert counts(root) == {}
    qtbot.keyClick(root.window.label.canvas, Qt.Key.Key_4)
    assert session_of(root).desk.workbench.value == 3
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    assert set(counts(root)) == {3}


def dropped(window: MainWindow, *paths: Path) -> bool:
    """Drop files from a file manager on the window; whether it took them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at, copy = QPoint(300, 300), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, copy, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    if not enter.isAccepted():
        return False
    drop = QDropEvent(QPointF(at), copy, data, buttons, keys)
    QApplication.sendEvent(window, drop)
    return drop.isAccepted()


def test_a_dropped_folder_of_images_becomes_a_new_project(
    root: Application, tmp_path: Path, qtbot: QtBot
) -> None:
    images = tmp_path / "street"
    images.mkdir()
    Image.new("RGB", (50, 40)).save(images / "a.png")
    assert dropped(root.window, images)
    qtbot.waitUntil(lambda: root.opening._new is not None, timeout=WAIT_MS)
    dialog = root.opening._new
    assert dialog is not None
    assert dialog.images.folder == images
    dialog.reject()


def test_a_dropped_project_opens_and_dropped_masks_are_imported(
    make: Callable[..., Application], project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    root = make()
    root.window.show()
    assert dropped(root.window, project / "project.s4gui")
    qtbot.waitUntil(
        lambda: root.session is not None and root.session.desk.project.folder == project.resolve(),
        timeout=WAIT_MS,
    )
    qtbot.waitUntil(lambda: shown(root), timeout=WAIT_MS)
    masks = tmp_path / "annot"
    masks.mkdir()
    assert dropped(root.window, masks)
    qtbot.waitUntil(lambda: bool(root.window.findChildren(ImportDialog)), timeout=WAIT_MS)
    (dialog,) = root.window.findChildren(ImportDialog)
    assert dialog.folder.folder == masks
    dialog.reject()


def test_text_cannot_be_dropped(root: Application) -> None:
    data = QMimeData()
    data.setText("not a file")
    enter = QDragEnterEvent(
        QPoint(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    enter.ignore()
    QApplication.sendEvent(root.window, enter)
    assert not enter.isAccepted()


def test_nothing_of_a_closed_project_listens_to_the_window_any_more(
    root: Application, project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    before = session_of(root)
    owner = before.desk.owner
    other = places.make(tmp_path / "other", {"train/x.png": (60, 80)})
    root.opening.open(other)
    qtbot.waitUntil(
        lambda: root.session is not before and shown(root),
        timeout=WAIT_MS,
    )
    assert not shiboken6.isValid(owner)
    assert not shiboken6.isValid(before)
    assert session_of(root).desk.project.folder == other.resolve()


def typed(root: Application, qtbot: QtBot, text: str) -> CommandPalette:
    root.do("app.palette")
    (palette,) = [each for each in root.window.findChildren(CommandPalette) if each.isVisible()]
    qtbot.keyClicks(palette.text, text)
    return palette


def test_the_palette_does_actions_classes_images_and_settings(
    root: Application, qtbot: QtBot
) -> None:
    session = session_of(root)
    palette = typed(root, qtbot, "polyg")
    qtbot.keyClick(palette.text, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.desk.workbench.tool is Tool.POLYGON)
    last = session.desk.workbench.class_map.classes[-1]
    palette = typed(root, qtbot, last.name)
    qtbot.keyClick(palette.text, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.desk.workbench.value == last.id)
    palette = typed(root, qtbot, "val 9")
    qtbot.keyClick(palette.text, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: current(root).endswith("val/9.png"), timeout=WAIT_MS)
    palette = typed(root, qtbot, "keys as in cvat")
    qtbot.keyClick(palette.text, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: root.keys.keymap.preset.id == "cvat")
    palette = typed(root, qtbot, "")
    assert palette.model.found[0].entry.id == "set key_preset cvat"
    assert [each.entry.id for each in palette.model.found[1:4]] == [
        f"image {current(root)}",
        f"class {last.id}",
        "do tool.polygon",
    ]
    palette.reject()


def test_the_palette_says_why_an_action_is_off(root: Application, qtbot: QtBot) -> None:
    palette = typed(root, qtbot, "undo")
    assert palette.model.found[0].entry.off == "Nothing to take back in this image"
    palette.reject()


def test_a_class_is_found_by_typing_and_only_classes(root: Application, qtbot: QtBot) -> None:
    session = session_of(root)
    session.classes.find()
    (palette,) = [each for each in root.window.findChildren(CommandPalette) if each.isVisible()]
    assert len(palette.model.found) == len(session.desk.workbench.class_map)
    wanted = session.desk.workbench.class_map.classes[1]
    qtbot.keyClicks(palette.text, wanted.name)
    qtbot.keyClick(palette.text, Qt.Key.Key_Return)
    assert session.desk.workbench.value == wanted.id


def test_counts_follow_strokes_undo_and_another_image(root: Application, qtbot: QtBot) -> None:
    session = session_of(root)
    value = session.desk.workbench.value

    def told() -> tuple[int, int, int]:
        count = session.classes.counts()[value]
        return count.here_px, count.all_px, count.images

    assert told() == (0, 0, 0)
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    first = counts(root)[value]
    assert told() == (first, first, 1)
    go(root, qtbot, "image.next", "1.png")
    assert told() == (0, first, 1)
    stroke(root, qtbot, Qt.MouseButton.LeftButton, dy=10)
    second = counts(root)[value]
    assert told() == (second, first + second, 2)
    root.do("edit.undo")
    assert told() == (0, first, 1)
    session.desk.workbench.write_now()
    fresh = session.desk.project.all_counts()
    assert sum(held.get(value, 0) for held in fresh.values()) == first
