"""Several processes learn what one alone would, obey together and end together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import distributed

from s4gui.cli import main as cli
from s4gui.core.errors import DeviceError, RecipeError
from s4gui.learn import device
from s4gui.learn import distributed as ours
from s4gui.learn.batches import Batches, cache_side, view_size
from s4gui.learn.pixels import PixelCache
from s4gui.learn.processes import ALONE, Meeting, Process, meetings
from s4gui.learn.views import Batch, Views
from s4gui.store.snapshots import Snapshot
from s4gui.wire import commands, events
from tests.demo_scenes import render
from tests.learn import peers
from tests.learn.peers import COMMANDED, NORMED, RECIPES
from tests.learn.scenes import QUICK, make_run, make_snapshot

SECONDS = 200
pytestmark = pytest.mark.timeout(300)  # fresh processes on a busy machine
DENSE = {"s4gan_mlmt"}


@contextmanager
def started(words: list[str], **pipes: Any) -> Iterator[list[subprocess.Popen[str]]]:
    """Two processes of these words, as torchrun starts them; none is left at the end."""
    # The store's keeper chooses the port, so that no other test can take it in between.
    store = distributed.TCPStore("localhost", 0, is_master=True, wait_for_workers=False)
    with ExitStack() as stack:
        found = []
        for rank in range(2):
            environment = {
                **os.environ,
                "OMP_NUM_THREADS": "1",
                "RANK": str(rank),
                "WORLD_SIZE": "2",
                "LOCAL_RANK": str(rank),
                "LOCAL_WORLD_SIZE": "2",
                "MASTER_ADDR": "localhost",
                "MASTER_PORT": str(store.port),
                "TORCHELASTIC_USE_AGENT_STORE": "True",
                "TORCHELASTIC_RESTART_COUNT": "0",
            }
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, *words],
                    env=environment,
                    text=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    **pipes,
                )
            )
            stack.callback(process.kill)
            found.append(process)
        yield found


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what two processes found (peers.py)."""
    folder = tmp_path_factory.mktemp("peers")
    for name, recipe in RECIPES.items():
        make_run(folder / name, recipe, dense=name in DENSE)
    make_run(folder / "normed", NORMED)
    run = make_run(folder / "commanded", COMMANDED)
    make_snapshot(folder / "commanded", run, labelled=(0, 1, 2, 3), unlabelled=(4, 5), val=(6, 7))
    make_run(folder / "failing", QUICK)
    make_run(folder / "gone", QUICK)
    with started(["-m", "tests.learn.peers", str(folder)]) as both:
        said = [each.communicate(timeout=SECONDS)[1] for each in both]
    assert [each.returncode for each in both] == [0, 9], "\n".join(said)
    return folder


def _found(left: Path, name: str, rank: int) -> Any:
    return json.loads((left / f"{name}.{rank}.json").read_text())


@pytest.mark.parametrize("name", RECIPES)
def test_two_processes_learn_what_one_alone_learns(left: Path, tmp_path: Path, name: str) -> None:
    alone, losses, pixels = peers.learned(make_run(tmp_path, RECIPES[name], dense=name in DENSE))
    found = [torch.load(left / f"{name}.{rank}.pt") for rank in range(2)]
    shares = [each[2] for each in found]
    assert [sum(both) for both in zip(*shares, strict=True)] == pixels
    assert all(a != b for a, b in zip(*shares, strict=True)), "labels must be unequal"
    for tensors, said, _ in found:
        assert tensors.keys() == alone.keys()
        for key, each in alone.items():
            torch.testing.assert_close(
                tensors[key], each, rtol=1e-7, atol=1e-10, msg=lambda m, k=key: f"{k}: {m}"
            )
        for mine, theirs in zip(said, losses, strict=True):
            assert mine.keys() == theirs.keys()
            for term in mine.keys() - {"d_real"}:  # weighed by other views
                assert mine[term] == pytest.approx(theirs[term], rel=1e-6), term


def test_the_compared_runs_are_not_trivial(left: Path) -> None:
    said = {name: torch.load(left / f"{name}.0.pt")[1] for name in RECIPES}
    assert any(0 < each["gate"] < 1 for each in said["s4gan"]), "some images teach, some do not"
    for term in ("fm", "st", "adv", "crf", "d"):
        assert any(each[term] > 0 for each in said["s4gan"]), term
    assert any(0 < each["mask"] < 1 for each in said["weak2strong"])
    assert all(each["cons"] > 0 for each in said["mean_teacher"])


