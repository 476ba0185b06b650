"""Result folders of the preview: those of killed windows go, those of living ones stay."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from s4gui.gui import processes
from s4gui.wire import liveness


def test_folders_of_windows_that_are_no_more_are_swept_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(liveness, "host_name", lambda: "street-1.example")
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    mine = processes.results_folder()
    left = tmp_path / f"s4gui-preview-street_1_example-{killed.pid}-abc_12-3"
    others = [
        tmp_path / f"s4gui-preview-street_2_example-{killed.pid}-abc",
        tmp_path / f"s4gui-preview-{killed.pid}-1.log",
        tmp_path / "s4gui-preview-street_1_example-mine-abc",
    ]
    for each in (left, *others):
        each.mkdir()
        (each / "1.s4p").write_bytes(b"pixels")
    processes.sweep_results()
    assert {each.name for each in tmp_path.iterdir()} == {
        Path(mine.name).name,
        *(each.name for each in others),
    }
    mine.cleanup()
