"""Live curves: the loss terms, and mean IoU over time. The only place that draws with pyqtgraph.

It is imported piece by piece once the window is painted (plots_import): pyqtgraph takes 0.3 s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from s4gui.core.messages import say
from s4gui.gui import theme
from s4gui.gui.parts import dim, heading, row

Column = tuple[NDArray[np.int64], NDArray[np.float64]]
_SMOOTH = 25


class PlotsPanel(QWidget):
    """Two plots over the step: losses by term (smoothed), mean IoU."""

    def __init__(
        self, losses: pg.PlotWidget | None = None, scores: pg.PlotWidget | None = None
    ) -> None:
        super().__init__()
        self._losses = losses or _plot(say("plots.loss", "Loss"))
        self._scores = scores or _plot(say("plots.iou", "Mean IoU"))
        self._scores.setYRange(0, 1)
        self._scores.setLimits(yMin=-0.02, yMax=1.02)
        self._scores.setXLink(self._losses)
        self._loss_curves: dict[str, pg.PlotDataItem] = {}
        self._score_curve = self._scores.plot(symbol="o", symbolSize=5)
        self._reference = pg.InfiniteLine(angle=0, movable=False)
        self._reference.hide()
        self._scores.addItem(self._reference)
        self._legend = dim(wrap=True)
        self._best = dim(wrap=False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(4)
        layout.addLayout(row(heading(say("plots.loss_heading", "Loss by term")), self._legend))
        layout.addWidget(self._losses, 3)
        layout.addSpacing(6)
        self._heading = heading(_heading("nothing"))
        layout.addLayout(row(self._heading, self._best))
        layout.addWidget(self._scores, 2)
        for each in (self._legend, self._best):
            each.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.dress()

    def show_run(self, losses: Mapping[str, Column], scores: Column, *, on: str) -> None:
        """Show the columns of a run; `on` is what it validates on (images, strokes or nothing)."""
        for name in [name for name in self._loss_curves if name not in losses]:
            self._losses.removeItem(self._loss_curves.pop(name))
        for place, (name, (steps, values)) in enumerate(losses.items()):
            if name not in self._loss_curves:
                pen = pg.mkPen(theme.worn().curve(place), width=2)
                self._loss_curves[name] = self._losses.plot(pen=pen)
            self._loss_curves[name].setData(steps, smooth(values))
        self._legend.setText(_legend(list(losses)))
        self._score_curve.setData(*scores)
        self._heading.setText(_heading(on))
        self._best.setText(_best_text(scores, on))

    def show_reference(self, mean_iou: float | None) -> None:
        """A dashed line at the score of the preview, when it has one."""
        self._reference.setVisible(mean_iou is not None)
        if mean_iou is not None:
            self._reference.setValue(mean_iou)

    def dress(self) -> None:
        """Take the colours of the theme that is worn now."""
        worn = theme.worn()
        for plot in (self._losses, self._scores):
            plot.setBackground(worn.roles["plot_background"])
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(pg.mkPen(worn.roles["plot_grid"]))
                axis.setTextPen(pg.mkPen(worn.roles["text_dim"]))
        for place, curve in enumerate(self._loss_curves.values()):
            curve.setPen(pg.mkPen(worn.curve(place), width=2))
        self._legend.setText(_legend(list(self._loss_curves)))
        accent = worn.roles["accent"]
        self._score_curve.setPen(pg.mkPen(accent, width=2))
        self._score_curve.setSymbolBrush(accent)
        self._score_curve.setSymbolPen(accent)
        self._reference.setPen(
            pg.mkPen(worn.roles["text_dim"], width=1, style=Qt.PenStyle.DashLine)
        )


def in_pieces() -> Iterator[PlotsPanel | None]:
    """The panel, one plot a turn (each takes 30 to 60 ms): None until it is whole."""
    losses = _plot(say("plots.loss", "Loss"))
    yield None
    scores = _plot(say("plots.iou", "Mean IoU"))
    yield None
    yield PlotsPanel(losses, scores)


def smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Running mean over the last steps (fewer at the beginning), of the same length."""
    if len(values) < 3:
        return values
    total = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - _SMOOTH)
    mean: NDArray[np.float64] = (total[ends] - total[starts]) / (ends - starts)
    return mean


def term_name(name: str) -> str:
    """A loss term as the user reads it; an unknown one keeps its short name."""
    known = {
        "ce": say("term.ce", "cross-entropy"),
        "fm": say("term.fm", "feature matching"),
        "crf": say("term.crf", "gated CRF"),
        "st": say("term.st", "self-training"),
        "adv": say("term.adv", "adversarial"),
        "cons": say("term.cons", "consistency"),
        "s1": say("term.s1", "strong view 1"),
        "s2": say("term.s2", "strong view 2"),
        "fp": say("term.fp", "dropped features"),
        "tags": say("term.tags", "image tags"),
        "tag_cons": say("term.tag_cons", "image tags, consistency"),
        "entropy": say("term.entropy", "entropy"),
        "tree": say("term.tree", "tree energy"),
        "d": say("term.d", "discriminator"),
        "discriminator": say("term.discriminator", "discriminator"),
    }
    return known.get(name, name)


def _legend(names: list[str]) -> str:
    # A dot and its name stay on one line.
    terms = [term_name(name).replace(" ", "&nbsp;") for name in names]
    parts = [
        f'<span style="color:{theme.worn().curve(n)}">●</span>&nbsp;{term}'
        for n, term in enumerate(terms)
    ]
    return " &nbsp; ".join(parts)


def _heading(on: str) -> str:
    if on == "strokes":
        return say("plots.iou_heading_strokes", "Mean IoU on strokes")
    return say("plots.iou_heading", "Mean IoU")


def _best_text(scores: Column, on: str) -> str:
    steps, values = scores
    if not len(values):
        return say("plots.no_score", "no score yet")
    place = int(np.argmax(values))
    best = f"{values[place]:.3f}"
    if on == "strokes":
        return say(
            "plots.best_strokes",
            "on held-out strokes, best {best} at step {step}",
            best=best,
            step=int(steps[place]),
        )
    return say(
        "plots.best", "on val images, best {best} at step {step}", best=best, step=int(steps[place])
    )


def _plot(name: str) -> pg.PlotWidget:
    plot = pg.PlotWidget()
    plot.setAccessibleName(name)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setMouseEnabled(x=False, y=False)
    plot.showGrid(x=False, y=True, alpha=0.15)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.setMinimumHeight(110)
    plot.getAxis("left").setWidth(44)
    return plot