def test_networks_with_batch_norm_stay_the_same_in_all_processes(left: Path) -> None:
    first, second = (torch.load(left / f"normed.{rank}.pt") for rank in range(2))
    assert any("running_var" in name for name in first)
    for name, each in first.items():
        assert torch.equal(each, second[name]), name


def test_sums_means_and_neighbours_are_those_of_all_rows(left: Path) -> None:
    for rank, own in enumerate(([0.0, 1.0], [2.0, 3.0, 4.0])):
        found = _found(left, "collectives", rank)
        assert found["mean"] == found["ratio"] == 2.0
        assert found["nothing"] == 0.0
        # d(mean^2) = 2 mean / 5 for each of the five rows
        assert found["gradient"] == pytest.approx([0.8] * len(own))
        assert found["shifted"] == [(each - 1) % 5 for each in own]
        assert found["shifted_bool"] == [(each - 1) % 5 > 2 for each in own]
        assert found["gathered"] == [0.0, 1.0, 2.0, 3.0, 4.0]
        assert found["told"] == "ü0"
    torch.manual_seed(0)
    drawn = torch.randint(1000, (5,)).tolist()
    assert (
        _found(left, "collectives", 0)["drawn"] + _found(left, "collectives", 1)["drawn"] == drawn
    )


def test_all_obey_the_first_process_at_the_same_step_and_it_alone_speaks(left: Path) -> None:
    first, second = (_found(left, "commanded", rank) for rank in range(2))
    assert first["finished"] == second["finished"] == {"step": 5, "reason": "stopped"}
    assert [step for step, _ in first["used"]] == [2]
    assert first["used"] == second["used"]
    assert {"RunStarted", "Validated", "PredictionReady", "Paused"} <= set(first["said"])
    assert first["said"].count("StepDone") == 5
    assert first["notices"] == ["distributed.batch_norm"]
    assert second["said"] == []


def test_only_the_first_process_writes(left: Path) -> None:
    first, second = (_found(left, "commanded", rank)["written"] for rank in range(2))
    assert any("step-" in each for each in first)
    assert second == []
    resolved = json.loads((left / "commanded" / "runs" / "0001" / "resolved.json").read_text())
    assert resolved["processes"] == 2


def test_an_error_in_one_process_ends_all_with_its_sentence(left: Path) -> None:
    assert _found(left, "failing", 1) == ["image.test", "the picture is torn", "mend it"]
    message, text, hint = _found(left, "failing", 0)
    assert message == "distributed.peer_failed"
    assert "Process 1 " in text
    assert "the picture is torn" in text
    assert hint == "mend it"
    lines = (left / "failing" / "runs" / "0001" / "events.jsonl").read_text().splitlines()
    failed = events.decode(lines[-1])
    assert isinstance(failed, events.Failed)
    assert (failed.kind, failed.what) == ("data", "the picture is torn")


def test_a_process_that_is_lost_or_silent_ends_the_others(left: Path) -> None:
    assert _found(left, "gone", 0)[0] == "distributed.peer_gone"
    assert _found(left, "silent", 0) == ["distributed.peer_gone"]


def test_a_worker_in_two_processes_hears_one_and_speaks_with_one_voice(tmp_path: Path) -> None:
    run = make_run(tmp_path, QUICK)
    words = ["-m", "s4gui", "worker", "--normal-priority"]
    with started(words, stdin=subprocess.PIPE) as both:
        first, second = both
        line = commands.encode(commands.Start(str(run.path))) + "\n"
        first.stdin.write(line)
        first.stdin.flush()
        said, errors = second.communicate(timeout=SECONDS)
        assert (second.returncode, said) == (0, ""), errors
        told = first.stdout.read()
        assert first.wait(SECONDS) == 0, first.stderr.read()
    assert isinstance(events.decode(told.splitlines()[0]), events.Hello)
    assert events.decode(told.splitlines()[-1]) == events.Finished(10, "done")


def test_train_in_two_processes_makes_one_run_and_says_it_once(tmp_path: Path) -> None:
    for number in range(3):
        for kind, pixels in zip(
            ("images", "masks"), render(number, 64, 96, samples=1), strict=True
        ):
            (tmp_path / kind).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / kind / f"{number}.png")
    project = tmp_path / "project"
    assert cli.main(["new", str(project), "--images", str(tmp_path / "images")]) == 0
    assert cli.main(["import", str(project), str(tmp_path / "masks")]) == 0
    choices = [word for each in ("steps=2", "width=4", "device=cpu") for word in ("--set", each)]
    with started(["-m", "s4gui", "train", str(project), *choices, "--json"]) as both:
        found = [each.communicate(timeout=SECONDS) for each in both]
    assert [each.returncode for each in both] == [0, 0], found
    assert found[1][0] == ""
    said = [events.decode(line) for line in found[0][0].splitlines()]
    assert said[-1] == events.Finished(2, "done")
    assert [each.name for each in (project / "runs").iterdir()] == ["0001"]


