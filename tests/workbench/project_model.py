"""A project as full copies: what edits, undo, redo, merging and taking back must come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import UNLABELLED

State = tuple[NDArray[np.uint8], NDArray[np.uint16], NDArray[np.int64]]
"""Labels, sources, and the number of the edit that a pixel has its value from."""
Act = Callable[[NDArray[np.uint8], NDArray[np.uint16]], None]


@dataclass
class WholeEdit:
    """An edit of all images."""

    act: Act
    done: Callable[[list[tuple[int, str]]], None]
    undone: Callable[[list[tuple[int, str]]], None]
    stands: bool = True


@dataclass
class Step:
    """An edit of one image with all pixels before and after it."""

    before: State
    after: State
    number: int
    whole: WholeEdit | None = None
    took_back: bool = False


@dataclass
class ModelFrame:
    """One image."""

    state: State
    done: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> ModelFrame:
        return cls(
            (np.full(shape, 255, np.uint8), np.zeros(shape, np.uint16), np.zeros(shape, int))
        )

    def edit(self, number: int, act: Act, whole: WholeEdit | None, *, took_back: bool) -> None:
        before = _copy(self.state)
        labels, sources, stamps = self.state
        act(labels, sources)
        changed = (labels != before[0]) | (sources != before[1])
        if changed.any():
            stamps[changed] = number
            self.done.append(Step(before, _copy(self.state), number, whole, took_back))
            self.undone.clear()

    def undo(self) -> None:
        step = self.done.pop()
        self.state = _copy(step.before)
        self.undone.append(step)

    def redo(self) -> None:
        step = self.undone.pop()
        self.state = _copy(step.after)
        self.done.append(step)


class Model:
    """All images and the classes."""

    def __init__(self, shapes: dict[str, tuple[int, int]], classes: list[tuple[int, str]]) -> None:
        self.frames = {name: ModelFrame.empty(shape) for name, shape in shapes.items()}
        self.classes = list(classes)
        self.wholes: list[WholeEdit] = []
        self._number = 0

    def paint(self, frame: str, where: tuple[slice, slice], value: int, source: int) -> None:
        def act(labels: NDArray[np.uint8], sources: NDArray[np.uint16]) -> None:
            fresh = np.zeros(labels.shape, bool)
            fresh[where] = labels[where] != value
            labels[fresh] = value
            sources[fresh] = 0 if value == UNLABELLED else source

        self._edit(frame, act, None, took_back=False)

    def do_whole(self, whole: WholeEdit) -> None:
        self.wholes.append(whole)
        whole.done(self.classes)
        for name in self.frames:
            self._edit(name, whole.act, whole, took_back=False)

    def flip(self, whole: WholeEdit) -> None:
        back, whole.stands = whole.stands, not whole.stands
        (whole.undone if back else whole.done)(self.classes)
        for name, frame in self.frames.items():
            next_, last = frame.undone[-1:], frame.done[-1:]
            if next_ and next_[0].whole is whole and next_[0].took_back == back:
                frame.redo()
            elif last and last[0].whole is whole and last[0].took_back != back:
                frame.undo()
            elif not back:
                self._edit(name, whole.act, whole, took_back=False)
            else:
                self._put_back(name, whole)

    def undo(self, name: str) -> None:
        frame = self.frames[name]
        if frame.done and not self._flipped(frame.done[-1], back=True):
            frame.undo()

    def redo(self, name: str) -> None:
        frame = self.frames[name]
        if frame.undone and not self._flipped(frame.undone[-1], back=False):
            frame.redo()

    def _flipped(self, step: Step, *, back: bool) -> bool:
        if step.whole is None or step.whole.stands is not (back is not step.took_back):
            return False
        self.flip(step.whole)
        return True

    def _put_back(self, name: str, whole: WholeEdit) -> None:
        frame = self.frames[name]
        mine = [step for step in frame.done if step.whole is whole]
        if not mine or mine[-1].took_back:
            return
        old, number = mine[-1].before, mine[-1].number
        mine_still = frame.state[2] == number

        def act(labels: NDArray[np.uint8], sources: NDArray[np.uint16]) -> None:
            labels[mine_still] = old[0][mine_still]
            sources[mine_still] = old[1][mine_still]

        self._edit(name, act, whole, took_back=True)

    def _edit(self, name: str, act: Act, whole: WholeEdit | None, *, took_back: bool) -> None:
        self._number += 1
        self.frames[name].edit(self._number, act, whole, took_back=took_back)


def merge(gone: tuple[int, str], into: int, place: int) -> WholeEdit:
    def act(labels: NDArray[np.uint8], _sources: NDArray[np.uint16]) -> None:
        labels[labels == gone[0]] = into

    def done(classes: list[tuple[int, str]]) -> None:
        classes[:] = [each for each in classes if each[0] != gone[0]]

    def undone(classes: list[tuple[int, str]]) -> None:
        if gone[0] not in [number for number, _ in classes]:
            classes.insert(place, gone)

    return WholeEdit(act, done, undone)


def revert(numbers: tuple[int, ...]) -> WholeEdit:
    def act(labels: NDArray[np.uint8], sources: NDArray[np.uint16]) -> None:
        labels[np.isin(sources, numbers)] = UNLABELLED
        sources[np.isin(sources, numbers)] = 0

    return WholeEdit(act, _nothing, _nothing)


def rename(class_id: int, old: str, new: str) -> WholeEdit:
    def give(classes: list[tuple[int, str]], before: str, after: str) -> None:
        classes[:] = [
            (n, after) if (n, name) == (class_id, before) else (n, name) for n, name in classes
        ]

    return WholeEdit(
        lambda _labels, _sources: None,
        lambda classes: give(classes, old, new),
        lambda classes: give(classes, new, old),
    )


def _nothing(_classes: list[tuple[int, str]]) -> None:
    """The classes stay."""


def _copy(state: State) -> State:
    labels, sources, stamps = state
    return labels.copy(), sources.copy(), stamps.copy()
