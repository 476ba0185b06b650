"""The processes that learn one run together: who this one is, how they meet, how they end.

torchrun starts them and tells each its place by environment variables; torch's own process
group carries what they exchange (decisions 11 and 26). One process alone makes no group.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import distributed

from s4gui.core.errors import DeviceError, RecipeError, WorkerDied
from s4gui.core.recipe import Recipe
from s4gui.learn.failing import as_failed
from s4gui.learn.processes import Meeting, Process, Words, meetings, this
from s4gui.learn.record import EventFile
from s4gui.learn.strategy import labelled_beside_answers, needs
from s4gui.store.runs import RunFolder
from s4gui.wire import events, liveness

PATIENCE = timedelta(minutes=30)
"""A process that says nothing for so long is taken for dead; the first one may be validating."""
_FIRST_FAILURE = "first_failure"


@contextmanager
def joined(name: str = "run", *, patience: timedelta = PATIENCE) -> Iterator[Process]:
    """Be one of the processes that torchrun started, until the block ends.

    All meet under the same name, each name once. An error ends all of them; those it did not
    happen in raise WorkerDied with its sentence. DeviceError if the others do not come.
    """
    process = Process.of(os.environ)
    if process.is_alone:
        yield process
        return
    meeting = Meeting(process, _meet(process, name, patience))
    meetings.append(meeting)
    try:
        with ending_together():
            yield process
    finally:
        meetings.remove(meeting)
        # NCCL waits for the others even then; the end of the process frees it too.
        if not (meeting.failed and torch.cuda.is_available()):
            distributed.destroy_process_group()


@contextmanager
def ending_together(run: RunFolder | None = None) -> Iterator[None]:
    """What this process raises is known to the others before its connections close.

    The first one to fail writes Failed into the run's record itself: torchrun may end the
    leading one before that can. WorkerDied if another one failed first.
    """
    try:
        yield
    except Exception as error:
        if not meetings or meetings[-1].failed:
            raise
        meeting = meetings[-1]
        failed = as_failed(error)
        rank, host, first = _first_failure(meeting, failed)
        if rank != meeting.process.rank:
            raise WorkerDied(
                "distributed.peer_failed",
                "Process {rank} of the run, on {host}, failed: {reason}",
                hint=first.hint,
                rank=rank,
                host=host,
                reason=first.what,
            ) from error
        if run is not None:
            _record(run, failed)
        raise


def check_shares(recipe: Recipe) -> None:
    """Each process needs a view of each kind. RecipeError if there are more processes."""
    world = this().world
    fewest = recipe.batch_labelled
    if recipe.uses_unlabelled:
        fewest = min(fewest, recipe.batch_unlabelled)
    if needs(recipe).answered:
        fewest = min(fewest, labelled_beside_answers(recipe))
    if fewest < world:
        raise RecipeError(
            "recipe.too_many_processes",
            "{world} processes cannot share {fewest} views a step",
            hint="Set batch_labelled and batch_unlabelled to {world} or more, or start fewer"
            " processes",
            world=world,
            fewest=fewest,
        )


def _meet(process: Process, name: str, patience: timedelta) -> Words:
    """The group made; the store that processes leave words in."""
    # Numbers of a CUDA card go by NCCL, all else by gloo, in one group.
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    try:
        # mypy does not see what torch gives out only where it was built with it.
        meeting = distributed.rendezvous("env://", timeout=patience)  # type: ignore[attr-defined]
        base, _, _ = next(meeting)
        store = distributed.PrefixStore(name, base)  # type: ignore[attr-defined]
        distributed.init_process_group(
            backend, store=store, rank=process.rank, world_size=process.world, timeout=patience
        )
    except (RuntimeError, ValueError) as error:
        raise DeviceError(
            "distributed.no_meeting",
            "The {world} processes of the run did not find each other: {reason}",
            hint="Start them with torchrun, with the same --nnodes, --rdzv-endpoint and number"
            " of processes on each machine, and open its port",
            world=process.world,
            reason=str(error).splitlines()[0],
        ) from error
    return store


def _first_failure(meeting: Meeting, failed: events.Failed) -> tuple[int, str, events.Failed]:
    """Rank, host and last event of the process that failed first."""
    meeting.failed = True
    mine = f"{meeting.process.rank} {liveness.host_name()} {events.encode(failed)}"
    try:
        said = meeting.store.compare_set(_FIRST_FAILURE, "", mine).decode()
    except RuntimeError:
        said = mine  # the store has gone with the process that kept it
    rank, host, line = said.split(" ", 2)
    first = events.decode(line)
    return int(rank), host, first if isinstance(first, events.Failed) else failed


def _record(run: RunFolder, failed: events.Failed) -> None:
    record = EventFile(run.events)
    record(failed)
    record.close()
