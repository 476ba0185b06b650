"""A pretrained encoder looks at all images: the verb, what is said, and what the preview uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from s4gui.gui import application, processes, status_words
from s4gui.gui.application import Application
from s4gui.gui.choice import AUTOMATIC, PREVIEW, Standing, reason
from s4gui.gui.preview_link import PreviewLink
from s4gui.store.settings import Settings
from s4gui.wire.preview import Fitted, Open, decode_command
from tests.workbench import places

WAIT_MS = 20_000
FAKE = """
import os, sys, time
from s4gui.wire import commands, events
mode, log = sys.argv[1], open(sys.argv[2], "a")
def say(event):
    sys.stdout.write(events.encode(event) + "\\n"); sys.stdout.flush()
def hear():
    line = sys.stdin.readline()
    log.write(line); log.flush()
    return commands.decode(line) if line else None
say(events.Hello("0", "here", os.getpid(), "cpu", "fake", 1 << 30, ("cpu",)))
command = hear()
if command is None:
    sys.exit(0)
if mode == "fail":
    say(events.Failed("data", "features.no_weights", "No encoder here", "Fetch one", ""))
    sys.exit(3)
if mode == "die":
    sys.stderr.write("last words\\n")
    sys.exit(9)
total = len(command.images)
for n, each in enumerate(command.images, 1):
    problem = "broken" if mode == "broken" and n == 2 else ""
    say(events.Encoded(n, total, each.frame, "resnet18/layer2", problem))
    if mode == "slow" and n == 2:
        assert isinstance(hear(), commands.Stop)
        say(events.Finished(n, "stopped"))
        break
