"""`./s4gui.sh`, with a Python that only pretends: what it installs, when, and what it says."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from s4gui import __main__
from s4gui.cli.main import parser

ROOT = Path(__file__).resolve().parents[2]
SHELLS = [name for name in ("dash", "bash") if shutil.which(name)] or ["sh"]
BASICS = [
    *("cat", "cksum", "cp", "cut", "df", "dirname", "env", "grep", "id", "mkdir", "mv", "printf"),
    *("pwd", "readlink", "rm", "sed", "sh", "sha256sum", "sleep", "tail", "tee", "touch", "tr"),
    *("uname", "bash", "dash"),
]

# Stands for python3 and for .venv/bin/python; writes down what it was asked to do.
PRETENDER = """#!/bin/sh
echo "$*" >>"$PRETEND/calls"
case $* in
*version_info*) echo "${PRETEND_VERSION:-3.11}"; [ -z "${PRETEND_OLD-}" ] ;;
*ensurepip*) [ -z "${PRETEND_NO_VENV-}" ] ;;
*'-m venv'*) for last; do :; done
    rm -rf "$last"; mkdir -p "$last/bin" && cp "$0" "$last/bin/python" ;;
*'pip --version'*) ;;
*'pip config list'*) cat "$PRETEND/pip-config" ;;
*'pip install'*)
    [ -z "${PRETEND_SLEEP-}" ] || { touch "$PRETEND/installing"; sleep "$PRETEND_SLEEP"; }
    [ -z "${PRETEND_TROUBLE-}" ] || { echo "$PRETEND_TROUBLE"; exit 1; } ;;
