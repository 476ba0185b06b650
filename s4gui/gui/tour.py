"""The tour: five steps beside the parts they talk about; can be left at any time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from s4gui.core.messages import say
from s4gui.gui.main_window import MainWindow
from s4gui.gui.parts import button, dim, row
from s4gui.workbench.actions import Workspace

_WIDTH = 320
_GAP = 14


@dataclass(frozen=True, slots=True)
class Stop:
    """One step: in which room, beside what, and what it says. `side` is where the card lies."""

    room: Workspace
    beside: Callable[[MainWindow], QWidget]
    side: str
    title: str
    text: str


def stops() -> tuple[Stop, ...]:
    """The five steps."""
    return (
        Stop(
            Workspace.LABEL,
            lambda window: window.label.canvas,
            "inside",
            say("tour.paint", "Paint a stroke"),
            say(
                "tour.paint.text",
                "Choose a class at the right, then drag over the image. A few strokes are enough; "
                "what you leave unpainted counts as unknown. Everything is saved at once.",
            ),
        ),
        Stop(
            Workspace.LABEL,
            lambda window: window.label.classes,
            "left",
            say("tour.classes", "Classes and keys"),
            say(
                "tour.classes.text",
                "Digits choose classes, B is the brush, E the eraser, M paints void. A and D go "
                "from image to image, the wheel zooms. F1 shows all keys.",
            ),
        ),
        Stop(
            Workspace.LABEL,
            lambda window: window.label.layers,
            "left",
            say("tour.preview", "See the preview"),
            say(
                "tour.preview.text",
                "With strokes of two classes the preview answers as you lift the brush. S shows "
                "or hides it, U shows where it is unsure. Enter accepts the region under the "
                "cursor.",
            ),
        ),
        Stop(
            Workspace.TRAIN,
            lambda window: window.top.train,
            "below",
            say("tour.train", "Train"),
            say(
                "tour.train.text",
                "One button trains a network in the background, from your strokes and from the "
                "unlabelled images. Watch curves and scores here, and go on painting meanwhile.",
            ),
        ),
        Stop(
            Workspace.REVIEW,
            lambda window: window.review.scores,
            "left",
            say("tour.review", "Review and export"),
            say(
                "tour.review.text",
                "Compare labels and prediction side by side, accept or correct, train on. "
                "Then export masks and the network. That is all: your turn.",
            ),
        ),
    )


class Tour(QFrame):
    """A card that wanders over the window; the window stays usable under it."""

    left = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("tour")
        self._window = window
        self._stops = stops()
        self._place = 0
        self._title, self._text, self._count = QLabel(), dim(), dim(wrap=False)
        self._title.setObjectName("strong")
        self._text.setObjectName("tour_text")
        self._back = button(say("tour.back", "Back"), lambda: self.go(self._place - 1))
        self._next = button(
            say("tour.next", "Next"), lambda: self.go(self._place + 1), name="primary"
        )
        leave = button(say("tour.leave", "Leave the tour"), self.leave, name="flat")
        foot = row(leave)
        foot.addStretch(1)
        foot.addWidget(self._back)
        foot.addWidget(self._next)
        head = row(self._title)
        head.addStretch(1)
        head.addWidget(self._count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addLayout(head)
        layout.addWidget(self._text)
        layout.addLayout(foot)
        self.setFixedWidth(_WIDTH)
        window.installEventFilter(self)
        self.go(0)
        self.show()

    @property
    def place(self) -> int:
        """The step that is shown, from 0."""
        return self._place

    def go(self, place: int) -> None:
        """Show a step; past the last one the tour is over."""
        if place >= len(self._stops):
            self.leave()
            return
        self._place = max(0, place)
        stop = self._stops[self._place]
        if self._window.room is not stop.room:
            self._window.show_room(stop.room)
        self._title.setText(stop.title)
        self._text.setText(stop.text)
        self._count.setText(
            say("tour.count", "{n} of {of}", n=self._place + 1, of=len(self._stops))
        )
        self._back.setEnabled(self._place > 0)
        is_last = self._place == len(self._stops) - 1
        last = say("tour.done", "Start")
        self._next.setText(last if is_last else say("tour.next", "Next"))
        self._put()
        # A room that is shown for the first time is laid out after this.
        QTimer.singleShot(0, self, self._put)

    def leave(self) -> None:
        """The tour is over; the window is in the Label room."""
        self._window.removeEventFilter(self)
        self._window.show_room(Workspace.LABEL)
        self.hide()
        self.left.emit()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay beside what is meant when the window changes its size."""
        if event.type() == QEvent.Type.Resize:
            QTimer.singleShot(0, self, self._put)
        return bool(super().eventFilter(watched, event))

    def _put(self) -> None:
        stop = self._stops[self._place]
        beside = stop.beside(self._window)
        corner = beside.mapTo(self._window, QPoint(0, 0))
        area = QRect(corner, beside.size())
        self._text.setFixedHeight(self._text.heightForWidth(_WIDTH - 34))
        self.adjustSize()
        width, height = self.width(), self.height()
        if stop.side == "left":
            at = QPoint(area.left() - width - _GAP, area.top() + _GAP)
        elif stop.side == "below":
            at = QPoint(area.right() - width, area.bottom() + _GAP)
        else:
            at = QPoint(area.left() + _GAP, area.bottom() - height - _GAP)
        room = self._window.rect().adjusted(8, 8, -8, -8)
        x = min(max(at.x(), room.left()), room.right() - width)
        y = min(max(at.y(), room.top()), room.bottom() - height)
        self.move(x, y)
        self.raise_()
