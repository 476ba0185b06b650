"""Thumbnails are made for what is seen, and never in the way of an image."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from s4gui.core.errors import ImageError
from s4gui.gui.jobs import Jobs
from s4gui.gui.thumbnailer import Thumbnailer


class Store:
    """Makes grey pictures when it is let."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.go = threading.Semaphore(0)

    def get(self, path: Path):
        self.asked.append(path.name)
        assert self.go.acquire(timeout=10)
        if path.name == "broken":
            raise ImageError("image.x", "broken")
        return np.full((3, 5, 3), 90, np.uint8)

    def prune(self) -> None:
        pass


@pytest.fixture
def jobs(qapp: object) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    assert made.close()


def test_only_what_is_still_seen_is_made_newest_first(jobs: Jobs, qtbot: QtBot) -> None:
    store, owner, heard = Store(), QObject(), []
    seen = {str(n) for n in range(100)}
    maker = Thumbnailer(owner, jobs, store, Path, lambda: seen)  # type: ignore[arg-type]
    maker.made.connect(lambda name, picture: heard.append((name, picture.size().toTuple())))
    for n in range(100):
        maker.ask(str(n))
    qtbot.waitUntil(lambda: store.asked == ["0"])
    seen.clear()
    seen.update({"40", "41", "broken"})
    maker.ask("broken")
    maker.ask("0")
    for _ in range(4):
        store.go.release()
    qtbot.waitUntil(lambda: len(heard) == 4)
    assert store.asked == ["0", "broken", "41", "40"]
    assert [name for name, _ in heard] == store.asked
    assert dict(heard)["41"] == (5, 3)
    assert dict(heard)["broken"] == (1, 1)
    owner.deleteLater()


def test_a_thread_stays_free_for_the_image_that_is_opened(jobs: Jobs, qtbot: QtBot) -> None:
    store, owner, opened = Store(), QObject(), []
    names = {str(n) for n in range(9)}
    maker = Thumbnailer(owner, jobs, store, Path, lambda: names)  # type: ignore[arg-type]
    for each in names:
        maker.ask(each)
    qtbot.waitUntil(lambda: len(store.asked) == 1)
    jobs.run("image", lambda: QImage(2, 2, QImage.Format.Format_RGB888), opened.append)
    qtbot.waitUntil(lambda: len(opened) == 1)
    assert len(store.asked) == 1
    names.clear()
    store.go.release()
    qtbot.waitUntil(lambda: jobs.is_idle)
    owner.deleteLater()