*'gui.libraries reason'*) echo "nothing is plugged in" ;;
*'gui.libraries require'*) [ -z "${PRETEND_REQUIRE-}" ] || { echo "$PRETEND_REQUIRE"; exit 1; } ;;
*gui.libraries*) echo "${PRETEND_LIBRARIES:-xcb}" ;;
*'-m s4gui'*) echo "started: $*"; exit "${PRETEND_CODE:-0}" ;;
*'-m pytest'*) echo "tested: $*" ;;
esac
"""


@dataclass
class Ended:
    code: int
    out: str
    err: str
    calls: list[str]


@dataclass
class Checkout:
    """A copy of the script and of what it hashes, with a PATH that holds the pretender only."""

    home: Path
    tools: Path
    shell: str
    environ: dict[str, str] = field(default_factory=dict)

    def words(self, *words: str) -> list[str]:
        return [shutil.which(self.shell) or self.shell, str(self.home / "s4gui.sh"), *words]

    def full_environ(self, **more: str) -> dict[str, str]:
        return {"PATH": str(self.tools), "PRETEND": str(self.tools.parent)} | self.environ | more

    def run(self, *words: str, cwd: Path | None = None, **environ: str) -> Ended:
        (self.tools.parent / "calls").write_text("")
        ended = subprocess.run(
            self.words(*words),
            cwd=cwd or self.tools.parent,
            env=self.full_environ(**environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        calls = (self.tools.parent / "calls").read_text().splitlines()
        return Ended(ended.returncode, ended.stdout, ended.stderr, calls)

    @property
    def stamp(self) -> Path:
        return self.home / ".venv" / "s4gui-stamp"


@pytest.fixture(params=SHELLS)
def checkout(tmp_path: Path, request: pytest.FixtureRequest) -> Checkout:
    home, tools = tmp_path / "a checkout", tmp_path / "tools"
    (home / "packaging").mkdir(parents=True)
    tools.mkdir()
    shutil.copy(ROOT / "s4gui.sh", home)
    shutil.copy(ROOT / "pyproject.toml", home)
    shutil.copy(ROOT / "packaging" / "constraints.txt", home / "packaging")
    for name in BASICS:
        found = shutil.which(name)
        if found:
            (tools / name).symlink_to(found)
    write(tools / "python3", PRETENDER)
    write(tools / "id", "#!/bin/sh\necho 1000\n")
    (tmp_path / "pip-config").write_text("")
    return Checkout(home, tools, request.param)


def write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def installs(calls: list[str]) -> list[str]:
    return [call for call in calls if "pip install" in call]


def test_the_first_start_installs_the_pins_and_the_second_nothing(checkout: Checkout) -> None:
    first = checkout.run("train", "a b")
    assert first.code == 0, first.err
    (install,) = installs(first.calls)
    assert "packaging/constraints.txt" in install
    assert install.endswith(f"--editable {checkout.home}")
    assert first.out == "started: -m s4gui train a b\n"
    second = checkout.run("train", "a b")
    assert second.calls == ["-m s4gui train a b"]


def test_the_exit_code_is_the_programs_own(checkout: Checkout) -> None:
    assert checkout.run("train", PRETEND_CODE="7").code == 7


@pytest.mark.parametrize("file", ["pyproject.toml", "packaging/constraints.txt"])
def test_a_changed_pin_installs_again(checkout: Checkout, file: str) -> None:
    checkout.run("train")
    with (checkout.home / file).open("a") as changed:
        changed.write("# changed\n")
    assert len(installs(checkout.run("train").calls)) == 1
    assert not installs(checkout.run("train").calls)


def test_a_moved_checkout_installs_again(checkout: Checkout) -> None:
    checkout.run("train")
    checkout.home = checkout.home.rename(checkout.home.with_name("elsewhere"))
    assert installs(checkout.run("train").calls)


def test_the_tests_bring_their_tools_and_the_program_is_content_with_them(
    checkout: Checkout,
) -> None:
    checkout.run("train")
    tested = checkout.run("test", "-k", "one two")
    assert installs(tested.calls)[0].endswith("[test]")
    assert tested.out == "tested: -m pytest -k one two\n"
    assert not installs(checkout.run("train").calls)
    assert not installs(checkout.run("test").calls)


def test_the_whole_suite_runs_in_two_processes(checkout: Checkout) -> None:
    assert "-n 2" in checkout.run("test").out


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "disk became full"),
        ("Temporary failure in name resolution", "index was not reached"),
        ("NewConnectionError: Failed to establish a new connection", "index was not reached"),
        ("error: error sending request for url", "index was not reached"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no release for this Python"),
        ("ValueError: something else: broken", "ValueError: something else: broken"),
    ],
)
def test_a_failed_installation_is_one_sentence_and_no_stamp(
    checkout: Checkout, trouble: str, sentence: str
) -> None:
    ended = checkout.run("train", PRETEND_TROUBLE=trouble)
    assert ended.code == 1
    assert sentence in ended.err.splitlines()[-1]
    assert not checkout.stamp.exists()
    assert "started" not in ended.out
    assert checkout.run("train").code == 0


def test_what_is_installed_survives_a_failed_update_without_network(checkout: Checkout) -> None:
    checkout.run("train")
    kept = checkout.home / ".venv" / "kept"
    kept.touch()
    (checkout.home / "pyproject.toml").write_text("changed")
    for _ in range(2):
        assert checkout.run("train", PRETEND_TROUBLE="connection refused").code == 1
    assert kept.exists()


def test_an_old_python_is_refused_by_its_number(checkout: Checkout) -> None:
    ended = checkout.run("train", PRETEND_OLD="1", PRETEND_VERSION="3.9")
    assert ended.code == 1
    assert "needs Python 3.11 or newer; python3 here is Python 3.9" in ended.err


def test_no_python_at_all_is_said(checkout: Checkout) -> None:
    (checkout.tools / "python3").unlink()
    ended = checkout.run("train")
    assert ended.code == 1
    assert "no python3 was found" in ended.err


def test_another_python_can_be_named(checkout: Checkout) -> None:
    (checkout.tools / "python3").rename(checkout.tools / "mine")
    assert checkout.run("train", PYTHON="mine").code == 0


def test_a_python_without_venv_names_the_package(checkout: Checkout) -> None:
    ended = checkout.run("train", PRETEND_NO_VENV="1")
    assert ended.code == 1
    assert "apt-get install python3-venv" in ended.err


def test_a_disk_with_too_little_room_is_refused_before_anything_is_made(
    checkout: Checkout,
) -> None:
    write(checkout.tools / "df", "#!/bin/sh\necho head\necho dev 9000 8000 102400 90% /\n")
    ended = checkout.run("train")
    assert ended.code == 1
    assert "102 MB are free" in ended.err
    assert not (checkout.home / ".venv").exists()


def interrupted(process: subprocess.Popen[str]) -> str:
    """What it says on Ctrl+C. A person presses again when nothing happens: bash forgets one that
    comes while it forks, it seems (seen once).
    """
    for _ in range(4):
        os.killpg(process.pid, signal.SIGINT)
        try:
            return process.communicate(timeout=5)[1]
        except subprocess.TimeoutExpired:
            continue
    os.killpg(process.pid, signal.SIGKILL)
    return process.communicate()[1]


WITH_SIGINT = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def start_and_wait_until_it_installs(checkout: Checkout) -> subprocess.Popen[str]:
    # A suite that was started in the background hands "ignore SIGINT" on, which no shell may undo.
    process = subprocess.Popen(
        [sys.executable, "-c", WITH_SIGINT, *checkout.words("train")],
        env=checkout.full_environ(PRETEND_SLEEP="60"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 20
    while not (checkout.tools.parent / "installing").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


def test_an_interrupted_set_up_says_so_and_the_next_one_starts_clean(checkout: Checkout) -> None:
    process = start_and_wait_until_it_installs(checkout)
    err = interrupted(process)
    assert process.returncode == 130
    assert "run the same command again" in err
    assert not checkout.stamp.exists()
    half = checkout.home / ".venv" / "half-a-package"
    half.touch()
    assert checkout.run("train").code == 0
    assert not half.exists()
    assert checkout.stamp.exists()


def test_a_killed_set_up_is_started_again(checkout: Checkout) -> None:
    process = start_and_wait_until_it_installs(checkout)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    assert not checkout.stamp.exists()
    again = checkout.run("train")
    assert again.code == 0
    assert any("--clear" in call for call in again.calls)


def test_a_second_set_up_at_the_same_time_is_refused(checkout: Checkout) -> None:
    process = start_and_wait_until_it_installs(checkout)
    try:
        second = checkout.run("train")
        assert second.code == 1
        assert f"process {process.pid}" in second.err
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=20)


def test_uv_is_given_pips_own_settings(checkout: Checkout) -> None:
    write(checkout.tools / "uv", '#!/bin/sh\necho "uv $* cert=$SSL_CERT_FILE" >>"$PRETEND/calls"\n')
    (checkout.tools.parent / "pip-config").write_text(
        ":env:.find-links='/env/wheels'\n"
        "global.find-links='/file/wheels'\n"
        "global.extra-index-url='file:///one\\nfile:///two'\n"
        "global.cert='/a/cert.pem'\n"
    )
    ended = checkout.run("train")
    assert ended.code == 0, ended.err
    (call,) = [call for call in ended.calls if call.startswith("uv pip install")]
    assert "--compile-bytecode" in call
    assert "--find-links /env/wheels" in call
    assert "/file/wheels" not in call
    assert "--index file:///one --index file:///two" in call
    assert call.endswith("cert=/a/cert.pem")
    assert f"--python {checkout.home}/.venv/bin/python" in call


def test_pip_can_be_asked_for_where_uv_is(checkout: Checkout) -> None:
    write(checkout.tools / "uv", "#!/bin/sh\nexit 1\n")
    assert installs(checkout.run("train", S4GUI_PIP="1").calls)


def test_without_words_the_window_opens(checkout: Checkout) -> None:
    assert checkout.run().out == "started: -m s4gui\n"


def test_without_words_and_display_the_demo_job_runs_and_its_pictures_are_named(
    checkout: Checkout,
) -> None:
    ended = checkout.run(PRETEND_LIBRARIES="offscreen", PRETEND_CODE="3")
    assert ended.code == 3
    pictures = checkout.home / "report"
    assert f"started: -m s4gui --selftest --output {pictures}" in ended.out
    assert "nothing is plugged in" in ended.err
    assert f"{pictures} (window.png, report.html)" in ended.err
    assert "For a window" in ended.err


def test_a_project_is_not_opened_where_nobody_can_see_it(checkout: Checkout) -> None:
    ended = checkout.run("my project", PRETEND_LIBRARIES="offscreen")
    assert (ended.code, ended.out) == (1, "")
    assert "No display: nothing is plugged in" in ended.err


@pytest.mark.parametrize("word", ["", "--selftest", "gui"])
def test_a_missing_library_stops_before_qt_with_the_command(checkout: Checkout, word: str) -> None:
    ended = checkout.run(
        *([word] if word else []),
        PRETEND_LIBRARIES="xcb libegl1",
        PRETEND_REQUIRE="Install them with: sudo apt-get install libegl1",
    )
    assert (ended.code, ended.out) == (1, "")
    assert "apt-get install libegl1" in ended.err


def test_words_without_a_window_need_no_libraries(checkout: Checkout) -> None:
    ended = checkout.run("train", PRETEND_LIBRARIES="xcb libegl1", PRETEND_REQUIRE="no")
    assert ended.out == "started: -m s4gui train\n"


def test_every_word_of_the_command_line_is_reached_without_a_window() -> None:
    script = (Path(__file__).resolve().parents[2] / "s4gui.sh").read_text()
    start = script.index("help | -* |")
    handed_on = script[start : script.index(") ;;", start)].replace("\\", " ").split("|")
    words = {each.strip() for each in handed_on}
    parsers = next(each for each in parser()._actions if each.dest == "word").choices
    assert set(parsers) <= words
    assert set(parsers) == set(__main__._CLI)


def test_root_on_debian_installs_the_libraries_and_says_so(checkout: Checkout) -> None:
    write(checkout.tools / "id", "#!/bin/sh\necho 0\n")
    write(checkout.tools / "apt-get", '#!/bin/sh\necho "apt-get $*" >>"$PRETEND/calls"\n')
    ended = checkout.run(PRETEND_LIBRARIES="xcb libegl1 libgl1")
    assert ended.code == 0, ended.err
    assert "through apt-get: libegl1 libgl1" in ended.err
    installed = [c for c in ended.calls if c.startswith("apt-get install")]
    assert len(installed) == 1
    assert installed[0].endswith("--no-install-recommends libegl1 libgl1")


def test_apt_that_fails_is_said_with_the_command(checkout: Checkout) -> None:
    write(checkout.tools / "id", "#!/bin/sh\necho 0\n")
    write(checkout.tools / "apt-get", "#!/bin/sh\nexit 100\n")
    ended = checkout.run(PRETEND_LIBRARIES="xcb libegl1")
    assert ended.code == 1
    assert "apt-get install --no-install-recommends libegl1" in ended.err


def test_the_second_start_adds_less_than_0_3_s(checkout: Checkout) -> None:
    checkout.run("train")
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        checkout.run("train")
        spent.append(time.perf_counter() - began)
    assert min(spent) < 0.3


def test_every_core_and_test_dependency_has_a_pin() -> None:
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = {}
    for line in (ROOT / "packaging" / "constraints.txt").read_text().splitlines():
        if not line.startswith("#"):
            pinned = Requirement(line)
            (exact,) = pinned.specifier
            assert exact.operator == "=="
            assert "+" not in exact.version  # a local build would not be found elsewhere
            pins[canonicalize_name(pinned.name)] = exact.version
    for text in project["dependencies"] + project["optional-dependencies"]["test"]:
        asked = Requirement(text)
        assert asked.specifier.contains(pins[canonicalize_name(asked.name)]), text


def test_the_running_environment_is_the_tested_one() -> None:
    import importlib.metadata

    for line in (ROOT / "packaging" / "constraints.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        if version and name in {"torch", "PySide6_Essentials", "numpy"}:
            assert importlib.metadata.version(name).split("+")[0] == version, sys.version
