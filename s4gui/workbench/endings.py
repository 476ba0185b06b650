"""How runs end when the worker cannot say it, in words; past and left-behind runs of a project."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from s4gui.core.messages import say
from s4gui.store.atomic import write_atomic
from s4gui.store.runs import RunFolder, all_runs
from s4gui.wire import events, liveness
from s4gui.wire.transport import events_of
from s4gui.workbench.running import Ending, RunLog, RunState

_TAIL_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A run that a former window left: its worker `lives` (attach) or not (continue)."""

    run: RunFolder
    lives: bool
    step: int
    checkpoint_step: int | None


def died(run: RunFolder, *, exit_code: int | None, tail: str) -> Ending:
    """The ending of a worker that went without a last word."""
    what = say(
        "run.died",
        "Run {run}: the training process {how}",
        run=run.number,
        how=exit_in_words(exit_code),
    )
    return Ending(RunState.DIED, what, _continue_hint(run), tail)


def not_started(run: RunFolder, *, what: str, hint: str) -> Ending:
    """The ending of a run whose worker never came to life."""
    return Ending(
        RunState.DIED, say("run.not_started", "Run {run}: {what}", run=run.number, what=what), hint
    )


def defect(run: RunFolder, details: str) -> Ending:
    """The ending of a run whose supervision itself failed."""
    what = say("run.defect", "Run {run}: something went wrong inside s4gui", run=run.number)
    return Ending(RunState.FAILED, what, _continue_hint(run), details)


def cut_short(run: RunFolder) -> Ending:
    """The ending of a run that was stopped at once, because it did not stop by itself in time."""
    what = say("run.cut_short", "Run {run} was stopped at once", run=run.number)
    return Ending(RunState.STOPPED, what, _continue_hint(run))


def does_not_react(run: RunFolder) -> Ending:
    """The ending of a run whose worker outlives even a kill (a driver that hangs)."""
    what = say(
        "run.does_not_react",
        "Run {run}: the training process does not react, and the system does not end it",
        run=run.number,
    )
    hint = say("run.does_not_react.hint", "It holds the device; restarting the computer frees it")
    return Ending(RunState.DIED, what, hint)


def goes_on(run: RunFolder) -> Ending:
    """The ending of the supervision of a detached run."""
    what = say("run.detached", "Run {run} goes on without the window", run=run.number)
    hint = say("run.detached.hint", "The next start of the program finds it again")
    return Ending(RunState.DETACHED, what, hint)


def exit_in_words(code: int | None) -> str:
    """What an exit code says, as the end of a sentence."""
    known = {
        None: say("exit.unknown", "ended without a word"),
        0: say("exit.zero", "ended before its last step"),
        -9: say("exit.killed", "was killed (signal 9), perhaps because memory ran short"),
        -15: say("exit.terminated", "was terminated (signal 15)"),
    }
    if code is None or code in known:
        return known[code]
    if code in _NATIVE_CRASHES:
        return say("exit.crashed", "crashed in native code ({code})", code=_signal_name(code))
    if code < 0:
        return say("exit.signal", "was ended by {signal}", signal=_signal_name(code))
    return say("exit.code", "ended with exit code {code}", code=code)


def remember(run: RunFolder, ending: Ending) -> None:
    """Write down an ending that the run's events do not tell; OSError if the disk refuses."""
    data = json.dumps(asdict(ending), ensure_ascii=False, indent=1) + "\n"
    write_atomic(_file(run), data.encode())


def forget(run: RunFolder) -> None:
    """The run is continued: it has no ending any more."""
    _file(run).unlink(missing_ok=True)


def past(run: RunFolder) -> RunLog:
    """The log of a run as its folder tells it: replayed, with the ending it came to.

    A run that nobody works on and that has no last event died with its window. One that is
    worked on stays as its events say (training, paused); one never begun is idle.
    """
    log = RunLog.replay(run.events, number=run.number)
    if log.state.is_ended:
        return log
    known = _remembered(run)
    if known is not None:
        log.end(known)
    elif log.state is not RunState.IDLE and not _lives(run):
        log.end(died(run, exit_code=None, tail=""))
    return log


def find_detached(runs: Path, *, patience_s: float = 0.0) -> list[LeftBehind]:
    """Runs below this folder that have no ending: the worker lives detached, or died.

    A worker that lives attached belongs to another window, or is about to end because its
    window is gone: it is waited for up to `patience_s`, then left out.
    """
    deadline = time.monotonic() + patience_s
    found = (_left_behind(run, deadline) for run in all_runs(runs))
    return [each for each in found if each is not None]


def _left_behind(run: RunFolder, deadline: float) -> LeftBehind | None:
    if not (run.path / "run.json").exists() or _file(run).exists():
        return None
    while True:
        last = _last_events(run)
        if last and isinstance(last[-1], events.Finished | events.Failed):
            return None
        card = liveness.read_card(run.worker)
        lives = liveness.is_alive(card, run.events)
        if not lives or (card is not None and card.detached):
            step = max((getattr(each, "step", 0) for each in last), default=0)
            return LeftBehind(run, lives, step, checkpoint_step(run))
        if time.monotonic() >= deadline:
            return None
        time.sleep(0.05)


def checkpoint_step(run: RunFolder) -> int | None:
    """The step of the newest whole checkpoint on disk; None if there is none."""
    folder = run.last_checkpoint()
    return None if folder is None else int(folder.name.rpartition("-")[2])


def _continue_hint(run: RunFolder) -> str:
    step = checkpoint_step(run)
    if step is None:
        return say("run.start_again", "Nothing was saved yet: start a new run")
    return say("run.continue_from", "Continue from step {step}", step=step)


def _lives(run: RunFolder) -> bool:
    return liveness.is_alive(liveness.read_card(run.worker), run.events)


def _last_events(run: RunFolder) -> list[events.Event]:
    try:
        with run.events.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").split("\n")[:-1]
    except OSError:
        return []
    return events_of(lines)


def _file(run: RunFolder) -> Path:
    return run.path / "ended.json"


def _remembered(run: RunFolder) -> Ending | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        raw = json.loads(_file(run).read_bytes())
        return Ending(RunState(raw["state"]), raw["what"], raw["hint"], raw["details"])
    return None


def _signal_name(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return hex(code & 0xFFFFFFFF) if code > 0 else str(-code)


# SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV; Windows: access violation, stack overflow, fail fast.
_NATIVE_CRASHES = frozenset((-4, -6, -7, -8, -11, 0xC0000005, 0xC00000FD, 0xC0000409))
