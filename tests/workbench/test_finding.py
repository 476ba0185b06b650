"""Finding by a few letters: what fits, in which order."""

from __future__ import annotations

import random

import pytest

from s4gui.workbench.finding import Entry, Rank, find, fit, folded, names_with


def ids(query: str, *texts: str, recent: tuple[str, ...] = ()) -> list[str]:
    entries = [Entry(text, text, "kind") for text in texts]
    return [each.entry.id for each in find(query, entries, recent)]


@pytest.mark.parametrize(
    ("query", "text", "rank", "letters"),
    [
        ("brush", "Brush", Rank.WHOLE, "Brush"),
        ("lar", "Larger brush", Rank.BEGINNING, "Lar"),
        ("brush lar", "Larger brush", Rank.WORDS, "Larbrush"),
        ("nui", "Next unlabelled image", Rank.INITIALS, "Nui"),
        ("arger b", "Larger brush", Rank.PART, "arger b"),
        ("ger rus", "Larger brush", Rank.PARTS, "gerrus"),
        ("lgbr", "Larger brush", Rank.LETTERS, "Lgbr"),
        ("ECOLE", "passage d'école", Rank.WORDS, "école"),
    ],
)
def test_what_fits_has_a_rank_and_says_which_letters(
    query: str, text: str, rank: Rank, letters: str
) -> None:
    how = fit(query, text)
    assert how is not None
    assert how.rank is rank
    assert "".join(text[n] for n in how.letters) == letters


def test_other_words_about_it_are_found_after_its_own() -> None:
    how = fit("erase", "Undo", "Take back, erase the last edit")
    assert how is not None
    assert how.rank is Rank.ABOUT


@pytest.mark.parametrize("query", ["xyz", "brushes", "hsurb"])
def test_what_does_not_fit_is_not_found(query: str) -> None:
    assert fit(query, "Larger brush") is None


def test_letters_too_far_apart_are_no_fit() -> None:
    assert fit("ab", "a" + "x" * 20 + "b") is None


def test_a_better_rank_comes_first_whatever_the_order_given() -> None:
    texts = ["Open the brush box", "A rebrush", "Larger brush", "Brush", "Brush size", "be rough"]
    wanted = ["Brush", "Brush size", "Larger brush", "Open the brush box", "A rebrush"]
    for seed in range(10):
        random.Random(seed).shuffle(texts)
        assert ids("brush", *texts) == wanted


def test_what_was_used_last_comes_first_within_a_rank_and_without_a_query() -> None:
    texts = ("Zoom in", "Zoom out", "Train")
    assert ids("zoom", *texts, recent=("Zoom out",)) == ["Zoom out", "Zoom in"]
    assert ids("zoom in", *texts, recent=("Zoom out",)) == ["Zoom in"]
    assert ids("", *texts, recent=("Train", "Zoom out")) == ["Train", "Zoom out", "Zoom in"]


def test_what_cannot_be_done_now_comes_after_what_can() -> None:
    off = Entry("a", "Train", "kind", off="Nothing is labelled yet")
    on = Entry("b", "Train long", "kind")
    assert [each.entry.id for each in find("tra", [off, on])] == ["b", "a"]
    assert [each.entry.id for each in find("train", [on, off])] == ["a", "b"]  # the whole text


def test_a_folded_text_is_as_long_as_before() -> None:
    for text in ("Straße", "ÉCOLE", "Ǆ ﬁ", "道路", "İstanbul", ""):
        assert len(folded(text)) == len(text)


def test_names_are_those_that_hold_all_words() -> None:
    rng = random.Random(3)
    names = ["".join(rng.choice("abAB/") for _ in range(8)) for _ in range(500)]
    lowered = [each.casefold() for each in names]
    for query in ("ab", "A b/", "bb aa", "q"):
        wanted = [n for n in names if all(w in n.casefold() for w in query.casefold().split())]
        assert names_with(query, names, lowered, 500) == wanted
        assert names_with(query, names, lowered, 3) == wanted[:3]
