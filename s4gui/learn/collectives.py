"""Numbers and words of all processes of a run: sums, means, neighbours, what the first one says.

Each must be called by all processes, in the same order. In one process alone each gives back
what it was given and costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor, distributed, nn

from s4gui.core.errors import ProjectError, WorkerDied
from s4gui.learn.processes import this
from s4gui.learn.views import StepFacts

BUCKET_BYTES = 32 << 20


def ratio(summed: Tensor, counted: Tensor) -> Tensor:
    """Sum over all processes of `summed` by that of `counted`, which counts as 1 at least.

    Both (). A term that is a mean over pixels, of which processes have different numbers.
    """
    if this().is_alone:
        return summed / counted.clamp(min=1)
    both = _total(torch.stack([summed, counted.to(summed)]))
    return both[0] / both[1].clamp(min=1)


def pooled(mean: Tensor, count: int) -> Tensor:
    """Mean over all processes of means (any shape) over `count` rows in each; count > 0."""
    if this().is_alone:
        return mean
    counted = mean.new_tensor(count)
    everyone = _total(torch.cat([(mean * counted).flatten(), counted.reshape(1)]))
    return (everyone[:-1] / everyone[-1]).view(mean.shape)


def summed(counts: Tensor) -> Tensor:
    """Sum over all processes, without a gradient."""
    return counts if this().is_alone else _total(counts.detach())


def shifted(rows: Tensor) -> Tensor:
    """The row before each of rows (N, ...), that of the first one is the very last of all.

    Rows of all processes count as one list. No gradient goes through.
    """
    process = this()
    if process.is_alone:
        return rows.roll(1, 0)
    plain = rows.detach()
    last = plain[-1:].to(torch.uint8) if plain.dtype is torch.bool else plain[-1:].contiguous()
    lasts = [torch.empty_like(last) for _ in range(process.world)]
    with _answered():
        distributed.all_gather(lasts, last)
    return torch.cat([lasts[process.rank - 1].to(plain.dtype), plain[:-1]])


def gathered(rows: Tensor) -> Tensor:
    """(all N, ...): the rows of all processes in their order. No gradient goes through."""
    if this().is_alone:
        return rows
    counts = _counts(len(rows))
    padded = rows.new_zeros((max(counts), *rows.shape[1:]))
    padded[: len(rows)] = rows.detach()
    found = [torch.empty_like(padded) for _ in counts]
    with _answered():
        distributed.all_gather(found, padded)
    return torch.cat([each[:count] for each, count in zip(found, counts, strict=True)])


def drawn(below: int, count: int) -> Tensor:
    """(count,) int64 in 0..below-1 of torch's generator: its part of what one process alone
    would draw for all rows.
    """
    process = this()
    if process.is_alone:
        return torch.randint(below, (count,))
    counts = _counts(count)
    every = torch.randint(below, (sum(counts),))
    with _answered():
        distributed.broadcast(every, 0)  # others' generators may have moved on
    own: Tensor = every.split(counts)[process.rank]
    return own


def sum_gradients(network: nn.Module) -> None:
    """Give each parameter the sum of its gradients in all processes.

    Losses are means over all processes (`ratio`, `pooled`), whose gradient in each is its own
    part; so the sum is the gradient that one process alone would have.
    """
    if this().is_alone:
        return
    gradients = [each.grad for each in network.parameters() if each.grad is not None]
    for bucket in _buckets(gradients):
        flat = torch.cat([each.flatten() for each in bucket])
        with _answered():
            distributed.all_reduce(flat)
        for each, part in zip(bucket, flat.split([each.numel() for each in bucket]), strict=True):
            each.copy_(part.view(each.shape))


def unite(network: nn.Module, device: torch.device) -> None:
    """Begin alike: all take what the first process has; on CUDA batch norm sees all views."""
    if this().is_alone:
        return
    if device.type == "cuda":
        nn.SyncBatchNorm.convert_sync_batchnorm(network)
    with torch.no_grad(), _answered():
        for each in network.state_dict().values():
            if isinstance(each, Tensor):
                distributed.broadcast(each, 0)


def mean_statistics(networks: Iterable[nn.Module]) -> None:
    """Running statistics of batch norm become their mean over the processes.

    So that the networks stay the same everywhere; those that are the same stay so, bit by bit.
    """
    if this().is_alone:
        return
    found = [
        each
        for network in networks
        for module in network.modules()
        if not isinstance(module, nn.SyncBatchNorm)  # has them of all views already
        for each in module.buffers(recurse=False)
        if each.is_floating_point()
    ]
    if not found:
        return
    mine = torch.cat([each.flatten() for each in found])
    first = mine.clone()
    with _answered():
        distributed.broadcast(first, 0)
        apart = mine - first
        distributed.all_reduce(apart)
    mean = first + apart / this().world
    for each, part in zip(found, mean.split([each.numel() for each in found]), strict=True):
        each.copy_(part.view(each.shape))


def normalises_apart(network: nn.Module) -> bool:
    """Whether its batch norm sees only the views of its own process, of several."""
    apart = [each for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
    return not this().is_alone and bool(apart)


def shared_facts(facts: StepFacts, count: int) -> StepFacts:
    """Rates as means over all processes, each weighing its count of unlabelled views.

    Losses and shares of classes are those of all processes already.
    """
    if this().is_alone or not facts.rates:
        return facts
    means = pooled(torch.tensor([*facts.rates.values()], dtype=torch.float64), count)
    return replace(facts, rates=dict(zip(facts.rates, means.tolist(), strict=True)))


def told(number: float) -> float:
    """The first process's number."""
    if this().is_alone:
        return number
    said = torch.tensor(number, dtype=torch.float64)
    with _answered():
        distributed.broadcast(said, 0)
    return float(said)


