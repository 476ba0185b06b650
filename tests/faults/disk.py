"""A disk that forgets: system calls recorded by strace, replayed up to any point of power loss.

Contents are durable after fsync or fdatasync of the file, names after fsync of their folder;
of everything else any part may be there. (The model of SQLite's crash tests, in our own words.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

CALLS = (
    "openat,open,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,"
    "ftruncate,mkdir,mkdirat,lseek"
)
SECTOR = 512
_LINE = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\((?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<pid>\d+) +<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)$")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_FD = re.compile(r"^(\d+)<([^>]*)>")


@dataclass(frozen=True)
class Call:
    """One finished system call: name, what stands in its parentheses, what it returned."""

    name: str
    arguments: str
    result: int

    @property
    def strings(self) -> list[bytes]:
        found = []
        for text, cut in _STRING.findall(self.arguments):
            assert not cut, "strace cut a string"
            found.append(bytes.fromhex(text.replace("\\x", "")))
        return found

    @property
    def fd(self) -> tuple[int, str]:
        match = _FD.match(self.arguments)
        assert match, self.arguments[:80]
        return int(match[1]), _plain(match[2])

    @property
    def numbers(self) -> list[int]:
        return [int(n) for n in re.findall(r", (\d+)(?=[,)]|$)", self.arguments)]


def calls(trace: Path) -> Iterator[Call]:
    """The finished calls of a trace file in the order of their ends."""
    begun: dict[str, str] = {}
    for line in trace.read_text().splitlines():
        if resumed := _RESUMED.match(line):
            text = begun.pop(resumed["pid"]) + resumed["rest"]
        elif match := _LINE.match(line):
            text = f"{match['call']}({match['rest']}"
            if text.endswith("<unfinished ...>"):
                begun[match["pid"]] = text.removesuffix("<unfinished ...>").rstrip()
                continue
        else:
            continue
        name, rest = text.split("(", 1)
        arguments, _, result = rest.rpartition(" = ")
        value = result.split("<")[0].split()[0] if result else "?"
        if value.lstrip("-").isdecimal():
            yield Call(name, arguments.rstrip().removesuffix(")"), int(value))


@dataclass
class Inode:
    """A file's durable content, its content now, and the writes since the last sync."""

    durable: bytes = b""
    now: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, bytes]] = field(default_factory=list)  # (-n - 1, b""): cut to n

    def write(self, offset: int, data: bytes) -> None:
        _put(self.now, offset, data)
        self.waiting.append((offset, data))

    def sync(self) -> None:
        self.durable = bytes(self.now)
        self.waiting.clear()

    def some(self, random: np.random.Generator) -> bytes:
        """Durable content with any part of what waits, sectors torn."""
        out = bytearray(self.durable)
        for offset, data in self.waiting:
            if offset < 0:
                if random.random() < 0.5:
                    _put(out, offset, data)
                continue
            for start in range(0, len(data), SECTOR):
                if random.random() < 0.5:
                    _put(out, offset + start, data[start : start + SECTOR])
        return bytes(out)


class Disk:
    """The files below one folder while recorded calls are played."""

    def __init__(self, content: Path, *, lived_at: Path) -> None:
        self.folder = str(lived_at)
        self.names: dict[str, Inode] = {}
        for path in sorted(content.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                name = str(lived_at / path.relative_to(content))
                self.names[name] = Inode(data, bytearray(data))
        self.durable_names = dict(self.names)
        self._files: dict[int, tuple[Inode, list[int]]] = {}

    def play(self, call: Call) -> None:
        """Take one call into the picture; calls about other places change nothing."""
        if call.result < 0:
            return
        if call.name in {"openat", "open"}:
            self._open(call)
        elif call.name.startswith("rename"):
            source, target = (self._path(each) for each in call.strings)
            if self._mine(target):
                self.names[target] = self.names.pop(source)
        elif call.name.startswith("unlink"):
            self.names.pop(self._path(call.strings[0]), None)
        elif call.name in {"write", "pwrite64", "ftruncate", "fsync", "fdatasync", "lseek"}:
            self._on_file(call)

    def after_power_loss(self, into: Path, random: np.random.Generator | None) -> None:
        """Write what is left: only what was synced, or with `random` any part of the rest."""
        names = dict(self.durable_names)
        if random is not None:
            for name in sorted({*self.names, *names}):
                if self.names.get(name) is not names.get(name) and random.random() < 0.5:
                    if name in self.names:
                        names[name] = self.names[name]
                    else:
                        del names[name]
        for name, inode in names.items():
            if name.endswith("-shm"):
                continue  # memory shared between processes, made anew after a crash
            target = into / Path(name).relative_to(self.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(inode.durable if random is None else inode.some(random))

    def _open(self, call: Call) -> None:
        path = self._path(call.strings[0])
        self._files.pop(call.result, None)
        if not self._mine(path) or "O_DIRECTORY" in call.arguments:
            return
        inode = self.names.get(path)
        if inode is None:
            if "O_CREAT" not in call.arguments:
                return
            inode = self.names[path] = Inode()
        if "O_TRUNC" in call.arguments and inode.now:
            inode.write(-1, b"")
        self._files[call.result] = inode, [0]

    def _on_file(self, call: Call) -> None:
        fd, path = call.fd
        if call.name.endswith("sync") and path.startswith(self.folder):
            self._sync(fd, path)
            return
        if fd not in self._files or not self._mine(path):
            return
        inode, position = self._files[fd]
        if call.name == "pwrite64":
            inode.write(call.numbers[-1], call.strings[0][: call.result])
        elif call.name == "write":
            inode.write(position[0], call.strings[0][: call.result])
            position[0] += call.result
        elif call.name == "ftruncate":
            inode.write(-call.numbers[-1] - 1, b"")
        elif call.name == "lseek":
            position[0] = call.result

    def _sync(self, fd: int, path: str) -> None:
        if fd in self._files and path in self.names:
            self._files[fd][0].sync()
            return
        inside = {n for n in {*self.names, *self.durable_names} if str(Path(n).parent) == path}
        for name in inside:
            if name in self.names:
                self.durable_names[name] = self.names[name]
            else:
                self.durable_names.pop(name, None)

    def _mine(self, path: str) -> bool:
        return path.startswith(self.folder + "/")

    def _path(self, data: bytes) -> str:
        return data.decode()


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if offset < 0:
        size = -offset - 1
        del content[size:]
        content.extend(bytes(size - len(content)))
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


def _plain(text: str) -> str:
    if "\\x" not in text:
        return text
    return bytes.fromhex(text.replace("\\x", "")).decode()
