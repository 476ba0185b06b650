"""Marks of images: kept beside their tags, through reopening and rescans."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from s4gui.core.errors import ProjectError
from s4gui.core.frames import FrameState
from s4gui.core.tags import ImageTags
from s4gui.store import database, marks
from s4gui.store.project import Project
from tests.workbench import places

A, B = "images/a.png", "images/b.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return places.make(tmp_path, {"a.png": (4, 5), "b.png": (4, 5)})


def test_marks_are_there_after_reopening_and_a_rescan(folder: Path) -> None:
    with contextlib.closing(Project.open(folder)) as project:
        project.set_marks({A: FrameState.DONE, B: FrameState.FLAGGED})
        project.set_marks({B: None})
        assert project.marks == {A: FrameState.DONE}
    with contextlib.closing(Project.open(folder)) as project:
        assert project.marks == {A: FrameState.DONE}
        project.rescan()
        assert project.marks == {A: FrameState.DONE}


def test_marks_and_tags_share_a_row_and_leave_each_other_alone(folder: Path) -> None:
    tags = ImageTags(present=frozenset({2}))
    with contextlib.closing(Project.open(folder)) as project:
        project.set_marks({A: FrameState.APPROVED})
        project.set_tags({A: tags})
        project.set_tags({B: tags})
        project.set_marks({B: FrameState.DONE})
    with contextlib.closing(Project.open(folder)) as project:
        assert project.marks == {A: FrameState.APPROVED, B: FrameState.DONE}
        assert project.tags == {A: tags, B: tags}


def test_a_mark_of_a_later_version_counts_as_none_and_is_kept(folder: Path) -> None:
    with contextlib.closing(sqlite3.connect(folder / database.NAME)) as connection:
        connection.execute("INSERT INTO state(frame, review) VALUES(?, 'gilded')", [A])
        connection.commit()
    with contextlib.closing(Project.open(folder)) as project:
        assert project.marks == {}
        project.set_marks({B: FrameState.DONE})
    with contextlib.closing(sqlite3.connect(folder / database.NAME)) as connection:
        rows = dict(connection.execute("SELECT frame, review FROM state"))
    assert rows == {A: "gilded", B: "done"}


def test_what_follows_from_labels_cannot_be_set(folder: Path) -> None:
    with (
        contextlib.closing(database.connect(folder / database.NAME)) as connection,
        pytest.raises(ValueError, match="follows from the labels"),
    ):
        marks.put(connection, {A: FrameState.STARTED})


def test_a_project_open_read_only_takes_no_marks(folder: Path) -> None:
    with contextlib.closing(Project.open(folder, write=False)) as project:
        with pytest.raises(ProjectError, match="read-only"):
            project.set_marks({A: FrameState.DONE})
        assert project.marks == {}
