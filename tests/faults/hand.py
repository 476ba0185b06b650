"""What a hand painted by X events must have left, told by plain geometry: the oracle of kills.

It shares nothing with the program: strokes are straight, a pixel well inside one must have its
class, a pixel well outside must be as before, and the rim between the two is not judged (the
pointer moves by whole screen pixels).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

UNSURE = -1
EMPTY = 255
RIM_PX = 1.0
Point = tuple[float, float]
Slices = tuple[slice, slice]


@dataclass(frozen=True)
class Op:
    """One thing the hand did: a straight stroke from `a` to `b` (y, x), an undo or a redo."""

    kind: str
    frame: str
    value: int = EMPTY
    a: Point = (0.0, 0.0)
    b: Point = (0.0, 0.0)
    radius_px: float = 0.0


@dataclass(frozen=True)
class Row:
    """A committed row as a reader of the database saw it."""

    seq: int
    frame: str
    kind: str
    value: int
    ref_seq: int
    digest: str


@dataclass
class Sheet:
    """One frame: what each pixel must be (int16, UNSURE on rims), and its history by row."""

    labels: NDArray[np.int16]
    done: list[tuple[int, Slices, NDArray[np.int16]]] = field(default_factory=list)
    undone: list[tuple[int, Slices, NDArray[np.int16]]] = field(default_factory=list)

    @classmethod
    def blank(cls, shape: tuple[int, int]) -> Sheet:
        return cls(np.full(shape, EMPTY, np.int16))

    def copy(self) -> Sheet:
        return Sheet(self.labels.copy(), list(self.done), list(self.undone))

    def would_change(self, op: Op) -> bool:
        """Whether the stroke surely changes a pixel, so that it must become a row."""
        box, distance = _distances(op, self.labels.shape)
        inside = self.labels[box][distance <= op.radius_px - RIM_PX]
        return bool(((inside != UNSURE) & (inside != op.value)).any())

    def paint(self, op: Op, seq: int) -> None:
        box, distance = _distances(op, self.labels.shape)
        part = self.labels[box]
        self.done.append((seq, box, part.copy()))
        self.undone.clear()
        rim = (distance <= op.radius_px + RIM_PX) & (part != op.value)
        part[rim] = UNSURE
        part[distance <= op.radius_px - RIM_PX] = op.value

    def step(self, seq: int, *, back: bool) -> bool:
        """Take back, or do again, the edit of this row; False if that is not the next one."""
        from_, to = (self.done, self.undone) if back else (self.undone, self.done)
        if not from_ or from_[-1][0] != seq:
            return False
        seq, box, other = from_.pop()
        to.append((seq, box, self.labels[box].copy()))
        self.labels[box] = other
        return True

    def differences(self, found: NDArray[np.uint8]) -> int:
        """How many judged pixels are not what they must be."""
        return int(((self.labels != UNSURE) & (self.labels != found)).sum())


def follow(sheets: dict[str, Sheet], ops: list[Op], rows: Iterable[Row]) -> list[str]:
    """Bring the sheets to where these rows of one life lead; what contradicts the hand.

    Rows must be the first strokes the hand made, in order and without a gap. An undo or redo
    may be missing: its key means nothing in the moment before the window has enabled it.
    """
    wrong, place = [], 0
    for row in rows:
        while place < len(ops) and ops[place].kind != "edit" and not _is(ops[place], row):
            place += 1
        if place == len(ops) or not _is(ops[place], row):
            after = ops[place : place + 1] or "nothing"
            return [*wrong, f"{row} is not what the hand did next: {after}"]
        op, sheet = ops[place], sheets[row.frame]
        place += 1
        if op.kind == "edit":
            sheet.paint(op, row.seq)
        elif not sheet.step(row.ref_seq, back=op.kind == "undo"):
            wrong.append(f"row {row.seq}: {op.kind} of {row.ref_seq}, which was not next")
    return wrong


def lost(acknowledged: Iterable[Row], found: Iterable[Row]) -> list[str]:
    """The rows that were acknowledged and are missing or others now."""
    now = {row.seq: row for row in found}
    return [
        f"row {row.seq} was acknowledged and is {'another' if row.seq in now else 'missing'}"
        for row in acknowledged
        if now.get(row.seq) != row
    ]


def _is(op: Op, row: Row) -> bool:
    same = op.kind == row.kind and op.frame == row.frame
    return same and (op.kind != "edit" or op.value == row.value)


def _distances(op: Op, shape: tuple[int, ...]) -> tuple[Slices, NDArray[np.float64]]:
    """A box around the stroke, inside the frame, and each pixel's distance from its line."""
    reach = op.radius_px + RIM_PX + 1
    low = np.maximum(np.floor(np.minimum(op.a, op.b) - reach), 0).astype(int)
    high = np.minimum(np.ceil(np.maximum(op.a, op.b) + reach) + 1, shape).astype(int)
    box = slice(low[0], high[0]), slice(low[1], high[1])
    yx = np.stack(np.mgrid[box], axis=-1).astype(np.float64)
    a, along = np.array(op.a), np.subtract(op.b, op.a)
    length2 = float(along @ along)
    t = np.clip((yx - a) @ along / length2, 0, 1) if length2 else np.zeros(yx.shape[:2])
    return box, np.linalg.norm(yx - a - t[..., None] * along, axis=-1)
