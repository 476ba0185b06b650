"""The filter language of the image list: text to a condition, errors that point, completions.

filter    one {"or" one}
one       part {["and"] part}
part      ("not" | "-") part | "(" filter ")" | text | "quoted text" | key ":" value {"," value}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from s4gui.core.errors import FilterError
from s4gui.core.frames import FrameState, Split
from s4gui.core.sources import SourceKind
from s4gui.workbench.filter_parts import (
    All,
    Compared,
    Either,
    FromSource,
    InSplit,
    InState,
    Named,
    Not,
    Part,
    WithClass,
)

NUMBERS = ("labelled", "width", "height", "size")
KEYS = ("state", "class", "split", "source", *NUMBERS)
_DEEPEST = 40
_KEYED = re.compile(r'([A-Za-z]+):((?:"[^"]*"|[^\s()"])*)')
_QUOTED = re.compile(r'"([^"]*)"')
_BARE = re.compile(r'[^\s()"]+')
_VALUE = re.compile(r'"([^"]*)"|([^,"]+)')
_NUMBER = re.compile(r"(<=|>=|<|>|=)?(\d+(?:\.\d*)?|\.\d+)(%|[kKmM])?")
_AREA = re.compile(r"=?(\d+)x(\d+)")
_UNITS = {"": 1, "%": 1, "k": 1_000, "m": 1_000_000}


def parse(text: str, classes: Mapping[str, int]) -> Part:
    """The condition that a text stands for; an empty text lets every frame pass.

    FilterError says what is wrong, its parameters `at` and `until` where: text[at:until].
    """
    return _Parser(_tokens(text), classes, len(text)).whole()


@dataclass(frozen=True, slots=True)
class Completion:
    """Texts that may stand in place of text[start:cursor]."""

    start: int
    texts: tuple[str, ...]


def complete(text: str, cursor: int, classes: Mapping[str, int]) -> Completion:
    """What could be meant by the word that ends at the cursor: keys, or values of its key."""
    start = _word_start(text[:cursor])
    word = text[start:cursor]
    key, colon, values = word.partition(":")
    if not colon:
        texts = [f"{each}:" for each in KEYS if word and each.startswith(word.casefold())]
        return Completion(start, tuple(texts))
    done, comma, last = values.rpartition(",")
    wanted = last.removeprefix('"').casefold()
    known = [each for each in _known(key.casefold(), classes) if each.casefold() != wanted]
    texts = [
        f"{key}:{done}{comma}{_quoted(each)}"
        for each in known
        if each.casefold().startswith(wanted)
    ]
    return Completion(start, tuple(texts))


class _Kind(StrEnum):
    OPEN = "("
    CLOSE = ")"
    NOT = "not"
    AND = "and"
    OR = "or"
    TEXT = "text"
    KEYED = "keyed"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: _Kind
    start: int
    end: int
    text: str = ""
    key: str = ""


def _tokens(text: str) -> list[_Token]:
    out: list[_Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        out.append(_token(text, at))
        at = out[-1].end
    return out


def _token(text: str, at: int) -> _Token:
    here = text[at]
    if here in "()":
        return _Token(_Kind(here), at, at + 1)
    if here == "-" and at + 1 < len(text) and not text[at + 1].isspace():
        return _Token(_Kind.NOT, at, at + 1)
    if found := _QUOTED.match(text, at):
        return _Token(_Kind.TEXT, at, found.end(), found[1])
    if here == '"':
        raise _open_quote(at, len(text))
    if found := _KEYED.match(text, at):
        if text[found.end() : found.end() + 1] == '"':
            raise _open_quote(found.end(), len(text))
        return _Token(_Kind.KEYED, at, found.end(), found[2], found[1])
    found = _BARE.match(text, at)
    assert found is not None
    word = found[0].casefold()
    kind = _Kind(word) if word in {"and", "or", "not"} else _Kind.TEXT
    return _Token(kind, at, found.end(), found[0])


class _Parser:
    """Reads tokens once, from left to right."""

    def __init__(self, tokens: list[_Token], classes: Mapping[str, int], length: int) -> None:
        self._tokens, self._at, self._length = tokens, 0, length
        self._classes = {name.casefold(): value for name, value in classes.items()}
        self._depth = 0

    def whole(self) -> Part:
        """The condition; nothing may be left after it."""
        if not self._tokens:
            return All()
        found = self._any()
        left = self._next()
        if left is not None:
            raise FilterError(
                "filter.too_many_closed",
                "This parenthesis was never opened",
                hint="Take it away, or put ( before",
                at=left.start,
                until=left.end,
            )
        return found

    def _any(self) -> Part:
        parts = [self._all()]
        while self._take(_Kind.OR):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self) -> Part:
        parts = [self._part()]
        while True:
            follows = self._next()
            if self._take(_Kind.AND):
                parts.append(self._part())
            elif follows is None or follows.kind in {_Kind.OR, _Kind.CLOSE}:
                return parts[0] if len(parts) == 1 else All(tuple(parts))
            else:
                parts.append(self._part())

    def _part(self) -> Part:
        turned = False
        while self._take(_Kind.NOT):
            turned = not turned
        found = self._plain()
        return Not(found) if turned else found

    def _plain(self) -> Part:
        token = self._next()
        if token is None or token.kind in {_Kind.CLOSE, _Kind.AND, _Kind.OR}:
            raise self._nothing_here(token)
        self._at += 1
        if token.kind is _Kind.OPEN:
            return self._inside(token)
        return Named(token.text) if token.kind is _Kind.TEXT else _keyed(token, self._classes)

    def _inside(self, opened: _Token) -> Part:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FilterError(
                "filter.too_deep",
                "There are more than {n} parentheses in each other",
                n=_DEEPEST,
                at=opened.start,
                until=opened.end,
            )
        found = self._any()
        self._depth -= 1
        if not self._take(_Kind.CLOSE):
            raise FilterError(
                "filter.not_closed",
                "This parenthesis is not closed",
                hint='Put ) at the end, or "quotes" around a name that holds it',
                at=opened.start,
                until=opened.end,
            )
        return found

    def _next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, kind: _Kind) -> bool:
        token = self._next()
        if token is None or token.kind is not kind:
            return False
        self._at += 1
        return True

    def _nothing_here(self, token: _Token | None) -> FilterError:
        before = self._tokens[self._at - 1] if self._at else None
        place = token or before
        assert place is not None
        hint = 'and, or, not join conditions; "or" in quotes is text'
        at, until = place.start, place.end
        if token is not None:
            what = "A condition is missing before this"
            return FilterError("filter.missing_before", what, hint=hint, at=at, until=until)
        what = "A condition is missing after this"
        return FilterError("filter.missing_after", what, hint=hint, at=at, until=until)


def _keyed(token: _Token, classes: Mapping[str, int]) -> Part:
    key = token.key.casefold()
    if key not in KEYS:
        raise FilterError(
            "filter.no_key",
            "There is no condition {key}:",
            hint="Known are {known}. A name with a colon needs quotes",
            key=token.key,
            known=", ".join(f"{each}:" for each in KEYS),
            at=token.start,
            until=token.start + len(token.key),
        )
    if key in NUMBERS:
        return _compared(token, key)
    reader: Callable[[str], object] = {
        "state": FrameState,
        "split": Split,
        "source": SourceKind,
        "class": classes.__getitem__,
    }[key]
    values = _values(token, key, reader, classes)
    maker: Callable[[frozenset[object]], Part] = {
        "state": InState,
        "split": InSplit,
        "source": FromSource,
        "class": WithClass,
    }[key]
    return maker(frozenset(values))


def _values(
    token: _Token, key: str, reader: Callable[[str], object], classes: Mapping[str, int]
) -> list[object]:
    found: list[object] = []
    begin = token.end - len(token.text)
    for each in _VALUE.finditer(token.text):
        word = each[2] if each[1] is None else each[1]
        try:
            found.append(reader(word.casefold()))
        except (KeyError, ValueError):
            known = ", ".join(_known(key, classes))
            raise FilterError(
                "filter.no_value",
                "There is no {key} {word}",
                hint="Known are {known}",
                key=key,
                word=word,
                known=known,
                at=begin + each.start(),
                until=begin + each.end(),
            ) from None
    if not found:
        raise FilterError(
            "filter.no_words",
            "{key}: asks for a word",
            hint="Known are {known}",
            key=key,
            known=", ".join(_known(key, classes)),
            at=token.start,
            until=token.end,
        )
    return found


def _compared(token: _Token, key: str) -> Part:
    if key == "size" and (area := _AREA.fullmatch(token.text)):
        width, height = float(area[1]), float(area[2])
        return All((Compared("width", "=", width), Compared("height", "=", height)))
    found = _NUMBER.fullmatch(token.text)
    unit = (found[3] or "").casefold() if found else ""
    if found is None or (unit and (unit == "%") != (key == "labelled")):
        raise FilterError(
            "filter.no_number",
            "{key}: asks for a number",
            hint="For example {example}",
            key=key,
            example={"labelled": "labelled:>1%", "size": "size:>2M or size:1920x1080"}.get(
                key, f"{key}:>=1024"
            ),
            at=token.start,
            until=token.end,
        )
    return Compared(key, found[1] or "=", float(found[2]) * _UNITS[unit])


def _known(key: str, classes: Mapping[str, int]) -> list[str]:
    words: dict[str, list[str]] = {
        "state": [str(each) for each in FrameState],
        "split": [str(each) for each in Split],
        "source": [str(each) for each in SourceKind],
        "class": list(classes),
        "labelled": [">0%", "<1%", ">1%"],
    }
    return words.get(key, [])


def _quoted(name: str) -> str:
    return f'"{name}"' if re.search(r"[\s(),]", name) else name


def _word_start(text: str) -> int:
    """Where the last word begins: after a blank or a parenthesis outside quotes, and a minus."""
    start, quoted = 0, False
    for at, each in enumerate(text):
        if each == '"':
            quoted = not quoted
        elif not quoted and (each.isspace() or each in "()"):
            start = at + 1
    while text[start : start + 1] == "-":
        start += 1
    return start


def _open_quote(at: int, until: int) -> FilterError:
    return FilterError(
        "filter.open_quote", "This quote is not closed", hint='Put " at the end', at=at, until=until
    )
