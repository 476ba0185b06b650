"""Settings: sparse overrides, never in the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s4gui.store.settings import DEFAULTS, FILE, MAX_RECENT, Settings


def test_only_what_differs_from_the_default_is_written(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    assert settings.get("theme") == DEFAULTS["theme"]
    settings.set("theme", "dark")
    settings.set("ui_scale", 2)
    settings.set("ui_scale", DEFAULTS["ui_scale"])
    assert json.loads((tmp_path / FILE).read_text()) == {"theme": "dark"}
    assert Settings(tmp_path).get("theme") == "dark"


def test_a_wrong_type_is_refused_and_an_unknown_setting_too(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    with pytest.raises(ValueError, match="wheel_zooms"):
        settings.set("wheel_zooms", "yes")
    with pytest.raises(KeyError):
        settings.get("colour of the sky")
    with pytest.raises(KeyError):
        settings.set("colour of the sky", 1)


def test_a_file_with_nonsense_gives_defaults_and_is_kept_aside(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{not json")
    assert Settings(tmp_path).get("theme") == DEFAULTS["theme"]
    assert [p.read_text() for p in tmp_path.iterdir() if "damaged" in p.name] == ["{not json"]
    (tmp_path / FILE).write_text('{"theme": 7, "wheel_zooms": false, "of the future": 1}')
    settings = Settings(tmp_path)
    assert settings.get("theme") == DEFAULTS["theme"]
    assert settings.get("wheel_zooms") is False
    settings.set("theme", "light")
    assert json.loads((tmp_path / FILE).read_text())["of the future"] == 1


def test_recent_projects_come_last_used_first_and_once(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    for number in range(MAX_RECENT + 5):
        settings.add_recent(tmp_path / str(number))
    settings.add_recent(tmp_path / "7")
    again = Settings(tmp_path)
    assert again.recent[0] == tmp_path / "7"
    assert len(again.recent) == MAX_RECENT == len(set(again.recent))
    again.forget_recent(tmp_path / "7")
    assert tmp_path / "7" not in Settings(tmp_path).recent


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = Settings(tmp_path / "file" / "below")
    settings.set("theme", "dark")
    assert settings.get("theme") == "dark"
    assert Settings(tmp_path / "file" / "below").get("theme") == DEFAULTS["theme"]


def test_callers_may_declare_their_own(tmp_path: Path) -> None:
    settings = Settings(tmp_path, extra={"columns": [1, 2]})
    settings.set("columns", [3])
    assert Settings(tmp_path, extra={"columns": [1, 2]}).get("columns") == [3]
