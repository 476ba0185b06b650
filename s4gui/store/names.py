"""File names made from frame ids: readable, reversible, safe on every file system."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import unquote

MAX_BYTES = 180
"""Longest file name made here: leaves room for suffixes in the 255 bytes of a file system."""

_REFUSED = re.compile('[<>:"/\\\\|?*%\x00-\x1f\x7f\ud800-\udfff]')
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul"] + [f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)]
)
_PRIVATE = 0xF700
"""Start of the private characters that stand for bytes of names that are not UTF-8."""
_PRIVATE_BYTES = re.compile("[\uf780-\uf7ff]")
_BAD_BYTES = re.compile("[\udc80-\udcff]")


def escaped(part: str) -> str:
    """One path part without what some file system refuses; `unescaped` undoes it.

    Letters of all scripts stay readable. A name over MAX_BYTES is cut and ends in `%~` and a
    hash of the whole; that alone cannot be undone (label files say whose they are).
    """
    out = _REFUSED.sub(lambda found: _percent(found.group()), part)
    # A dot or blank at the end and device names are refused by Windows.
    if out.endswith((".", " ")):
        out = out[:-1] + _percent(out[-1])
    stem, dot, rest = out.partition(".")
    if stem.casefold() in _RESERVED:
        out = stem[:-1] + _percent(stem[-1]) + dot + rest
    data = out.encode("utf-8")
    if len(data) <= MAX_BYTES:
        return out
    digest = hashlib.sha256(part.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return data[: MAX_BYTES - 20].decode("utf-8", "ignore").rstrip("%. ") + f"%~{digest}"


def unescaped(part: str) -> str:
    """The part that `escaped` was given; ValueError if it was cut."""
    if "%~" in part:
        raise ValueError(f"the name was cut and cannot be undone: {part}")
    return unquote(part, errors="surrogateescape")


def flat(frame_id: str) -> str:
    """A whole frame id as one file name."""
    return escaped(frame_id)


def clean(name: str) -> str:
    """A file's name as text that every file and process here can carry.

    Bytes that are not UTF-8 come from the system as lone surrogates, which neither JSON nor
    SQLite nor Qt take; they become private characters. `on_disk` goes back.
    """
    return _BAD_BYTES.sub(lambda found: chr(ord(found.group()) - 0xDC00 + _PRIVATE), name)


def on_disk(root: Path, path: str) -> Path:
    """Where a frame's file lies: root and its clean relative path, with `/`."""
    plain = root / path
    if not _PRIVATE_BYTES.search(path) or plain.exists():
        return plain
    return root / _PRIVATE_BYTES.sub(
        lambda found: chr(ord(found.group()) - _PRIVATE + 0xDC00), path
    )


def _percent(character: str) -> str:
    data = character.encode("utf-8", "surrogateescape")
    return "".join(f"%{byte:02X}" for byte in data)
