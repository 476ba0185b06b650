"""The filter language: against a filter that looks at one frame after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4gui.core.classes import VOID, ClassMap, LabelClass
from s4gui.core.errors import FilterError
from s4gui.core.frames import Frame, FrameState, Split
from s4gui.core.sources import SourceKind
from s4gui.core.tags import ImageTags
from s4gui.workbench.filters import KEYS, complete, parse
from s4gui.workbench.frame_table import FrameTable, classes_by_name

NAMES = ("Car", "Road marking", "a,b", "or")
CLASSES = classes_by_name(
    ClassMap(tuple(LabelClass(i, name, (i, 0, 0)) for i, name in enumerate(NAMES)))
)
WORDS = ("cam", "IMG", "7", "a b", "(x)", "or", "-1", "ß", "train/")


# --- one frame at a time -------------------------------------------------------------------------


class Facts:
    """All that is known of one frame."""

    def __init__(self, frame, counts, mark, tags, kinds):
        self.frame, self.counts, self.mark, self.tags, self.kinds = frame, counts, mark, tags, kinds

    @property
    def state(self):
        started = FrameState.STARTED if sum(self.counts.values()) else FrameState.UNTOUCHED
        return self.mark or started


def passes(node, facts) -> bool:  # noqa: PLR0911 - a line for each kind of node
    kind, *rest = node
    if kind == "and":
        return all(passes(each, facts) for each in rest)
    if kind == "or":
        return any(passes(each, facts) for each in rest)
    if kind == "not":
        return not passes(rest[0], facts)
    if kind == "text":
        return rest[0].casefold() in facts.frame.path.casefold()
    if kind == "state":
        return facts.state.value in rest[0]
    if kind == "split":
        return facts.frame.split.value in rest[0]
    if kind == "class":
        values = {CLASSES[name] for name in rest[0]}
        painted = {value for value, px in facts.counts.items() if px}
        return bool(values & (painted | facts.tags.present))
    if kind == "source":
        return any(each.value in rest[0] for each in facts.kinds)
    column, sign, number = rest
    height, width = facts.frame.shape
    value = {
        "labelled": 100 * sum(facts.counts.values()) / max(height * width, 1),
        "width": width,
        "height": height,
        "size": height * width,
    }[column]
    return {
        "<": value < number,
        "<=": value <= number,
        ">": value > number,
        ">=": value >= number,
        "=": value == number,
    }[sign]


def quoted(word: str) -> str:
    return f'"{word}"'


def text_of(node, depth: int = 0) -> str:
    """The node as somebody would type it, with no more parentheses than it needs."""
    kind, *rest = node
    if kind == "or":
        text = " OR ".join(text_of(each, 1) for each in rest)
        return f"({text})" if depth > 0 else text
    if kind == "and":
        joint = " and " if len(rest) % 2 else " "
        text = joint.join(text_of(each, 2) for each in rest)
        return f"({text})" if depth > 1 else text
    if kind == "not":
        return ("-" if rest[0][0] in KEYS else "not ") + text_of(rest[0], 2)
    if kind == "text":
        return quoted(rest[0])
    if kind == "number":
        column, sign, number = rest
        return f"{column}:{sign}{number}{'%' if column == 'labelled' else ''}"
    return f"{kind}:" + ",".join(quoted(w) if set(w) & set(" ,()") else w.upper() for w in rest[0])


def some(words) -> st.SearchStrategy:
    return st.lists(st.sampled_from([str(each) for each in words]), min_size=1, max_size=3)


ATOMS = st.one_of(
    st.tuples(st.just("text"), st.sampled_from(WORDS)),
    st.tuples(st.just("state"), some(FrameState)),
    st.tuples(st.just("split"), some(Split)),
    st.tuples(st.just("source"), some(SourceKind)),
    st.tuples(st.just("class"), some(["Car", "Road marking", "a,b", "void"])),
    st.tuples(
        st.just("number"),
        st.sampled_from(["labelled", "width", "height", "size"]),
        st.sampled_from(["<", "<=", ">", ">=", "="]),
        st.sampled_from([0, 1, 2.5, 4, 10, 50, 100]),
    ),
)


def joined(inner):
    many = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        many.map(lambda parts: ("and", *parts)),
        many.map(lambda parts: ("or", *parts)),
        inner.map(lambda part: ("not", part)),
    )


NODES = st.recursive(ATOMS, joined, max_leaves=8)
FACTS = st.builds(
    Facts,
    frame=st.builds(
        Frame,
        st.just("r"),
        st.text("camIMG7 /(x)ßor-1", min_size=1).filter(
            lambda path: not path.startswith("/") and ".." not in path.split("/")
        ),
        st.sampled_from([1, 2, 4, 10]),
        st.sampled_from([1, 2, 4, 10]),
        st.sampled_from(Split),
    ),
    counts=st.dictionaries(st.sampled_from([0, 1, 2, 3, VOID]), st.integers(0, 40), max_size=3),
    mark=st.sampled_from([None, FrameState.DONE, FrameState.APPROVED, FrameState.FLAGGED]),
    tags=st.builds(ImageTags, present=st.frozensets(st.sampled_from([0, 1, 2]), max_size=2)),
    kinds=st.frozensets(st.sampled_from(SourceKind), max_size=2),
)


def table_of(rows) -> FrameTable:
    by_id = {each.frame.id: each for each in rows}
    return FrameTable(
        tuple(each.frame for each in rows),
        {name: each.counts for name, each in by_id.items()},
        {name: each.mark for name, each in by_id.items()},
        tags={name: each.tags for name, each in by_id.items()},
        sources=lambda: {name: each.kinds for name, each in by_id.items()},
    )


@given(NODES, st.lists(FACTS, max_size=6, unique_by=lambda each: each.frame.path))
def test_a_filter_lets_through_what_a_look_at_each_frame_does(node, rows) -> None:
    table = table_of(rows)
    expected = [passes(node, each) for each in rows]
    assert parse(text_of(node), CLASSES).mask(table).tolist() == expected


@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_an_error_that_points_into_it(text: str) -> None:
    try:
        mask = parse(text, CLASSES).mask(table_of([]))
    except FilterError as error:
        caught = error
    else:
        assert mask.shape == (0,)
        return
    at, until = caught.message.params["at"], caught.message.params["until"]
    assert 0 <= at < until <= len(text)
    assert str(caught)
    assert caught.hint


@pytest.mark.parametrize(
    ("text", "wrong", "words"),
    [
        ("state:dne", "dne", "no state dne"),
        ("state:done,flaged", "flaged", "no state flaged"),
        ("-class:Cat", "Cat", "no class Cat"),
        ('a class:"Road"', '"Road"', "no class Road"),
        ("splits:val", "splits", "no condition splits:"),
        ("score:<0.5", "score", "no condition score:"),
        ("state:", "state:", "asks for a word"),
        ("labelled:>x", "labelled:>x", "asks for a number"),
        ("width:>1%", "width:>1%", "asks for a number"),
        ("labelled:2M", "labelled:2M", "asks for a number"),
        ("(a b", "(", "not closed"),
        ("a) b", ")", "never opened"),
        ("a or", "or", "missing after"),
        ("and a", "and", "missing before"),
        ("a or or b", "or", "missing before"),
        ("not", "not", "missing after"),
        ("()", ")", "missing before"),
        ('a "b c', '"b c', "quote"),
        ('class:"Road', '"Road', "quote"),
        ("(" * 60, "(", "more than 40"),
    ],
)
def test_an_error_says_what_is_wrong_and_where(text: str, wrong: str, words: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text, CLASSES)
    params = caught.value.message.params
    assert text[params["at"] : params["until"]] == wrong
    assert words in str(caught.value)


def test_and_binds_closer_than_or_and_words_beside_each_other_are_and() -> None:
    rows = [Frame("r", path, 1, 1) for path in ("ab", "a", "b", "c")]
    table = FrameTable(tuple(rows))

    def found(text: str) -> list[str]:
        return [rows[n].path for n in np.flatnonzero(parse(text, {}).mask(table))]

    assert found("a b or c") == found("(a and b) or c") == ["ab", "c"]
    assert found("a (b or c)") == ["ab"]
    assert found("not a or b") == ["ab", "b", "c"]
    assert found("- a") == []
    assert found("--a") == ["ab", "a"]
    assert found("  ") == ["ab", "a", "b", "c"]
    assert found("not (a or c)") == ["b"]


def test_sizes_are_pixels_thousands_millions_or_width_by_height() -> None:
    rows = (Frame("r", "a", 1000, 2000), Frame("r", "b", 2000, 1000), Frame("r", "c", 3, 5))
    table = FrameTable(rows)
    for text, expected in {
        "size:>=2M": [True, True, False],
        "size:2000x1000": [True, False, False],
        "size:<1k": [False, False, True],
        "width:>height": None,
        "height:>1000": [False, True, False],
    }.items():
        if expected is None:
            with pytest.raises(FilterError):
                parse(text, {})
        else:
            assert parse(text, {}).mask(table).tolist() == expected


def test_without_counted_sources_a_filter_for_them_says_so() -> None:
    table = FrameTable((Frame("r", "a", 1, 1),), sources=lambda: None)
    with pytest.raises(FilterError, match="not counted"):
        parse("source:painted", {}).mask(table)


@pytest.mark.parametrize(
    ("text", "start", "texts"),
    [
        ("s", 0, ("state:", "split:", "source:", "size:")),
        ("a and -cl", 7, ("class:",)),
        ("state:", 0, tuple(f"state:{each}" for each in FrameState)),
        ("x (state:done,f", 3, ("state:done,flagged",)),
        ("class:r", 0, ('class:"Road marking"',)),
        ('class:"road m', 0, ('class:"Road marking"',)),
        ("state:done", 0, ()),
        ("", 0, ()),
        ('"state:', 0, ()),
    ],
)
def test_completions_replace_the_word_at_the_cursor(text, start, texts) -> None:
    found = complete(text, len(text), CLASSES)
    assert found.texts == texts
    if texts:
        assert found.start == start


@given(st.text('state:done, (-"x', max_size=20), st.data())
def test_what_a_completion_makes_is_never_worse_than_before(text, data) -> None:
    cursor = data.draw(st.integers(0, len(text)))
    found = complete(text, cursor, CLASSES)
    assert 0 <= found.start <= cursor
    for each in found.texts:
        key, colon, _ = each.partition(":")
        assert key.casefold() in KEYS
        assert colon


def test_only_filters_that_follow_labels_need_to_be_asked_again() -> None:
    assert not parse("cam split:val -(width:>3)", CLASSES).follows_labels
    for text in ("cam or state:done", "-class:Car", "labelled:>1%", "source:painted"):
        assert parse(text, CLASSES).follows_labels
