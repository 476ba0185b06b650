"""Runs and workers for the tests of the wire."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from s4gui.core.recipe import Recipe
from s4gui.store.runs import RunCard, RunFolder, claim
from s4gui.wire.transport import Attached
from tests import fake_worker


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A claimed run without a snapshot."""
    folder = claim(tmp_path / "runs")
    card = RunCard(folder.number, "p", "2026-01-01T00:00:00Z", "", watch=("images/a.png",))
    folder.write(card, Recipe(steps=40))
    return folder


@pytest.fixture
def attached(run: RunFolder) -> Iterator[Callable[..., Attached]]:
    """Makes attached fake workers, and ends them after the test."""
    made: list[Attached] = []

    def make(**choices: object) -> Attached:
        words = [f"{name}={value}" for name, value in choices.items()]
        command = [sys.executable, "-m", "tests.fake_worker", *words]
        made.append(Attached(command, greeting="Hello", log=run.log))
        return made[-1]

    yield make
    for each in made:
        each.close()


assert fake_worker.CHOICES
