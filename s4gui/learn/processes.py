"""Process: which of the processes that learn one run together this one is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One of `world` processes of a run, the `local_rank`-th of `local_world` on its machine.

    Process 0 leads: it alone hears commands and writes.
    """

    rank: int = 0
    world: int = 1
    local_rank: int = 0
    local_world: int = 1

    def __post_init__(self) -> None:
        if not (0 <= self.rank < self.world and 0 <= self.local_rank < self.local_world):
            raise ValueError(f"{self.rank} of {self.world}, {self.local_rank}/{self.local_world}")

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Process:
        """As torchrun's environment says; alone where it says nothing."""
        if "RANK" not in environment or int(environment.get("WORLD_SIZE", "1")) == 1:
            return ALONE
        return cls(
            rank=int(environment["RANK"]),
            world=int(environment["WORLD_SIZE"]),
            local_rank=int(environment.get("LOCAL_RANK", "0")),
            local_world=int(environment.get("LOCAL_WORLD_SIZE", "1")),
        )

    @property
    def is_alone(self) -> bool:
        """Whether there is no other."""
        return self.world == 1

    @property
    def leads(self) -> bool:
        """Whether this one hears commands and writes."""
        return self.rank == 0

    def places(self, count: int) -> range:
        """Its places among `count` views of a step; all processes together have each once.

        One's places follow those of the one before; their numbers differ by one at most.
        """
        return range(count * self.rank // self.world, count * (self.rank + 1) // self.world)


ALONE = Process()


class Words(Protocol):
    """What processes leave for each other by name; torch's stores are such."""

    def compare_set(self, key: str, expected: str, desired: str, /) -> bytes:
        """Leave `desired` if nothing is there yet (`expected` empty); what is there now."""
        ...


@dataclass(slots=True)
class Meeting:
    """The processes of a run, met; `store` holds words that outlive their connections."""

    process: Process
    store: Words
    failed: bool = False


meetings: list[Meeting] = []
"""Those under way, as distributed.joined keeps them: one, or none."""


def this() -> Process:
    """Which of the processes of the run this is; ALONE where none have met."""
    return meetings[-1].process if meetings else ALONE
