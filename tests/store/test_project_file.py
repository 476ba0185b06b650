"""project.s4gui: what a person may edit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s4gui.core.classes import ClassMap, LabelClass
from s4gui.core.errors import ProjectError
from s4gui.store import project_file
from s4gui.store.project_file import ProjectFile

CLASSES = ClassMap((LabelClass(3, "Straße", (1, 2, 3), "flach"),), 9)


def content(root: Path) -> ProjectFile:
    return ProjectFile("Mein Projekt", {"images": root}, CLASSES)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    made = content(tmp_path / "images")
    project_file.write(tmp_path, made)
    assert project_file.read(tmp_path) == made
    assert "Straße" in (tmp_path / project_file.NAME).read_text(encoding="utf-8")


def test_roots_near_the_project_are_relative_and_far_ones_absolute(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "c" / "project"
    folder.mkdir(parents=True)
    roots = {
        "in": folder / "images",
        "beside": folder.parent / "images",
        "far": tmp_path / "images",
        "same": folder,
    }
    project_file.write(folder, ProjectFile("x", roots, CLASSES))
    raw = json.loads((folder / project_file.NAME).read_text())["roots"]
    assert raw["in"] == "images"
    assert raw["beside"] == "../images"
    assert raw["same"] == "."
    assert raw["far"] == str(tmp_path / "images")
    assert project_file.read(folder).roots == roots


def test_keys_we_do_not_know_are_kept(tmp_path: Path) -> None:
    project_file.write(tmp_path, content(tmp_path))
    path = tmp_path / project_file.NAME
    raw = json.loads(path.read_text()) | {"colour of the sky": {"deep": [1, 2]}}
    path.write_text(json.dumps(raw))
    project_file.write(tmp_path, project_file.read(tmp_path).but(name="new"))
    again = json.loads(path.read_text())
    assert again["colour of the sky"] == {"deep": [1, 2]}
    assert again["name"] == "new"


def test_a_class_added_by_hand_without_next_id_is_taken(tmp_path: Path) -> None:
    project_file.write(tmp_path, content(tmp_path))
    path = tmp_path / project_file.NAME
    raw = json.loads(path.read_text())
    raw["classes"].append({"id": 12, "name": "by hand", "rgb": [0, 0, 0]})
    path.write_text(json.dumps(raw))
    assert project_file.read(tmp_path).class_map.next_id == 13


def test_a_newer_file_is_refused_in_words_and_left_alone(tmp_path: Path) -> None:
    project_file.write(tmp_path, content(tmp_path))
    path = tmp_path / project_file.NAME
    raw = json.loads(path.read_text()) | {"version": project_file.VERSION + 1}
    path.write_text(json.dumps(raw))
    before = path.read_bytes()
    with pytest.raises(ProjectError) as caught:
        project_file.read(tmp_path)
    assert caught.value.message.id == "project.newer"
    assert "Update" in caught.value.hint
    assert path.read_bytes() == before


def test_older_files_go_through_every_migration_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_file.write(tmp_path, content(tmp_path))
    monkeypatch.setattr(project_file, "VERSION", 3)
    steps: list[int] = []

    def step(number: int):
        def migrate(raw: dict) -> dict:
            steps.append(number)
            return raw | {"name": f"{raw['name']}{number}"}

        return migrate

    monkeypatch.setattr(project_file, "MIGRATIONS", {1: step(1), 2: step(2)})
    assert project_file.read(tmp_path).name == "Mein Projekt12"
    assert steps == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}", '{"version": 1}', '{"version": "x"}', '{"version": 1, "name": 3}'),
        '{"version": 1, "name": "x", "roots": [], "classes": []}',
        '{"version": 1, "name": "x", "roots": {}, "classes": [{"id": 300}]}',
        '{"version": 1, "name": "x", "roots": {}, "classes": [{"id":1,"name":"a","rgb":[1]}]}',
    ],
)
def test_a_damaged_file_is_said_and_never_a_crash(tmp_path: Path, text: str) -> None:
    (tmp_path / project_file.NAME).write_text(text)
    with pytest.raises(ProjectError) as caught:
        project_file.read(tmp_path)
    assert caught.value.message.id == "project.damaged"


def test_a_project_is_found_by_its_folder_or_its_file(tmp_path: Path) -> None:
    project_file.write(tmp_path, content(tmp_path))
    assert project_file.locate(tmp_path) == tmp_path.resolve()
    assert project_file.locate(tmp_path / project_file.NAME) == tmp_path.resolve()
    with pytest.raises(ProjectError, match="no project"):
        project_file.locate(tmp_path / "elsewhere")