def told_text(text: str) -> str:
    """The first process's text."""
    if this().is_alone:
        return text
    data = text.encode()
    letters = torch.zeros(int(told(len(data))), dtype=torch.uint8)
    if len(letters) == 0:
        return ""
    if this().leads:
        letters = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    with _answered():
        distributed.broadcast(letters, 0)
    return letters.numpy().tobytes().decode()


def check_same(text: str, path: object) -> None:
    """All processes must have read the same. ProjectError where one has not."""
    if told_text(text) != text:
        raise ProjectError(
            "distributed.other_files",
            "Process {rank} of the run reads something else in {path} than the first one",
            hint="All machines must see the same project folder, at the same path",
            rank=this().rank,
            path=path,
        )


@contextmanager
def _answered() -> Iterator[None]:
    """WorkerDied if another process does not answer any more."""
    try:
        yield
    except RuntimeError as error:
        raise WorkerDied(
            "distributed.peer_gone",
            "Another process of the run has gone, or does not answer: {reason}",
            hint="What that one said last tells why; continue from the last checkpoint",
            reason=str(error).splitlines()[0][:200],
        ) from None


class _Sum(torch.autograd.Function):
    """Sum over the processes; its gradient is that of the own part (see sum_gradients)."""

    @staticmethod
    def forward(_: object, mine: Tensor) -> Tensor:
        everyone = mine.clone()
        with _answered():
            distributed.all_reduce(everyone)
        return everyone

    @staticmethod
    def backward(_: object, *gradients: Tensor) -> Tensor:
        return gradients[0]


def _total(mine: Tensor) -> Tensor:
    everyone: Tensor = _Sum.apply(mine)  # type: ignore[no-untyped-call]
    return everyone


def _counts(mine: int) -> list[int]:
    """How many rows each process has."""
    found = torch.zeros(this().world, dtype=torch.int64)
    found[this().rank] = mine
    with _answered():
        distributed.all_reduce(found)
    counts: list[int] = found.tolist()
    return counts


def _buckets(tensors: list[Tensor]) -> Iterator[list[Tensor]]:
    """In their order, about BUCKET_BYTES at a time, so that the copy stays small."""
    bucket: list[Tensor] = []
    size = 0
    for each in tensors:
        bucket.append(each)
        size += each.numel() * each.element_size()
        if size >= BUCKET_BYTES:
            yield bucket
            bucket, size = [], 0
    if bucket:
        yield bucket
