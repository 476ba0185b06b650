"""What is worked out from labels, sources and predictions is what a loop over pixels finds."""

from __future__ import annotations

import numpy as np
import pytest

from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED, VOID
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.core.sources import Source, SourceKind, SourceTable
from s4gui.gui.canvas.material import CLEAR, FOUND, Agreement, Layer, Material, Verdict

TABLE = SourceTable((Source(SourceKind.PAINTED), Source(SourceKind.ACCEPTED, "run 7")))
MORE = TABLE.with_source(Source(SourceKind.IMPORTED, "gt"))
HELD_AGAINST = frozenset({SourceKind.PAINTED, SourceKind.IMPORTED})
WHOLE = Box(0, 0, 23, 31)


def made(seed=0, shape=(23, 31)):
    rng = np.random.default_rng(seed)
    it = Material()
    it.labels = rng.choice(np.array([0, 1, 2, VOID, UNLABELLED], np.uint8), shape)
    it.sources = np.where(it.labels == UNLABELLED, 0, rng.integers(1, 4, shape)).astype(np.uint16)
    it.table = lambda: MORE
    it.reference_kinds = HELD_AGAINST
    it.prediction = prediction(rng, shape)
    it.other = prediction(rng, shape)
    it.class_id = 1
    return it


def prediction(rng, shape):
    classes = rng.integers(0, 3, shape).astype(np.uint8)
    return Prediction(classes, np.full(shape, 200, np.uint8), "run 1")


def looped(it, layer):
    out = np.full(it.labels.shape, CLEAR, np.uint8)
    for y, x in np.ndindex(*it.labels.shape):
        label, number = int(it.labels[y, x]), int(it.sources[y, x])
        said = int(it.prediction.classes[y, x])
        kind = it.table()[number].kind if number else None
        reference = label if kind in it.reference_kinds else UNLABELLED
        if layer is Layer.SOURCE and kind is not None:
            out[y, x] = kind.number
        elif layer is Layer.REFERENCE:
            out[y, x] = reference
        elif layer is Layer.DISAGREEMENT:
            if label <= MAX_CLASS_ID and label != said:
                out[y, x] = Agreement.LABEL_DIFFERS
            elif it.other is not None and said != it.other.classes[y, x]:
                out[y, x] = Agreement.LEARNERS_DIFFER
        elif layer is Layer.ERROR and reference <= MAX_CLASS_ID:
            if reference == it.class_id:
                out[y, x] = Verdict.HIT if said == it.class_id else Verdict.MISSED
            elif said == it.class_id:
                out[y, x] = Verdict.FALSE
    return out


@pytest.mark.parametrize("layer", FOUND)
@pytest.mark.parametrize("seed", range(4))
def test_findings_are_what_a_loop_finds(layer, seed):
    it = made(seed)
    np.testing.assert_array_equal(it.pyramid(layer).level(0), looped(it, layer))


@pytest.mark.parametrize("layer", FOUND)
def test_a_finding_follows_an_edit_inside_its_box_on_every_level(layer):
    it = made()
    for number in range(4):
        it.pyramid(layer).level(number)
    box = Box(3, 5, 12, 20)
    it.labels[box.slices] = 2
    it.sources[box.slices] = 1
    it.edited(box, [layer])
    followed = [it.pyramid(layer).level(number).copy() for number in range(4)]
    it.forget(layer)
    for number in range(4):
        np.testing.assert_array_equal(followed[number], it.pyramid(layer).level(number))
    np.testing.assert_array_equal(followed[0], looped(it, layer))


def test_a_source_that_is_new_to_the_table_is_known_at_once():
    it = made()
    it.table = lambda: TABLE
    it.sources[:] = 1
    it.pyramid(Layer.SOURCE)
    it.sources[:] = 3
    it.table = lambda: MORE
    it.edited(WHOLE, [Layer.SOURCE])
    assert (it.pyramid(Layer.SOURCE).level(0) == SourceKind.IMPORTED.number).all()


def test_without_another_learner_only_labels_can_differ():
    it = made()
    it.other = None
    found = it.pyramid(Layer.DISAGREEMENT).level(0)
    np.testing.assert_array_equal(found, looped(it, Layer.DISAGREEMENT))
    assert not (found == Agreement.LEARNERS_DIFFER).any()


def test_a_finding_needs_all_it_is_made_of():
    it = made()
    assert all(it.has(layer) for layer in FOUND)
    it.class_id = None
    assert not it.has(Layer.ERROR)
    it.class_id, it.reference_kinds = 1, frozenset()
    assert not it.has(Layer.REFERENCE)
    assert not it.has(Layer.ERROR)
    assert it.has(Layer.SOURCE)
    it.prediction = prediction(np.random.default_rng(0), (5, 5))
    assert not it.has(Layer.DISAGREEMENT)
    it.clear()
    assert not any(it.has(layer) for layer in FOUND)
    with pytest.raises(ValueError, match="nothing to show"):
        it.pyramid(Layer.SOURCE)
