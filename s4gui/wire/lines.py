"""Typed values as JSON lines: one table of kinds, one encoder, one checking decoder."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar

from s4gui.core.errors import WireError

T = TypeVar("T")


def encode(value: Any) -> str:
    """One line of JSON (no newline inside) for a dataclass; ValueError for NaN or infinity."""
    raw = {"kind": type(value).__name__, **dataclasses.asdict(value)}
    return json.dumps(raw, allow_nan=False, separators=(",", ":"))


def decode(line: str, kinds: dict[str, type[T]]) -> T:
    """The value of one line. WireError if it is no JSON object, of unknown kind, or ill-typed."""
    try:
        raw = json.loads(line)
        cls = kinds[raw.pop("kind")]
        hints = typing.get_type_hints(cls)
        return cls(**{name: _checked(value, hints[name]) for name, value in raw.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WireError(
            "wire.bad_line",
            "Not a line of this program: {line}",
            hint="The two processes may be of different versions",
            line=line[:200],
        ) from error


def _checked(value: Any, hint: Any) -> Any:
    """`value` as the type `hint` says (lists become tuples); TypeError if it does not fit."""
    origin = typing.get_origin(hint)
    if hint is Any or (origin is typing.Literal and value in typing.get_args(hint)):
        return value
    if origin in _GENERIC:
        return _GENERIC[origin](value, typing.get_args(hint))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        inner = typing.get_type_hints(hint)
        return hint(**{name: _checked(each, inner[name]) for name, each in value.items()})
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise TypeError(f"{value!r} is not a {hint}")
    return value


def _tuple(value: Any, args: tuple[Any, ...]) -> Any:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_checked(each, args[0]) for each in value)
    return tuple(_checked(each, kind) for each, kind in zip(value, args, strict=True))


def _dict(value: Any, args: tuple[Any, ...]) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not an object")
    return {key: _checked(each, args[1]) for key, each in value.items()}


def _union(value: Any, args: tuple[Any, ...]) -> Any:
    if value is None and type(None) in args:
        return None
    for hint in args:
        if hint is not type(None):
            with contextlib.suppress(TypeError):
                return _checked(value, hint)
    raise TypeError(f"{value!r} is none of {args}")


_GENERIC: dict[Any, Callable[[Any, tuple[Any, ...]], Any]] = {
    tuple: _tuple,
    dict: _dict,
    types.UnionType: _union,
    typing.Union: _union,
}
