from __future__ import annotations

from pathlib import Path

import pytest

from s4gui.core.errors import ProjectError
from s4gui.store import demo


def test_a_second_call_keeps_the_copy_and_a_fresh_one_lies_beside_it(tmp_path: Path) -> None:
    first = demo.open_copy(tmp_path)
    (first / "mine.txt").write_text("painted")
    assert demo.open_copy(tmp_path) == first
    assert (first / "mine.txt").exists()
    other = demo.open_copy(tmp_path, fresh=True)
    assert other != first
    assert not (other / "mine.txt").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ProjectError, match="cannot be copied"):
        demo.open_copy(tmp_path / "file")
