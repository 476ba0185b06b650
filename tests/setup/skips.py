"""A pytest plugin (`-p tests.setup.skips`): what can run here must not be skipped.

With the measured material beside the checkout, a skipped test that is marked `camvid` or `xvfb`,
or that names CamVid, Xvfb or an X server as its reason, turns a green run into a red one.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

MARKS = frozenset({"camvid", "xvfb"})
REASONS = re.compile(r"camvid|xvfb|x server|openbox", re.IGNORECASE)
SHARED = Path(__file__).resolve().parents[3] / "shared"


class Watch:
    """Collects forbidden skips; as the run ends they are named and the exit code becomes 1."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._look(report, MARKS & set(report.keywords))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._look(report, frozenset())

    def _look(
        self, report: pytest.TestReport | pytest.CollectReport, marks: frozenset[str]
    ) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        where = report.longrepr
        reason = str(where[2]) if isinstance(where, tuple) else str(where)
        if marks or REASONS.search(reason):
            self.skipped.append(f"{report.nodeid}: {reason}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            terminalreporter.section("skipped, though they can run here", red=True)
            for line in self.skipped:
                terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Watch where the material is there; the processes of xdist report to the first one."""
    if SHARED.is_dir() and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Watch(), "forbidden-skips")
