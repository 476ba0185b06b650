"""Which system libraries Qt would miss, found out before Qt is loaded; imports no Qt itself.

Run as `python -m s4gui.gui.libraries window|tests` it writes one line for a script: the Qt
platform, then the Debian packages that are missing; with `require` before that word it writes
the sentence a person needs instead, and ends with 1 where something is missing.

The list is what `ldd` names for QtGui, QtWidgets and the platform plugins of PySide6 6.11,
checked by removing each package from a bare Debian 12 (decision 0012).
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from s4gui.core.errors import S4Error
from s4gui.core.messages import say
from s4gui.gui.display import OFFSCREEN, Display, probe

# File that the loader looks for -> Debian package that brings it.
EVERYWHERE: Mapping[str, str] = MappingProxyType(
    {
        "libEGL.so.1": "libegl1",
        "libGL.so.1": "libgl1",
        "libglib-2.0.so.0": "libglib2.0-0",
        "libgthread-2.0.so.0": "libglib2.0-0",
        "libfontconfig.so.1": "libfontconfig1",
        "libfreetype.so.6": "libfreetype6",
        "libxkbcommon.so.0": "libxkbcommon0",
        "libdbus-1.so.3": "libdbus-1-3",
        "libX11.so.6": "libx11-6",
    }
)
X11: Mapping[str, str] = MappingProxyType(
    {
        "libxcb.so.1": "libxcb1",
        "libX11-xcb.so.1": "libx11-xcb1",
        "libxcb-cursor.so.0": "libxcb-cursor0",
        "libxcb-icccm.so.4": "libxcb-icccm4",
        "libxcb-image.so.0": "libxcb-image0",
        "libxcb-keysyms.so.1": "libxcb-keysyms1",
        "libxcb-randr.so.0": "libxcb-randr0",
        "libxcb-render.so.0": "libxcb-render0",
        "libxcb-render-util.so.0": "libxcb-render-util0",
        "libxcb-shape.so.0": "libxcb-shape0",
        "libxcb-shm.so.0": "libxcb-shm0",
        "libxcb-sync.so.1": "libxcb-sync1",
        "libxcb-util.so.1": "libxcb-util1",
        "libxcb-xfixes.so.0": "libxcb-xfixes0",
        "libxcb-xkb.so.1": "libxcb-xkb1",
        "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    }
)
WAYLAND: Mapping[str, str] = MappingProxyType(
    {
        "libwayland-client.so.0": "libwayland-client0",
        "libwayland-cursor.so.0": "libwayland-cursor0",
        "libwayland-egl.so.1": "libwayland-egl1",
    }
)
# Programs of the tests that open a real window -> Debian package.
TEST_PROGRAMS: Mapping[str, str] = MappingProxyType(
    {"Xvfb": "xvfb", "xauth": "xauth", "openbox": "openbox"}
)


class MissingLibraries(S4Error):
    """Qt could not be loaded, or would end the program, without these system libraries."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What the loader does not find and the Debian packages, in order and once each, for it."""

    files: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.files)


def _loads(file: str) -> bool:
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


def missing(
    platform: str,
    *,
    loads: Callable[[str], bool] = _loads,
    system: str = sys.platform,
) -> Missing:
    """The libraries that Qt needs for `platform` (as `display.probe` names it) and lacks."""
    if not system.startswith("linux"):
        return Missing()
    wanted = dict(EVERYWHERE)
    if "xcb" in platform:
        wanted |= X11
    if "wayland" in platform:
        wanted |= WAYLAND
    absent = {file: package for file, package in wanted.items() if not loads(file)}
    return Missing(tuple(absent), tuple(dict.fromkeys(absent.values())))


def missing_for_tests(
    *,
    loads: Callable[[str], bool] = _loads,
    finds: Callable[[str], str | None] = shutil.which,
    system: str = sys.platform,
) -> Missing:
    """What the tests with a real window lack: X11's libraries and the programs around them."""
    libraries = missing("xcb", loads=loads, system=system)
    if not system.startswith("linux"):
        return libraries
    absent = {name: package for name, package in TEST_PROGRAMS.items() if finds(name) is None}
    return Missing(
        libraries.files + tuple(absent),
        tuple(dict.fromkeys(libraries.packages + tuple(absent.values()))),
    )


def command(packages: tuple[str, ...], *, root: bool) -> str:
    """The exact command that installs these packages on Debian and its children."""
    apt = "apt-get" if root else "sudo apt-get"
    return f"{apt} update && {apt} install --no-install-recommends {' '.join(packages)}"


def require(
    platform: str,
    *,
    loads: Callable[[str], bool] = _loads,
    finds: Callable[[str], str | None] = shutil.which,
) -> None:
    """Raise `MissingLibraries`, with the command that helps, unless Qt can load."""
    absent = missing(platform, loads=loads)
    if not absent:
        return
    if finds("apt-get") is None:
        raise MissingLibraries(
            "libraries.missing_elsewhere",
            "Qt needs system libraries that are not installed: {files}.",
            hint="Install your system's packages that hold these files (on Debian: {packages}).",
            files=", ".join(absent.files),
            packages=" ".join(absent.packages),
        )
    raise MissingLibraries(
        "libraries.missing",
        "Qt needs system libraries that are not installed: {files}.",
        hint="Install them with: {command}",
        files=", ".join(absent.files),
        command=command(absent.packages, root=os.geteuid() == 0),
    )


def _answer(words: list[str], display: Display) -> tuple[int, str]:
    """Exit code and text for the words of the command line."""
    if words[:1] == ["require"]:
        try:
            require(OFFSCREEN if words[1:] == ["tests"] else display.platform)
        except MissingLibraries as error:
            return 1, f"{error} {error.hint}\n"
        return 0, ""
    if words == ["tests"]:
        return 0, " ".join((OFFSCREEN, *missing_for_tests().packages)) + "\n"
    if words == ["window"]:
        return 0, " ".join((display.platform, *missing(display.platform).packages)) + "\n"
    if words == ["reason"]:
        return 0, f"{display.reason}\n"
    usage = "Say: python -m s4gui.gui.libraries [require] window|tests, or: ... reason"
    return 2, say("libraries.usage", usage) + "\n"


if __name__ == "__main__":
    code, text = _answer(sys.argv[1:], probe())
    sys.stdout.write(text)
    sys.exit(code)
