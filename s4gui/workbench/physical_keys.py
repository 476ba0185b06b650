"""Keys by their place on the keyboard, as a US keyboard has them there; no Qt.

Layouts without Latin letters have our letters nowhere: there the place of a key counts, told by
its scan code, or, where the system gives none, by the letter that such layouts have there.
"""

from __future__ import annotations

_ROWS = ("1234567890-=", "QWERTYUIOP[]", "ASDFGHJKL;'`", "\\ZXCVBNM,./")
_FIRST = (2, 16, 30, 43)
"""Scan codes of the first key of each row: Linux's key codes and set 1 of the PC, which agree."""
_BY_CODE = {
    first + n: key for first, row in zip(_FIRST, _ROWS, strict=True) for n, key in enumerate(row)
}
X11_OFFSET = 8
"""What X11 and Wayland add to Linux's key codes."""

_US = "`QWERTYUIOP[]ASDFGHJKL;'ZXCVBNM,."
_LAYOUTS = (
    "ёйцукенгшщзхъфывапролджэячсмитьбю",  # Russian
    "'йцукенгшщзхїфівапролджєячсмитьбю",  # Ukrainian
    "`;ςερτυθιοπ[]ασδφγηξκλ΄'ζχψωβνμ,.",  # Greek
    ";/'קראטוןםפ][שדגכעיחלךף,זסבהנמצתץ",  # Hebrew
    "ذضصثقفغعهخحجدشسيبلاتنمكطئءؤرﻻىةوز",  # Arabic
)
_MORE = {
    **dict(zip("љњђћѕџјіў", "QW]'ZXJSO", strict=True)),  # of other Cyrillic layouts
    **dict(zip("پچژگکی", "\\]C'KD", strict=True)),  # Persian
    **{chr(0x0660 + n): str(n) for n in range(10)},  # Arabic digits
    **{chr(0x06F0 + n): str(n) for n in range(10)},  # Persian digits
}


def _by_letter() -> dict[str, str]:
    out = dict(_MORE)
    for layout in _LAYOUTS:
        for letter, key in zip(layout, _US, strict=True):
            if not letter.isascii():
                out.setdefault(letter, key)
    return out


_BY_LETTER = _by_letter()


def us_key(code: int, letter: str) -> str:
    """The key that a US keyboard has at a place; empty where that is not known.

    `code` is Linux's key code or set 1's scan code, 0 where the system tells none; `letter`
    is what the key writes.
    """
    return _BY_CODE.get(code) or _BY_LETTER.get(letter.lower()[:1], "")