else:
    say(events.Finished(total, "done"))
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def in_front(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes do not step back behind what else the machine does."""
    monkeypatch.setattr(processes, "step_back", lambda pid, idle: None)


@pytest.fixture
def begin(qapp: QApplication, tmp_path: Path, qtbot: QtBot) -> Iterator[Callable[..., Application]]:
    """The window over a project of three images, its worker misbehaving as told."""
    made: list[Application] = []
    project = places.make(tmp_path, {f"{n}.png": (60, 80) for n in range(3)})

    def one(mode: str, **choices: object) -> Application:
        settings = Settings(tmp_path / "settings", extra=application.SETTINGS)
        values = {"tour_done": True, "warm_workers": False, "live_preview": False, **choices}
        for key, value in values.items():
            settings.set(key, value)
        command = [sys.executable, "-c", FAKE, mode, str(tmp_path / "heard")]
        preview = [sys.executable, "-m", "tests.fake_preview", str(tmp_path / "preview")]
        root = Application(
            qapp, settings, tmp_path / "settings", preview_command=preview, worker_command=command
        )
        made.append(root)
        root.start(project)
        qtbot.waitUntil(
            lambda: root.session is not None and root.session.has_begun, timeout=WAIT_MS
        )
        return root

    yield one
    for root in made:
        root.window.close()
        root.window.deleteLater()
        root.deleteLater()


def verb(root: Application) -> str:
    return root.window.verbs.actions["preview.features"].text()


def encoding(root: Application):
    assert root.session is not None
    return root.session.studies.encoding


def ended(root: Application, qtbot: QtBot) -> str:
    qtbot.waitUntil(lambda: not encoding(root).is_running, timeout=WAIT_MS)
    return root.window.notice.text


def test_the_verb_has_a_worker_look_at_all_images(
    begin: Callable[..., Application], qtbot: QtBot, tmp_path: Path
) -> None:
    root = begin("work")
    told: list[str] = []
    encoding(root).told.connect(told.append)
    written: list[int] = []
    encoding(root).written.connect(lambda: written.append(1))
    root.do("preview.features")
    assert encoding(root).is_running
    qtbot.waitUntil(lambda: "Stop" in verb(root), timeout=WAIT_MS)
    notice = ended(root, qtbot)
    assert "ResNet-18 has seen 3 images" in notice
    assert "preview learns from" in notice
    assert told[-1] == ""
    assert written == [1]
    heard = (tmp_path / "heard").read_text()
    assert str(tmp_path / "project" / "features") in heard
    assert all(f'"images/{n}.png"' in heard for n in range(3))
    qtbot.waitUntil(lambda: "Look at all images" in verb(root), timeout=WAIT_MS)
    assert not root.notices.troubles


def test_the_verb_stops_it_again(begin: Callable[..., Application], qtbot: QtBot) -> None:
    root = begin("slow")
    root.do("preview.features")
    status = root.window.status.preview
    qtbot.waitUntil(lambda: "2 of 3" in status.text(), timeout=WAIT_MS)
    assert status.text().startswith("ResNet-18 looks at the images: 2 of 3, ")
    assert status.text().endswith(" left")
    status.setText("Preview…")
    qtbot.waitUntil(lambda: "2 of 3" in status.text(), timeout=WAIT_MS)
    root.do("preview.features")
    notice = ended(root, qtbot)
    assert "Stopped after 2 images" in notice
    assert "kept" in notice


def test_without_weights_the_window_says_how_to_get_them(
    begin: Callable[..., Application], qtbot: QtBot
) -> None:
    root = begin("fail")
    root.do("preview.features")
    notice = ended(root, qtbot)
    assert "No encoder here" in notice
    assert "Fetch one" in notice
    assert not root.notices.troubles, "nothing went wrong: it is only not at hand"


def test_a_worker_that_dies_is_said_with_its_last_words(
    begin: Callable[..., Application], qtbot: QtBot
) -> None:
    root = begin("die")
    root.do("preview.features")
    assert "looks at the images" in ended(root, qtbot)
    (trouble,) = root.notices.troubles
    assert "last words" in trouble.details


def test_images_that_cannot_be_read_are_counted(
    begin: Callable[..., Application], qtbot: QtBot
) -> None:
    root = begin("broken")
    root.do("preview.features")
    notice = ended(root, qtbot)
    assert "has seen 2 images" in notice
    assert "1 images could not be read" in notice


def test_closing_the_project_ends_the_worker(
    begin: Callable[..., Application], qtbot: QtBot
) -> None:
    root = begin("slow")
    root.do("preview.features")
    qtbot.waitUntil(lambda: "2 of 3" in root.window.status.preview.text(), timeout=WAIT_MS)
    # The window closes with the fixture; nothing may be left alive then.


@pytest.mark.parametrize("choice", [True, False])
def test_the_setting_says_whether_the_preview_is_told_of_the_folder(
    begin: Callable[..., Application], qtbot: QtBot, tmp_path: Path, choice: object
) -> None:
    begin("work", live_preview=True, preview_features=choice)
    log = tmp_path / "preview"

    def opens() -> list[Open]:
        lines = log.read_text().splitlines() if log.exists() else []
        heard = [decode_command(line.partition(" ")[2]) for line in lines]
        return [each for each in heard if isinstance(each, Open)]

    qtbot.waitUntil(lambda: bool(opens()), timeout=WAIT_MS)
    folder = str(tmp_path / "project" / "features")
    assert opens()[0].features_folder == (folder if choice else "")


def test_changing_the_setting_teaches_the_preview_anew(
    begin: Callable[..., Application], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = begin("work", live_preview=True)
    opened: list[object] = []
    real = PreviewLink.open

    def watched(self: PreviewLink, *args: object, **words: object) -> None:
        opened.append(words["features"])
        real(self, *args, **words)

    monkeypatch.setattr(PreviewLink, "open", watched)
    from s4gui.gui.dialogs.settings import SettingsDialog

    def accept(self: SettingsDialog) -> int:
        self.features.setChecked(not self.features.isChecked())
        return int(SettingsDialog.DialogCode.Accepted)

    monkeypatch.setattr(SettingsDialog, "exec", accept)
    monkeypatch.setattr(Application, "_dress", lambda self: None)  # it takes its time
    root.do("app.settings")
    root.do("app.settings")
    assert opened[0] is None
    assert str(opened[1]).endswith("features")


def test_the_learner_says_what_it_learned_from() -> None:
    plain = Fitted(1, 0.42, 10, (0, 1))
    assert status_words.fitted(plain) == "Preview: 0.4 s"
    seen = status_words.fitted(replace(plain, encoder="resnet50/layer2"))
    assert seen == "Preview: 0.4 s, from colours, edges and ResNet-50"
    assert "3 images wait for the encoder" in status_words.fitted(replace(plain, lacking=3))
    standing = Standing(preview=0.41, sees="ResNet-18")
    assert reason(standing, AUTOMATIC, PREVIEW) == "Shown: instant preview with ResNet-18 (0.41)"


def test_another_learner_has_no_score_yet(begin: Callable[..., Application]) -> None:
    root = begin("work")
    assert root.session is not None
    learners, layers = root.session.learners, root.window.label.layers
    learners._standing = Standing(preview=0.5)
    learners.link.fitted.emit(Fitted(1, 0.1, 9, (0, 1), encoder="resnet18/layer2"))
    assert layers._why.whole == "Shown: instant preview with ResNet-18"
    learners._standing = replace(learners._standing, preview=0.6)
    learners.link.fitted.emit(Fitted(2, 0.1, 9, (0, 1), encoder="resnet18/layer2"))
    assert learners._standing.preview == 0.6
    learners.link.fitted.emit(Fitted(3, 0.1, 9, (0, 1)))
    assert layers._why.whole == "Shown: instant preview"
