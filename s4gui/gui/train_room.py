"""TrainRoom: recipe, curves, scores, runs and log of the Train room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from s4gui.core.change import Change
from s4gui.core.errors import S4Error
from s4gui.core.messages import say
from s4gui.core.recipe import Recipe
from s4gui.core.scores import ClassScore
from s4gui.gui import plots_import, run_words
from s4gui.gui.desk import Desk
from s4gui.gui.panels.scores import Table
from s4gui.gui.trainer import Trainer
from s4gui.gui.turns import next_turn
from s4gui.store import recipes
from s4gui.wire import events
from s4gui.workbench.actions import Workspace
from s4gui.workbench.running import RunLog

if TYPE_CHECKING:
    from s4gui.gui.panels.plots import PlotsPanel

_REDRAW_MS = 250


class TrainRoom(QObject):
    """Shows one run, live or past, the same way; redraws at most four times a second."""

    def __init__(self, desk: Desk, trainer: Trainer) -> None:
        super().__init__(desk.owner)
        self._desk, self._trainer = desk, trainer
        self._space = desk.window.train
        self._plots: PlotsPanel | None = None
        self._shown: int | None = trainer.newest
        self._listed: tuple[Any, ...] = ()
        self._warm_for: tuple[int, bool] = (0, False)
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(_REDRAW_MS)
        self._redraw.timeout.connect(self.show)
        self._space.recipe.show_presets(presets())
        self._space.recipe.changed.connect(self._recipe_changed)
        self._space.runs.run_asked.connect(self.show_run)
        trainer.hello.connect(self._hello)
        trainer.said.connect(self._said)
        desk.bus.changed.connect(self._changed)
        desk.window.room_shown.connect(self._room_shown)
        next_turn(self, lambda: self._load_plots(plots_import.panel_in_pieces()))
        self._recipe_changed()
        self._soon()

    def _room_shown(self, _room: str) -> None:
        # Not a lambda: the window outlives this room, and only a method is let go with it.
        self._soon()

    @property
    def shown(self) -> int | None:
        """The run that is shown."""
        return self._shown

    def recipe(self) -> Recipe:
        """The recipe as chosen; RecipeError if it contradicts itself."""
        return self._space.recipe.recipe()

    @property
    def warm(self) -> bool:
        """Whether the next run begins from an earlier one."""
        return self._space.recipe.warm

    def show_run(self, number: int) -> None:
        """Show this run."""
        self._shown = number
        folder, log = self._trainer.folders.get(number), self._trainer.log_of(number)
        if folder is not None and log is not None:
            events_file = folder.events

            def work() -> tuple[str, ...]:
                said: list[str] = []
                from s4gui.wire.transport import events_of  # noqa: PLC0415 - beside its use

                with events_file.open("rb") as file:
                    while part := file.readlines(1 << 18):
                        found = events_of(each.decode("utf-8", "replace") for each in part)
                        said += run_words.lines(tuple(found))
                return tuple(said)

            self._desk.jobs.run(
                "run log", work, self._space.log.show_lines, lambda _error: None, owner=self
            )
        self.show()

    def show(self) -> None:
        """Show the run as it is now."""
        self._show_list()
        log = self._trainer.log_of(self._shown)
        self._space.progress.show_run(None if log is None else run_words.facts(log))
        self._space.scores.show_table(table_of(log), self._desk.workbench.class_map)
        if self._plots is not None and self._desk.window.room is Workspace.TRAIN:
            if log is None:
                empty = RunLog().column("mean_iou")
                self._plots.show_run({}, empty, on="nothing")
            else:
                losses = {name: log.column(name) for name in log.terms}
                on = run_words.scored_on(log)
                self._plots.show_run(losses, log.column("mean_iou"), on=on)

    def dress(self) -> None:
        """Take the colours of the theme."""
        if self._plots is not None:
            self._plots.dress()

    def _show_list(self) -> None:
        rows = tuple(
            run_words.row(self._trainer.folders[n], log)
            for n, log in sorted(self._trainer.logs.items())
            if n in self._trainer.folders
        )
        now = (rows, self._shown)
        if now != self._listed:
            self._listed = now
            self._space.runs.show_runs(rows, shown=self._shown)

    def _soon(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start()

    def _changed(self, change: Change, _initiator: object) -> None:
        if change.runs:
            live = self._trainer.live
            if live is not None and live.number in change.runs and self._shown != live.number:
                self._shown = live.number
                self._space.log.show_lines(())
            elif self._shown is None:
                self._shown = self._trainer.newest
                if self._shown is not None:
                    self.show_run(self._shown)
            now = (len(self._trainer.folders), self._trainer.is_busy)
            if now != self._warm_for:
                self._warm_for = now
                self._recipe_changed()
        if change.runs or change.classes:
            self._soon()

    def _said(self, number: int, batch: tuple[events.Event, ...]) -> None:
        if number == self._shown:
            said = run_words.lines(batch)
            if said:
                self._space.log.append(said)

    def _hello(self, event: events.Hello) -> None:
        name = f"{event.device} ({event.device_name})" if event.device_name else event.device
        self._space.recipe.show_devices(event.devices, name, event.memory_bytes)
        self._space.recipe.show_weights(event.encoders, on_card=event.device != "cpu")

    def _recipe_changed(self) -> None:
        try:
            found = self._trainer.warm_start(self.recipe())
        except S4Error:
            found = None
        self._space.recipe.show_warm_start(None if found is None else found[0])

    def _load_plots(self, pieces: Iterator[Any]) -> None:
        """Import and make the curves, a piece a turn: the window must not wait for them."""
        plots = next(pieces)
        if plots is None:
            next_turn(self, lambda: self._load_plots(pieces))
            return
        self._plots = plots
        self._space.put_plots(plots)
        self._soon()


def table_of(log: RunLog | None) -> Table | None:
    """The newest scores of a run as a table; None before the first."""
    if log is None or not log.validations:
        return None
    newest = log.validations[-1]
    rows = zip(
        newest.class_ids, newest.iou, newest.support_px, newest.false_positive_px, strict=True
    )
    whose = say("room.whose", "Run {n}, step {step}", n=log.number, step=newest.step)
    return Table(tuple(ClassScore(*each) for each in rows), newest.mean_iou, newest.on, whose)


def presets() -> dict[str, Recipe]:
    """The ready recipes by title, the fast one first."""
    titles = {
        "fast": say("preset.fast", "Fast"),
        "careful": say("preset.careful", "Careful"),
        "deeplab-resnet": say("preset.deeplab_resnet", "DeepLabv2"),
        "s4gan-fast": say("preset.s4gan_fast", "S4GAN, fast"),
        "s4gan-paper": say("preset.s4gan_paper", "S4GAN, as in the paper"),
        "s4gan-cityscapes": say("preset.s4gan_cityscapes", "S4GAN, as for Cityscapes"),
        "unimatch": say("preset.unimatch", "UniMatch"),
        "seed-unet": say("preset.seed_unet", "U-Net of the report"),
        "seed-gan": say("preset.seed_gan", "U-Net and discriminator of the report"),
    }
    found: dict[str, Recipe] = {}
    known = recipes.ready()
    order = [*titles, *(name for name in known if name not in titles)]
    for name in order:
        if name in known:
            try:
                found[titles.get(name, name)] = recipes.read(name)
            except S4Error:
                continue
    return found or {titles["fast"]: Recipe()}
