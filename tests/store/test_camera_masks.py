"""Camera masks in the project's folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s4gui.core.camera import CameraMask, CameraMasks, HiddenPlane
from s4gui.core.errors import ProjectError
from s4gui.store import camera_masks, project_file
from s4gui.store.project import Project
from tests.workbench import places

SHAPE = (6, 8)


def mask(row: int, prefix: str = "images/") -> CameraMask:
    hidden = np.zeros(SHAPE, bool)
    hidden[row:] = True
    return CameraMask(prefix, HiddenPlane.of(hidden))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return places.make(tmp_path, {"a.png": SHAPE, "b.png": SHAPE})


def set_masks(folder: Path, *masks: CameraMask) -> None:
    project = Project.open(folder)
    project.set_camera_masks(CameraMasks(masks))
    project.close()


def opened(folder: Path) -> Project:
    return Project.open(folder, write=False)


def test_masks_come_back_when_the_project_is_opened_again(folder: Path) -> None:
    set_masks(folder, mask(4), mask(5, "images/a"))
    project = opened(folder)
    assert set(project.camera_masks.masks) == {mask(4), mask(5, "images/a")}
    project.close()
    (file, *_) = sorted((folder / camera_masks.FOLDER).iterdir())
    with Image.open(file) as image:
        assert image.size == (8, 6)
        assert set(np.unique(np.asarray(image))) == {254, 255}


def test_the_file_of_a_project_without_masks_says_nothing_of_them(folder: Path) -> None:
    project = Project.open(folder)
    assert project.camera_masks == CameraMasks()
    project.set_name("new")
    project.close()
    raw = json.loads((folder / project_file.NAME).read_text())
    assert "camera_masks" not in raw
    set_masks(folder, mask(4))
    set_masks(folder)
    assert "camera_masks" not in json.loads((folder / project_file.NAME).read_text())
    assert opened(folder).camera_masks == CameraMasks()


def test_the_project_file_never_names_a_mask_that_is_not_there(folder: Path, monkeypatch) -> None:
    """Should the mask's file fail to be written, the project file is the old one."""
    before = (folder / project_file.NAME).read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(camera_masks, "write_atomic", full)
    project = Project.open(folder)
    project.set_camera_masks(CameraMasks((mask(4),)))
    with pytest.raises(Exception, match=r"space|written"):
        project.writer.flush(2)
    assert (folder / project_file.NAME).read_bytes() == before
    monkeypatch.undo()
    project.close()
    assert opened(folder).camera_masks.masks == (mask(4),)


def test_a_damaged_mask_is_told_of_and_its_line_is_kept(folder: Path) -> None:
    set_masks(folder, mask(4), mask(5, "images/a"))
    lost = folder / camera_masks.FOLDER / camera_masks.CameraLine.of(mask(4)).file
    whole = lost.read_bytes()
    lost.write_bytes(whole[:40])
    project = Project.open(folder)
    assert project.camera_masks.masks == (mask(5, "images/a"),)
    assert [each.id for each in project.notices] == ["camera.unreadable"]
    project.set_camera_masks(project.camera_masks.put(mask(3, "images/b")))
    project.close()
    lost.write_bytes(whole)
    found = opened(folder).camera_masks
    assert set(found.masks) == {mask(4), mask(5, "images/a"), mask(3, "images/b")}


def test_a_new_mask_for_its_frames_replaces_a_damaged_one(folder: Path) -> None:
    set_masks(folder, mask(4))
    (folder / camera_masks.FOLDER / camera_masks.CameraLine.of(mask(4)).file).write_bytes(b"")
    set_masks(folder, mask(2))
    project = opened(folder)
    assert project.camera_masks.masks == (mask(2),)
    assert not project.notices


@pytest.mark.parametrize("file", ["../a.png", "", "x/y.png"])
def test_a_line_that_leads_out_of_the_folder_is_refused(folder: Path, file: str) -> None:
    path = folder / project_file.NAME
    raw = json.loads(path.read_text()) | {"camera_masks": [{"prefix": "images/", "file": file}]}
    path.write_text(json.dumps(raw))
    with pytest.raises(ProjectError, match="cannot be read"):
        opened(folder)


def test_a_read_only_project_takes_no_mask(folder: Path) -> None:
    project = opened(folder)
    with pytest.raises(ProjectError, match="read-only"):
        project.set_camera_masks(CameraMasks((mask(4),)))
    assert project.camera_masks == CameraMasks()
