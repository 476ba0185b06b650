"""The preview as a real process: lines in, lines out."""

import json
import os
import signal
import subprocess
import sys
import threading
from queue import Queue

import numpy as np
import pytest

from s4gui.core.labels import Box
from s4gui.preview.examples import pack
from s4gui.preview.main import Inbox
from s4gui.store import predictions
from s4gui.wire.preview import (
    Fit,
    ForgetLabels,
    FrameFile,
    NeedsClasses,
    Open,
    Previewed,
    PreviewFailed,
    PreviewHello,
    Quit,
    UpdateLabels,
    Warm,
    Warmed,
    decode_event,
    encode,
)
from tests.preview.scenes import CAR, ROAD, SKY, save, scene, strokes

VIEW = (0, 0, 90, 120)


class Process:
    """A preview process with a queue of its events."""

    def __init__(self, *, prelude: str = "") -> None:
        code = f"import sys; {prelude}\nfrom s4gui.preview.main import main\nsys.exit(main([]))"
        self.popen = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip
        self.events: Queue = Queue()
        self.errors: list[str] = []
        threads = [
            threading.Thread(target=self._read),
            threading.Thread(target=lambda: self.errors.extend(self.popen.stderr)),
        ]
        self.threads = threads
        for each in threads:
            each.start()

    def _read(self) -> None:
        for line in self.popen.stdout:
            self.events.put(decode_event(line))

    def send(self, *commands) -> None:
        self.popen.stdin.write("".join(encode(each) + "\n" for each in commands))
        self.popen.stdin.flush()

    def send_raw(self, line: str) -> None:
        self.popen.stdin.write(line + "\n")
        self.popen.stdin.flush()

    def next(self, kind):
        event = self.events.get(timeout=60)
        assert isinstance(event, kind), event
        return event

    def end(self) -> int:
        if not self.popen.stdin.closed:
            self.popen.stdin.close()
        code = self.popen.wait(timeout=30)
        for each in self.threads:
            each.join(timeout=30)
        self.popen.stdout.close()
        self.popen.stderr.close()
        return code


@pytest.fixture
def process():
    made = Process(prelude="import os; os.write(1, b'') ")
    yield made
    if made.popen.poll() is None:
        made.popen.kill()
    made.end()


def street(folder, n: int) -> tuple[FrameFile, UpdateLabels, np.ndarray]:
    pixels, reference = scene(n)
    image = FrameFile(f"r/ä{n}.png", save(folder, f"ä{n}.png", pixels))
    labels = strokes(reference)
    return image, UpdateLabels(image, 90, 120, (pack(labels, Box(0, 0, 90, 120)),)), reference


def test_the_whole_conversation(process, tmp_path) -> None:
    hello = process.next(PreviewHello)
    assert hello.pid == process.popen.pid
    image, update, reference = street(tmp_path, 0)
    other, _, _ = street(tmp_path, 1)
    process.send(
        Fit(1, image, VIEW, 1.0, ()),  # before Open: told, not fatal
        Open((ROAD, SKY, CAR), str(tmp_path / "out"), 0, 30_000_000),
        Fit(2, image, VIEW, 1.0, ()),
    )
    first = process.events.get(timeout=60)
    # The first Fit is dropped if the second came before it was begun.
    if isinstance(first, PreviewFailed):
        assert first.message_id == "preview.not_open"
        first = process.next(NeedsClasses)
    assert first == NeedsClasses(2, 0)
    process.send_raw('{"kind":"Nonsense"}')
    assert process.next(PreviewFailed).message_id == "wire.bad_line"
    process.send(update, Fit(3, image, VIEW, 1.0, (other,)))
    assert process.events.get(timeout=60).ticket == 3
    whole = process.next(Previewed)
    assert (predictions.read(tmp_path / "out" / whole.path).classes == reference).mean() > 0.95
    assert process.next(Previewed).frame == other.frame
    process.send(Warm((other,)))
    assert process.next(Warmed).frame == other.frame
    process.send(ForgetLabels(image.frame), Fit(4, image, VIEW, 1.0, ()))
    assert process.next(NeedsClasses) == NeedsClasses(4, 0)
    process.send(Quit())
    assert process.popen.wait(timeout=30) == 0
    assert process.events.empty()


