"""Finding things by a few letters of their words: how well something fits, and in what order.

The order is by rank, best first: the whole text; its beginning; the beginnings of words; initials;
a part of it; parts in any order; other words about it; letters in their order. Within a rank comes
what can be done now, then what was used last, then the shorter text, then the order given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

_WORDS = re.compile(r"\w+")


class Rank(IntEnum):
    """How well a text fits; lower is better."""

    WHOLE = 0
    BEGINNING = 1
    WORDS = 2
    INITIALS = 3
    PART = 4
    PARTS = 5
    ABOUT = 6
    LETTERS = 7


@dataclass(frozen=True, slots=True)
class Fit:
    """A rank, how far the found letters lie apart, and which letters of the text they are."""

    rank: Rank
    spread: int = 0
    letters: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be found: what it is called, of what kind it is, and whether it can be done.

    `about` are other words it is found by; `off` says why it cannot be done now, else empty.
    """

    id: str
    text: str
    kind: str
    about: str = ""
    keys: str = ""
    off: str = ""
    picture: Any = None  # what the window draws beside it


@dataclass(frozen=True, slots=True)
class Found:
    """An entry and how it fits."""

    entry: Entry
    fit: Fit


def fit(query: str, text: str, about: str = "") -> Fit | None:
    """How a text fits; None if it does not. Case and accents do not count."""
    asked, here = folded(query).strip(), folded(text)
    words = _WORDS.findall(asked) or asked.split()
    if not words:
        return Fit(Rank.WHOLE)
    if here == asked:
        return Fit(Rank.WHOLE, 0, tuple(range(len(text))))
    for rank, look in _LOOKS.items():
        letters = look(words, asked, here)
        if letters is not None:
            return Fit(rank, _spread(letters), letters)
        if rank is Rank.PARTS and about and _is_about(words, here, folded(about)):
            return Fit(Rank.ABOUT)
    return None


def find(query: str, entries: Iterable[Entry], recent: Sequence[str] = ()) -> list[Found]:
    """The entries that fit, in the order of this module's first lines."""
    last = {name: place for place, name in enumerate(recent)}
    fits = ((entry, fit(query, entry.text, entry.about)) for entry in entries)
    found = [Found(entry, how) for entry, how in fits if how is not None]
    if not query.strip():
        return sorted(found, key=lambda each: last.get(each.entry.id, len(last)))

    def order(each: Found) -> tuple[int, bool, int, int, int]:
        entry, how = each.entry, each.fit
        used = last.get(entry.id, len(last))
        return (how.rank, bool(entry.off), used, how.spread, len(entry.text))

    return sorted(found, key=order)


def names_with(query: str, names: Sequence[str], lowered: Sequence[str], limit: int) -> list[str]:
    """The first names that hold all words of a query; `lowered` are the same in lower case.

    Made for 100,000 names a key press: no ranks.
    """
    words = query.casefold().split()
    out: list[str] = []
    for place, name in enumerate(lowered):
        if all(word in name for word in words):
            out.append(names[place])
            if len(out) == limit:
                break
    return out


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """A text without case and accents, letter by letter: as long as before."""
    return text.lower() if text.isascii() else "".join(map(_plain, text))


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    return unicodedata.normalize("NFKD", letter.casefold())[:1] or letter


@lru_cache(maxsize=4096)
def _begins(here: str) -> tuple[tuple[int, int], ...]:
    """From where to where the words of a text go."""
    return tuple(each.span() for each in _WORDS.finditer(here))


def _spread(letters: tuple[int, ...]) -> int:
    """How late the first letter comes, and how many others lie between them."""
    return letters[-1] - len(letters) + 1


def _is_about(words: list[str], here: str, other: str) -> bool:
    return all(word in other or word in here for word in words)


def _beginning(_words: list[str], asked: str, here: str) -> tuple[int, ...] | None:
    return tuple(range(len(asked))) if here.startswith(asked) else None


def _word_beginnings(words: list[str], _asked: str, here: str) -> tuple[int, ...] | None:
    """Letters of words of the text that begin with the words asked for, each word used once."""
    free, found = list(_begins(here)), list[int]()
    for word in words:
        hit = next((span for span in free if here[span[0] : span[1]].startswith(word)), None)
        if hit is None:
            return None
        free.remove(hit)
        found += range(hit[0], hit[0] + len(word))
    return tuple(sorted(found))


def _initials(words: list[str], _asked: str, here: str) -> tuple[int, ...] | None:
    begins = [start for start, _ in _begins(here)]
    wanted = "".join(words)
    place = "".join(here[start] for start in begins).find(wanted)
    return tuple(begins[place : place + len(wanted)]) if place >= 0 and len(wanted) > 1 else None


def _part(_words: list[str], asked: str, here: str) -> tuple[int, ...] | None:
    place = here.find(asked)
    return tuple(range(place, place + len(asked))) if place >= 0 else None


def _parts(words: list[str], _asked: str, here: str) -> tuple[int, ...] | None:
    if not all(word in here for word in words):
        return None
    return tuple(sorted({here.find(word) + n for word in words for n in range(len(word))}))


def _letters(words: list[str], _asked: str, here: str) -> tuple[int, ...] | None:
    """The letters in their order, over at most four times as many of the text."""
    asked, found = "".join(words), list[int]()
    for letter in asked:
        place = here.find(letter, found[-1] + 1 if found else 0)
        if place < 0:
            return None
        found.append(place)
    return tuple(found) if found[-1] - found[0] < 4 * len(asked) else None


_LOOKS = {
    Rank.BEGINNING: _beginning,
    Rank.WORDS: _word_beginnings,
    Rank.INITIALS: _initials,
    Rank.PART: _part,
    Rank.PARTS: _parts,
    Rank.LETTERS: _letters,
}
