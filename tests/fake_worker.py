"""A worker without torch: speaks the wire as the real one does, and misbehaves on request.

Run as a script: `fake_worker.py [choice=value …]`; it reads and writes like `s4gui worker`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

from s4gui.store.runs import RunFolder
from s4gui.wire import commands, events, liveness

CHOICES = {
    "steps": "40",
    "pause": "0.002",  # seconds between steps
    "validate": "10",
    "banner": "",  # lines before Hello
    "noise": "",  # prints on the real stdout
    "kill_at": "",  # SIGKILL to itself at this step
    "exit_at": "",  # exit code 3 with words on stderr
    "segv_at": "",
    "fail_at": "",  # says Failed
    "hang_at": "",  # does not come back from this step
    "deaf": "",  # ignores Stop and SIGTERM
    "linger": "",  # does not exit after its last event
    "half": "",  # its last line has no end when it dies
    "mute": "",  # no Hello for so many seconds
}


class FakeWorker:
    """Steps, validations, predictions, checkpoints: names and order as the real worker's."""

    def __init__(self, choices: dict[str, str]) -> None:
        self._is = choices
        self._out = os.dup(1)
        if not choices["noise"]:
            os.dup2(2, 1)
        self._file: TextIO | None = None
        self._run: RunFolder | None = None
        self._stop = threading.Event()
        self._start = threading.Event()
        self._detach = threading.Event()
        self._is_detached = False
        self._paused = False
        self._watch: tuple[str, ...] = ()
        self._labels = ""
        self._save = False
        self._resume = False
        self.step = 0

    def main(self) -> int:
        """The whole life of a worker."""
        if self._is["banner"]:
            os.write(self._out, b'Welcome to host\n{"not": "ours"}\n[1]\n42\n\xff\xfe\n')
        if self._is["mute"]:
            time.sleep(float(self._is["mute"]))
        hello = events.Hello(
            "0", liveness.host_name(), os.getpid(), "cpu", "fake", 1 << 30, ("cpu",)
        )
        self.say(hello)
        threading.Thread(target=self._listen, args=(sys.stdin,), daemon=True).start()
        self._start.wait()
        if self._run is None:
            return 0
        liveness.write_card(self._run.worker)
        self._file = self._run.events.open("a", encoding="utf-8", buffering=1)
        self._file.write(events.encode(hello) + "\n")
        first = 0
        if self._resume and (last := self._run.last_checkpoint()) is not None:
            first = int(last.name.rpartition("-")[2])
        self.step = first
        total = int(self._is["steps"])
        self.say(events.RunStarted(self._run.number, first, total, "cpu", 2, 3, "images", {}))
        while self.step < total and not (self._stop.is_set() and not self._is["deaf"]):
            if self._paused:
                time.sleep(0.005)
                self._go_detached()
                continue
            self._one_step()
        reason = "done" if self.step >= total else "stopped"
        self._checkpoint()
        self.say(events.Finished(self.step, reason))
        if self._is["linger"]:
            time.sleep(float(self._is["linger"]))
        return 0

    def say(self, event: events.Event) -> None:
        """To the window and to the run's file."""
        line = events.encode(event) + "\n"
        if self._file is not None:
            self._file.write(line)
        with contextlib.suppress(OSError):  # the window is gone; the end of stdin tells
            os.write(self._out, line.encode())

    def _one_step(self) -> None:
        self.step += 1
        self._misbehave()
        time.sleep(float(self._is["pause"]))
        seconds = self.step * max(float(self._is["pause"]), 1e-3)
        losses = {"ce": 1.0 / self.step, "st": 0.25} | ({"fm": 0.5} if self.step > 5 else {})
        self.say(events.StepDone(self.step, losses, {"gate": 0.5}, 1e-3, seconds))
        if self._is["noise"]:
            os.write(1, b"noise of a library\n")
        if self.step % int(self._is["validate"]) == 0:
            score = min(1.0, self.step / 100)
            self.say(
                events.Validated(
                    self.step, "images", (0, 7), (score, None), (10, 0), (3, 5), score, 0.9
                )
            )
            for frame in self._watch:
                name = f"predictions/{frame.replace('/', '_')}.step-{self.step:06d}.s4p"
                self.say(events.PredictionReady(self.step, frame, name))
            self._checkpoint()
        if self._save:
            self._save = False
            self._checkpoint()
        if self._labels:
            self.say(events.LabelsUsed(self.step, self._labels))
            self._labels = ""
        self._go_detached()

    def _go_detached(self) -> None:
        if self._detach.is_set() and not self._is_detached:
            assert self._run is not None
            self._is_detached = True
            self._run.commands.touch()
            where = self._run.commands.stat().st_size
            threading.Thread(target=self._tail, args=(where,), daemon=True).start()
            liveness.write_card(self._run.worker, detached=True)
            self.say(events.Detached(self.step))

    def _misbehave(self) -> None:
        at = str(self.step)
        if at in (self._is["kill_at"], self._is["segv_at"], self._is["exit_at"]) and self._file:
            if self._is["half"]:
                self._file.write('{"type":"StepDone","st')
                self._file.flush()
                os.write(self._out, b'{"type":"StepDone","st')
            sys.stderr.write("last words of the worker\n")
            sys.stderr.flush()
            if at == self._is["exit_at"]:
                os._exit(3)
            os.kill(os.getpid(), signal.SIGKILL if at == self._is["kill_at"] else signal.SIGSEGV)
        if at == self._is["fail_at"]:
            self.say(events.Failed("memory", "device.memory", "No room", "Halve it", "Trace"))
            os._exit(1)
        while at == self._is["hang_at"]:
            time.sleep(0.05)

    def _checkpoint(self) -> None:
        assert self._run is not None
        folder = self._run.checkpoint(self.step)
        if not (folder / "checkpoint.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "checkpoint.json").write_text("{}")
            path = folder.relative_to(self._run.path).as_posix()
            self.say(events.CheckpointSaved(self.step, path))

    def _listen(self, lines: TextIO) -> None:
        for line in lines:
            self._take(line)
        if self._run is None:
            os._exit(0)
        if not self._detach.is_set():
            self._stop.set()
        if self._is["deaf"] and not self._is_detached and self._is["deaf"] != "very":
            os._exit(0)

    def _tail(self, where: int) -> None:
        assert self._run is not None
        with self._run.commands.open(encoding="utf-8") as file:
            file.seek(where)
            rest = ""
            while True:
                rest += file.read()
                *whole, rest = rest.split("\n")
                for line in whole:
                    self._take(line)
                time.sleep(0.01)

    def _take(self, line: str) -> None:
        match commands.decode(line):
            case commands.Start(run_folder=folder, resume=resume):
                self._run, self._resume = RunFolder(Path(folder)), resume
                self._watch = self._run.read_card().watch
                self._start.set()
            case commands.Stop():
                self._stop.set()
            case commands.Pause(paused=paused):
                self._paused = paused
                self.say(events.Paused(self.step, paused))
            case commands.Watch(frames=frames):
                self._watch = frames
            case commands.UseLabels(snapshot=snapshot):
                self._labels = snapshot
            case commands.SaveCheckpoint():
                self._save = True
            case commands.Detach():
                self._detach.set()


if __name__ == "__main__":
    chosen = CHOICES | dict(word.split("=", 1) for word in sys.argv[1:])
    if chosen["deaf"]:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(FakeWorker(chosen).main())