def test_noise_of_libraries_never_reaches_the_wire_and_torch_is_never_loaded(tmp_path) -> None:
    noisy = (
        "import threading, os, s4gui.preview.session as s; real = s.fitted\n"
        "def fitted(*a, **k):\n"
        "    os.write(1, b'noise from C'); print('noise from python'); return real(*a, **k)\n"
        "s.fitted = fitted\n"
        "import atexit; atexit.register(lambda: sys.stderr.write("
        "'LOADED ' + ' '.join(m for m in ('torch', 'PySide6', 'pyqtgraph') if m in sys.modules)))"
    )
    process = Process(prelude=noisy)
    image, update, _ = street(tmp_path, 0)
    process.send(
        Open((ROAD, SKY, CAR), str(tmp_path / "out"), 0, 30_000_000),
        update,
        Fit(1, image, VIEW, 1.0, ()),
    )
    kinds = [type(process.events.get(timeout=60)).__name__ for _ in range(3)]
    code = process.end()
    assert kinds == ["PreviewHello", "Fitted", "Previewed"]
    assert code == 0
    told = "".join(process.errors)
    assert "noise from C" in told
    assert "noise from python" in told
    assert told.endswith("LOADED ")


def test_when_the_window_is_gone_the_process_ends(process) -> None:
    process.next(PreviewHello)
    assert process.end() == 0


def test_a_window_killed_while_results_come_ends_the_process_quietly(process, tmp_path) -> None:
    process.next(PreviewHello)
    image, update, _ = street(tmp_path, 0)
    process.send(Open((ROAD, SKY, CAR), str(tmp_path / "out"), 0, 30_000_000), update)
    os.kill(process.popen.pid, signal.SIGSTOP)
    process.send(Fit(1, image, VIEW, 1.0, ()))
    process.popen.stdin.close()
    os.kill(process.popen.pid, signal.SIGCONT)
    assert process.end() == 0
    assert "Traceback" not in "".join(process.errors)


def test_arguments_are_refused(capsys) -> None:
    from s4gui.preview.main import main

    assert main(["x"]) == 2
    assert "no arguments" in capsys.readouterr().err


def fit(ticket: int) -> Fit:
    return Fit(ticket, FrameFile("f", "f"), VIEW, 1.0, ())


def test_a_newer_fit_replaces_one_not_yet_begun_but_no_label_is_lost() -> None:
    inbox = Inbox()
    for item in (fit(1), ForgetLabels("a"), fit(2), ForgetLabels("b"), fit(3)):
        inbox.put(item)
    taken = []
    while (item := inbox.take(wait=False)) is not None:
        taken.append(item)
    assert taken == [ForgetLabels("a"), ForgetLabels("b"), fit(3)]


def test_only_what_makes_a_fit_useless_interrupts_it() -> None:
    inbox = Inbox()
    inbox.put(ForgetLabels("a"))
    inbox.put(Warm(()))
    assert not inbox.interrupts
    inbox.put(fit(1))
    assert inbox.interrupts


def test_the_end_of_the_stream_comes_before_what_waits() -> None:
    inbox = Inbox()
    inbox.read_all([encode(fit(1)) + "\n", "\n"])
    assert inbox.take(wait=True) == Quit()
    assert inbox.interrupts


def test_a_fit_that_is_under_way_is_left_for_a_newer_one_after_the_view(tmp_path) -> None:
    from s4gui.preview.main import Desk

    image, update, _ = street(tmp_path, 0)
    others = tuple(street(tmp_path, n)[0] for n in (1, 2))
    inbox, told = Inbox(), []

    class Told:
        def put(self, event) -> None:
            told.append(event)
            if type(event).__name__ == "Fitted" and event.ticket == 1:
                inbox.put(Fit(2, image, (10, 10, 30, 30), 2.0, others))
            if len(told) == 6:
                inbox.put(Quit())

    for item in (
        Open((ROAD, SKY, CAR), str(tmp_path / "out"), 0, 30_000_000),
        update,
        Fit(1, image, (10, 10, 30, 30), 2.0, others),
    ):
        inbox.put(item)
    Desk(inbox, Told(), threads=1).run()
    assert [(type(each).__name__, each.ticket) for each in told] == [
        ("Fitted", 1),
        ("Previewed", 1),
        ("Fitted", 2),
        ("Previewed", 2),
        ("Previewed", 2),
        ("Previewed", 2),
    ]


def test_blas_has_one_thread_in_the_process() -> None:
    code = (
        "import json, os, sys, threadpoolctl, s4gui.preview.main as m\n"
        "r, w = os.pipe(); os.close(w); os.dup2(r, 0)\n"
        "assert m.main([]) == 0\n"
        "pools = threadpoolctl.threadpool_info()\n"
        "sys.stderr.write(json.dumps([p['num_threads'] for p in pools]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
    )
    counts = json.loads(run.stderr)
    assert len(counts) >= 2
    assert set(counts) == {1}
