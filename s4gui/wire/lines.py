"""Typed values as JSON lines: one table of kinds, one encoder, one checking decoder."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar

from s4gui.core.errors import WireError

T = TypeVar("T")


def encode(value: Any) -> str:
    """One line of JSON (no newline inside) for a dataclass; ValueError for NaN or infinity."""
    raw = {"type": type(value).__name__, **dataclasses.asdict(value)}
    return json.dumps(raw, allow_nan=False, separators=(",", ":"))


def decode(line: str, kinds: dict[str, type[T]]) -> T:
    """The value of one line. WireError if it is no JSON object, of unknown kind, or ill-typed."""
    try:
        raw = _DECODER.decode(line)
        cls: Any = kinds[raw.pop("type")]
        checks = _fields(cls)
        found: T = cls(**{name: checks[name](value) for name, value in raw.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WireError(
            "wire.bad_line",
            "Not a line of this program: {line}",
            hint="The two processes may be of different versions",
            line=line[:200],
        ) from error
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")


_DECODER = json.JSONDecoder(parse_constant=_refuse)  # NaN never crosses the wire


# Type hints are resolved once per class: resolving them for each line took 80 of 90 us.
@functools.cache
def _fields(cls: type) -> dict[str, _Check]:
    return {name: _check(hint) for name, hint in typing.get_type_hints(cls).items()}


@functools.cache
def _check(hint: Any) -> _Check:
    """What turns a JSON value into a value of this type (lists become tuples), or TypeError."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return lambda value: value
    if origin in _GENERIC:
        return _GENERIC[origin](args)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return functools.partial(_dataclass, hint)
    return _number if hint is float else functools.partial(_plain, hint)


def _plain(hint: type, value: Any) -> Any:
    if type(value) is not hint:
        raise TypeError(f"{value!r} is not a {hint}")
    return value


def _number(value: Any) -> Any:
    return float(value) if type(value) is int else _plain(float, value)


def _dataclass(cls: type, value: Any) -> Any:
    checks = _fields(cls)
    return cls(**{name: checks[name](each) for name, each in value.items()})


def _literal(args: tuple[Any, ...]) -> _Check:
    def check(value: Any) -> Any:
        if value not in args:
            raise TypeError(f"{value!r} is none of {args}")
        return value

    return check


def _tuple(args: tuple[Any, ...]) -> _Check:
    is_open = len(args) == 2 and args[1] is Ellipsis
    checks = [_check(each) for each in (args[:1] if is_open else args)]

    def check(value: Any) -> Any:
        if not isinstance(value, list):
            raise TypeError(f"{value!r} is not a list")
        if is_open:
            return tuple(map(checks[0], value))
        return tuple(each(part) for each, part in zip(checks, value, strict=True))

    return check


def _dict(args: tuple[Any, ...]) -> _Check:
    inner = _check(args[1])

    def check(value: Any) -> Any:
        if not isinstance(value, dict):
            raise TypeError(f"{value!r} is not an object")
        return {key: inner(each) for key, each in value.items()}

    return check


def _union(args: tuple[Any, ...]) -> _Check:
    checks = [_check(each) for each in args if each is not type(None)]

    def check(value: Any) -> Any:
        if value is None and type(None) in args:
            return None
        for each in checks:
            with contextlib.suppress(TypeError):
                return each(value)
        raise TypeError(f"{value!r} is none of {args}")

    return check


_Check = Callable[[Any], Any]
_GENERIC: dict[Any, Callable[[tuple[Any, ...]], _Check]] = {
    tuple: _tuple,
    dict: _dict,
    types.UnionType: _union,
    typing.Union: _union,
    typing.Literal: _literal,
}