def _batch(tmp_path: Path, process: Process, recipe: Any) -> list[Batch]:
    run = make_run(tmp_path / str(process), recipe)
    snapshot = Snapshot.read(run.snapshot())
    cache = PixelCache(long_side_px=cache_side(recipe))
    view = view_size(snapshot, recipe)
    batches = Batches(snapshot, recipe, view=view, cache=cache, process=process)
    return [batches.batch(step) for step in range(3)]


@pytest.mark.parametrize("world", [2, 3, 5])
def test_processes_together_see_the_batch_that_one_alone_sees(tmp_path: Path, world: int) -> None:
    recipe = RECIPES["weak2strong"].but(
        batch_labelled=5, batch_unlabelled=7, mix=0.8, source_weights={"painted": 0.5}
    )
    recipes = (
        recipe,
        RECIPES["s4gan"].but(batch_labelled=5, batch_unlabelled=6, plain_colours=True),
    )
    assert _batch(tmp_path / "plain", ALONE, recipes[1])[0].labelled.plain is not None
    for number, each in enumerate(recipes):
        folder = tmp_path / str(number)
        alone = _batch(folder, ALONE, each)
        parts = [_batch(folder, Process(rank=r, world=world), each) for r in range(world)]
        for whole, *shares in zip(alone, *parts, strict=True):
            for kind in ("labelled", "unlabelled", "real"):
                of_all = getattr(whole, kind)
                if of_all is not None:
                    _assert_together([getattr(share, kind) for share in shares], of_all)
            for number_, strong in enumerate(whole.strong):
                theirs = [share.strong[number_] for share in shares]
                assert torch.equal(torch.cat([s.images for s in theirs]), strong.images)
                assert torch.equal(torch.cat([s.box for s in theirs]), strong.box)


def _assert_together(parts: list[Views], whole: Views) -> None:
    assert len({len(each.images) for each in parts}) <= 2
    for name in ("images", "labels", "inside", "shares", "plain"):
        expected = getattr(whole, name)
        if expected is not None:
            assert torch.equal(torch.cat([getattr(each, name) for each in parts]), expected)


@pytest.mark.parametrize("count", [1, 4, 7, 8])
@pytest.mark.parametrize("world", [1, 2, 3, 4])
def test_places_are_shared_without_gap_or_overlap(world: int, count: int) -> None:
    shares = [Process(rank=rank, world=world).places(count) for rank in range(world)]
    assert [place for share in shares for place in share] == list(range(count))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


def test_a_process_knows_its_place_from_the_environment() -> None:
    assert Process.of({}) == ALONE
    assert Process.of({"WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0"}) == ALONE
    given = {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}
    found = Process.of(given)
    assert (found.rank, found.world, found.local_rank, found.local_world) == (5, 8, 1, 4)
    assert not found.leads
    with pytest.raises(ValueError, match="8 of 8"):
        Process.of(given | {"RANK": "8"})


@pytest.fixture
def third_of_four() -> Iterator[None]:
    meetings.append(Meeting(Process(rank=2, world=4, local_rank=2, local_world=4), None))
    yield
    meetings.pop()


@pytest.mark.usefixtures("third_of_four")
def test_more_processes_than_views_are_refused() -> None:
    ours.check_shares(QUICK.but(batch_labelled=4, batch_unlabelled=0))
    for views in (
        {"batch_labelled": 3, "batch_unlabelled": 5},
        {"batch_labelled": 4, "batch_unlabelled": 3},
    ):
        with pytest.raises(RecipeError, match="4 processes cannot share 3 views"):
            ours.check_shares(QUICK.but(strategy="s4gan", **views))


@pytest.mark.usefixtures("third_of_four")
def test_each_process_has_a_card_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert device.choose("auto").name == "cpu"
    chosen = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(device, "_cuda", lambda index: device.Device(f"cuda:{index}", "", 0))
    assert device.choose("auto").name == device.choose("cuda:0").name == "cuda:2"
    assert chosen == [2, 2]
    assert device.choose("cpu").name == "cpu"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    with pytest.raises(DeviceError, match="4 processes on this machine share 3"):
        device.choose("auto")


@pytest.mark.usefixtures("third_of_four")
def test_processes_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_cores", lambda: 9)
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    assert device.use_threads(0) == 2
