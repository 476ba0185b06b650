"""The camera mask in the window: made from void, shown, taken back, left out at export."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from s4gui.core.camera import CameraMask, CameraMasks, HiddenPlane
from s4gui.core.classes import VOID
from s4gui.core.frames import Frame
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.gui.application import Application
from s4gui.gui.dialogs.camera import CameraDialog
from s4gui.gui.dialogs.export import ExportDialog, Offer, What, Which
from s4gui.store import masks as files
from s4gui.workbench.painting import Tool
from tests.gui.test_window import current, go, make, project, root, session_of  # noqa: F401

WAIT_MS = 20_000


def grab(root: Application) -> np.ndarray:  # noqa: F811
    image = root.window.label.canvas.grab().toImage()
    raw = np.frombuffer(image.constBits(), np.uint8)
    return raw.reshape(image.height(), image.width(), 4).copy()


def accept(monkeypatch: pytest.MonkeyPatch, prefix: str | None = None) -> list[str]:
    """Answer the dialog; what it said is collected."""
    said: list[str] = []

    def exec_(dialog: CameraDialog) -> int:
        if prefix is not None:
            dialog.prefix.setText(prefix)
        said.append(dialog.count.text())
        return int(dialog.DialogCode.Accepted)

    monkeypatch.setattr(CameraDialog, "exec", exec_)
    return said


def paint_void(root: Application) -> tuple[str, np.ndarray]:  # noqa: F811
    session = session_of(root)
    frame = current(root)
    height, width = session.desk.project.frame(frame).shape
    box = Box(height - 20, 0, height, width)
    bench = session.desk.workbench
    change = bench.paint_region(frame, np.ones(box.shape, bool), box, VOID, tool=Tool.RECTANGLE)
    session.desk.publish(change, None)
    hidden = np.zeros((height, width), bool)
    hidden[box.slices] = True
    return frame, hidden


def test_void_becomes_the_mask_of_the_folder_and_is_taken_back(
    root: Application,  # noqa: F811
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = session_of(root)
    project_ = session.desk.project
    said = accept(monkeypatch)
    root.do("camera.use")
    assert not said, "without void there is nothing to ask"
    frame, hidden = paint_void(root)
    assert not session.situation().camera_mask
    root.do("camera.use")
    folder = frame.rpartition("/")[0] + "/"
    count = sum(each.id.startswith(folder) for each in session.desk.usable)
    assert count > 1
    assert f"{hidden.sum():,} pixels" in said[0]
    assert f"in {count:,} images" in said[0]
    plane = project_.camera_masks.of(project_.frame(frame))
    assert plane is not None
    assert np.array_equal(plane.array, hidden)
    assert session.situation().camera_mask
    go(root, qtbot, "image.next", "train/1.png")
    root.window.label.canvas.fit()
    shown = grab(root)
    root.do("camera.remove")
    assert not project_.camera_masks.masks
    bare = grab(root)
    changed = (shown != bare).any(2)
    rows = np.flatnonzero(changed.any(1))
    assert len(rows) > 3
    height = project_.frame(frame).shape[0]
    share = len(rows) / changed.shape[0]
    assert share < 1.2 * 20 / height
    root.do("camera.use")
    assert len(said) == 1, "that image has no void"


def test_the_dialog_counts_and_refuses_what_is_not_this_image(qtbot: QtBot) -> None:
    frames = tuple(
        Frame("root", path, *shape)
        for path, shape in (
            ("left/a.png", (6, 8)),
            ("left/b.png", (6, 8)),
            ("left/c.png", (8, 6)),
            ("right/a.png", (6, 8)),
        )
    )
    hidden = np.zeros((6, 8), bool)
    hidden[5] = True
    plane = HiddenPlane.of(hidden)
    masks = CameraMasks((CameraMask("root/", plane),))
    dialog = CameraDialog(None, frames[0], plane, frames, masks)
    qtbot.addWidget(dialog)
    assert dialog.chosen() == CameraMask("root/left/", plane)
    assert "8 pixels (16.7%) in 2 images of 8 x 6" in dialog.count.text()
    assert "replaces" not in dialog.count.text()
    dialog.prefix.setText("root/")
    assert "in 3 images" in dialog.count.text()
    assert "replaces" in dialog.count.text()
    assert dialog._ok.isEnabled()
    dialog.prefix.setText("root/right/")
    assert not dialog._ok.isEnabled()


@pytest.mark.parametrize("hides", [True, False])
def test_the_export_of_labels_may_leave_the_mask_out(
    root: Application,  # noqa: F811
    qtbot: QtBot,
    *,
    hides: bool,
) -> None:
    session = session_of(root)
    frame, hidden = paint_void(root)
    bench = session.desk.workbench
    box = Box(0, 0, *hidden.shape)
    bench.paint_region(frame, np.ones(hidden.shape, bool), box, 1, tool=Tool.RECTANGLE)
    session.camera.put(CameraMask(frame, HiddenPlane.of(hidden)))
    session.desk.project.settle()
    root.do("project.export")
    dialog = root.window.findChild(ExportDialog)
    assert dialog is not None
    assert dialog.hides.isVisibleTo(dialog)
    dialog.hides.setChecked(hides)
    dialog.go_asked.emit()
    folder = session.desk.project.folder / "export"
    qtbot.waitUntil(lambda: root.jobs.is_idle, timeout=WAIT_MS)
    (path,) = (folder / "indexed").rglob("0.png")
    found = files.read_plain(path)
    assert np.array_equal(found == VOID, hidden & hides)


def test_the_switch_is_there_for_labels_of_projects_with_masks_only(qtbot: QtBot, tmp_path) -> None:
    counts = dict.fromkeys(Which, 1)
    dialog = ExportDialog(None, Offer(counts, ((1, "run 1"),), tmp_path, hides=True))
    qtbot.addWidget(dialog)
    dialog.hides.setChecked(False)
    assert not dialog.chosen().hides
    dialog.what.setCurrentIndex(dialog.what.findData(What.PREDICTIONS))
    assert not dialog.hides.isEnabled()
    assert dialog.chosen().hides, "predictions have nothing below it"
    other = ExportDialog(None, Offer(counts, (), tmp_path))
    qtbot.addWidget(other)
    assert not other.hides.isVisibleTo(other)


def test_the_preview_is_told_the_mask_and_no_label_below_it(
    root: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = session_of(root)
    frame, hidden = paint_void(root)
    plane = HiddenPlane.of(hidden)
    bench = session.desk.workbench
    box = Box(0, 0, *hidden.shape)
    bench.paint_region(frame, np.ones(hidden.shape, bool), box, 1, tool=Tool.RECTANGLE)
    session.camera.put(CameraMask(frame, plane))
    told: list[np.ndarray] = []
    learners = session.learners
    monkeypatch.setattr(learners.link, "update_labels", lambda *given: told.append(given[3].copy()))
    learners.teacher.send_edit(frame, None)
    assert np.array_equal(told[-1] == VOID, hidden)
    assert (told[-1][~hidden] == 1).all()
    assert learners.teacher.file_of(frame).hidden == plane.text
    whole = Prediction(np.full(hidden.shape, 2, np.uint8), np.zeros(hidden.shape, np.uint8), "old")
    assert np.array_equal(learners._hidden(frame, whole).classes == VOID, hidden)
