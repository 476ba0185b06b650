"""The recipe of the next run: three plain choices, the rest folded away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from s4gui.core.errors import RecipeError
from s4gui.core.messages import say
from s4gui.core.recipe import (
    NETWORKS,
    PRETRAINED,
    STRATEGIES,
    Recipe,
    encoder_of,
)
from s4gui.gui.parts import Fold, WideList, dim, heading, inset
from s4gui.gui.recipe_choices import Choice, computing, learning
from s4gui.gui.recipe_words import (
    Spin,
    beginning,
    network_name,
    pretrained_name,
    spins,
    strategy_name,
)

Number = QSpinBox | QDoubleSpinBox
_NUMBER_PX = 72
"""Room for seven digits; a spin box by itself wants room for the largest number there may be."""


class RecipePanel(QWidget):
    """Edits one Recipe. `recipe()` is always a valid one; a contradiction is said in words."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._presets: dict[str, Recipe] = {"fast": Recipe()}
        self._base = Recipe()
        self._preset = _combo(say("recipe.preset_name", "Preset"))
        self._network = _combo(say("recipe.network_name", "Network"))
        self._pretrained = _combo(say("recipe.pretrained_name", "ImageNet weights"), letters=7)
        self._encoders: tuple[str, ...] = ()
        self._on_card = False
        self._strategy = _combo(say("recipe.strategy_name", "Strategy"))
        self._budget_kind = _combo(say("recipe.budget_name", "Budget"))
        self._budget = QDoubleSpinBox()
        inset(self._budget)
        self._device = _combo(say("recipe.device_name", "Device"))
        self._device_facts = dim()
        self._combos: dict[str, QComboBox] = {}
        self._flip = QCheckBox(say("recipe.flip", "Mirror images"))
        self._numbers: dict[str, Number] = {}
        self._warm = QCheckBox()
        self._warm.hide()
        self._problem = QLabel()
        self._problem.setObjectName("bad")
        self._problem.setWordWrap(True)
        self._build()
        self._fill_choices()
        self._connect()
        self.show_recipe(self._base)

    def _build(self) -> None:
        simple = _form()
        _add(simple, say("recipe.preset", "Preset"), self._preset)
        _add(simple, say("recipe.network", "Network"), self._network)
        _add(simple, say("recipe.strategy", "Strategy"), self._strategy)
        _add(simple, say("recipe.budget", "Budget"), self._budget_kind)
        _add(simple, "", self._budget)
        _add(simple, say("recipe.device", "Device"), self._device)
        deep = QWidget()
        form = _form()
        deep.setLayout(form)
        form.setContentsMargins(4, 0, 0, 0)
        self._form = form
        for spin in spins():
            self._numbers[spin.name] = _number(spin)
            _add(form, spin.label, self._numbers[spin.name])
        _add(form, say("recipe.pretrained", "ImageNet weights"), self._pretrained)
        form.addRow(self._flip)
        for choice in (*learning(), *computing()):
            self._combos[choice.name] = _filled(choice)
            _add(form, choice.label, self._combos[choice.name])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(heading(say("recipe.heading", "Recipe")))
        layout.addLayout(simple)
        layout.addWidget(self._device_facts)
        layout.addWidget(self._warm)
        layout.addWidget(self._problem)
        layout.addWidget(Fold(say("recipe.more", "More choices"), deep))
        layout.addStretch(1)

    def _fill_choices(self) -> None:
        self._offer_networks(NETWORKS)
        for name in PRETRAINED:
            self._pretrained.addItem(pretrained_name(name), name)
        for name in STRATEGIES:
            self._strategy.addItem(strategy_name(name), name)
        self._budget_kind.addItem(say("recipe.minutes", "Minutes of training"), "minutes")
        self._budget_kind.addItem(say("recipe.steps", "Steps"), "steps")
        self._budget_kind.addItem(say("recipe.epochs", "Passes over the labels"), "epochs")
        self.show_devices((), "", 0)

    def _connect(self) -> None:
        for combo in (
            self._network,
            self._pretrained,
            self._strategy,
            self._device,
            *self._combos.values(),
        ):
            combo.currentIndexChanged.connect(self._edited)
        for number in (*self._numbers.values(), self._budget):
            number.valueChanged.connect(self._edited)
        self._flip.toggled.connect(self._edited)
        self._preset.activated.connect(self._preset_chosen)
        self._budget_kind.currentIndexChanged.connect(self._budget_changed)

    def show_presets(self, presets: Mapping[str, Recipe]) -> None:
        """Offer these recipes by their titles; the first one becomes the recipe."""
        self._presets = dict(presets) or {"fast": Recipe()}
        self._offer_presets("")
        self.show_recipe(next(iter(self._presets.values())))

    def show_recipe(self, recipe: Recipe) -> None:
        """Show a recipe; emits nothing."""
        blocked = [QSignalBlocker(each) for each in self.findChildren(QWidget)]
        self._base = recipe
        if self._network.findData(recipe.network) < 0:  # one of the zoo, from a recipe file
            self._network.addItem(network_name(recipe.network), recipe.network)
        for combo, name in (
            (self._network, recipe.network),
            (self._pretrained, recipe.pretrained),
            (self._strategy, recipe.strategy),
            *((combo, getattr(recipe, name)) for name, combo in self._combos.items()),
        ):
            combo.setCurrentIndex(max(0, combo.findData(name)))
        for name, number in self._numbers.items():
            if isinstance(number, QSpinBox):
                number.setValue(int(getattr(recipe, name)))
            else:
                number.setValue(float(getattr(recipe, name)))
        self._flip.setChecked(recipe.flip)
        kind = "steps" if recipe.steps else "epochs" if recipe.epochs else "minutes"
        self._budget_kind.setCurrentIndex(self._budget_kind.findData(kind))
        self._show_budget()
        self._budget.setValue(recipe.steps or recipe.epochs or recipe.seconds / 60)
        place = self._device.findData(recipe.device)
        self._device.setCurrentIndex(max(0, place))
        del blocked
        self._check()

    def show_devices(self, devices: tuple[str, ...], name: str, memory_bytes: int) -> None:
        """Offer the devices a worker found; `name` is the one it would take by itself."""
        chosen = self._device.currentData() or "auto"
        with QSignalBlocker(self._device):
            self._device.clear()
            self._device.addItem(say("recipe.device_auto", "Chosen by itself"), "auto")
            for each in devices:
                self._device.addItem(each, each)
            self._device.setCurrentIndex(max(0, self._device.findData(chosen)))
        memory = f"{memory_bytes / 2**30:.0f}"
        text = say("recipe.device_facts", "{name}, {memory} GiB", name=name, memory=memory)
        self._device_facts.setText(text if name else say("recipe.device_wait", "Looking…"))

    def show_weights(self, encoders: tuple[str, ...], *, on_card: bool) -> None:
        """Say which networks begin with ImageNet's weights; on a graphics card offer them first,
        and recipes that use them.

        `encoders` are those whose weights are at hand. What is chosen stays chosen.
        """
        self._encoders, self._on_card = encoders, on_card
        self._offer_presets(str(self._preset.currentData()))
        chosen = self._network.currentData()
        others = [self._network.itemData(n) for n in range(len(NETWORKS), self._network.count())]
        ready = [name for name in NETWORKS if encoder_of(name) in encoders and on_card]
        rest = [name for name in NETWORKS if name not in ready]
        with QSignalBlocker(self._network):
            self._network.clear()
            self._offer_networks((*ready, *rest, *others))
            self._network.setCurrentIndex(max(0, self._network.findData(chosen)))

    def _offer_networks(self, names: Iterable[str]) -> None:
        for name in names:
            self._network.addItem(beginning(network_name(name), name, self._encoders), name)

    def _offer_presets(self, chosen: str) -> None:
        def comes_later(title: str) -> bool:
            recipe = self._presets[title]
            begins_ready = encoder_of(recipe.network) in self._encoders
            return not (self._on_card and begins_ready and recipe.pretrained != "none")

        with QSignalBlocker(self._preset):
            self._preset.clear()
            for title in sorted(self._presets, key=comes_later):
                recipe = self._presets[title]
                known = self._encoders if recipe.pretrained != "none" else ()
                self._preset.addItem(beginning(title, recipe.network, known), title)
                row = self._preset.count() - 1
                self._preset.setItemData(row, recipe.description, Qt.ItemDataRole.ToolTipRole)
            self._preset.setCurrentIndex(max(0, self._preset.findData(chosen)))

    def show_warm_start(self, run: int | None) -> None:
        """Offer to begin from the network of an earlier run; None: there is none that fits."""
        was_hidden = self._warm.isHidden()
        self._warm.setVisible(run is not None)
        self._warm.setText(say("recipe.warm", "Begin with the network of run {n}", n=run or 0))
        if was_hidden:
            self._warm.setChecked(run is not None)

    @property
    def warm(self) -> bool:
        """Whether to begin from an earlier run, if one fits."""
        return self._warm.isChecked() and not self._warm.isHidden()

    def recipe(self) -> Recipe:
        """The recipe as chosen; RecipeError if the choices contradict each other."""
        kind, amount = self._budget_kind.currentData(), self._budget.value()
        numbers = {
            name: int(each.value()) if isinstance(each, QSpinBox) else float(each.value())
            for name, each in self._numbers.items()
        }
        network, pretrained = self._network.currentData(), self._pretrained.currentData()
        return self._base.but(
            network=network,
            # Without an encoder there is nothing to load.
            pretrained="auto"
            if pretrained == "imagenet" and not encoder_of(network)
            else pretrained,
            strategy=self._strategy.currentData(),
            steps=int(amount) if kind == "steps" else 0,
            epochs=amount if kind == "epochs" else 0.0,
            seconds=amount * 60 if kind == "minutes" else self._base.seconds,
            device=self._device.currentData(),
            flip=self._flip.isChecked(),
            **numbers,
            **{name: each.currentData() for name, each in self._combos.items()},
        )

    def _preset_chosen(self, place: int) -> None:
        self.show_recipe(self._presets[str(self._preset.itemData(place))])
        self.changed.emit()

    def _budget_changed(self) -> None:
        with QSignalBlocker(self._budget):
            self._show_budget()
            usual = {"steps": 500, "epochs": 25, "minutes": 5}
            self._budget.setValue(usual[self._budget_kind.currentData()])
        self._edited()

    def _show_budget(self) -> None:
        by_steps = self._budget_kind.currentData() == "steps"
        self._budget.setDecimals(0 if by_steps else 1)
        self._budget.setRange(1 if by_steps else 0.1, 10_000_000 if by_steps else 43_200)
        self._budget.setSingleStep(100 if by_steps else 1)
        units = {
            "minutes": say("recipe.unit_min", " min"),
            "steps": say("recipe.unit_steps", " steps"),
            "epochs": say("recipe.unit_epochs", " passes"),
        }
        self._budget.setSuffix(units[self._budget_kind.currentData()])

    def _edited(self) -> None:
        self._check()
        self.changed.emit()

    def _check(self) -> None:
        self._pretrained.setEnabled(bool(encoder_of(self._network.currentData() or "")))
        self._network.setToolTip(self._network.currentText())
        strategy = self._strategy.currentData()
        for spin in spins():
            counts = not spin.strategies or strategy in spin.strategies
            self._form.setRowVisible(self._numbers[spin.name], counts)
        try:
            self.recipe()
            self._problem.setText("")
        except RecipeError as error:
            self._problem.setText(str(error))
        self._problem.setVisible(bool(self._problem.text()))


