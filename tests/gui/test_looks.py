"""Layers in the window: one list, remembered looks, saved views, legends."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot

from s4gui.core.classes import UNLABELLED
from s4gui.core.frames import Split
from s4gui.core.prediction import Prediction
from s4gui.gui.application import Application
from s4gui.gui.canvas.material import Layer, Verdict
from s4gui.gui.canvas.styles import LabelStyle
from s4gui.gui.canvas.tables import VERDICT_RGB
from s4gui.gui.canvas.tone import Tone
from s4gui.gui.looks import READY, Look, ready
from s4gui.gui.panels.layers import FOLDED, LISTED, LayersPanel
from s4gui.workbench.actions import Workspace
from s4gui.workbench.verbs import ACTIONS
from tests.gui.test_window import (
    WAIT_MS,
    current,
    make,
    project,
    root,
    session_of,
    shown,
    stroke,
)
from tests.workbench import places

__all__ = ["make", "project", "root"]


@pytest.fixture
def panel(qtbot: QtBot) -> LayersPanel:
    actions = {}
    for spec in ACTIONS:
        actions[spec.id] = QAction(spec.text.text)
        actions[spec.id].setCheckable(spec.checkable)
    made = LayersPanel(actions)
    qtbot.addWidget(made)
    return made


def test_a_look_survives_json_and_nonsense_is_the_default_look() -> None:
    look = Look(
        visible=frozenset({Layer.IMAGE, Layer.ERROR}),
        style=LabelStyle.HATCH,
        tone=Tone(0.25, -0.5, 2.0),
        smooth=True,
    ).with_opacity(Layer.SOURCE, 0.3)
    assert Look.of_raw(look.raw()) == look
    assert Layer.SOURCE in look.visible
    nonsense: tuple[object, ...] = (
        None,
        7,
        {"visible": 3},
        {"tone": [9, 9, 9]},
        {"opacity": {"image": 3}},
        {"style": "loud"},
        {"opacity": []},
    )
    for raw in nonsense:
        assert Look.of_raw(raw) == Look()
    assert Look.of_raw({"visible": ["image", "of a later version"]}).visible == {Layer.IMAGE}
    with pytest.raises(ValueError, match="every layer"):
        Look(opacity={Layer.IMAGE: 1.0})


def test_a_ready_view_leaves_the_tone_as_it_is() -> None:
    now = Look(tone=Tone(0.5), smooth=True)
    for name, view in READY.items():
        found = ready(name, now)
        assert (found.tone, found.smooth) == (now.tone, True)
        assert (found.visible, found.style) == (view.visible, view.style)


def test_every_layer_has_a_row_and_a_key() -> None:
    assert set(LISTED) == set(Layer)
    keys = {spec.id: spec.keys for spec in ACTIONS}
    assert all(keys[f"layer.{layer}"] for layer in Layer)


def test_rows_off_use_are_folded_away_until_they_are_wanted(panel: LayersPanel) -> None:
    def listed() -> set[Layer]:
        return {each for each, toggle in panel._toggles.items() if not toggle.isHidden()}

    panel.show_look(Look())
    assert listed() == set(Layer) - set(FOLDED)
    panel.show_look(Look().toggled(Layer.SOURCE))
    assert listed() == set(Layer) - set(FOLDED) | {Layer.SOURCE}
    panel.show_look(Look().with_opacity(Layer.ERROR, 0.2).toggled(Layer.ERROR))
    panel.unfold(on=True)
    assert listed() == set(Layer)
    assert panel._sliders[Layer.ERROR].value() == 20


def test_showing_a_look_is_silent_and_a_hand_asks_once(panel: LayersPanel) -> None:
    said: list[object] = []
    panel.opacity_asked.connect(lambda *it: said.append(it))
    panel.style_asked.connect(said.append)
    panel.tone_asked.connect(lambda *it: said.append(it))
    panel.view_asked.connect(said.append)
    panel.show_look(Look(style=LabelStyle.HATCH, tone=Tone(0.5, 0.1, 2.0), smooth=True))
    panel.show_views(("ready.bare", "own.A & B"), "own.A & B")
    panel.unfold(on=True)
    assert said == []
    panel._sliders[Layer.ERROR].setValue(31)
    panel._styles[LabelStyle.OUTLINE].trigger()
    panel.tone.sliders[0].setValue(-20)
    panel.views_menu.actions()[0].trigger()
    assert said == [
        ("error", 0.31),
        "outline",
        (Tone(-0.2, 0.1, 2.0), True),
        "ready.bare",
    ]


def test_layers_are_toggled_by_keys_and_remembered(
    root: Application,
    make: Callable[..., Application],
    project: Path,
    qtbot: QtBot,
) -> None:
    canvas = root.window.label.canvas
    for key in (Qt.Key.Key_Q, Qt.Key.Key_U):
        qtbot.keyClick(canvas, key)
    qtbot.keyClick(canvas, Qt.Key.Key_E, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(canvas, Qt.Key.Key_O)
    root.window.label.layers._sliders[Layer.PREDICTION].setValue(35)
    look = session_of(root).lenses.look
    assert look.visible == {Layer.IMAGE, Layer.PREDICTION, Layer.CONFIDENCE, Layer.ERROR}
    assert look.style is LabelStyle.OUTLINE
    assert look.opacity[Layer.PREDICTION] == 0.35
    root.window.close()
    again = make()
    again.start(None)
    qtbot.waitUntil(lambda: shown(again), timeout=WAIT_MS)
    assert session_of(again).lenses.look == look
    picture = again.window.label.canvas._picture
    assert {each for each in Layer if picture.visible[each]} == look.visible
    assert (picture.style, picture.opacity) == (look.style, look.opacity)
    assert not again.window.verbs.actions["layer.labels"].isChecked()


def test_a_saved_view_is_kept_chosen_and_forgotten(
    root: Application,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lenses = session_of(root).lenses
    menu = root.window.label.layers.views_menu
    view_menu = {each.menu() for each in root.window.menus["view"].actions()}  # type: ignore[index]
    assert menu in view_menu
    root.do("layer.source")
    root.do("layer.style")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("  Night & day ", True))
    root.do("view.save")
    saved = lenses.look
    (mine,) = [each for each in menu.actions() if each.text() == "Night && day"]
    assert mine.isChecked()
    (bare,) = [each for each in menu.actions() if each.text() == "Bare"]
    bare.trigger()
    assert lenses.look.visible == {Layer.IMAGE}
    assert not session_of(root).easel.prediction_visible
    (mine,) = [each for each in menu.actions() if each.text() == "Night && day"]
    mine.trigger()
    assert lenses.look == saved
    assert session_of(root).easel.prediction_visible
    (forget,) = [each.menu() for each in menu.actions() if each.menu()]
    forget.actions()[0].trigger()  # type: ignore[attr-defined]
    assert "Night && day" not in [each.text() for each in menu.actions()]
    assert root.settings.get("saved_views") == {}


def test_tab_shows_the_next_saved_view_on_the_canvas_and_moves_the_focus_elsewhere(
    root: Application,
    qtbot: QtBot,
) -> None:
    lenses, window = session_of(root).lenses, root.window
    window.activateWindow()
    window.label.canvas.setFocus()
    seen = [lenses.look]
    for _ in READY:
        qtbot.keyClick(window.label.canvas, Qt.Key.Key_Tab)
        seen.append(lenses.look)
    assert seen[0] == seen[-1]
    assert len({tuple(sorted(each.visible)) for each in seen}) == len(READY)
    box = window.label.frames.filter_box
    box.setFocus()
    before = lenses.look
    qtbot.keyClick(box, Qt.Key.Key_Tab)
    assert lenses.look == before
    assert QApplication.focusWidget() is not box


def predict(root: Application, value: int) -> None:
    classes = np.full((60, 80), value, np.uint8)
    session_of(root)._prediction_shown(Prediction(classes, np.full_like(classes, 200), "run 3", 10))


def test_strokes_on_a_val_image_are_the_reference_and_on_a_train_image_they_are_not(
    root: Application,
    qtbot: QtBot,
) -> None:
    canvas, legend = root.window.label.canvas, root.window.label.layers._legend
    predict(root, 1)
    qtbot.keyClick(canvas, Qt.Key.Key_2)
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    root.do("layer.error")
    assert not canvas.can_show(Layer.ERROR)
    assert "needs" in legend.text()
    root.do("image.split_val")
    assert session_of(root).desk.project.frame(current(root)).split is Split.VAL
    assert canvas.can_show(Layer.ERROR)
    assert "class 1: hit" in legend.text().replace("&nbsp;", " ")
    qtbot.keyClick(canvas, Qt.Key.Key_4)
    assert "class 3: hit" in legend.text().replace("&nbsp;", " ")
    qtbot.keyClick(canvas, Qt.Key.Key_M)  # void has no error: the class stays
    assert "class 3: hit" in legend.text().replace("&nbsp;", " ")
    assert canvas._picture.material.class_id == 3


def test_a_long_class_name_does_not_widen_the_panel(root: Application) -> None:
    panel, session = root.window.label.layers, session_of(root)
    wide = panel.minimumSizeHint().width()
    predict(root, 1)
    root.do("image.split_val")
    root.do("layer.error")
    name = "a bicycle that leans against a lamp post " * 3
    session.desk.publish(session.desk.workbench.change_class(0, name=name.strip()), None)
    gt = np.zeros((60, 80), np.uint8)
    session.desk.publish(session.desk.workbench.import_labels(current(root), gt, detail="gt"), None)
    assert "…" in panel._legend.text()
    assert panel.minimumSizeHint().width() <= max(wide, 240)


def test_the_legend_of_sources_names_those_that_the_project_has(
    root: Application,
    qtbot: QtBot,
) -> None:
    legend = root.window.label.layers._legend
    root.do("layer.source")
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    assert "painted" in legend.text()
    assert "accepted" not in legend.text()
    predict(root, 1)
    session_of(root).easel.accept(5, 5)
    qtbot.waitUntil(lambda: "accepted" in legend.text(), timeout=WAIT_MS)
    root.do("layer.source")
    assert legend.isHidden()


def test_the_status_bar_says_what_lies_under_the_cursor(root: Application, qtbot: QtBot) -> None:
    canvas, said = root.window.label.canvas, root.window.status.cursor_text
    session = session_of(root)
    mask = session.desk.workbench.mask(current(root))
    qtbot.keyClick(canvas, Qt.Key.Key_3)
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    y, x = session.easel.hover
    assert said.whole == f"y {y}, x {x}    label: class 2, painted"
    predict(root, 4)  # the pointer rests
    assert said.whole.endswith("label: class 2, painted    predicted: class 4 (78 %)")
    free = np.argwhere(mask.labels == UNLABELLED)[0]
    session.easel.accept(*free)
    qtbot.waitUntil(lambda: mask.labels[tuple(free)] == 4, timeout=WAIT_MS)
    session._hovered(*free)
    assert "label: class 4, accepted from run 3" in said.whole
    root.do("edit.undo")
    session._hovered(*free)
    assert "label: unlabelled    predicted: class 4" in said.whole
    gt = np.full((60, 80), 1, np.uint8)
    session.desk.publish(
        session.desk.workbench.import_labels(current(root), gt, detail="gtFine"), None
    )
    session._hovered(0, 0)
    assert "label: class 1, imported from gtFine" in said.whole
    session._hovered(-1, -1)
    assert said.whole == ""


def test_layers_obey_the_open_project_only(root: Application, tmp_path: Path, qtbot: QtBot) -> None:
    before = session_of(root).lenses
    other = places.make(tmp_path / "other", {"train/x.png": (60, 80)})
    root.opening.open(other)
    qtbot.waitUntil(lambda: shown(root) and session_of(root).lenses is not before, timeout=WAIT_MS)
    panel, look = root.window.label.layers, before.look
    panel._sliders[Layer.LABELS].setValue(12)
    panel._unfold.click()
    panel._styles[LabelStyle.HATCH].trigger()
    assert before.look == look
    assert session_of(root).lenses.look.opacity[Layer.LABELS] == 0.12
    assert session_of(root).lenses.look.style is LabelStyle.HATCH
    assert root.settings.get("layers_unfolded") is True


def test_layers_are_seen_in_review_on_the_canvas_where_they_make_sense(
    root: Application, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, review = session_of(root), root.window.review
    root.do("image.split_val")
    gt = np.zeros((60, 80), np.uint8)
    gt[:, 40:] = 1
    session.desk.publish(session.desk.workbench.import_labels(current(root), gt, detail="gt"), None)
    said = np.zeros((60, 80), np.uint8)
    answer = Prediction(said, np.full_like(said, 200), "run 3", 10)
    monkeypatch.setattr(session.learners, "shown_prediction", lambda: answer)
    session.learners.show()
    for verb in ("layer.source", "layer.error", "layer.labels", "layer.prediction"):
        root.do(verb)
    root.window.show_room(Workspace.REVIEW)
    canvases = {"image": review.image, "labels": review.labels, "prediction": review.prediction}
    qtbot.waitUntil(lambda: review.prediction.can_show(Layer.ERROR), timeout=WAIT_MS)
    seen = {
        name: {
            layer for layer in Layer if canvas._picture.visible[layer] and canvas.can_show(layer)
        }
        for name, canvas in canvases.items()
    }
    assert seen == {
        "image": {Layer.IMAGE},
        "labels": {Layer.IMAGE, Layer.LABELS, Layer.SOURCE},
        "prediction": {Layer.IMAGE, Layer.PREDICTION, Layer.ERROR},
    }
    qtbot.keyClick(review.labels, Qt.Key.Key_2)  # class 1 is missed in the right half
    picture = review.prediction.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    view = review.prediction.view
    assert view is not None
    y, x = (math.floor(each) for each in view.to_device((30, 60)))
    plain = np.array(session.desk.workbench.class_map.palette()[0], float)
    share = session.lenses.look.opacity[Layer.ERROR]
    want = share * np.array(VERDICT_RGB[Verdict.MISSED]) + (1 - share) * plain
    got = picture.pixelColor(x, y)
    assert np.abs(np.array([got.red(), got.green(), got.blue()]) - want).max() <= 2


def test_holding_h_shows_the_bare_image_on_all_canvases_of_review(
    root: Application, qtbot: QtBot
) -> None:
    qtbot.keyClick(root.window.label.canvas, Qt.Key.Key_2)
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    root.window.show_room(Workspace.REVIEW)
    review = root.window.review
    qtbot.waitUntil(lambda: review.labels.can_show(Layer.LABELS), timeout=WAIT_MS)
    canvases = (review.image, review.labels, review.prediction)
    before = review.labels.grab().toImage()
    qtbot.keyPress(review.labels, Qt.Key.Key_H)
    assert [each._picture.bare for each in canvases] == [True] * 3
    assert review.labels.grab().toImage() != before
    qtbot.keyRelease(review.labels, Qt.Key.Key_H)
    assert [each._picture.bare for each in canvases] == [False] * 3
    assert review.labels.grab().toImage() == before
    assert not root.window.label.canvas._picture.bare
