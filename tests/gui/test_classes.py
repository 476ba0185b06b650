"""The list of classes: choosing, finding among 250, counts, order; the table of counts."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from s4gui.core.classes import VOID, ClassMap, LabelClass
from s4gui.gui.class_rows import COUNT, SHARE, ClassRow, share_text
from s4gui.gui.dialogs.class_counts import ClassCountsDialog
from s4gui.gui.panels.classes import ClassesPanel
from s4gui.workbench.class_counts import ClassCount

FEW = ClassMap(tuple(LabelClass(i, f"class {i}", (20 * i, 90, 10)) for i in range(12)))
MANY = ClassMap(
    tuple(
        LabelClass(i, f"object--vehicle--kind {i} with a long name", (i, 90, 10))
        for i in range(250)
    )
)
COUNTS = {
    3: ClassCount(200, 0.2, 12_345, 0.75, 4),
    5: ClassCount(800, 0.8, 4_115, 0.25, 2),
}


@pytest.fixture
def panel(qapp: QApplication, qtbot: QtBot) -> ClassesPanel:
    panel = ClassesPanel()
    qtbot.addWidget(panel)
    panel.resize(260, 500)
    panel.show()
    return panel


@pytest.fixture
def asked(panel: ClassesPanel) -> list[int]:
    heard: list[int] = []
    panel.class_asked.connect(heard.append)
    return heard


def test_showing_is_silent_and_a_click_asks_for_the_class(
    panel: ClassesPanel, asked: list[int], qtbot: QtBot
) -> None:
    panel.show_classes(FEW, COUNTS, value=3)
    assert asked == []
    assert panel.ids() == FEW.ids
    assert panel.shown_ids() == (*FEW.ids, VOID)
    view = panel._list
    place = view.visualRect(view.model().index(5, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked == [5]


def test_numbers_are_of_all_images_or_of_this_one(panel: ClassesPanel) -> None:
    panel.show_classes(FEW, COUNTS, value=3)
    index = panel.model.index(3)
    assert (index.data(COUNT), index.data(SHARE)) == ("12k", 1.0)
    panel.scope.click()
    assert (index.data(COUNT), index.data(SHARE)) == ("200", 0.25)
    assert panel.scope.text() == "This image"
    tip = str(index.data(Qt.ItemDataRole.ToolTipRole))
    for text in ("pixel value 3", "200 pixels, 20.0 %", "12,345 pixels, 75.0 %", "in 4 images"):
        assert text in tip
    panel.show_counts({})
    assert (index.data(COUNT), index.data(SHARE)) == ("", 0.0)


@pytest.mark.parametrize(
    ("share", "text"), [(None, ""), (0.0, "0.0 %"), (0.0002, "< 0.1 %"), (0.5, "50.0 %")]
)
def test_a_share_is_a_percentage(share: float | None, text: str) -> None:
    assert share_text(share) == text


def test_few_classes_need_no_field_and_many_have_one(panel: ClassesPanel) -> None:
    panel.show_classes(FEW, {}, value=0)
    assert panel.find_box.isHidden()
    panel.show_classes(MANY, {}, value=249)
    assert not panel.find_box.isHidden()
    assert "250" in panel.find_box.placeholderText()
    view = panel._list
    assert view.viewport().rect().intersects(view.visualRect(view.currentIndex()))


def test_typing_finds_and_enter_chooses_and_leaves(
    panel: ClassesPanel, asked: list[int], qtbot: QtBot
) -> None:
    panel.show_classes(MANY, {}, value=0)
    left: list[bool] = []
    panel.left.connect(lambda: left.append(True))
    qtbot.keyClicks(panel.find_box, "KIND 17")
    assert panel.shown_ids() == tuple(n for n in range(250) if "17" in str(n))
    qtbot.keyClick(panel.find_box, Qt.Key.Key_Return)
    assert asked == [17]
    assert left == [True]
    assert len(panel.shown_ids()) == 251
    assert panel._list.currentIndex().row() == 0  # what was marked is marked again
    qtbot.keyClicks(panel.find_box, "zzz")
    qtbot.keyClick(panel.find_box, Qt.Key.Key_Return)
    assert panel.shown_ids() == ()
    qtbot.keyClick(panel.find_box, Qt.Key.Key_Escape)
    assert asked == [17]
    assert left == [True, True]
    assert panel.find_box.text() == ""


def test_a_field_that_goes_away_hides_no_class(panel: ClassesPanel, qtbot: QtBot) -> None:
    panel.show_classes(MANY, {}, value=0)
    qtbot.keyClicks(panel.find_box, "zzz")
    panel.show_classes(FEW, {}, value=0)
    assert panel.shown_ids() == (*FEW.ids, VOID)


def drop(panel: ClassesPanel, place: int, to: int, *, below: bool) -> None:
    view = panel._list
    view.setCurrentIndex(view.model().index(place, 0))
    rect = view.visualRect(view.model().index(to, 0))
    at = QPointF(rect.center().x(), rect.bottom() - 1 if below else rect.top() + 1)
    view.dropEvent(
        QDropEvent(
            at,
            Qt.DropAction.MoveAction,
            QMimeData(),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


@pytest.mark.parametrize("half", ["upper", "lower"])
@pytest.mark.parametrize(("place", "to"), [(2, 5), (5, 2), (0, 11), (11, 0), (4, 12), (6, 6)])
def test_a_class_is_dropped_between_the_two_it_was_dropped_between(
    panel: ClassesPanel, place: int, to: int, half: str
) -> None:
    panel.show_classes(FEW, {}, value=0)
    heard: list[tuple[int, ...]] = []
    panel.order_asked.connect(heard.append)
    drop(panel, place, to, below=half == "lower")
    gap = to + (half == "lower")
    wanted = [each for each in FEW.ids[:gap] if each != place] + [place]
    wanted += [each for each in FEW.ids[gap:] if each != place]
    assert [list(each) for each in heard] in ([wanted], [] if wanted == list(FEW.ids) else [wanted])
    assert panel.ids() == FEW.ids  # the project decides


def test_an_empty_class_list_says_what_to_do(panel: ClassesPanel) -> None:
    panel.show_classes(ClassMap(), {}, value=VOID)
    assert panel._stack.currentIndex() == 1
    assert panel.scope.isHidden()
    panel.show_classes(FEW, {}, value=0)
    assert panel._stack.currentIndex() == 0


def test_new_counts_of_250_classes_do_not_make_the_list_anew(panel: ClassesPanel) -> None:
    panel.show_classes(MANY, {}, value=200)
    resets: list[bool] = []
    panel.model.modelReset.connect(lambda: resets.append(True))
    panel.show_counts(COUNTS)
    panel.show_keys(("1",), "M")
    assert resets == []
    assert panel._list.currentIndex().row() == 200


def test_the_table_sorts_finds_and_copies(qapp: QApplication, qtbot: QtBot) -> None:
    rows = [ClassRow(each.id, each.name, each.rgb, "", COUNTS.get(each.id, ClassCount()))
            for each in FEW.classes]  # fmt: skip
    dialog = ClassCountsDialog(None, rows, image="a.png")
    qtbot.addWidget(dialog)
    lines = dialog.text().splitlines()
    assert lines[1] == "class 3\t200\t20.0 %\t12,345\t75.0 %\t4"
    assert lines[2].startswith("class 5\t")
    dialog.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert dialog.text().splitlines()[1].startswith("class 5\t800")
    qtbot.keyClicks(dialog.search, "class 1")
    assert len(dialog.text().splitlines()) == 1 + 3
    dialog.copy()
    assert QApplication.clipboard().text() == dialog.text()
