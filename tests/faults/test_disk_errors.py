"""A disk that is full, gone or refuses to sync: nothing is lost, painting goes on."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from s4gui.core.errors import S4Error
from s4gui.core.labels import Box
from s4gui.store import database, label_files, writer
from s4gui.store.atomic import write_atomic
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

FRAME = "images/a.png"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(writer, "_RETRY_S", 0.02)
    return places.make(tmp_path, {"a.png": (120, 160), "b.png": (120, 160)})


def paint_noise(bench: Workbench, count: int, frame: str = FRAME) -> None:
    """Regions that do not compress, so that a small disk is full soon."""
    for _ in range(count):
        random = np.random.default_rng(bench.project.last_taken())
        box = Box(0, 0, 120, 160)
        value = bench.project.last_taken() % 5
        inside = random.random(box.shape) < 0.4
        bench.paint_region(frame, inside, box, value, tool=Tool.RECTANGLE)


class SmallDisk:
    """Lets SQLite grow to so many pages only; `room` makes it large again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
        self.pages = pages
        real = database.connect

        def connect(path: Path) -> sqlite3.Connection:
            connection = real(path)
            connection.execute(f"PRAGMA max_page_count={self.pages}")
            return connection

        monkeypatch.setattr(database, "connect", connect)

    def room(self) -> None:
        self.pages = 1 << 30


def test_on_a_full_disk_edits_stay_in_memory_and_are_written_when_there_is_room(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SmallDisk(monkeypatch, pages=40)
    bench = places.opened(folder)
    told: list[S4Error] = []
    recovered = threading.Event()
    bench.project.writer.on_error = told.append
    bench.project.writer.on_recovered = recovered.set
    paint_noise(bench, 30)
    with pytest.raises(S4Error, match="full"):
        bench.project.settle()
    held = bench.pending
    assert held > 0
    paint_noise(bench, 5)  # painting goes on
    bench.undo(FRAME)
    with pytest.raises(S4Error, match="full"):
        bench.project.settle()
    assert bench.pending == held + 6
    assert not bench.acknowledged
    assert len(told) == 1, "the same trouble was told more than once"
    assert "memory" in told[0].hint
    disk.room()
    assert recovered.wait(20)
    bench.project.settle()
    labels, sources = bench.mask(FRAME).labels.copy(), bench.mask(FRAME).sources.copy()
    bench.close()
    bench = places.opened(folder)
    assert np.array_equal(bench.mask(FRAME).labels, labels)
    assert np.array_equal(bench.mask(FRAME).sources, sources)
    assert bench.can_redo(FRAME)
    assert bench.project.last_taken() == 36
    bench.close()


def test_a_second_trouble_after_a_success_is_told_again(folder: Path) -> None:
    bench = places.opened(folder)
    told: list[S4Error] = []
    better: list[int] = []
    bench.project.writer.on_error = told.append
    bench.project.writer.on_recovered = lambda: better.append(len(told))
    for number in (1, 2):
        left = [1, 1, 1]

        def task(_: sqlite3.Connection, left: list[int] = left) -> None:
            if left:
                left.pop()
                raise sqlite3.OperationalError("disk I/O error")

        bench.project.writer.do(task)
        while bench.project.writer.pending:
            with contextlib.suppress(S4Error):
                bench.project.writer.flush()
        assert not left
        assert len(told) == number
        assert better == list(range(1, number + 1))
        assert bench.project.writer.last_error is None
    bench.close()


def test_label_files_that_cannot_be_written_hold_up_no_edit(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_RETRY_S", 60.0)
    bench = places.opened(folder)
    told: list[S4Error] = []
    bench.project.writer.on_error = told.append
    (folder / "labels").write_text("a file where the folder should be")
    for number in range(1, 6):
        paint_noise(bench, 1)
        bench.save_now()
        bench.project.settle()  # raises if an edit had to wait for the label files
        assert bench.acknowledged
        assert bench.project.counts(FRAME) == bench.mask(FRAME).counts()
        with pytest.raises(S4Error):
            bench.project.writer.flush()
        assert len(told) == 1, f"told again after edit {number}"
    (folder / "labels").unlink()
    labels = bench.mask(FRAME).labels.copy()
    bench.close()
    bench = places.opened(folder)
    assert np.array_equal(bench.mask(FRAME).labels, labels)
    assert bench.take_notices() == ()
    bench.close()


@pytest.mark.parametrize("call", ["fsync", "replace", "write"])
def test_a_label_file_that_cannot_be_written_leaves_the_old_one_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    bench = places.opened(folder)
    paint_noise(bench, 1)
    bench.save_now()
    bench.project.writer.flush()
    files = label_files.of(folder, FRAME)
    old = files.labels.read_bytes(), files.sources.read_bytes()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def begun_then_refused(*_: object) -> Iterator[bytes]:
        yield b"some bytes"
        refuse()

    with monkeypatch.context() as broken:
        if call == "fsync":
            broken.setattr(label_files.os, "fsync", refuse)
        elif call == "replace":
            broken.setattr(Path, "replace", refuse)
        else:
            broken.setattr(label_files.masks, "plain_stripes", begun_then_refused)
        paint_noise(bench, 1)
        bench.save_now()
        with pytest.raises(S4Error, match="No space"):
            bench.project.writer.flush()
        assert (files.labels.read_bytes(), files.sources.read_bytes()) == old
        assert not list(folder.rglob("*.part"))
    labels = bench.mask(FRAME).labels.copy()
    bench.close()
    assert not list(folder.rglob("*.part"))
    bench = places.opened(folder)
    assert np.array_equal(bench.mask(FRAME).labels, labels)
    assert bench.take_notices() == ()
    bench.close()


@pytest.mark.parametrize("failing", range(6))
def test_an_atomic_write_that_fails_anywhere_keeps_the_old_file_and_leaves_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    path = tmp_path / "a.json"
    write_atomic(path, b"old")
    count = [0]

    def counted(real):
        def call(*arguments: object, **named: object):
            count[0] += 1
            if count[0] == failing:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return real(*arguments, **named)

        return call

    with monkeypatch.context() as broken:
        broken.setattr("s4gui.store.atomic.os.fsync", counted(os.fsync))
        broken.setattr("s4gui.store.atomic.tempfile.mkstemp", counted(tempfile.mkstemp))
        broken.setattr(Path, "replace", counted(Path.replace))
        broken.setattr(Path, "chmod", counted(Path.chmod))
        try:
            write_atomic(path, b"new")
        except OSError:
            assert path.read_bytes() == (b"new" if failing == 5 else b"old")
        else:
            assert path.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_closing_on_a_full_disk_says_so_and_frees_the_lock(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SmallDisk(monkeypatch, pages=30)
    bench = places.opened(folder)
    paint_noise(bench, 30)
    with pytest.raises(S4Error, match="full"):
        bench.close()
    disk.room()
    bench = places.opened(folder)
    bench.mask(FRAME)
    bench.close()


def test_a_defect_in_one_listener_does_not_stop_the_writer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: heard.append(args.exc_value))
    bench = places.opened(folder)

    def broken(seq: int) -> None:
        raise RuntimeError(f"defect at {seq}")

    bench.on_acknowledged = broken
    paint_noise(bench, 2)
    bench.project.settle()
    bench.on_acknowledged = None
    paint_noise(bench, 1)
    bench.close()
    assert [str(each) for each in heard] == ["defect at 1", "defect at 2"]
