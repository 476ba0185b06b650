"""One of two processes that learn together, for test_distributed; it leaves what it found."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import MethodType

import numpy as np
import torch
from torch import nn

from s4gui.core.errors import ImageError, S4Error
from s4gui.core.recipe import Recipe
from s4gui.learn import collectives, distributed, loop, setup
from s4gui.learn.batches import Answer, Batches
from s4gui.learn.checkpoints import Tensors
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.processes import Process
from s4gui.learn.schedule import Progress
from s4gui.learn.setup import Session
from s4gui.learn.state import training_tensors
from s4gui.learn.strategy import needs
from s4gui.learn.views import Batch, Pictures, Strong, Views
from s4gui.store.runs import RunFolder
from s4gui.store.snapshots import Snapshot
from s4gui.wire import commands, events
from tests.learn.scenes import QUICK, Heard

STEPS = 4
SGD = QUICK.but(
    network="unet",
    position=False,
    optimizer="sgd",
    learning_rate=0.05,
    long_side_px=32,
    batch_labelled=3,  # one and two of them
    batch_unlabelled=3,
    clip_norm=0.5,
    ema=0.9,
    regularise_from=0.0,
    weight_crf=0.0,
)
RECIPES: dict[str, Recipe] = {
    "s4gan": SGD.but(
        strategy="s4gan",
        warmup_steps=1,
        trust=0.5,
        weight_adv=0.1,
        weight_crf=0.1,
        mix=0.7,
        plain_colours=True,
    ),
    "seed-gan": SGD.but(strategy="s4gan", weight_fm=0.0, weight_st=0.0, weight_adv=0.1),
    "supervised": SGD.but(
        weight_crf=0.3, weight_entropy=0.1, weight_tree=0.1, class_weights="sqrt"
    ),
    "weak2strong": SGD.but(
        strategy="weak2strong", threshold=0.5, warmup_steps=0, cutmix=1.0, strong_views=2
    ),
    "s4gan_mlmt": SGD.but(strategy="s4gan_mlmt", warmup_steps=1, trust=0.5, tag_px=64),
    "self_training": SGD.but(
        strategy="self_training", batch_labelled=5, batch_unlabelled=3, cutmix=1.0
    ),
    "mean_teacher": SGD.but(strategy="mean_teacher", cutmix=1.0, weight_cons=10.0),
}
ANSWER = np.arange(48 * 64, dtype=np.uint8).reshape(48, 64) % 4
ANSWER[ANSWER == 3] = 255  # not sure
NORMED = QUICK.but(strategy="weak2strong", threshold=0.3, warmup_steps=0, steps=2)
COMMANDED = QUICK.but(strategy="s4gan", steps=50, checkpoint_every=4, validate_every=4)


def learned(run: RunFolder) -> tuple[Tensors, list[dict[str, float]], list[int]]:
    """Weights, average, discriminator and optimizers after STEPS steps in double precision,
    losses by step, labelled pixels by step. Batch norm is frozen and nothing is dropped.
    """
    session = setup.begin(run)
    learner = session.learner
    networks = [learner.generator, learner.ema.network, *learner.strategy.parts.values()]
    if learner.watch is not None:
        networks.append(learner.watch)
    for network in networks:
        network.double()
        for module in network.modules():
            if isinstance(module, nn.Dropout | nn.Dropout2d):
                module.p = 0.0
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
                module.train = MethodType(frozen, module)  # a step may ask for it
    with torch.no_grad():  # answers of which some are sure
        learner.generator.classify.weight.mul_(30)
        learner.ema.network.classify.weight.mul_(30)
    if isinstance(critic := learner.strategy.parts.get("discriminator"), Discriminator):
        with torch.no_grad():  # scores far enough apart that some images pass
            critic.judge.weight.mul_(100)
            critic.judge.bias.fill_(2.5)
    weights = learner.strategy.weights
    counts = session.batches.counts()
    learner.weigh(None if weights is None else weights.double(), labels=counts)
    if needs(session.recipe).answered:
        session.batches.take({frame: Answer.of(ANSWER) for frame, _ in session.batches.pool()})
    said, pixels = [], []
    for step in range(STEPS):
        batch = doubled(session.batches.batch(step))
        pixels.append(int((batch.labelled.labels != 255).sum()))
        facts = learner.step(batch, Progress(step, STEPS))
        said.append(facts.losses | facts.rates)
    return _plain(session), said, pixels


def frozen(self: nn.Module, _: object = None) -> nn.Module:
    """In place of a batch norm's `train`."""
    return self


def doubled(batch: Batch) -> Batch:
    """The same numbers with more digits."""

    def more(views: Views | None) -> Views | None:
        if views is None:
            return None
        plain = None if views.plain is None else views.plain.double()
        return dataclasses.replace(views, images=views.images.double(), plain=plain)

    return Batch(
        more(batch.labelled),
        more(batch.unlabelled),
        more(batch.real),
        tuple(Strong(each.images.double(), each.box) for each in batch.strong),
        batch.pictures
        and Pictures(*(getattr(batch.pictures, name).double() for name in Pictures.__slots__)),
    )


