"""File names made from frame ids: readable, reversible, safe on every file system."""

from __future__ import annotations

from urllib.parse import quote, unquote

_SAFE = " ()+,;=@!~'&#"
_RESERVED = frozenset(
    [
        "con",
        "prn",
        "aux",
        "nul",
        *(f"com{n}" for n in range(1, 10)),
        *(f"lpt{n}" for n in range(1, 10)),
    ]
)


def escaped(part: str) -> str:
    """One path part without characters that some file system refuses; `unescaped` undoes it."""
    out = quote(part, safe=_SAFE, errors="surrogateescape")
    if out in {".", ".."} or out.endswith((".", " ")) or out.split(".")[0].casefold() in _RESERVED:
        out = out[:-1] + f"%{ord(out[-1]):02X}"
    return out


def unescaped(part: str) -> str:
    """The part that `escaped` was given."""
    return unquote(part, errors="surrogateescape")


def flat(frame_id: str) -> str:
    """A whole frame id as one file name."""
    return escaped(frame_id.replace("%", "%25").replace("/", "%2F")).replace("%25", "%")
