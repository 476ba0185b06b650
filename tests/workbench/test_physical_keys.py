"""Keys by their place: a US keyboard's name of them, by scan code or by letter."""

from __future__ import annotations

import unicodedata

import pytest

from s4gui.workbench.physical_keys import us_key

# Linux's names of keys (input-event-codes.h): KEY_1 is 2, KEY_Q is 16, KEY_A is 30, KEY_Z is 44.
CODES = {
    2: "1", 11: "0", 12: "-", 13: "=", 16: "Q", 25: "P", 26: "[", 27: "]", 30: "A", 38: "L",
    39: ";", 40: "'", 41: "`", 43: "\\", 44: "Z", 48: "B", 50: "M", 51: ",", 52: ".", 53: "/",
}  # fmt: skip


@pytest.mark.parametrize(("code", "key"), CODES.items())
def test_a_scan_code_is_a_place(code: int, key: str) -> None:
    assert us_key(code, "") == key
    assert us_key(code, "ж") == key  # the place counts before the letter


@pytest.mark.parametrize("code", [1, 14, 15, 28, 29, 42, 57, 59, 200])
def test_keys_that_write_nothing_have_no_place_here(code: int) -> None:
    assert us_key(code, "") == ""


@pytest.mark.parametrize(
    ("letters", "keys"),
    [
        ("фисвуапршолд", "ABCDEFGHIJKL"),  # Russian
        ("ьтщзйкыегмцчня", "MNOPQRSTUVWXYZ"),
        ("іїє", "S]'"),  # Ukrainian
        ("αβψδεφγηιξκλμνοπρστυωχζ", "ABCDEFGHIJKLMNOPRSTYVXZ"),  # Greek
        ("שנבגקכעיןחלך", "ABCDEFGHIJKL"),  # Hebrew
        ("صممتة".replace("صم", "ص").replace("ت", ""), "WLM"),  # Arabic
        ("١٢٠", "120"),
        ("۱۲۰", "120"),
    ],
)
def test_without_a_code_the_letter_tells_the_place(letters: str, keys: str) -> None:
    assert [us_key(0, each) for each in letters] == list(keys)
    assert [us_key(0, each.upper()) for each in letters] == list(keys)


def test_latin_letters_and_unknown_ones_tell_no_place() -> None:
    for letter in ("b", "é", "道", "", "1", ";"):
        assert us_key(0, letter) == ""


def test_every_letter_key_is_reached_from_each_alphabet() -> None:
    wanted = set("ABCDEFGHIJKLMNOPRSTUVWXYZ")  # Q is a sign in Greek and Hebrew
    known = [chr(n) for n in range(0x370, 0x700)] + ["ﻻ"]
    for name, lacks in (("CYRILLIC", ""), ("GREEK", ""), ("HEBREW", "W"), ("ARABIC", "")):
        held = [each for each in known if unicodedata.name(each, "").startswith(name)]
        assert wanted - {us_key(0, each) for each in held} == set(lacks), name
