"""Missing system libraries are found before Qt is loaded, with the command that helps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from s4gui.gui import libraries
from s4gui.gui.display import Display


def without(*absent: str):
    return lambda file: file not in absent


def test_a_missing_library_is_named_with_its_package() -> None:
    found = libraries.missing("offscreen", loads=without("libGL.so.1"), system="linux")
    assert found == libraries.Missing(("libGL.so.1",), ("libgl1",))


def test_two_files_of_one_package_name_it_once() -> None:
    absent = ("libglib-2.0.so.0", "libgthread-2.0.so.0")
    found = libraries.missing("offscreen", loads=without(*absent), system="linux")
    assert found.packages == ("libglib2.0-0",)


def test_the_libraries_of_x_are_needed_for_x_only() -> None:
    loads = without("libxcb-cursor.so.0")
    assert not libraries.missing("offscreen", loads=loads, system="linux")
    assert libraries.missing("xcb", loads=loads, system="linux").packages == ("libxcb-cursor0",)
    both = libraries.missing("wayland;xcb", loads=lambda _: False, system="linux")
    assert {"libxcb-cursor0", "libwayland-client0", "libegl1"} <= set(both.packages)


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_other_systems_miss_nothing(system: str) -> None:
    assert not libraries.missing("native", loads=lambda _: False, system=system)


def test_the_error_holds_the_exact_command() -> None:
    with pytest.raises(libraries.MissingLibraries) as caught:
        libraries.require("offscreen", loads=without("libEGL.so.1"), finds=lambda _: "/usr/bin/x")
    assert "libEGL.so.1" in str(caught.value)
    assert "apt-get install --no-install-recommends libegl1" in caught.value.hint


def test_where_there_is_no_apt_get_the_files_are_named() -> None:
    with pytest.raises(libraries.MissingLibraries) as caught:
        libraries.require("offscreen", loads=without("libEGL.so.1"), finds=lambda _: None)
    assert "libEGL.so.1" in str(caught.value)
    assert "apt-get" not in caught.value.hint


def test_the_command_asks_for_root_where_it_must() -> None:
    assert libraries.command(("a", "b"), root=True) == (
        "apt-get update && apt-get install --no-install-recommends a b"
    )
    assert libraries.command(("a",), root=False).count("sudo ") == 2


def test_tests_with_a_window_want_their_programs_too() -> None:
    found = libraries.missing_for_tests(
        loads=without("libxcb-shape.so.0"), finds=lambda name: None if name == "Xvfb" else name
    )
    assert found.packages == ("libxcb-shape0", "xvfb")


def test_a_script_is_answered_in_words_it_can_split() -> None:
    code, text = libraries._answer(["window"], Display("offscreen", "no display"))
    assert code == 0
    assert text.split()[0] == "offscreen"
    assert libraries._answer(["reason"], Display("offscreen", "no display")) == (0, "no display\n")
    assert libraries._answer(["nonsense"], Display("offscreen", "no display"))[0] == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ldd is Linux's")
def test_the_list_is_what_the_installed_qt_asks_of_the_system() -> None:
    """Independent oracle: `ldd` of Qt's own files; what base packages bring in is left out."""
    import PySide6

    home = Path(PySide6.__file__).parent
    ours = {each.name for each in (home / "Qt" / "lib").iterdir()}
    plugins = home / "Qt" / "plugins" / "platforms"
    for platform, files in {
        "offscreen": [*home.glob("Qt/lib/libQt6Widgets.so*"), plugins / "libqoffscreen.so"],
        "xcb": [plugins / "libqxcb.so", *home.glob("Qt/lib/libQt6XcbQpa.so*")],
        "wayland": [*plugins.glob("libqwayland*.so")],
    }.items():
        direct = {name for each in files for name in needed(each)}
        listed = set(libraries.EVERYWHERE) | (
            set(libraries.X11) if platform == "xcb" else set(libraries.WAYLAND)
        )
        basic = ("libc.", "libm.", "libstdc++", "libgcc_s", "libdl", "libpthread", "librt", "ld-")
        asked = {n for n in direct if n not in ours and not n.startswith(basic)}
        assert asked, platform
        assert asked <= listed, (platform, asked - listed)


def needed(path: Path) -> list[str]:
    """The libraries that `path` itself names (`NEEDED` in its dynamic section)."""
    ended = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=True)
    names = [line.split()[0] for line in ended.stdout.splitlines()]
    raw = path.read_bytes()  # a name it asks for itself stands in its own string table
    return [n for n in names if f"\0{n}\0".encode() in raw]
