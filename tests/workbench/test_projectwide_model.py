"""Any order of strokes, undo, redo, merging, taking back and reopening, against full copies."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.labels import Box
from s4gui.core.sources import Source, SourceKind
from s4gui.store import database, project_file
from s4gui.store.project import Project
from s4gui.workbench import planning
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places, project_model
from tests.workbench.project_model import Model

SHAPES = {"images/a.png": (16, 16), "images/b.png": (134, 16)}
SOURCES = (
    Source(SourceKind.PAINTED),
    Source(SourceKind.ACCEPTED, "run 7"),
    Source(SourceKind.IMPORTED, "masks"),
)
FRAMES, INDEX = st.sampled_from(sorted(SHAPES)), st.integers(0, 200)
STROKE = st.tuples(FRAMES, INDEX, st.sampled_from(SOURCES), INDEX, INDEX)
RUNS = int(os.environ.get("S4GUI_MODEL_RUNS", "40"))


class ProjectMachine(RuleBasedStateMachine):
    """The workbench beside the model."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        paths = {name.removeprefix("images/"): shape for name, shape in SHAPES.items()}
        self.project = places.make(self.folder, paths)
        self.bench = self._open()
        self.model = Model(SHAPES, [(c.id, c.name) for c in places.CLASSES.classes])
        self.seqs: list[int] = []
        self.names = 0

    @rule(strokes=st.lists(STROKE, min_size=1, max_size=4))
    def paint(self, strokes: list[tuple[str, int, Source, int, int]]) -> None:
        for frame, pick, source, y, x in strokes:
            values = [*self.bench.class_map.ids[:3], VOID, UNLABELLED]
            value = values[pick % len(values)]
            top, left = (0, 6, 124)[y % 3], (0, 6)[x % 2]
            box = Box(top, left, top + 9, left + 9).clipped(SHAPES[frame])
            self.bench.paint_region(
                frame, np.ones(box.shape, bool), box, value, tool=Tool.BRUSH, source=source
            )
            self.model.paint(frame, box.slices, value, self.bench.project.sources.number(source))

    @rule(frame=FRAMES)
    def undo(self, frame: str) -> None:
        self.bench.undo(frame)
        self.model.undo(frame)

    @rule(frame=FRAMES)
    def redo(self, frame: str) -> None:
        self.bench.redo(frame)
        self.model.redo(frame)

    @precondition(lambda self: len(self.bench.class_map) > 2)
    @rule(one=INDEX, other=INDEX)
    def merge(self, one: int, other: int) -> None:
        ids = list(self.bench.class_map.ids)
        painted = [each for each in ids if any(self.bench.counts(f).get(each) for f in SHAPES)]
        gone = (painted or ids)[one % len(painted or ids)]
        ids.remove(gone)
        into = ids[other % len(ids)]
        here = (gone, self.bench.class_map[gone].name)
        self.model.do_whole(project_model.merge(here, into, self.bench.class_map.ids.index(gone)))
        self.bench.merge_class(gone, into)
        self._note()

    @rule(source=st.sampled_from(SOURCES))
    def revert(self, source: Source) -> None:
        number = self.bench.project.add_source(source)
        self.bench.revert([source])
        self.model.do_whole(project_model.revert((number,)))
        self._note()

    @rule(pick=INDEX)
    def rename(self, pick: int) -> None:
        class_id = self.bench.class_map.ids[pick % len(self.bench.class_map)]
        self.names += 1
        old, new = self.bench.class_map[class_id].name, f"name {self.names}"
        self.model.do_whole(project_model.rename(class_id, old, new))
        self.bench.change_class(class_id, name=new)
        self._note()

    @precondition(lambda self: bool(self.seqs))
    @rule(pick=INDEX)
    def flip(self, pick: int) -> None:
        place = -1 if pick % 2 else pick % len(self.seqs)  # often the last one
        notes = {each.seq: each for each in self.bench.project_edits}
        self.bench.flip(notes[self.seqs[place]])
        self.model.flip(self.model.wholes[place])

    @rule(stop_at=st.integers(0, 2))
    def cancel(self, stop_at: int) -> None:
        edit = self.bench.merge_edit(self.bench.class_map.ids[0], self.bench.class_map.ids[-1])
        stopped = planning.plan(
            self.bench.project, edit, lambda done, _total, _what: done < stop_at
        )
        assert stopped is None or len(stopped.parts) <= stop_at

    @rule()
    def reopen(self) -> None:
        self.bench.close()
        self.bench = self._open()

    @rule(version=INDEX)
    def crash(self, version: int) -> None:
        """No label file was written, and the project file is an old one."""
        self.bench.project.writer.flush()
        files = self.folder / "versions"
        files.mkdir(exist_ok=True)
        now = (self.project / project_file.NAME).read_bytes()
        (files / f"{len(list(files.iterdir())):04d}").write_bytes(now)
        copy = self.folder / f"copy{len(list(files.iterdir()))}"
        shutil.copytree(self.project, copy, ignore=shutil.ignore_patterns("labels", ".*"))
        self.bench.close()
        known = sorted(files.iterdir())
        (copy / project_file.NAME).write_bytes(known[version % len(known)].read_bytes())
        self.project = copy
        self.bench = self._open()

    @invariant()
    def same(self) -> None:
        if not hasattr(self, "bench"):
            return
        bench = self.bench
        assert [(c.id, c.name) for c in bench.class_map.classes] == self.model.classes
        assert [each.stands for each in bench.project_edits] == [
            each.stands for each in self.model.wholes
        ]
        for name, frame in self.model.frames.items():
            labels, sources, _ = frame.state
            assert np.array_equal(bench.mask(name).labels, labels), name
            assert np.array_equal(bench.mask(name).sources, sources), name
            values, px = np.unique(labels[labels != UNLABELLED], return_counts=True)
            assert bench.counts(name) == dict(zip(values.tolist(), px.tolist(), strict=True))
            assert bench.can_undo(name) == bool(frame.done)
            assert bench.can_redo(name) == bool(frame.undone)

    def teardown(self) -> None:
        if hasattr(self, "bench"):
            self.bench.close()
            shutil.rmtree(self.folder)

    def _open(self) -> Workbench:
        # So little memory that frames leave it and edits are fetched from the journal.
        return Workbench(Project.open(self.project), budget_bytes=9000, history_bytes=1500)

    def _note(self) -> None:
        self.seqs.append(self.bench.project_edits[-1].seq)


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SYNCHRONOUS", "OFF")


TestProjectMachine = ProjectMachine.TestCase
TestProjectMachine.settings = settings(max_examples=RUNS, stateful_step_count=30, deadline=None)
