"""Painting beside a worker that computes on the same core: how late the window gets."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator

from PySide6.QtCore import QElapsedTimer, QTimer
from PySide6.QtWidgets import QApplication

from s4gui.gui.processes import step_back

_BEAT_MS = 5
_WORK = """
import torch
torch.set_num_threads(1)
net = torch.nn.Sequential(*[torch.nn.Conv2d(24, 24, 3, padding=1) for _ in range(8)])
image = torch.rand(1, 24, 120, 160)
sgd = torch.optim.SGD(net.parameters(), 1e-6)
print("ready", flush=True)
while True:
    sgd.zero_grad()
    net(image).square().mean().backward()
    sgd.step()
"""


@contextlib.contextmanager
def worker() -> Iterator[None]:
    """A training loop in a process of its own, behind the window as a real worker is."""
    it = subprocess.Popen([sys.executable, "-c", _WORK], stdout=subprocess.PIPE, text=True)
    try:
        step_back(it.pid, idle=True)
        assert it.stdout is not None
        it.stdout.readline()
        yield
    finally:
        it.kill()
        it.wait()
        if it.stdout:
            it.stdout.close()


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """This process, and children started meanwhile, on one core."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Beat:
    """How late a 5 ms timer fires, in ms."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self._clock = QElapsedTimer()
        self._timer = QTimer()
        self._timer.setTimerType(self._timer.timerType().PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def listen(self, seconds: float) -> list[float]:
        self.late_ms = []
        self._clock.start()
        self._timer.start(_BEAT_MS)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            QApplication.processEvents()
            time.sleep(0.0002)
        self._timer.stop()
        return self.late_ms

    def _tick(self) -> None:
        self.late_ms.append(max(0.0, self._clock.nsecsElapsed() / 1e6 - _BEAT_MS))
        self._clock.restart()
