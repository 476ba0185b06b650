"""Panels show without asking, and ask once when a hand does something."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from s4gui.core import recipe as recipe_module
from s4gui.core.classes import ClassMap, LabelClass
from s4gui.core.frames import Frame, FrameState, Split
from s4gui.core.listing import Listing, Sort
from s4gui.core.recipe import NETWORKS, STRATEGIES, Recipe
from s4gui.core.scores import ClassScore
from s4gui.gui import icons, theme
from s4gui.gui.frame_model import FrameModel, FrameRow
from s4gui.gui.pace import Pace
from s4gui.gui.panels.frames import FramesPanel
from s4gui.gui.panels.layers import AUTOMATIC, LayersPanel
from s4gui.gui.panels.log import LogPanel
from s4gui.gui.panels.progress import ProgressPanel, RunFacts, time_left
from s4gui.gui.panels.recipe import RecipePanel
from s4gui.gui.panels.runs import RunRow, RunsPanel
from s4gui.gui.panels.scores import NONE, ScoresPanel, Table
from s4gui.gui.panels.tools import ToolsPanel
from s4gui.gui.parts import Elided, short_count
from s4gui.gui.recipe_choices import computing, learning
from s4gui.gui.recipe_words import spins
from s4gui.gui.train_room import presets
from s4gui.workbench.frame_table import FrameTable
from s4gui.workbench.verbs import ACTIONS

CLASSES = ClassMap(tuple(LabelClass(i, f"class {i}", (20 * i, 90, 10)) for i in range(12)))
FRAMES = (
    *(Frame("img", f"a/image{n}.png", 40, 60) for n in range(8)),
    Frame("img", "val/b.png", 40, 60, Split.VAL),
    Frame("img", "broken.png", 0, 0, problem="broken.png cannot be read"),
)


@pytest.fixture
def actions(qapp: QApplication) -> dict[str, QAction]:
    made = {}
    for spec in ACTIONS:
        made[spec.id] = QAction(spec.text.text)
        made[spec.id].setCheckable(spec.checkable)
    return made


class Heard:
    """What a signal said."""

    def __init__(self) -> None:
        self.said: list[tuple[object, ...]] = []

    def __call__(self, *values: object) -> None:
        self.said.append(values)


def test_showing_frames_is_silent_and_a_click_asks_once(qtbot: QtBot) -> None:
    panel, heard = FramesPanel(), Heard()
    qtbot.addWidget(panel)
    panel.frame_asked.connect(heard)
    panel.resize(240, 400)
    panel.show()
    panel.show_table(FrameTable(FRAMES, {FRAMES[1].id: {0: 24}}))
    panel.show_current(FRAMES[2].id)
    assert heard.said == []
    place = panel.view.visualRect(panel.view.model().index(1, 0)).center()
    qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert heard.said == [(FRAMES[1].id,)]


def test_the_filter_hides_other_images_and_enter_opens_the_first(qtbot: QtBot) -> None:
    panel, heard = FramesPanel(), Heard()
    qtbot.addWidget(panel)
    panel.show_table(FrameTable(FRAMES))
    panel.frame_asked.connect(heard)
    panel.filter_box.setText("IMAGE3")
    assert panel.shown_ids() == (FRAMES[3].id,)
    qtbot.keyClick(panel.filter_box, Qt.Key.Key_Return)
    assert heard.said[-1] == (FRAMES[3].id,)


def test_a_filter_in_words_is_completed_and_kept_with_the_listing(qtbot: QtBot) -> None:
    panel, heard = FramesPanel(), Heard()
    qtbot.addWidget(panel)
    panel.resize(240, 400)
    panel.show()
    panel.show_table(FrameTable(FRAMES, {FRAMES[2].id: {0: 24}}, classes={"Road marking": 0}))
    panel.listing_changed.connect(heard)
    box, popup = panel.filter_box, panel.filter._completer.popup()
    box.setFocus()
    qtbot.keyClicks(box, "cl")
    assert popup.isVisible()
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert box.text() == "class:"
    qtbot.waitUntil(popup.isVisible)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert box.text() == 'class:"Road marking"'
    assert panel.shown_ids() == (FRAMES[2].id,)
    assert heard.said[-1][0] == Listing(box.text())
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert heard.said[-1][0] == Listing(box.text(), (box.text(),))
    box.clear()
    assert len(panel.shown_ids()) == len(FRAMES)
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert panel.filter._words.stringList() == ['class:"Road marking"']


def test_the_list_is_sorted_as_its_button_says_and_walks_in_that_order(qtbot: QtBot) -> None:
    panel, heard = FramesPanel(), Heard()
    qtbot.addWidget(panel)
    labels = {FRAMES[5].id: {0: 9}, FRAMES[2].id: {0: 20}}
    panel.show_table(FrameTable(FRAMES[:6], labels))
    panel.show_current(FRAMES[2].id)
    panel.listing_changed.connect(heard)
    panel.sorting._choices[Sort.LABELLED].trigger()
    assert panel.shown_ids()[-2:] == (FRAMES[5].id, FRAMES[2].id)
    panel.sorting._down.trigger()
    assert heard.said[-1] == (Listing(sort=Sort.LABELLED, descending=True),)
    order = (2, 5, 0, 1, 3, 4)
    assert panel.shown_ids() == tuple(FRAMES[n].id for n in order)
    assert panel.beside(FRAMES[5].id, 1) == FRAMES[0].id
    assert panel.beside(FRAMES[5].id, -1) == FRAMES[2].id
    assert panel.selected() == (FRAMES[2].id,)
    panel.show_listing(Listing(sort=Sort.NAME))
    panel.show_table(FrameTable(FRAMES[:6], labels))
    assert panel.shown_ids() == tuple(each.id for each in FRAMES[:6])
    assert not panel.sorting._down.isChecked()


def test_a_wrong_filter_says_where_and_changes_nothing(qtbot: QtBot) -> None:
    panel, heard = FramesPanel(), Heard()
    qtbot.addWidget(panel)
    panel.show_table(FrameTable(FRAMES))
    panel.filter_box.setText("split:val")
    assert panel.shown_ids() == (FRAMES[8].id,)
    panel.frame_asked.connect(heard)
    panel.filter_box.setText("split:val or splat:x")
    qtbot.keyClick(panel.filter_box, Qt.Key.Key_Return)
    assert panel.shown_ids() == (FRAMES[8].id,)
    assert heard.said == []
    assert "<u><b>splat</b></u>" in panel.filter._trouble.text()
    assert not panel.filter._trouble.isHidden()
    panel.filter_box.setText("split:val or image3")
    assert panel.filter._trouble.isHidden()
    assert panel.shown_ids() == (FRAMES[3].id, FRAMES[8].id)


def test_an_image_that_no_longer_passes_goes_when_another_is_opened(qtbot: QtBot) -> None:
    panel = FramesPanel()
    qtbot.addWidget(panel)
    table = FrameTable(FRAMES)
    panel.show_table(table)
    panel.filter_box.setText("state:untouched")
    panel.show_current(FRAMES[3].id)
    table.count(FRAMES[3].id, {1: 7})
    panel.show_changed([FRAMES[3].id], arrange=False)
    assert FRAMES[3].id in panel.shown_ids()
    assert panel.beside(FRAMES[3].id, 1) == FRAMES[4].id
    panel.show_current(FRAMES[5].id)
    assert FRAMES[3].id not in panel.shown_ids()
    table.mark({FRAMES[5].id: FrameState.DONE})
    panel.show_changed([FRAMES[5].id], arrange=True)
    assert FRAMES[5].id not in panel.shown_ids()
    assert panel.beside(FRAMES[5].id, 1) == FRAMES[6].id
    assert panel.beside(FRAMES[5].id, -1) == FRAMES[4].id


def test_a_broken_image_is_listed_with_its_reason_and_cannot_be_opened(qtbot: QtBot) -> None:
    panel = FramesPanel()
    qtbot.addWidget(panel)
    panel.show_table(FrameTable(FRAMES))
    index = panel.model.place("img/broken.png")
    assert "cannot be read" in str(index.data(Qt.ItemDataRole.ToolTipRole))
    assert index.flags() == Qt.ItemFlag.NoItemFlags


def test_thumbnails_are_asked_for_by_rows_that_are_painted_only(qtbot: QtBot) -> None:
    panel, heard = FramesPanel(), Heard()
    qtbot.addWidget(panel)
    panel.thumbnail_asked.connect(heard)
    many = tuple(Frame("img", f"{n}.png", 4, 4) for n in range(500))
    panel.resize(240, 300)
    panel.show_table(FrameTable(many))
    panel.show()
    qtbot.waitUntil(lambda: bool(heard.said))
    assert len({name for (name,) in heard.said}) < 20
    picture = QImage(8, 8, QImage.Format.Format_RGB888)
    panel.show_thumbnail(many[0].id, picture)
    heard.said.clear()
    panel.grab()
    assert (many[0].id,) not in heard.said


def test_a_long_list_is_shown_without_asking_for_every_row(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"rowCount": 0, "data": 0, "flags": 0}
    for name in asked:
        real = getattr(FrameModel, name)

        def counted(*values: object, real=real, name=name) -> object:
            asked[name] += 1
            return real(*values)

        monkeypatch.setattr(FrameModel, name, counted)
    panel = FramesPanel()
    qtbot.addWidget(panel)
    panel.resize(240, 400)
    panel.show()
    many = tuple(Frame("img", f"{n}.png", 4, 4) for n in range(20_000))
    panel.show_table(FrameTable(many))
    panel.show_current(many[15_000].id)
    panel.filter_box.setText("1")
    panel.grab()
    assert many[15_000].id in panel.seen_ids()
    assert len(panel.seen_ids()) < 10
    assert max(asked.values()) < 2000


@pytest.mark.parametrize(
    ("name", "beside", "own"),
    [
        ("city_000012_left.png", "city_000011_left.png", "000012_left.png"),
        ("city_001000_left.png", "city_000999_left.png", "001000_left.png"),
        ("a.png", "b.png", "a.png"),
        ("a.png", "", "a.png"),
        ("a-1-x.png", "a-1-y.png", "x.png"),
        ("same.png", "same.png", ""),
    ],
)
def test_a_long_name_is_shown_from_where_it_differs(name: str, beside: str, own: str) -> None:
    assert FrameRow(Frame("img", f"a/{name}", 4, 4), beside=beside).own == own


def test_home_and_end_go_to_the_first_and_the_last_image(qtbot: QtBot) -> None:
    panel, heard = FramesPanel(), Heard()
    qtbot.addWidget(panel)
    panel.show_table(FrameTable(FRAMES[:9]))
    panel.show_current(FRAMES[4].id)
    panel.frame_asked.connect(heard)
    qtbot.keyClick(panel.view, Qt.Key.Key_End)
    qtbot.keyClick(panel.view, Qt.Key.Key_Home)
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    assert heard.said == [(FRAMES[8].id,), (FRAMES[0].id,), (FRAMES[1].id,)]
    qtbot.keyClick(panel.view, Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)
    assert panel.selected() == tuple(each.id for each in FRAMES[1:9])


def test_showing_frames_again_keeps_the_pictures(qtbot: QtBot) -> None:
    panel = FramesPanel()
    qtbot.addWidget(panel)
    panel.show_table(FrameTable(FRAMES))
    panel.show_thumbnail(FRAMES[0].id, QImage(8, 8, QImage.Format.Format_RGB888))
    panel.show_table(FrameTable(FRAMES, {FRAMES[0].id: {3: 5}}))
    row = panel.model.place(FRAMES[0].id).data(Qt.ItemDataRole.UserRole + 1)
    assert row.thumbnail is not None
    assert row.labelled_px == 5


@pytest.mark.parametrize(
    ("px", "text"), [(0, ""), (950, "950"), (1200, "1.2k"), (12_345, "12k"), (3_400_000, "3.4M")]
)
def test_a_pixel_count_is_short(px: int, text: str) -> None:
    assert short_count(px) == text


def test_the_brush_size_is_shown_silently_and_told_when_moved(
    qtbot: QtBot, actions: dict[str, QAction]
) -> None:
    panel, heard = ToolsPanel(actions), Heard()
    qtbot.addWidget(panel)
    panel.radius_asked.connect(heard)
    panel.show_radius(12.0, sizable=True)
    assert heard.said == []
    assert panel._shown.text() == "24 px"
    panel._size.setValue(panel._size.value() + 20)
    (radius_px,) = heard.said[-1]
    assert isinstance(radius_px, float)
    assert radius_px > 12.0
    panel.show_radius(12.0, sizable=False)
    assert not panel._size.isEnabled()


def test_the_learner_is_shown_silently_and_chosen_by_hand(
    qtbot: QtBot, actions: dict[str, QAction]
) -> None:
    panel, heard = LayersPanel(actions), Heard()
    qtbot.addWidget(panel)
    panel.learner_asked.connect(heard)
    panel.show_learners((("preview", "instant preview"), ("run", "run 2")), AUTOMATIC, "why")
    assert heard.said == []
    panel._learner.activated.emit(2)
    assert heard.said == [("run",)]


def test_the_recipe_panel_gives_back_the_recipe_it_shows(qtbot: QtBot) -> None:
    panel = RecipePanel()
    qtbot.addWidget(panel)
    for recipe in (
        Recipe(),
        Recipe(strategy="s4gan", steps=120, trust=0.75, seed=7),
        Recipe(network="unet", width=64, seconds=90.0, learning_rate=0.0005, optimizer="sgd"),
        Recipe(network="deeplabv2-resnet50", pretrained="imagenet"),
        Recipe(network="zoo:unet/resnet18", pretrained="none"),
        Recipe(precision="bf16", memory_format="channels_last", compiled="on"),
        Recipe(precision="fp16", memory_format="contiguous", compiled="off", schedule="onecycle"),
        Recipe(class_weights="log", optimizer="adam"),
    ):
        panel.show_recipe(recipe)
        assert panel.recipe() == recipe


def test_choices_of_a_preset_that_are_not_shown_are_kept(qtbot: QtBot) -> None:
    panel = RecipePanel()
    qtbot.addWidget(panel)
    panel.show_recipe(Recipe(width=24, ema=0.5))
    panel._strategy.setCurrentIndex(panel._strategy.findData("s4gan"))
    assert panel.recipe() == Recipe(width=24, ema=0.5, strategy="s4gan")


def test_on_a_graphics_card_networks_with_weights_at_hand_come_first(qtbot: QtBot) -> None:
    panel = RecipePanel()
    qtbot.addWidget(panel)
    panel.show_recipe(Recipe(network="unet", width=64))

    def offered() -> list[str]:
        return [panel._network.itemText(n) for n in range(panel._network.count())]

    assert offered()[0].startswith("Light")
    assert all(each.endswith("from scratch") for each in offered() if "DeepLab" in each)
    with qtbot.assertNotEmitted(panel.changed):
        panel.show_weights(("resnet50",), on_card=True)
    assert offered()[0] == "DeepLabv2, ResNet-50, ImageNet weights"
    assert offered()[1].startswith("Light")
    assert len(offered()) == len(set(offered())) == len(NETWORKS)
    assert panel.recipe().network == "unet"
    panel.show_weights(("resnet50",), on_card=False)
    assert offered()[0].startswith("Light")
    assert "DeepLabv2, ResNet-50, ImageNet weights" in offered()


def test_every_folded_choice_offers_all_values_of_the_recipe_in_words(qtbot: QtBot) -> None:
    known = {
        "optimizer": recipe_module.OPTIMIZERS,
        "schedule": recipe_module.SCHEDULES,
        "class_weights": recipe_module.CLASS_WEIGHTS,
        "precision": recipe_module.PRECISIONS,
        "memory_format": recipe_module.MEMORY_FORMATS,
        "compiled": recipe_module.COMPILED,
    }
    choices = (*learning(), *computing())
    assert {each.name: tuple(v for v, _ in each.options) for each in choices} == known
    for each in computing():
        assert each.options[0] == ("auto", "Automatic")
        assert "timed trial" in each.tip
        assert "graphics card" in each.tip
    panel = RecipePanel()
    qtbot.addWidget(panel)
    for name, combo in panel._combos.items():
        for value in known[name]:
            combo.setCurrentIndex(combo.findData(value))
            assert getattr(panel.recipe(), name) == value


def test_recipes_say_what_they_begin_with_and_come_first_where_weights_are_at_hand(
    qtbot: QtBot,
) -> None:
    panel = RecipePanel()
    qtbot.addWidget(panel)
    panel.show_presets(presets())

    def offered() -> list[str]:
        return [panel._preset.itemText(n) for n in range(panel._preset.count())]

    assert offered()[0] == "Fast"
    assert "DeepLabv2, from scratch" in offered()
    assert "S4GAN, as for Cityscapes, from scratch" in offered()
    with qtbot.assertNotEmitted(panel.changed):
        panel.show_weights(("resnet50",), on_card=False)
    assert offered()[0] == "Fast", "without a graphics card it would take hours"
    assert "DeepLabv2, ImageNet weights" in offered()
    panel.show_weights(("resnet50",), on_card=True)
    assert offered()[:2] == ["DeepLabv2, ImageNet weights", "Fast"]
    assert panel._preset.currentText() == "Fast", "what is chosen stays chosen"
    assert panel.recipe() == presets()["Fast"]
    panel._preset.setCurrentIndex(0)
    panel._preset.activated.emit(0)
    recipe = panel.recipe()
    assert (recipe.network, recipe.pretrained) == ("deeplabv2-resnet50", "auto")
    assert len(offered()) == len(presets())
    tip = panel._preset.itemData(0, Qt.ItemDataRole.ToolTipRole)
    assert "graphics card" in tip


def test_a_recipe_that_wants_no_weights_begins_from_scratch_whatever_is_at_hand(
    qtbot: QtBot,
) -> None:
    panel = RecipePanel()
    qtbot.addWidget(panel)
    recipe = Recipe(network="deeplabv2-resnet50", pretrained="none")
    panel.show_presets({"Fast": Recipe(), "Mine": recipe})
    panel.show_weights(("resnet50",), on_card=True)
    assert panel._preset.itemText(1) == "Mine, from scratch"


def test_a_network_of_a_recipe_file_stays_offered_when_weights_are_found(qtbot: QtBot) -> None:
    panel = RecipePanel()
    qtbot.addWidget(panel)
    panel.show_recipe(Recipe(network="zoo:unet/resnet18"))
    panel.show_weights(("resnet101",), on_card=True)
    assert panel.recipe().network == "zoo:unet/resnet18"


def test_weights_are_chosen_for_networks_with_an_encoder_only(qtbot: QtBot) -> None:
    panel = RecipePanel()
    qtbot.addWidget(panel)
    panel.show_recipe(Recipe(network="deeplabv2-resnet18", pretrained="imagenet"))
    assert panel._pretrained.isEnabled()
    panel._network.setCurrentIndex(panel._network.findData("light"))
    assert not panel._pretrained.isEnabled()
    assert panel.recipe().pretrained == "auto"
    panel._network.setCurrentIndex(panel._network.findData("deeplabv2-resnet34"))
    assert panel.recipe().pretrained == "imagenet"


def test_the_warm_start_is_offered_when_a_run_fits(qtbot: QtBot) -> None:
    panel = RecipePanel()
    qtbot.addWidget(panel)
    assert not panel.warm
    panel.show_warm_start(3)
    assert panel.warm
    panel._warm.setChecked(False)
    panel.show_warm_start(4)
    assert not panel.warm
    panel.show_warm_start(None)
    assert not panel.warm


def test_the_devices_of_the_worker_are_offered_and_the_choice_stays(qtbot: QtBot) -> None:
    panel = RecipePanel()
    qtbot.addWidget(panel)
    panel.show_devices(("cuda:0", "cpu"), "cuda:0 (H100)", 80 << 30)
    panel._device.setCurrentIndex(panel._device.findData("cpu"))
    panel.show_devices(("cuda:0", "cpu"), "cuda:0 (H100)", 80 << 30)
    assert panel.recipe().device == "cpu"
    assert "80 GiB" in panel._device_facts.text()


def test_a_class_without_reference_pixels_has_a_dash_and_not_zero(qtbot: QtBot) -> None:
    panel = ScoresPanel()
    qtbot.addWidget(panel)
    scores = (
        ClassScore(0, 0.5, 9000, 277_431),
        ClassScore(1, None, 0, 77),
        ClassScore(2, 0.0, 9, 0),
    )
    panel.show_table(Table(scores, 0.25, "strokes", "Run 1"), CLASSES)
    cells = [[panel._table.item(r, c).text() for c in (1, 2, 3)] for r in range(3)]
    assert cells == [["0.500", "9,000", "277k"], [NONE, "0", "77"], ["0.000 ?", "9", "0"]]
    assert "held-out strokes" in panel._about.text()
    assert panel._title.text() == "IoU on strokes by class"
    panel.show_table(Table(scores, 0.25, "images", "Run 1"), CLASSES)
    assert panel._title.text() == "IoU by class"


def test_progress_shows_a_run_and_its_end(qtbot: QtBot, actions: dict[str, QAction]) -> None:
    panel = ProgressPanel(actions)
    qtbot.addWidget(panel)
    panel.show_run(RunFacts(7, "training", 1200, 4000, 95.0))
    assert panel._gear.isHidden()
    assert panel._steps.text() == "step 1,200 of 4,000"
    assert panel._left.text() == "about 2 min left"
    assert (panel._bar.value(), panel._bar.maximum()) == (1200, 4000)
    panel.show_run(None)
    assert panel._steps.text() == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12.4, "12 s left"), (300, "about 5 min left"), (7200, "about 2.0 h left")],
)
def test_the_time_left_is_said_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert time_left(seconds) == text


def test_runs_are_listed_newest_first_and_asked_for_by_hand(qtbot: QtBot) -> None:
    panel, heard = RunsPanel(), Heard()
    qtbot.addWidget(panel)
    panel.run_asked.connect(heard)
    panel.show_runs((RunRow(1, "done", "a", 0.3), RunRow(2, "failed", "b")), shown=2)
    assert heard.said == []
    assert panel._list.item(0).text().startswith("Run 2")
    assert "strokes" not in panel._list.item(1).text()
    assert "0.300 on strokes" in RunRow(1, "done", "a", 0.3, on="strokes").text
    panel._list.setCurrentRow(1)
    assert heard.said == [(1,)]


def test_the_log_keeps_its_lines_in_order(qtbot: QtBot) -> None:
    panel = LogPanel()
    qtbot.addWidget(panel)
    panel.show_lines(("a", "b"))
    panel.append(("c",))
    assert panel.text() == "a\nb\nc"


def test_a_long_text_is_cut_and_its_tooltip_has_it_whole(qtbot: QtBot) -> None:
    label = Elided("a very long class name that does not fit")
    qtbot.addWidget(label)
    label.resize(60, 20)
    label.show()
    assert label.text().endswith("…")
    assert label.toolTip() == label.whole
    label.resize(900, 20)
    qtbot.waitUntil(lambda: label.text() == label.whole)
    assert label.toolTip() == ""


@pytest.mark.parametrize("name", ["dark", "light"])
def test_both_themes_have_every_role_and_text_can_be_read(name: str) -> None:
    worn = theme.load(name)
    text, panel = worn.colour("text").lightnessF(), worn.colour("panel").lightnessF()
    assert worn.is_dark == (panel < 0.5)
    assert abs(text - panel) > 0.5


def test_an_icon_is_drawn_in_the_colour_of_the_theme(qapp: QApplication) -> None:
    icons.recolour("#ff0000", "#00ff00", "#0000ff")
    made = icons.icon("tool.brush")
    image = made.pixmap(32, 32).toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    drawn = pixels[pixels[..., 3] > 200]
    assert len(drawn) > 10
    assert (drawn[:, :3] == (255, 0, 0)).all()
    assert icons.icon("no.such").isNull()


def test_the_menu_of_the_list_names_the_selected_images(qtbot: QtBot) -> None:
    panel, heard = FramesPanel(), Heard()
    qtbot.addWidget(panel)
    panel.show_table(FrameTable(FRAMES))
    panel.show_current(FRAMES[4].id)
    panel.menu_asked.connect(heard)
    panel._menu(QPoint(3, 3))
    assert heard.said[0][0] == (FRAMES[4].id,)


def test_only_numbers_of_the_chosen_strategy_are_offered(qtbot: QtBot) -> None:
    panel = RecipePanel()
    qtbot.addWidget(panel)
    offered = {}
    for name in STRATEGIES:
        panel.show_recipe(Recipe(strategy=name))
        offered[name] = {key for key, each in panel._numbers.items() if not each.isHidden()}
    everywhere = set.intersection(*offered.values())
    assert {"weight_crf", "weight_tree", "weight_entropy", "seed"} <= everywhere
    assert offered["supervised"] == everywhere
    assert offered["weak2strong"] - offered["mean_teacher"] == {"threshold"}
    assert {"weight_fm", "weight_st", "trust"} <= offered["s4gan"] - everywhere
    assert offered["s4gan_mlmt"] - offered["s4gan"] == {"fuse"}


def test_progress_shows_how_a_run_computes_and_what_was_tried(
    qtbot: QtBot, actions: dict[str, QAction]
) -> None:
    panel = ProgressPanel(actions)
    qtbot.addWidget(panel)
    panel.show_run(RunFacts(7, "training", gear="Computes: so", trials="a\nb"))
    assert not panel._gear.isHidden()
    assert (panel._gear.text(), panel._gear.toolTip()) == ("Computes: so", "a\nb")
    panel.show_run(None)
    assert panel._gear.isHidden()


def test_every_number_the_window_offers_holds_what_a_recipe_may_hold() -> None:
    limits = {name: (low, high) for name, low, high in recipe_module._RANGES}
    for spin in spins():
        assert getattr(Recipe(), spin.name) is not None
        low, high = limits[spin.name]
        assert spin.low <= max(low, 10**-spin.decimals if spin.decimals else low)
        assert spin.high >= min(high, 2**31 - 1) or spin.name == "learning_rate"


def test_news_are_told_at_most_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("s4gui.gui.pace.time.monotonic", lambda: now[0])
    pace = Pace(0.5)
    told = []
    for _ in range(40):
        if pace.is_due():
            told.append(round(now[0] - 100, 3))
        now[0] += 0.125
    assert told == [0.5 * n for n in range(10)]
