"""What an image is said to show, and the losses of the branch that learns it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.tags import ImageTags
from s4gui.learn import multilabel
from s4gui.learn.multilabel import ABSENT, PRESENT, UNKNOWN
from tests.learn.scenes import CLASSES

# Training order is by id: road 2, sky 7, car 40.


def _labels(*values: int) -> np.ndarray:
    return np.array(values, np.uint8).reshape(1, -1)


@pytest.mark.parametrize(
    ("labels", "tags", "expected"),
    [
        (None, ImageTags(), (UNKNOWN, UNKNOWN, UNKNOWN)),
        (_labels(2, UNLABELLED), ImageTags(), (PRESENT, UNKNOWN, UNKNOWN)),
        (_labels(2, 2, 7), ImageTags(), (PRESENT, PRESENT, ABSENT)),
        (_labels(2, VOID), ImageTags(), (PRESENT, ABSENT, ABSENT)),
        (_labels(VOID, UNLABELLED), ImageTags(), (UNKNOWN, UNKNOWN, UNKNOWN)),
        (_labels(99, 7), ImageTags(), (ABSENT, PRESENT, ABSENT)),
        (None, ImageTags(frozenset({7}), frozenset({40})), (UNKNOWN, PRESENT, ABSENT)),
        (_labels(40, 255), ImageTags(absent=frozenset({40, 2})), (ABSENT, UNKNOWN, PRESENT)),
        (_labels(2, VOID), ImageTags(frozenset({7})), (PRESENT, PRESENT, ABSENT)),
        (None, ImageTags(frozenset({99})), (UNKNOWN, UNKNOWN, UNKNOWN)),
    ],
    ids=[
        "nothing", "strokes", "a whole mask", "void is labelled", "void alone", "a class that went",
        "tags", "paint beats a tag", "a tag beats the mask's silence", "a tag of a class that went",
    ],
)  # fmt: skip
def test_a_class_is_absent_only_where_somebody_could_have_seen_it(
    labels: np.ndarray | None, tags: ImageTags, expected: tuple[int, ...]
) -> None:
    assert multilabel.presence(labels, CLASSES, tags).tolist() == list(expected)


@pytest.mark.parametrize(
    ("vector", "known"),
    [((1, -1, -1), False), ((-1, -1, -1), False), ((1, 1, 1), True), ((-1, 0, -1), True)],
)
def test_strokes_alone_are_no_known_tags(vector: tuple[int, ...], *, known: bool) -> None:
    assert multilabel.is_known(np.array(vector, np.int8)) == known


def test_the_cross_entropy_of_tags_has_its_known_answer() -> None:
    logits = torch.tensor([[0.9, 0.2]], dtype=torch.float64).logit()
    loss = multilabel.tag_cross_entropy(logits, torch.tensor([[1, 0]]))
    assert loss.item() == pytest.approx(0.1642520335, abs=1e-10)


def test_unknown_tags_take_no_part_and_all_unknown_is_zero_with_zero_gradient() -> None:
    torch.manual_seed(0)
    logits = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    known = torch.randint(-1, 2, (4, 5))
    terms = [
        -math.log(p if k == 1 else 1 - p)
        for p, k in zip(logits.sigmoid().flatten().tolist(), known.flatten().tolist(), strict=True)
        if k != -1
    ]
    loss = multilabel.tag_cross_entropy(logits, known)
    assert loss.item() == pytest.approx(sum(terms) / len(terms), abs=1e-12)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert torch.equal(gradient == 0, known == -1)
    nothing = multilabel.tag_cross_entropy(logits, torch.full((4, 5), UNKNOWN))
    (gradient,) = torch.autograd.grad(nothing, logits)
    assert nothing.item() == 0.0
    assert torch.equal(gradient, torch.zeros_like(gradient))


def test_one_class_does_not_push_another_as_a_softmax_would() -> None:
    """The report's eq. 5.1 is categorical; two classes can be in one image (methods 2.4 row 11)."""
    logits = torch.zeros(1, 3, requires_grad=True)
    (gradient,) = torch.autograd.grad(
        multilabel.tag_cross_entropy(logits, torch.tensor([[1, -1, 1]])), logits
    )
    assert gradient.tolist() == [[-0.25, 0.0, -0.25]]
    categorical = F.cross_entropy(logits, torch.tensor([0]))
    (pushed,) = torch.autograd.grad(categorical, logits)
    assert (pushed[0, 1:] > 0).all()


def test_the_cosine_consistency_has_its_known_answer() -> None:
    p, q = torch.tensor([[1.0, 0], [3, 4]]), torch.tensor([[1.0, 1], [4, 3]])
    assert multilabel.consistency(p, q, "cosine").item() == pytest.approx(0.1664466094, abs=1e-7)


def test_the_squared_consistency_compares_sigmoids() -> None:
    p, q = (torch.tensor([row], dtype=torch.float64).logit() for row in ((0.2, 0.9), (0.5, 0.3)))
    expected = (0.3**2 + 0.6**2) / 2
    assert multilabel.consistency(p, q, "squared").item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("form", multilabel.CONSISTENCIES)
def test_no_gradient_reaches_the_teacher_and_nothing_to_compare_is_zero(form: str) -> None:
    student, teacher = (torch.randn(2, 3, requires_grad=True) for _ in range(2))
    multilabel.consistency(student, teacher, form).backward()
    assert student.grad is not None
    assert teacher.grad is None
    empty = multilabel.consistency(student[:0], teacher[:0], form)
    assert empty.item() == 0.0
    empty.backward()


@pytest.mark.parametrize(
    ("epoch", "weight"), [(0, 0), (10, 0), (11, 0.02), (35, 0.5), (60, 1), (99, 1)]
)
def test_the_ramp_has_its_known_answers_at_the_hundredths_of_a_run(
    epoch: float, weight: float
) -> None:
    assert multilabel.ramp(epoch / 100) == pytest.approx(weight, abs=1e-12)
