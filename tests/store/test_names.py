"""File names made from frame ids."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4gui.store import names

TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=60
)


@given(TEXT)
def test_escaping_can_be_undone_unless_the_name_was_cut(text: str) -> None:
    out = names.escaped(text)
    if "%~" not in out:
        assert names.unescaped(out) == text
    else:
        assert len(text.encode()) > 100


@given(TEXT)
def test_escaped_names_are_taken_by_every_file_system(text: str) -> None:
    out = names.escaped(text)
    assert not set(out) & set('<>:"/\\|?*')
    assert all(ord(c) >= 32 for c in out)
    assert not out.endswith((".", " "))
    assert len(out.encode()) <= names.MAX_BYTES


@pytest.mark.parametrize("name", ["straße.png", "道路 1.jpg", "Ça va.webp", "a+b (2).png"])
def test_readable_names_stay_as_they_are(name: str) -> None:
    assert names.escaped(name) == name


@pytest.mark.parametrize("name", ["con", "NUL.png", "com1.x.png", ".", "..", "a.", "b "])
def test_names_that_windows_reserves_are_changed(name: str) -> None:
    out = names.escaped(name)
    assert out != name
    assert out.split(".")[0].casefold() not in {"con", "nul", "com1"}
    assert names.unescaped(out) == name


def test_long_names_are_cut_and_stay_different() -> None:
    long = [f"{'ü' * 150}{n}.png" for n in range(50)]
    made = {names.escaped(each) for each in long}
    assert len(made) == 50
    with pytest.raises(ValueError, match="cut"):
        names.unescaped(made.pop())


def test_a_flat_name_is_one_part_and_different_for_different_frames() -> None:
    assert names.flat("images/a/b.png") == "images%2Fa%2Fb.png"
    assert names.flat("images/a%2Fb.png") != names.flat("images/a/b.png")


def test_a_name_that_is_not_utf8_becomes_text_and_goes_back(tmp_path: Path) -> None:
    raw = os.fsdecode(b"caf\xe9.png")
    (tmp_path / raw).write_bytes(b"x")
    clean = names.clean(raw)
    clean.encode("utf-8")
    assert names.on_disk(tmp_path, clean).read_bytes() == b"x"
    assert names.on_disk(tmp_path, "plain.png") == tmp_path / "plain.png"
