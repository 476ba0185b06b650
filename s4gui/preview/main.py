"""The preview process: typed lines in on stdin, typed lines out on a private stdout."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from s4gui import __version__
from s4gui.core.errors import S4Error
from s4gui.wire.preview import (
    Fit,
    ForgetLabels,
    Open,
    PreviewCommand,
    PreviewEvent,
    PreviewHello,
    Quit,
    UpdateLabels,
    Warm,
    decode_command,
    encode,
)

if TYPE_CHECKING:
    from s4gui.preview.session import Session

NICENESS = 5
"""Below the window: it paints first."""
MAX_THREADS = 4


class Inbox:
    """Commands that wait, in order; a reader thread fills it. What is outdated is not handed out.

    A Fit that has a newer one behind it is dropped; Quit, which the end of the stream also
    means, comes before all others.
    """

    def __init__(self) -> None:
        self._waiting: deque[PreviewCommand | S4Error] = deque()
        self._filled = threading.Condition()

    def read_all(self, lines: Iterable[str]) -> None:
        """Take in lines until they end; what is no command is kept as the error it is."""
        try:
            for line in lines:
                if line.strip():
                    self.put(_decoded(line))
        finally:
            self.put(Quit())

    def put(self, item: PreviewCommand | S4Error) -> None:
        """Add one command or error at the end."""
        with self._filled:
            self._waiting.append(item)
            self._filled.notify()

    def take(self, *, wait: bool) -> PreviewCommand | S4Error | None:
        """The next that is worth doing; None if there is none and `wait` is not set."""
        with self._filled:
            while True:
                if any(isinstance(each, Quit) for each in self._waiting):
                    return Quit()
                while self._waiting:
                    item = self._waiting.popleft()
                    if not (isinstance(item, Fit) and self._holds(Fit)):
                        return item
                if not wait:
                    return None
                self._filled.wait()

    @property
    def interrupts(self) -> bool:
        """Whether something waits that makes going on with an older fit useless."""
        with self._filled:
            return self._holds(Fit, Open, Quit)

    def _holds(self, *kinds: type[PreviewCommand]) -> bool:
        return any(isinstance(each, kinds) for each in self._waiting)


class Outbox:
    """Events as lines on a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def put(self, event: PreviewEvent) -> None:
        """Say it now. OSError when nobody listens any more."""
        self._stream.write(encode(event) + "\n")
        self._stream.flush()


class Desk:
    """Takes commands one by one, has the session do them, and tells what came of it."""

    def __init__(self, inbox: Inbox, outbox: Outbox, *, threads: int) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._threads = threads
        self._session: Session | None = None

    def run(self) -> None:
        """Until Quit."""
        work: Iterator[PreviewEvent] | None = None
        while True:
            item = self._inbox.take(wait=work is None)
            if isinstance(item, Quit):
                return
            if item is not None:
                self._guarded(self._done(item))
            elif work is not None:
                self._guarded(work)
            work = self._session.idle() if self._session is not None else None

    def _done(self, item: PreviewCommand | S4Error) -> Iterator[PreviewEvent]:
        """Do one command; its events, each as soon as it is true."""
        if isinstance(item, S4Error):
            raise item
        if isinstance(item, Open):
            from s4gui.preview.session import Session  # noqa: PLC0415 - seconds of sklearn

            self._session = Session(item, threads=self._threads)
            return
        session = self._session
        if session is None:
            raise S4Error("preview.not_open", "The preview has no project yet")
        if isinstance(item, UpdateLabels):
            session.update_labels(item)
        elif isinstance(item, ForgetLabels):
            session.forget_labels(item)
        elif isinstance(item, Warm):
            session.warm(item)
        elif isinstance(item, Fit):
            yield from session.fit(item)

    def _guarded(self, events: Iterator[PreviewEvent]) -> None:
        """Tell events until they end or something newer waits; errors are told, not raised."""
        from s4gui.preview.session import failed  # noqa: PLC0415 - as above

        shown = False
        while not (shown and self._inbox.interrupts):
            try:
                event = next(events, None)
            except Exception as error:  # noqa: BLE001 - the door of this process
                event = failed(error)
            if event is None:
                return
            self._outbox.put(event)
            # The view is always answered: strokes that follow fast must not starve the screen.
            shown = shown or type(event).__name__ == "Previewed"


def main(argv: list[str]) -> int:
    """Run the preview process; `argv` is what follows its name and must be empty. Exit code."""
    if argv:
        sys.stderr.write("s4gui preview takes no arguments; it is started by the window\n")
        return 2
    outbox = Outbox(_private_stdout())
    _step_back()
    inbox = Inbox()
    with contextlib.suppress(BrokenPipeError):  # the window is gone: so are we
        outbox.put(PreviewHello(__version__, os.getpid()))
        reader = threading.Thread(
            target=inbox.read_all, args=(_stdin_lines(),), name="commands", daemon=True
        )
        reader.start()
        import s4gui.preview.session  # noqa: F401, PLC0415 - seconds, after Hello

        _one_blas_thread()
        Desk(inbox, outbox, threads=_threads()).run()
    return 0


def _stdin_lines() -> Iterator[str]:
    """Lines of file descriptor 0, read without sys.stdin.

    Python aborts at exit when a daemon thread waits inside the lock of a buffered reader.
    """
    rest = b""
    while data := os.read(0, 1 << 16):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")


def _private_stdout() -> TextIO:
    """Take file descriptor 1 for events and send every other print to stderr instead."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return events


def _step_back() -> None:
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(NICENESS)


def _one_blas_thread() -> None:
    """Small products win nothing by threads; beside busy cores threads that spin cost seconds.

    Measured at load 7 on two cores: first answer 2.6 s with two threads, 0.5 s with one.
    """
    # Imported here: it looks for libraries that are loaded already.
    import threadpoolctl  # type: ignore[import-untyped]  # noqa: PLC0415

    threadpoolctl.threadpool_limits(limits=1)


def _threads() -> int:
    if hasattr(os, "sched_getaffinity"):
        return min(MAX_THREADS, len(os.sched_getaffinity(0)))
    return min(MAX_THREADS, os.cpu_count() or 1)


def _decoded(line: str) -> PreviewCommand | S4Error:
    try:
        return decode_command(line)
    except S4Error as error:
        return error


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