def _combo(name: str, *, letters: int = 10) -> QComboBox:
    combo = WideList()
    combo.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    combo.setAccessibleName(name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(letters)
    return combo


def _filled(choice: Choice) -> QComboBox:
    combo = _combo(choice.label, letters=7)
    combo.setToolTip(choice.tip)
    for value, text in choice.options:
        combo.addItem(text, value)
    return combo


def _add(form: QFormLayout, text: str, field: QWidget) -> None:
    """A row whose label stands in the middle of its height."""
    label = QLabel(text)
    label.setBuddy(field)
    label.setToolTip(field.toolTip())
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
    form.addRow(label, field)


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(10)
    form.setVerticalSpacing(6)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return form


def _number(spin: Spin) -> Number:
    if spin.decimals:
        real = QDoubleSpinBox()
        real.setDecimals(spin.decimals)
        real.setRange(spin.low, spin.high)
        real.setSingleStep(spin.step)
        real.setAccessibleName(spin.label)
        real.setMinimumWidth(_NUMBER_PX)
        inset(real)
        return real
    whole = QSpinBox()
    whole.setRange(int(spin.low), int(spin.high))
    whole.setSingleStep(int(spin.step))
    whole.setAccessibleName(spin.label)
    whole.setMinimumWidth(_NUMBER_PX)
    inset(whole)
    return whole
