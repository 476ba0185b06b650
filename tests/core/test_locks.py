"""Locks as values, and what their guard lets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.labels import Box, Edit, LabelMask
from s4gui.core.locks import Guard, Locks

EVERY = (0, 1, 2, VOID)


def test_unlabelled_cannot_be_locked() -> None:
    with pytest.raises(ValueError, match="only labels"):
        Locks(frozenset({UNLABELLED}))


def test_all_others_are_locked_and_unlocked_by_the_same_switch() -> None:
    locks = Locks(frozenset({1})).switched_but(1, EVERY)
    assert locks.values == {0, 2, VOID}
    assert locks.holds_all_but(1, EVERY)
    assert not locks.holds_all_but(2, (0, 1, 2))
    assert locks.switched_but(2, EVERY).values == {0, 1, VOID}
    assert not locks.switched_but(1, EVERY)
    assert locks.switched(0).values == {2, VOID}
    assert not Locks().holds_all_but(1, (1,))


planes = st.lists(st.sampled_from([0, 1, 2, VOID, UNLABELLED]), min_size=12, max_size=12)


@given(
    planes,
    planes,
    planes,
    st.frozensets(st.sampled_from(EVERY)),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_putting_planes_changes_what_every_lock_lets_and_nothing_else(
    before: list[int],
    after: list[int],
    predicted: list[int],
    values: frozenset[int],
    choices: tuple[bool, bool, bool],
) -> None:
    only_unlabelled, only_predicted, sees = choices
    shape, chosen = (3, 4), 1
    old, new, model = (
        np.array(each, np.uint8).reshape(shape) for each in (before, after, predicted)
    )
    mask = LabelMask(old, np.where(old == UNLABELLED, 0, 7).astype(np.uint16))
    locks = Locks(values, only_unlabelled, only_predicted)
    guard = Guard(locks, model if sees else None, chosen)
    edit = Edit(mask, guard)
    edit.put(new, np.where(new == UNLABELLED, 0, 9).astype(np.uint16), Box(0, 0, *shape))
    held_back = False
    for y, x in np.ndindex(shape):
        was, wanted = int(old[y, x]), int(new[y, x])
        lets = was not in values
        if only_unlabelled and was != UNLABELLED:
            lets = False
        if only_predicted:
            lets = lets and sees and model[y, x] == (chosen if wanted == UNLABELLED else wanted)
        same = was == wanted == UNLABELLED  # nothing to do there
        held_back = held_back or not (lets or same)
        assert mask.labels[y, x] == (wanted if lets else was)
        source = 9 if lets else 7
        assert mask.sources[y, x] == (0 if mask.labels[y, x] == UNLABELLED else source)
    assert guard.held_back == held_back
