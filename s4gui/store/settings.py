"""Settings of a user: sparse overrides of declared defaults, and recent projects."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import platformdirs

from s4gui.store.atomic import write_atomic
from s4gui.store.label_files import move_aside

FILE = "settings.json"
MAX_RECENT = 20
DEFAULTS: dict[str, Any] = {
    "theme": "system",
    "ui_scale": 1.0,
    "wheel_zooms": True,
    "class_set": "camvid-11",
    "language": "",
    "confirm_accept": False,
    "tour_done": False,
    "workspace": "label",
    "geometry": "",
    "recipe": "fast",
    "last_folder": "",
    "key_preset": "s4gui",
    "key_changes": {},
    "palette_recent": [],
}
"""Every setting there is. A default that is None takes any value, else its type decides."""


class Settings:
    """Settings in one folder; a value that does not fit its default's type is not taken.

    A folder that cannot be written loses settings, never work: `set` then keeps them for
    this session only. `extra` declares settings of the caller's own.
    """

    def __init__(self, folder: Path | None = None, *, extra: dict[str, Any] | None = None) -> None:
        self._path = (folder or default_folder()) / FILE
        own = platformdirs.user_cache_dir("s4gui", appauthor=False)
        self.cache_folder = Path(own) if folder is None else folder / "cache"
        self._defaults = DEFAULTS | (extra or {})
        self._values = self._read()

    def get(self, key: str) -> Any:
        """The value, or the default; KeyError for a setting that does not exist."""
        return self._values.get(key, self._defaults[key])

    def set(self, key: str, value: Any) -> None:
        """Keep a value (what equals the default is not written); ValueError for a wrong type."""
        default = self._defaults[key]
        if not _fits(value, default):
            raise ValueError(f"{key} is like {default!r}, not {value!r}")
        if value == default:
            self._values.pop(key, None)
        else:
            self._values[key] = value
        self._write()

    @property
    def recent(self) -> list[Path]:
        """Projects opened before, the last one first; those that are gone included."""
        raw = self._values.get("recent", [])
        return [Path(each) for each in raw if isinstance(each, str)]

    def add_recent(self, project: Path) -> None:
        """Put a project first in the list of recent ones."""
        others = [each for each in self.recent if each != project]
        self._values["recent"] = [str(each) for each in (project, *others)][:MAX_RECENT]
        self._write()

    def forget_recent(self, project: Path) -> None:
        """Take a project out of the list."""
        self._values["recent"] = [str(each) for each in self.recent if each != project]
        self._write()

    def _read(self) -> dict[str, Any]:
        try:
            raw = json.loads(self._path.read_bytes())
        except OSError:
            return {}
        except ValueError:
            with contextlib.suppress(OSError):
                move_aside(self._path, "damaged")
            return {}
        if not isinstance(raw, dict):
            return {}
        # What an older or newer version wrote and this one doesn't know is kept.
        return {k: v for k, v in raw.items() if _fits(v, self._defaults.get(k))}

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._path, json.dumps(self._values, indent=1).encode(), durable=False)


def default_folder() -> Path:
    """Where settings lie on this system."""
    return Path(platformdirs.user_config_dir("s4gui", appauthor=False))


def _fits(value: object, default: object) -> bool:
    if default is None:
        return True
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is type(default)
