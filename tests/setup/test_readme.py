"""What the README promises is there: links, words of the command line, class sets and tables."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from s4gui.cli.main import parser
from s4gui.store import palettes

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    lines = (line.split("#")[0] for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
             for line in block.splitlines())  # fmt: skip
    return [words[1:] for line in lines if (words := shlex.split(line))[:1] == ["s4gui"]]


def test_every_link_leads_somewhere() -> None:
    links = set(re.findall(r"\]\(([^)#:]+)\)", TEXT))
    assert len(links) >= 6
    assert not [each for each in links if not (ROOT / each).exists()]


@pytest.mark.parametrize("words", [w for w in commands() if w and not w[0].startswith("-")])
def test_every_command_is_one_the_grammar_knows(words: list[str]) -> None:
    assert parser().parse_args(words).word == words[0]


def test_all_words_of_the_headless_twin_are_shown() -> None:
    assert {"new", "import", "train", "predict", "evaluate", "export"} <= {
        words[0] for words in commands() if words
    }


def test_class_sets_and_their_tables_are_listed() -> None:
    for each in palettes.all_class_sets():
        assert f"`{each.name}`" in TEXT
        for table in each.tables:
            assert f"`{table}`" in TEXT
