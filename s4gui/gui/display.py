"""Where the window can appear, found out before Qt is loaded (Qt aborts on a dead display).

Nothing here imports Qt. The order is: what the user asked for with QT_QPA_PLATFORM, a
Wayland compositor that answers, an X server that answers, and else off screen.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from s4gui.core.messages import say

NATIVE = "native"
OFFSCREEN = "offscreen"
_UNSEEN = frozenset({OFFSCREEN, "minimal", "minimalegl", "vnc"})
_CONNECT_S = 2.0
_TRIES, _AGAIN_S = 3, 0.05
"""A server without other clients starts anew when one leaves, and refuses connections meanwhile."""


@dataclass(frozen=True, slots=True)
class Display:
    """A Qt platform (`xcb`, `wayland;xcb`, `offscreen`, `native`) and a sentence why it was chosen.

    `native` means that the system has one window system only and Qt finds it by itself.
    """

    platform: str
    reason: str

    @property
    def on_screen(self) -> bool:
        """Whether a person can see a window there."""
        return self.platform.split(":")[0].split(";")[0] not in _UNSEEN


def probe(environ: Mapping[str, str] = os.environ, *, system: str = sys.platform) -> Display:
    """The platform Qt can use with these environment variables; asks the servers, loads no Qt."""
    asked = environ.get("QT_QPA_PLATFORM", "").strip()
    if asked:
        return Display(
            asked, say("display.asked", "QT_QPA_PLATFORM asks for {platform}", platform=asked)
        )
    if not system.startswith("linux"):
        return Display(NATIVE, say("display.native", "this system has its own window system"))
    wayland, x11 = _wayland_answers(environ), _x11_answers(environ)
    if wayland:
        platform = "wayland;xcb" if x11 else "wayland"
        return Display(platform, say("display.wayland", "a Wayland compositor answers"))
    name = environ.get("DISPLAY", "")
    if x11:
        return Display("xcb", say("display.x11", "the X server {name} answers", name=name))
    if name:
        reason = say("display.dead", "DISPLAY names {name}, where no X server answers", name=name)
    else:
        reason = say("display.none", "neither DISPLAY nor WAYLAND_DISPLAY is set")
    return Display(OFFSCREEN, reason)


def settle(environ: MutableMapping[str, str] = os.environ) -> Display:
    """Probe, and tell Qt by QT_QPA_PLATFORM; call it before the first Qt import."""
    display = probe(environ)
    if display.platform != NATIVE:
        environ["QT_QPA_PLATFORM"] = display.platform
    return display


def _wayland_answers(environ: Mapping[str, str]) -> bool:
    if environ.get("WAYLAND_SOCKET"):  # an open descriptor handed down by the compositor
        return True
    name = environ.get("WAYLAND_DISPLAY", "")
    if not name:
        return False
    path = Path(environ.get("XDG_RUNTIME_DIR", "/"), name)  # an absolute name replaces the folder
    return _socket_answers(str(path))


def _x11_answers(environ: Mapping[str, str]) -> bool:
    name = environ.get("DISPLAY", "")
    if not name:
        return False
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:  # libraries.missing() names the package; here: is a server there at all?
        return _x11_socket_answers(name)
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    for left in reversed(range(_TRIES)):
        connection = xcb.xcb_connect(os.fsencode(name), None)  # never NULL; takes 1-2 ms
        try:
            if int(xcb.xcb_connection_has_error(connection)) == 0:
                return True
        finally:
            xcb.xcb_disconnect(connection)
        # Where not even a socket listens, waiting is for nothing.
        if not left or not _x11_socket_answers(name):
            return False
        time.sleep(_AGAIN_S)
    return False


def _x11_socket_answers(name: str) -> bool:
    """Whether something listens where the X server `host:number.screen` would."""
    host, _, rest = name.rpartition(":")
    number = rest.split(".")[0]
    if not number.isdecimal():
        return False
    if host in {"", "unix"}:
        path = f"/tmp/.X11-unix/X{number}"
        return _socket_answers("\0" + path) or _socket_answers(path)
    try:
        socket.create_connection((host, 6000 + int(number)), timeout=_CONNECT_S).close()
    except (OSError, OverflowError):
        return False
    return True


def _socket_answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.settimeout(_CONNECT_S)
        try:
            end.connect(address)
        except OSError:
            return False
    return True
