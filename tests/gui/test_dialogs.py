"""Dialogs give back what was chosen, and refuse what cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from s4gui.core.classes import ClassMap, LabelClass
from s4gui.core.frames import Frame, Split
from s4gui.gui.dialogs.about import HelpDialog, help_pages
from s4gui.gui.dialogs.class_edit import ClassDialog, fresh_colour
from s4gui.gui.dialogs.export import ExportDialog, Offer, What, Which
from s4gui.gui.dialogs.importing import ImportDialog
from s4gui.gui.dialogs.locate import LocateDialog
from s4gui.gui.dialogs.new_project import Found, NewProjectDialog, look
from s4gui.gui.dialogs.settings import SettingsDialog
from s4gui.gui.dialogs.splits import SplitsDialog, every_nth, from_folders
from s4gui.gui.dialogs.trouble import Trouble, TroubleDialog
from s4gui.store import palettes
from s4gui.workbench.exporting import Form

CLASSES = ClassMap((LabelClass(0, "road", (128, 64, 128)), LabelClass(1, "car", (0, 0, 142))))
FRAMES = tuple(Frame("img", f"drive/{n}.png", 9, 9) for n in range(40))


def write_image(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(path)


def ok(dialog: object) -> QPushButton:
    button: QPushButton = dialog._ok  # type: ignore[attr-defined]
    return button


def new_dialog(qtbot: QtBot, found: Found, folder: Path) -> NewProjectDialog:
    def look_at(_folder: Path, tell: Callable[[Found], None]) -> None:
        tell(found)

    dialog = NewProjectDialog(None, palettes.all_class_sets(), look_at)
    qtbot.addWidget(dialog)
    dialog.images.show_folder(folder)
    dialog._count_images()
    return dialog


def test_looking_counts_images_by_split_and_leaves_other_files_out(tmp_path: Path) -> None:
    for name in ("train/a.png", "train/b.jpg", "val/c.png", "d.tif"):
        write_image(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".hidden").mkdir()
    write_image(tmp_path / ".hidden" / "e.png")
    assert look(tmp_path) == Found(4, (("train", 3), ("val", 1)))
    assert look(tmp_path / "missing") == Found(0)


def test_a_new_project_is_named_after_its_folder_and_can_be_created(
    qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = new_dialog(qtbot, Found(12, (("train", 12),)), tmp_path / "street")
    assert ok(dialog).isEnabled()
    chosen = dialog.chosen()
    assert (chosen.name, chosen.folder) == ("street", tmp_path / "street")
    assert chosen.masks is None


def test_a_name_given_by_hand_stays_when_the_folder_changes(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = new_dialog(qtbot, Found(12), tmp_path / "street")
    dialog.name.setText("mine")
    dialog.name.textEdited.emit("mine")
    dialog.images.show_folder(tmp_path / "other")
    assert dialog.name.text() == "mine"


@pytest.mark.parametrize("found", [Found(0), Found(5, is_project=True)])
def test_a_project_needs_images_and_a_free_folder(
    qtbot: QtBot, tmp_path: Path, found: Found
) -> None:
    assert not ok(new_dialog(qtbot, found, tmp_path)).isEnabled()


def test_the_class_sets_of_the_issue_are_offered_with_the_empty_one(
    qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = new_dialog(qtbot, Found(1), tmp_path)
    sizes = set()
    for place in range(dialog.classes.count()):
        dialog.classes.setCurrentIndex(place)
        sizes.add(len(dialog.chosen().class_map))
    assert {0, 4, 7, 11, 19} <= sizes


def test_splits_follow_folder_names() -> None:
    frames = tuple(
        Frame("img", path, 4, 4) for path in ("train/a.png", "x/val/b.png", "Test/c.png", "d.png")
    )
    wanted = [Split.TRAIN, Split.VAL, Split.TEST, Split.TRAIN]
    assert list(from_folders(frames).values()) == wanted


def test_the_rule_takes_every_nth_image_alone_or_in_blocks_of_ten() -> None:
    alone = every_nth(FRAMES, 4, Split.VAL)
    assert [n for n, f in enumerate(FRAMES) if alone[f.id] is Split.VAL] == list(range(3, 40, 4))
    blocks = every_nth(FRAMES, 4, Split.VAL, in_blocks=True)
    assert [n for n, f in enumerate(FRAMES) if blocks[f.id] is Split.VAL] == list(range(30, 40))


def test_the_split_dialog_gives_back_only_what_changes(qtbot: QtBot) -> None:
    dialog = SplitsDialog(None, FRAMES, (FRAMES[3].id, FRAMES[4].id))
    qtbot.addWidget(dialog)
    assert dialog.chosen() == {}
    assert not ok(dialog).isEnabled()
    dialog.by_hand.setChecked(True)
    assert dialog.chosen() == {FRAMES[3].id: Split.VAL, FRAMES[4].id: Split.VAL}
    dialog.target.setCurrentIndex(1)
    assert set(dialog.chosen().values()) == {Split.TEST}
    assert ok(dialog).isEnabled()


def test_export_of_predictions_needs_a_run_and_of_labels_does_not(
    qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = ExportDialog(None, Offer({Which.LABELLED: 3, Which.ALL: 9}, (), tmp_path))
    qtbot.addWidget(dialog)
    assert ok(dialog).isEnabled()
    dialog.what.setCurrentIndex(dialog.what.findData(What.PREDICTIONS))
    assert not ok(dialog).isEnabled()


def test_export_gives_back_the_choices(qtbot: QtBot, tmp_path: Path) -> None:
    offer = Offer(dict.fromkeys(Which, 4), ((7, "run 7"), (2, "run 2")), tmp_path)
    dialog = ExportDialog(None, offer)
    qtbot.addWidget(dialog)
    dialog.what.setCurrentIndex(dialog.what.findData(What.PREDICTIONS))
    dialog.run_choice.setCurrentIndex(1)
    dialog.which.setCurrentIndex(dialog.which.findData(Which.ALL))
    dialog.form.setCurrentIndex(dialog.form.findData(Form.BOTH))
    chosen = dialog.chosen()
    assert (chosen.what, chosen.run, chosen.which) == (What.PREDICTIONS, 2, Which.ALL)
    assert (chosen.form, chosen.folder) == (Form.BOTH, tmp_path)


def test_an_export_that_is_closed_while_it_works_is_cancelled(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = ExportDialog(None, Offer(dict.fromkeys(Which, 4), (), tmp_path))
    qtbot.addWidget(dialog)
    dialog.begin()
    assert not dialog.working.cancelled
    dialog.reject()
    assert dialog.working.cancelled


def test_import_needs_a_folder_that_is_there(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = ImportDialog(None, (("values", "Class numbers"),))
    qtbot.addWidget(dialog)
    assert not ok(dialog).isEnabled()
    dialog.folder.show_folder(tmp_path / "gone")
    assert not ok(dialog).isEnabled()
    dialog.folder.show_folder(tmp_path)
    assert ok(dialog).isEnabled()
    dialog.table.setCurrentIndex(1)
    assert dialog.chosen().table == "values"


def test_settings_give_back_only_what_was_changed(qtbot: QtBot) -> None:
    now = {
        "theme": "system",
        "ui_scale": 1.0,
        "wheel_zooms": True,
        "keep_learning": False,
        "key_preset": "s4gui",
        "preview_features": True,
    }
    dialog = SettingsDialog(None, now)
    qtbot.addWidget(dialog)
    assert dialog.chosen() == {}
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    dialog.wheel.setCurrentIndex(1)
    dialog.features.setChecked(False)
    assert dialog.chosen() == {"theme": "dark", "wheel_zooms": False, "preview_features": False}


def test_a_preset_brings_its_wheel_and_says_what_becomes_of_own_keys(qtbot: QtBot) -> None:
    now = {"theme": "system", "ui_scale": 1.0, "wheel_zooms": True, "keep_learning": False}
    now["preview_features"] = True
    dialog = SettingsDialog(None, now | {"key_preset": "s4gui"}, own_keys=3)
    qtbot.addWidget(dialog)
    assert "given up" not in dialog._keys_note.text()
    dialog.keys.setCurrentIndex(dialog.keys.findData("labelme"))
    assert "(3) are given up" in dialog._keys_note.text()
    assert dialog.chosen() == {"key_preset": "labelme", "wheel_zooms": False}
    dialog.wheel.setCurrentIndex(0)
    assert dialog.chosen() == {"key_preset": "labelme"}


def test_a_class_name_that_is_taken_is_refused_whatever_its_case(qtbot: QtBot) -> None:
    dialog = ClassDialog(None, CLASSES)
    qtbot.addWidget(dialog)
    for text, allowed in (("", False), ("ROAD", False), ("kerb", True), ("  ", False)):
        dialog.name.setText(text)
        assert ok(dialog).isEnabled() == allowed


def test_a_class_may_keep_its_own_name(qtbot: QtBot) -> None:
    dialog = ClassDialog(None, CLASSES, class_id=1)
    qtbot.addWidget(dialog)
    assert ok(dialog).isEnabled()
    assert dialog.chosen() == ("car", (0, 0, 142))


def test_a_fresh_colour_is_no_colour_that_is_used() -> None:
    class_map = ClassMap()
    for place in range(12):
        rgb = fresh_colour(class_map)
        assert rgb not in [each.rgb for each in class_map.classes]
        class_map = class_map.with_class(f"class {place}", rgb)


def test_moved_images_are_found_by_looking_for_some_of_them(qtbot: QtBot, tmp_path: Path) -> None:
    write_image(tmp_path / "new" / "drive" / "1.png")
    samples = {"img": ("drive/1.png", "drive/2.png")}
    dialog = LocateDialog(None, {"img": tmp_path / "old"}, samples)
    qtbot.addWidget(dialog)
    dialog.folder.show_folder(tmp_path)
    assert not ok(dialog).isEnabled()
    dialog.folder.show_folder(tmp_path / "new")
    assert ok(dialog).isEnabled()
    assert dialog.chosen() == ("img", tmp_path / "new")
    assert dialog._found.text().startswith("1 of 2")


def test_the_details_of_a_trouble_can_be_copied(qtbot: QtBot, qapp: QApplication) -> None:
    troubles = (Trouble("first", "", ""), Trouble("second", "do this", "Traceback: here"))
    dialog = TroubleDialog(None, troubles)
    qtbot.addWidget(dialog)
    dialog.copy()
    copied = QGuiApplication.clipboard().text()
    assert "second" in copied
    assert "Traceback: here" in copied
    assert "PySide6" in copied


def test_every_help_page_has_a_title_and_is_shown(qtbot: QtBot) -> None:
    pages = help_pages()
    assert len(pages) >= 5
    dialog = HelpDialog(None)
    qtbot.addWidget(dialog)
    for place, title in enumerate(pages):
        dialog.list.setCurrentRow(place)
        assert title in dialog.text.toPlainText()
