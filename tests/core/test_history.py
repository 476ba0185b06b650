"""Undo and redo of one frame."""

from __future__ import annotations

import numpy as np
import pytest

from s4gui.core.history import Entry, History
from s4gui.core.labels import Box, LabelMask, Patch

ALL = Box(0, 0, 20, 20)


def patch_of(mask: LabelMask, value: int, box: Box = ALL) -> Patch:
    patch = mask.paint(np.ones(box.shape, bool), box, value, source=1)
    assert patch is not None
    return patch


@pytest.mark.parametrize("seed", range(20))
def test_undoing_everything_restores_the_first_mask_and_redoing_the_last(seed: int) -> None:
    random = np.random.default_rng(seed)
    mask, history = LabelMask.empty((160, 160)), History()
    copies = [mask.labels.copy()]
    for seq in range(1, 15):
        y, x = random.integers(0, 140, 2)
        value = (int(mask.labels[y, x]) + 1) % 200
        history.push(Entry(seq, patch_of(mask, value, Box(y, x, y + 20, x + 20))))
        copies.append(mask.labels.copy())
    for seq in range(14, 0, -1):
        entry = history.undo(mask)
        assert entry is not None
        assert entry.seq == seq
        assert np.array_equal(mask.labels, copies[seq - 1])
    assert history.undo(mask) is None
    for seq in range(1, 15):
        history.redo(mask)
        assert np.array_equal(mask.labels, copies[seq])
    assert history.redo(mask) is None


def test_a_new_edit_forgets_what_was_undone() -> None:
    mask, history = LabelMask.empty((20, 20)), History()
    history.push(Entry(1, patch_of(mask, 1)))
    history.undo(mask)
    history.push(Entry(2, patch_of(mask, 2)))
    assert not history.can_redo
    assert history.can_undo


def test_memory_stays_in_its_bounds_and_the_last_edit_always_can_be_undone() -> None:
    mask = LabelMask.empty((200, 200))
    one = patch_of(mask, 0, Box(0, 0, 200, 200))
    history = History(budget_bytes=3 * one.nbytes)
    history.push(Entry(1, one))
    for seq in range(2, 12):
        history.push(Entry(seq, patch_of(mask, seq % 5, Box(0, 0, 200, 200))))
        assert history.nbytes <= 3 * one.nbytes
    undone = 0
    while history.undo(mask) is not None:
        undone += 1
    assert undone == 3
    tight = History(budget_bytes=1)
    tight.push(Entry(12, patch_of(mask, 9)))
    assert tight.can_undo


def test_a_restored_history_goes_on_as_the_old_one() -> None:
    mask, old = LabelMask.empty((20, 20)), History()
    entries = [Entry(seq, patch_of(mask, seq)) for seq in (1, 2, 3)]
    for each in entries:
        old.push(each)
    old.undo(mask)
    new = History.restored(entries[:2], entries[2:])
    assert new.nbytes == old.nbytes
    redone = new.redo(mask)
    assert redone is not None
    assert redone.seq == 3
    assert [entry.seq for entry in iter(lambda: new.undo(mask), None)] == [3, 2, 1]
    assert mask.counts() == {}


def test_what_memory_dropped_can_be_put_back_under_the_rest() -> None:
    mask = LabelMask.empty((20, 20))
    entries = [Entry(seq, patch_of(mask, seq)) for seq in (1, 2, 3)]
    history = History(budget_bytes=entries[0].patch.nbytes)
    dropped = [each.seq for entry in entries for each in history.push(entry)]
    assert dropped == [1, 2]
    assert [entry.seq for entry in iter(lambda: history.undo(mask), None)] == [3]
    history.put_back(entries[:2])
    assert [entry.seq for entry in iter(lambda: history.undo(mask), None)] == [2, 1]
    assert mask.counts() == {}
    assert [entry.seq for entry in iter(lambda: history.redo(mask), None)] == [1, 2, 3]
