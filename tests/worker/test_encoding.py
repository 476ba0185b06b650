"""A worker process writes feature files, says each, and stops when it is told or left alone."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from s4gui.learn import torchvision
from s4gui.store import features
from s4gui.wire import commands, events
from s4gui.wire.commands import Encode, ImageFile
from s4gui.wire.events import Encoded, Event, Failed, Finished, Hello

PATCHED = """
import sys
from pathlib import Path
from s4gui.learn import pretrained
from s4gui.worker import main
place = Path(sys.argv[1])
names = [each.name for each in place.glob("resnet18-*.pth")]
files = tuple(pretrained.WeightFile("resnet18", "T", f"http://localhost/{n}", 1, 1) for n in names)
if files:
    pretrained.weight_files = lambda name: files
pretrained.folder = lambda: place
sys.exit(main.main(["--normal-priority"]))
"""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with random weights under a name like torchvision's."""
    place = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    made = place / "made.pth"
    torch.save(torchvision.load().models.resnet18(weights=None).state_dict(), made)
    digits = hashlib.sha256(made.read_bytes()).hexdigest()[:8]
    made.rename(place / f"resnet18-{digits}.pth")
    return place


class Worker:
    """A worker with this folder of weights, and what it says."""

    def __init__(self, weights: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PATCHED, str(weights)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def say(self, command: commands.Command) -> None:
        self.process.stdin.write(commands.encode(command) + "\n")
        self.process.stdin.flush()

    def next(self) -> Event:
        for line in self.process.stdout:
            event = events.decode(line)
            if not isinstance(event, events.Heartbeat):
                return event
        pytest.fail("it ended without a word")


@pytest.fixture
def start() -> Iterator[Callable[[Path], Worker]]:
    made: list[Worker] = []

    def one(weights: Path) -> Worker:
        made.append(Worker(weights))
        return made[-1]

    yield one
    for each in made:
        each.process.kill()
        each.process.wait()
        each.process.stdin.close()
        each.process.stdout.close()


def pictures(folder: Path, count: int) -> tuple[ImageFile, ...]:
    found = []
    for n in range(count):
        path = folder / f"{n}.png"
        Image.fromarray(np.full((32, 40, 3), 9 * n, np.uint8)).save(path)
        found.append(ImageFile(f"r/{n}.png", str(path)))
    return tuple(found)


def test_it_says_each_image_and_the_files_lie_there(
    start: Callable[[Path], Worker], weights: Path, tmp_path: Path
) -> None:
    worker = start(weights)
    hello = worker.next()
    assert isinstance(hello, Hello)
    assert hello.encoders == ("resnet18",)
    images = (*pictures(tmp_path, 2), ImageFile("r/gone.png", str(tmp_path / "gone.png")))
    worker.say(Encode(str(tmp_path / "out"), images))
    said = [worker.next() for _ in range(4)]
    assert said[:2] == [Encoded(n + 1, 3, f"r/{n}.png", "resnet18/layer2") for n in range(2)]
    assert isinstance(said[2], Encoded)
    assert said[2].problem
    assert said[3] == Finished(3, "done")
    assert worker.process.wait(30) == 0
    for each in images[:2]:
        found = features.read_card(features.path_of(tmp_path / "out", each.frame))
        assert found.source == features.source_of(Path(each.path))


def test_a_stop_ends_it_after_an_image(
    start: Callable[[Path], Worker], weights: Path, tmp_path: Path
) -> None:
    worker = start(weights)
    worker.next()
    worker.say(Encode(str(tmp_path / "out"), pictures(tmp_path, 1) * 2000))
    worker.next()
    worker.process.stdin.close()  # the window is gone
    last = [events.decode(line) for line in worker.process.stdout][-1]
    assert isinstance(last, Finished)
    assert last.reason == "stopped"
    assert last.step < 2000


def test_without_weights_it_says_what_to_do(
    start: Callable[[Path], Worker], tmp_path: Path
) -> None:
    worker = start(tmp_path)
    worker.next()
    worker.say(Encode(str(tmp_path / "out"), pictures(tmp_path, 1)))
    failed = worker.next()
    assert isinstance(failed, Failed)
    assert failed.message_id == "features.no_weights"
    assert "s4gui model fetch resnet18" in failed.hint
    assert not failed.traceback
