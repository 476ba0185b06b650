"""The key editor: every action with its keys; press a key to set it, or choose a preset."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QModelIndex, QSignalBlocker, QSortFilterProxyModel, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from s4gui.core.messages import say
from s4gui.gui.dialogs.key_field import KeyField
from s4gui.gui.dialogs.parts import close_button, frame, preset_box
from s4gui.gui.key_names import native
from s4gui.gui.key_rows import FIND, KeyModel, scope_name
from s4gui.gui.parts import button, dim, row
from s4gui.workbench.key_presets import PRESETS
from s4gui.workbench.keymap import KeyMap
from s4gui.workbench.verbs import by_id


class KeyEditor(QDialog):
    """Shows a key map and tells each change of it at once by `chosen`."""

    chosen = Signal(object)  # KeyMap

    def __init__(self, parent: QWidget | None, keymap: KeyMap, *, action: str = "") -> None:
        super().__init__(parent)
        self._keymap, self._action = keymap, action or keymap.among[0].id
        layout = frame(self, say("key_editor.title", "Keys and mouse"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(say("key_editor.search", "Search actions or keys"))
        self.search.setClearButtonEnabled(True)
        self.preset = preset_box(keymap.preset.id)
        self.preset.setAccessibleName(say("key_editor.preset", "Preset"))
        self._reset_all = button(say("key_editor.reset_all", "Reset all"), self._reset_everything)
        head = row(self.search, QLabel(say("key_editor.as_in", "As in")), self.preset)
        head.addWidget(self._reset_all)
        head.setStretch(0, 1)
        layout.addLayout(head)
        self._about = dim()
        layout.addWidget(self._about)
        self.model = KeyModel(keymap)
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self.model)
        self._shown.setFilterRole(FIND)
        self.table = self._make_table()
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.table, 1)
        middle.addWidget(self._make_card())
        layout.addLayout(middle, 1)
        close_button(self).setAutoDefault(False)
        self.search.textChanged.connect(lambda text: self._shown.setFilterFixedString(text.lower()))
        self.preset.activated.connect(self._use_preset)
        self.table.selectionModel().currentRowChanged.connect(self._picked)
        self.resize(940, 620)
        self._choose(self._action)
        self._show()

    @property
    def keymap(self) -> KeyMap:
        """The map as it is now."""
        return self._keymap

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self._shown)
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(28)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        table.setColumnWidth(1, 90)
        table.setColumnWidth(2, 190)
        table.setTabKeyNavigation(False)
        table.doubleClicked.connect(lambda _index: self.field.setFocus())
        return table

    def _make_card(self) -> QWidget:
        card = QFrame()
        card.setObjectName("card")
        card.setFixedWidth(290)
        self._name, self._tip, self._scope = QLabel(), dim(), dim()
        self._name.setWordWrap(True)
        font = self._name.font()
        font.setBold(True)
        self._name.setFont(font)
        self._caps = QVBoxLayout()
        self._caps.setSpacing(4)
        self.field = KeyField()
        self.field.key_pressed.connect(self._press)
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._offer: Callable[[], None] = lambda: None
        self.offer = button("", self._take_offer, name="primary")
        self._reset = button(say("key_editor.reset", "Reset this one"), self._reset_one)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.setSpacing(8)
        for each in (self._name, self._tip, self._scope):
            layout.addWidget(each)
        layout.addLayout(self._caps)
        for part in (self.field, self._note, self.offer):
            layout.addWidget(part)
        layout.addStretch(1)
        layout.addWidget(self._reset)
        return card

    # --- showing -----------------------------------------------------------------------------

    def _choose(self, action: str) -> None:
        index = self._shown.mapFromSource(self.model.index(self.model.place(action), 0))
        self.table.setCurrentIndex(index)
        self.table.scrollTo(index)

    def _picked(self, now: QModelIndex) -> None:
        if now.isValid():
            self._action = self.model.row(self._shown.mapToSource(now).row()).id
            self._say("")
            self._show()

    def _show(self) -> None:
        keymap, action = self._keymap, self._action
        with QSignalBlocker(self.preset):
            self.preset.setCurrentIndex(self.preset.findData(keymap.preset.id))
        self._about.setText(keymap.preset.about.text)
        self._reset_all.setEnabled(keymap.is_changed)
        self._reset.setEnabled(action in keymap.changes)
        spec = by_id().get(action)
        self._name.setText(self._name_of(action))
        first = say("key_editor.class_tip", "Paint with the class at this place of the list")
        self._tip.setText(spec.tip.text if spec else first)
        self._scope.setText(scope_name(keymap.scope(action)))
        while (item := self._caps.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for key in keymap.of(action):
            self._caps.addWidget(_cap(key, partial(self._remove, key)))

    def _say(self, text: str, offer: str = "", does: Callable[[], None] | None = None) -> None:
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self.offer.setText(offer)
        self.offer.setVisible(bool(offer))
        self._offer = does or (lambda: None)

    def _take_offer(self) -> None:
        self._offer()

    def _name_of(self, action: str) -> str:
        return next(each.text for each in self._keymap.among if each.id == action)

    # --- changing ----------------------------------------------------------------------------

    def _press(self, key: str) -> None:
        keymap, action = self._keymap, self._action
        scope = keymap.scope(action)
        fixed = keymap.fixed(key, scope)
        owners = keymap.owners(key, scope, but=action)
        if key in keymap.of(action):
            self._say(say("key_editor.has", "{key} is its key already.", key=native(key)))
        elif fixed is not None:
            text = say(
                "key_editor.fixed",
                "{key} cannot be chosen: {what}.",
                key=native(key),
                what=fixed.text.text,
            )
            self._say(text)
        elif owners:
            names = ", ".join(f"“{self._name_of(each)}”" for each in owners)
            self._say(
                say(
                    "key_editor.conflict", "{key} belongs to {names}.", key=native(key), names=names
                ),
                say("key_editor.move", "Move {key} here", key=native(key)),
                partial(self._add, key),
            )
        else:
            self._add(key)

    def _add(self, key: str) -> None:
        self._use(self._keymap.with_keys(self._action, (*self._keymap.of(self._action), key)))

    def _remove(self, key: str) -> None:
        left = [each for each in self._keymap.of(self._action) if each != key]
        self._use(self._keymap.with_keys(self._action, left))

    def _reset_one(self) -> None:
        self._use(self._keymap.reset(self._action))

    def _reset_everything(self) -> None:
        self._give_up(self._keymap.reset_all())

    def _use_preset(self, place: int) -> None:
        if PRESETS[place] is not self._keymap.preset:
            self._give_up(self._keymap.reset_all(PRESETS[place]))

    def _give_up(self, after: KeyMap) -> None:
        before = self._keymap
        self._use(after)
        if before.changes:
            self._say(
                say("key_editor.gone", "Your own keys ({n}) are gone.", n=len(before.changes)),
                say("key_editor.back", "Bring them back"),
                partial(self._use, before),
            )

    def _use(self, after: KeyMap) -> None:
        before, self._keymap = self._keymap, after
        self.model.show(after)
        lost = [
            each.text
            for each in after.among
            if each.id != self._action and set(before.of(each.id)) - set(after.of(each.id))
        ]
        same = after.preset is before.preset and len(after.changes) >= len(before.changes)
        taken = say("key_editor.taken", "Taken from: {names}.", names=", ".join(lost))
        self._say(taken if lost and same else "")
        self._show()
        self.chosen.emit(after)


def _cap(key: str, remove: Callable[[], None]) -> QWidget:
    cap = QFrame()
    cap.setObjectName("key_cap")
    name = QLabel(native(key))
    away = QToolButton()
    away.setText("×")
    away.setToolTip(say("key_editor.remove", "Take this key away"))
    away.setAccessibleName(say("key_editor.remove_key", "Take {key} away", key=native(key)))
    away.clicked.connect(lambda _checked: remove())
    line = QHBoxLayout(cap)
    line.setContentsMargins(10, 2, 4, 2)
    line.addWidget(name, 1)
    line.addWidget(away)
    return cap
