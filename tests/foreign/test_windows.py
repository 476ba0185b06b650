"""Windows: lock, folder sync, priorities, process identity, free memory, each with a fake."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import IO, Any

import pytest

from s4gui.gui import processes
from s4gui.store import atomic, lock
from s4gui.wire import liveness
from s4gui.worker import main as worker


class Msvcrt(ModuleType):
    """Byte locks as Windows has them: mandatory, by open file, refused to another one."""

    LK_NBLCK, LK_UNLCK = 2, 0

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.held: dict[tuple[int, int], int] = {}

    def locking(self, fd: int, mode: int, count: int) -> None:
        assert count == 1
        place = (os.fstat(fd).st_ino, os.lseek(fd, 0, os.SEEK_CUR))
        if mode == self.LK_UNLCK:
            assert self.held.pop(place, None) == fd
        elif self.held.setdefault(place, fd) != fd:
            raise OSError(36, "Resource deadlock avoided")


@pytest.fixture
def windows_lock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """store.lock as Windows loads it."""
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt())
    spec = importlib.util.spec_from_file_location("windows_lock", lock.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "windows_lock", module)
    with monkeypatch.context() as only_here:
        only_here.setattr(sys, "platform", "win32")
        spec.loader.exec_module(module)
    return module


def test_one_process_holds_a_project_and_the_next_hears_who(
    windows_lock: Any, tmp_path: Path
) -> None:
    first = windows_lock.Lock.take(tmp_path, program="first")
    assert windows_lock.Lock.take(tmp_path, program="second") is None
    assert windows_lock.holder(tmp_path).program == "first"
    first.release()
    again = windows_lock.Lock.take(tmp_path, program="second")
    assert again is not None
    again.release()


def test_the_lock_does_not_cover_the_text_that_names_its_holder(
    windows_lock: Any, tmp_path: Path
) -> None:
    held = windows_lock.Lock.take(tmp_path, program="first")
    ((_, offset),) = sys.modules["msvcrt"].held  # type: ignore[attr-defined]
    assert offset > 100_000, "a Windows lock on the text would keep readers from it"
    held.release()


def test_a_folder_is_not_synced_where_it_cannot_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refused(*_: object) -> int:
        raise AssertionError("Windows cannot open folders")

    monkeypatch.setattr(os, "open", refused)
    monkeypatch.setattr(os, "name", "nt")
    atomic.sync_folder(tmp_path)


class Kernel:
    """The calls of kernel32 that are used, with what they were asked."""

    def __init__(self) -> None:
        self.priority: list[tuple[int, int]] = []
        self.closed: list[int] = []
        self.OpenProcess = self._Open()

    class _Open:
        restype: Any = None

        def __call__(self, _access: int, _inherit: object, pid: int) -> int:
            return 0 if pid == 404 else 1000 + pid

    def SetPriorityClass(self, handle: Any, level: int) -> int:
        self.priority.append((getattr(handle, "value", handle), level))
        return 1

    def CloseHandle(self, handle: Any) -> None:
        self.closed.append(handle.value)

    def GetCurrentProcess(self) -> int:
        return -1

    def GetProcessTimes(self, _handle: Any, created: Any, *_: Any) -> int:
        created._obj.value = 133_000_000_000
        return 1

    def GetExitCodeProcess(self, handle: Any, code: Any) -> int:
        code._obj.value = 259 if handle.value == 1007 else 1
        return 1

    def GlobalMemoryStatusEx(self, status: Any) -> int:
        status._obj.free = 5 << 30
        return 1


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    fake = Kernel()
    monkeypatch.setattr(ctypes, "WinDLL", lambda *_, **__: fake, raising=False)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=fake), raising=False)
    return fake


def test_a_worker_is_put_below_normal_priority_by_the_window(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(os, "setpriority")
    processes.step_back(7, idle=True)
    assert kernel.priority == [(1007, 0x4000)]
    assert kernel.closed == [1007]


def test_a_worker_steps_back_by_itself(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    worker.lower_priority()
    assert kernel.priority == [(-1, 0x4000)]


def test_a_process_is_known_by_its_start_and_only_while_it_runs(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert liveness.process_identity(7) == "133000000000"
    assert liveness.process_identity(8) is None  # it has ended, its handle is still there
    assert liveness.process_identity(404) is None
    assert kernel.closed == [1007, 1008]


def test_free_memory_is_asked_of_the_system(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert processes.free_memory_bytes() == 5 << 30


def test_the_fake_lock_can_refuse(tmp_path: Path) -> None:
    fake = Msvcrt()
    files: list[IO[bytes]] = [(tmp_path / "x").open("a+b") for _ in range(2)]
    fake.locking(files[0].fileno(), fake.LK_NBLCK, 1)
    with pytest.raises(OSError, match="avoided"):
        fake.locking(files[1].fileno(), fake.LK_NBLCK, 1)
    for each in files:
        each.close()
