"""The worker process: idle until Start, one run, then the end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import s4gui
from s4gui.core.camera import HiddenPlane
from s4gui.store.runs import RunFolder
from s4gui.wire import liveness
from s4gui.wire.commands import Encode, Predict, Start, Stop
from s4gui.wire.events import Encoded, Event, Finished, Hello, PredictionReady

if TYPE_CHECKING:
    from s4gui.worker.channel import Channel

OOM_SCORE = 600
BELOW_NORMAL = 0x4000
IDLE_SECONDS = 3600.0


def main(argv: list[str]) -> int:
    """Be a training worker. The exit code: 0 done, stopped or never started; else guard's.

    Says Hello, waits for Start, Predict or Encode, does that, ends. Words: `--normal-priority`. Of
    several processes that torchrun started the first one does so; the others learn with it.
    """
    if "--normal-priority" not in argv:
        lower_priority()
    # After the priority and the private stdout: threads of torch inherit the first, and what
    # its import prints must not reach the wire.
    from s4gui.worker.channel import Channel, private_stdout  # noqa: PLC0415

    out = private_stdout()
    if os.environ.get("RANK", "0") != "0":
        return _serve(Channel(None))
    channel = Channel(out)
    channel.listen(0)
    from s4gui.learn import device, pretrained  # noqa: PLC0415 - torch

    found = device.available()
    channel.say(
        Hello(
            version=s4gui.__version__,
            host=liveness.host_name(),
            pid=os.getpid(),
            device=found[0].name,
            device_name=found[0].title,
            memory_bytes=found[0].memory_bytes,
            devices=tuple(each.name for each in found),
            encoders=pretrained.at_hand(),
        )
    )
    channel.beat()
    return _serve(channel)


def _serve(channel: Channel) -> int:
    """Do what is commanded first; the exit code."""
    from s4gui.learn import distributed  # noqa: PLC0415 - see main
    from s4gui.learn.shared_control import SharedControl  # noqa: PLC0415 - torch
    from s4gui.worker.guard import guarded  # noqa: PLC0415 - torch

    def work() -> None:
        with distributed.joined() as process:
            started = SharedControl(channel.started)
            command = None
            while command is None:
                command = started.take(IDLE_SECONDS)
            if isinstance(command, Start):
                _train(command, channel, leads=process.leads)
            elif isinstance(command, Predict) and process.leads:
                _predict(command, channel)
            elif isinstance(command, Encode) and process.leads:
                _encode(command, channel)

    code = guarded(work, channel.say)
    channel.close()
    return code


def _train(command: Start, channel: Channel, *, leads: bool) -> None:
    from s4gui.learn import loop  # noqa: PLC0415 - see main

    run = RunFolder(Path(command.run_folder).absolute())
    if leads:
        channel.record(run)
        liveness.write_card(run.worker)
    loop.run(run, channel.say, channel.control, resume=command.resume)


def _predict(command: Predict, channel: Channel) -> None:
    """Predict with a finished run: its own record gets the new predictions and nothing else."""
    from s4gui.learn import predicting  # noqa: PLC0415 - see main
    from s4gui.learn.record import EventFile  # noqa: PLC0415

    run = RunFolder(Path(command.run_folder).absolute())
    planes = [HiddenPlane.from_text(each) for each in command.hidden]
    images = [
        (each.frame, Path(each.path), planes[each.hidden] if each.hidden >= 0 else None)
        for each in command.images
    ]
    record = EventFile(run.events)

    def sink(event: Event) -> None:
        channel.say(event)
        if isinstance(event, PredictionReady):
            record(event)

    finished = predicting.predict_run(run, images, sink, channel.control, wanted=command.device)
    channel.say(finished)
    record.close()


def _encode(command: Encode, channel: Channel) -> None:
    """Write feature files; a Stop ends it after the image under way."""
    from s4gui.learn import device, features  # noqa: PLC0415 - see main

    encoder = features.ready(command.encoder, device=device.choose(command.device).torch)
    done, total = 0, len(command.images)
    stopped = False

    def said(frame: str, problem: str) -> bool:
        nonlocal done, stopped
        done += 1
        channel.say(Encoded(done, total, frame, encoder.title, problem))
        stopped = isinstance(channel.control.take(0.0), Stop)
        return not stopped

    images = [(each.frame, Path(each.path)) for each in command.images]
    features.write_all(encoder, images, Path(command.folder), said)
    channel.say(Finished(done, "stopped" if stopped and done < total else "done"))


def lower_priority() -> None:
    """Give way to the window: idle scheduling on Linux, else the lowest priority there is.

    And be the first to go when memory runs out, before the process that holds the labels.
    """
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), BELOW_NORMAL)
        return
    # Threads that wait by spinning would take the window's core from it, and each other's on a
    # busy machine (measured: a step of two threads took 4.5 s spinning, 1.3 s sleeping).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with contextlib.suppress(OSError):
        os.nice(19)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE), encoding="ascii")
