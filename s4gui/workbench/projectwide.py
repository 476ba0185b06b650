"""Projectwide: edits of the whole project that are one entry, done and undone in all images."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import uuid4

from s4gui.core.change import Change
from s4gui.core.class_steps import Removed, Renamed, Reordered
from s4gui.core.classes import VOID, Rgb
from s4gui.core.frames import FrameId
from s4gui.core.history import Entry
from s4gui.core.project_edit import ProjectEdit
from s4gui.core.sources import Source
from s4gui.core.tags import ImageTags
from s4gui.store import image_tags, project_rows
from s4gui.store.journal import NO_FRAME, NewRow, RowKind, RowNote
from s4gui.store.project_rows import ProjectNote
from s4gui.workbench import planning
from s4gui.workbench.labelling import both
from s4gui.workbench.past import Past
from s4gui.workbench.planning import Plan, PlannedPart

TagPairs = dict[FrameId, tuple[ImageTags, ImageTags]]


class Projectwide(Past):
    """Merging and renaming classes, taking back by source: planned first, then done at once.

    Undo of such an edit gives every image back what nothing newer has painted over.
    """

    _project_notes: dict[int, ProjectNote] | None = None

    # --- what there is -----------------------------------------------------------------------

    @property
    def project_edits(self) -> tuple[ProjectNote, ...]:
        """All edits of the whole project, oldest first, done and undone."""
        return tuple(self._notes().values())

    @property
    def next_project_undo(self) -> ProjectNote | None:
        """The newest edit of the whole project that stands."""
        return next((each for each in reversed(self.project_edits) if each.stands), None)

    @property
    def next_project_redo(self) -> ProjectNote | None:
        """The edit undone last, unless a new one was done since."""
        edits = self.project_edits
        undone = [each for each in edits if not each.stands]
        last = max(undone, key=lambda each: each.flips[-1], default=None)
        if last is None or any(each.seq > last.flips[-1] for each in edits):
            return None
        return last

    def usage(self) -> dict[int, tuple[int, int]]:
        """Labelled pixels and images by value, over the whole project."""
        counts = self.project.all_counts()
        total: dict[int, tuple[int, int]] = {}
        for frame in self.frames:
            opened = self._open.peek(frame.id)
            for value, px in (opened.counts if opened else counts.get(frame.id, {})).items():
                before = total.get(value, (0, 0))
                total[value] = before[0] + px, before[1] + 1
        return dict(sorted(total.items()))

    def whole_step(self, frame_id: FrameId, *, back: bool) -> ProjectNote | None:
        """The edit of the project that the next undo (`back`) or redo of a frame belongs to.

        None if that step is the frame's alone.
        """
        opened = self._frame(frame_id)
        numbers = opened.done[-1:] if back else opened.undone[:1]
        if not numbers or self._kind(frame_id, numbers[0]) is not RowKind.PART:
            return None
        own = self._owner_of(frame_id, numbers[0])
        if own is None:
            return None
        note, took_back = own
        # Undoing what did it, or doing again what took it back, is to undo the edit.
        return note if note.stands is (back is not took_back) else None

    # --- edits -------------------------------------------------------------------------------

    def merge_edit(self, gone: int, into: int) -> ProjectEdit:
        """All pixels of a class become another class's, and the class leaves the list.

        KeyError if `into` is not a class. A class that has left the list already can be merged,
        too: its pixels are kept by its id.
        """
        name = self.class_map[into].name
        classes = self.class_map
        step = Removed(classes[gone], classes.ids.index(gone)) if gone in classes else None
        old = classes[gone].name if gone in classes else str(gone)
        return ProjectEdit("merge", f"{old} → {name}", (gone,), into=into, classes=step)

    def revert_edit(self, sources: Iterable[Source]) -> ProjectEdit:
        """Every pixel that came from these sources becomes unlabelled."""
        given = tuple(sources)
        numbers = tuple(self.project.sources.number(each) for each in given)
        words = [f"{each.kind} {each.detail}".strip() for each in given[:3]]
        detail = ", ".join(words) + (f" (+{len(given) - 3})" if len(given) > 3 else "")
        return ProjectEdit("revert", detail, sources=numbers)

    def change_class(
        self, class_id: int, *, name: str | None = None, rgb: Rgb | None = None
    ) -> Change:
        """Rename or recolour a class; no pixel changes."""
        old = self.class_map[class_id]
        new = self.class_map.changed(class_id, name=name, rgb=rgb)[class_id]
        if new == old:
            return Change()
        step = Renamed(class_id, (old.name, old.rgb), (new.name, new.rgb))
        return self._only_classes(ProjectEdit("rename", f"{old.name} → {new.name}", classes=step))

    def remove_class(self, class_id: int) -> Change:
        """Take a class out of the list; its pixels keep their value and teach nothing."""
        old = self.class_map[class_id]
        step = Removed(old, self.class_map.ids.index(class_id))
        return self._only_classes(ProjectEdit("remove", old.name, classes=step))

    def order_classes(self, ids: Iterable[int]) -> Change:
        """Show the classes in another order."""
        after = self.class_map.ordered(tuple(ids)).ids
        if after == self.class_map.ids:
            return Change()
        step = Reordered(self.class_map.ids, after)
        return self._only_classes(ProjectEdit("reorder", classes=step))

    def merge_class(self, gone: int, into: int) -> Change:
        """Merge a class into another one, here and now."""
        return self._now(self.merge_edit(gone, into))

    def revert(self, sources: Iterable[Source]) -> Change:
        """Take back all that came from these sources, here and now."""
        return self._now(self.revert_edit(sources))

    def flip(self, note: ProjectNote) -> Change:
        """Undo an edit of the project that stands, or redo one that does not, here and now."""
        self.end_stroke()
        plan = planning.plan_flip(self.project, note)
        return Change() if plan is None else self.carry_out(plan)

    def undo(self, frame_id: FrameId) -> Change:
        """Take back the last edit of a frame; in all images, if it was one of the project."""
        ended = self.end_stroke()
        note = self.whole_step(frame_id, back=True)
        return both(ended, super().undo(frame_id) if note is None else self.flip(note))

    def redo(self, frame_id: FrameId) -> Change:
        """Do the last undone edit again; in all images, if it was one of the project."""
        ended = self.end_stroke()
        note = self.whole_step(frame_id, back=False)
        return both(ended, super().redo(frame_id) if note is None else self.flip(note))

    def carry_out(self, plan: Plan) -> Change:
        """Do what was planned, all of it or nothing; ProjectError if it is out of date."""
        self.end_stroke()
        self.project.require_writable()
        planning.check_fresh(plan, self.project.last_taken())
        note = self._notes().get(plan.of)
        tags = self._tag_pairs(plan, note)
        token = uuid4().hex
        class_map = project_rows.stepped(self.class_map, plan.edit, back=plan.back)
        for part in plan.parts:
            self._check_fits(part)

        wanted = {frame: new for frame, (_, new) in tags.items()}
        rows: list[NewRow] = []

        def rows_from(first: int) -> list[NewRow]:
            rows.extend(self._rows(plan, first, token, tags))
            return rows

        numbers = self.project.writer.record_together(
            rows_from,
            also=(lambda to: image_tags.put(to, wanted)) if wanted else None,
            done=self._acknowledge,
        )
        self.project.set_edited(class_map, token, seq=numbers[0])
        self.project.show_tags(wanted)
        self._show(plan, numbers[0], rows[0])
        for part, seq, row in zip(plan.parts, numbers[1:], rows[1:], strict=True):
            self._show_part(part, seq, row)
        if self.value not in (*class_map.ids, VOID):
            self.value = class_map.ids[0] if class_map.ids else VOID
        return Change(
            labels={part.frame: None for part in plan.parts},
            classes=plan.edit.classes is not None,
            tool=plan.edit.classes is not None,
            frames=bool(plan.parts or wanted),
        )

    def behind(self, frame_id: FrameId) -> Callable[[], Callable[[], None]] | None:
        """Bring the label files of a frame that is not open up to its rows; None if it is open.

        What is returned reads (on any thread) and returns what writes (on this one).
        """
        if self._open.peek(frame_id) is not None:
            self._open.save(frame_id)
            return None
        project = self.project

        def read() -> Callable[[], None]:
            project.settle()
            seq = max((head.seq for head in project.journal.heads(frame_id)), default=0)
            mask = project.read_mask(frame_id, seq)

            def write() -> None:
                if self._open.peek(frame_id) is None:
                    project.writer.save_labels(frame_id, mask.labels, mask.sources, seq)

            return write

        return read

    # --- inside ------------------------------------------------------------------------------

    def _is_whole(self, frame_id: FrameId, *, back: bool) -> bool:
        return self.whole_step(frame_id, back=back) is not None

    def _now(self, edit: ProjectEdit) -> Change:
        self.end_stroke()
        plan = planning.plan(self.project, edit)
        return Change() if plan is None else self.carry_out(plan)

    def _only_classes(self, edit: ProjectEdit) -> Change:
        self.end_stroke()
        return self.carry_out(Plan(edit, (), self.project.last_taken()))

    def _notes(self) -> dict[int, ProjectNote]:
        if self._project_notes is None:
            self.project.settle()
            self._project_notes = project_rows.notes(self.project.journal)
        return self._project_notes

    def _rows(self, plan: Plan, first: int, token: str, tags: TagPairs) -> list[NewRow]:
        now = self._clock()
        facts = project_rows.facts_of(
            plan.edit, px=plan.px, images=len(plan.parts), token=token, tags=tags
        )
        kind = RowKind.PROJECT
        if plan.of:
            kind = RowKind.UNDO if plan.back else RowKind.REDO
        head = NewRow(
            frame=NO_FRAME,
            kind=kind,
            patch=None,
            time=now,
            tool=plan.edit.verb,
            ref_seq=plan.of,
            author=self._author,
            facts=facts,
        )
        return [head, *(self._row(plan, each, first, now) for each in plan.parts)]

    def _row(self, plan: Plan, part: PlannedPart, first: int, now: float) -> NewRow:
        is_part = part.kind is RowKind.PART
        verb = f"un{plan.edit.verb}" if plan.back else plan.edit.verb
        return NewRow(
            frame=part.frame,
            kind=part.kind,
            patch=part.patch,
            time=now,
            tool=verb if is_part else str(part.kind),
            ref_seq=first if is_part else part.ref_seq,
            author=self._author,
            facts={"px": part.px, "from": plan.edit.detail} if is_part else {},
        )

    def _show(self, plan: Plan, seq: int, row: NewRow) -> None:
        """Remember the edit as the journal will have it."""
        notes = self._notes()
        if plan.of:
            notes[plan.of] = notes[plan.of].flipped(seq, back=plan.back)
        else:
            notes[seq] = project_rows.note_of(seq, row.time, row.facts)

    def _check_fits(self, part: PlannedPart) -> None:
        """See that a frame in memory is ready for its part; nothing has changed yet."""
        opened = self._open.peek(part.frame)
        if opened is None:
            return
        if part.kind is RowKind.UNDO:
            self._open.dig(opened)
        elif part.kind is RowKind.REDO:
            self._open.dig_undone(opened)

    def _show_part(self, part: PlannedPart, seq: int, row: NewRow) -> None:
        """Do to a frame in memory what its row says."""
        opened = self._open.peek(part.frame)
        if opened is None:
            return
        patch = part.patch.patch()
        if part.kind is RowKind.UNDO:
            opened.history.undo(opened.mask)
        elif part.kind is RowKind.REDO:
            opened.history.redo(opened.mask)
        else:
            opened.mask.apply(patch)
            opened.push(Entry(seq, patch))
            opened.notes[seq] = RowNote.of(seq, row)
        opened.seq = seq
        opened.count(patch)

    def _tag_pairs(self, plan: Plan, note: ProjectNote | None) -> TagPairs:
        """Tags before and after, of frames whose tags this changes; newer tags stay."""
        now = self.project.tags
        if note is not None and plan.back:
            mine = {f: pair for f, pair in note.tags.items() if now.get(f, ImageTags()) == pair[1]}
            return {frame: (after, before) for frame, (before, after) in mine.items()}
        return {frame: (now[frame], new) for frame, new in plan.edit.merged_tags(now).items()}

    def _kind(self, frame_id: FrameId, seq: int) -> RowKind:
        notes = self._frame(frame_id).notes
        return notes[seq].kind if seq in notes else self.project.journal.head(seq).kind

    def _owner_of(self, frame_id: FrameId, seq: int) -> tuple[ProjectNote, bool] | None:
        """The edit that a part belongs to, and whether the part took it back."""
        notes = self._frame(frame_id).notes
        ref = notes[seq].ref_seq if seq in notes else self.project.journal.head(seq).ref_seq
        for note in self._notes().values():
            if ref == note.seq:
                return note, False
            if ref in note.flips:
                # Undo and redo of one edit alternate, the first one is an undo.
                return note, note.flips.index(ref) % 2 == 0
        return None