def _plain(session: Session) -> Tensors:
    average = session.learner.ema.network.state_dict()
    return {
        **training_tensors(session.learner),
        **{f"average.{name}": each for name, each in average.items()},
    }


def _steps(folder: Path, process: Process) -> None:
    for name in RECIPES:
        found = learned(RunFolder(folder / name / "runs" / "0001"))
        torch.save(found, folder / f"{name}.{process.rank}.pt")
    session = setup.begin(RunFolder(folder / "normed" / "runs" / "0001"))
    for step in range(2):
        session.learner.step(session.batches.batch(step), Progress(step, 2))
    torch.save(_plain(session), folder / f"normed.{process.rank}.pt")


def _collectives(folder: Path, process: Process) -> None:
    """Sums whose answer is known, of 2 and 3 rows."""
    rows = torch.arange(5.0, dtype=torch.float64)[process.rank * 2 : 2 + process.rank * 3]
    rows.requires_grad_(True)
    mean = collectives.pooled(rows.mean(), len(rows))
    (mean * mean).backward()
    torch.manual_seed(process.rank)  # generators apart
    found = {
        "mean": float(mean),
        "gradient": rows.grad.tolist(),
        "ratio": float(collectives.ratio(rows.sum(), torch.tensor(len(rows)))),
        "nothing": float(collectives.ratio(rows.sum() * 0, torch.tensor(0))),
        "shifted": collectives.shifted(rows).tolist(),
        "shifted_bool": collectives.shifted(rows.detach() > 2).tolist(),
        "gathered": collectives.gathered(rows).tolist(),
        "drawn": collectives.drawn(1000, len(rows)).tolist(),
        "told": collectives.told_text(f"ü{process.rank}") + collectives.told_text(""),
    }
    (folder / f"collectives.{process.rank}.json").write_text(json.dumps(found))


def _commanded(folder: Path, process: Process) -> None:
    """A whole run with commands; what this process opened to write, and learned from when."""
    written: list[str] = []
    used: list[tuple[int, str]] = []
    run = RunFolder(folder / "commanded" / "runs" / "0001")

    def watch(event: str, what: tuple[object, ...]) -> None:
        if event == "open" and isinstance(what[0], str) and str(run.path) in what[0]:
            flags = what[2]
            if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR):
                written.append(what[0])

    use_labels = Session.use_labels

    def noted(self: Session, snapshot: Snapshot, name: str) -> None:
        used.append((self.step, name))
        use_labels(self, snapshot, name)

    Session.use_labels = noted
    sys.addaudithook(watch)
    old = run.read_card().snapshot
    (new,) = (each for each in run.snapshots.iterdir() if each.name != old)
    heard = Heard()
    if process.leads:
        heard.at(
            2,
            commands.Watch(("images/003.png",)),
            commands.UseLabels(new.relative_to(run.path).as_posix()),
        )
        heard.at(3, commands.Pause(True), commands.Pause(False), commands.SaveCheckpoint())
        heard.at(5, commands.Stop())
    else:
        heard.at(0, commands.Stop())  # nobody asks it
    finished = loop.run(run, heard, heard)
    found = {
        "finished": dataclasses.asdict(finished),
        "said": [type(each).__name__ for each in heard.events],
        "notices": [each.message_id for each in heard.of(events.Notice)],
        "written": written,
        "used": used,
    }
    (folder / f"commanded.{process.rank}.json").write_text(json.dumps(found))


def _failing(folder: Path, process: Process, name: str, fail: Callable[[], None]) -> None:
    """A run in which the second process fails at its third step; what this one raised."""
    batch = Batches.batch

    def broken(self: Batches, step: int) -> Batch:
        if step == 2 and not process.leads:
            fail()
        return batch(self, step)

    Batches.batch = broken
    try:
        with distributed.joined(name, patience=timedelta(seconds=60)):
            loop.run(RunFolder(folder / name / "runs" / "0001"), Heard(), Heard())
    except S4Error as error:
        found = [error.message.id, str(error), error.hint]
        (folder / f"{name}.{process.rank}.json").write_text(json.dumps(found))
    finally:
        Batches.batch = batch


def _silent(folder: Path, process: Process) -> None:
    """The second process never answers; the first one loses patience."""
    gave_up = folder / "silent.0.json"
    try:
        with distributed.joined("silent", patience=timedelta(seconds=1)):
            if process.leads:
                collectives.told(1.0)
                collectives.gathered(torch.zeros(1))
            while not gave_up.exists() and not process.leads:
                threading.Event().wait(0.02)
    except S4Error as error:
        gave_up.write_text(json.dumps([error.message.id]))


def _unreadable() -> None:
    raise ImageError("image.test", "the picture is torn", hint="mend it")


def main(folder: Path) -> None:
    """All of it, one after the other; the second process ends by being lost."""
    process = Process.of(os.environ)
    with distributed.joined("steps"):
        _collectives(folder, process)
        _steps(folder, process)
    with distributed.joined("commanded"):
        _commanded(folder, process)
    _failing(folder, process, "failing", _unreadable)
    _silent(folder, process)
    _failing(folder, process, "gone", lambda: os._exit(9))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
