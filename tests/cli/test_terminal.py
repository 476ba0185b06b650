from __future__ import annotations

import io
import json

from s4gui.cli.terminal import Terminal, spoken, time_left


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Stands still until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_on_a_terminal_one_line_moves_and_says_the_time_left() -> None:
    err, clock = Screen(), Clock()
    terminal = Terminal(as_json=False, out=io.StringIO(), err=err, clock=clock)
    for clock.now, done in ((0, 0), (4, 5), (8, 10)):
        terminal.progress(done, 10, "reading")
    assert err.getvalue().count("\n") == 1
    assert "reading 5/10, 4 s left" in err.getvalue()


def test_in_a_log_file_progress_is_said_seldom() -> None:
    err, clock = io.StringIO(), Clock()
    terminal = Terminal(as_json=False, out=io.StringIO(), err=err, clock=clock)
    for second in range(1, 30):
        clock.now = second
        terminal.progress(second, 30, "reading")
    assert 2 < len(err.getvalue().splitlines()) < 10


def test_with_json_every_line_is_an_object_and_nothing_else_is_said() -> None:
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(as_json=True, out=out, err=err)
    terminal.line("for people")
    terminal.progress(1, 2, "reading")
    terminal.error("it broke", "mend it")
    kinds = [json.loads(line)["type"] for line in out.getvalue().splitlines()]
    assert kinds == ["Progress", "Error"]
    assert "it broke" in err.getvalue()


def test_time_left_is_in_words() -> None:
    assert time_left(10, 0, 5) is None
    assert time_left(10, 2, 4) == 10
    assert [spoken(s) for s in (59.6, 600, 7200)] == ["60 s left", "10 min left", "2.0 h left"]
