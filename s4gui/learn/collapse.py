"""Collapse: noticing that a network teaches itself nonsense, and going back to before it did.

Self-training can feed on its own mistakes: everything passes the gate, one class spreads, and
the labelled pixels are learned worse and worse (methods 5.3b).
"""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

from s4gui.learn.views import StepFacts

PATIENCE = 50
"""Steps in a row that look ill before they are called a collapse."""
TOO_TRUSTING = 0.98
RISEN = 1.25
NARROW = 0.5
LOSS_MEMORY, SEEN_MEMORY = 0.98, 0.9
"""Share of the past in the running means of the labelled loss and of the classes seen."""
EVERY = 25
"""Steps between copies of weights that look well; the one before the last is gone back to."""


class Watch(nn.Module):
    """Looks at each step of a network that teaches itself; keeps the last weights that were well.

    A step looks ill if nearly everything passes the gate while the running mean of the labelled
    cross-entropy lies a quarter above its minimum, or if the entropy of the classes seen in
    unlabelled images, once it was higher, is below half that of the labels. Fifty such steps in
    a row are a collapse; from then on it is `halted`. All of this is state, so that a run that
    goes on is the same run.
    """

    def __init__(self, average: nn.Module, *, labels: Tensor) -> None:
        super().__init__()
        self.good = copy.deepcopy(average).requires_grad_(False)
        # What is copied while an illness begins, before it shows, must not count as well.
        self._newer = copy.deepcopy(self.good)
        self.halted = False
        self.use(labels)
        self._loss = self._lowest = math.inf
        self._seen = torch.zeros(len(labels), dtype=torch.float64)
        self._ill = self._steps = 0
        self._was_wide = False

    def use(self, labels: Tensor) -> None:
        """The labelled pixels (C,) of each class from now on."""
        self._wide = NARROW * _entropy(labels.double() / labels.sum().clamp(min=1))

    def collapsed(self, facts: StepFacts, average: nn.Module) -> bool:
        """Take a step into account: is it a collapse now? `average` is what predicts."""
        if self.halted or not facts.seen:
            return False  # without classes seen it does not teach itself yet
        self._note(facts)
        ill = self._looks_ill(facts)
        self._ill = self._ill + 1 if ill else 0
        if not ill and self._steps % EVERY == 0:
            self.good.load_state_dict(self._newer.state_dict())
            self._newer.load_state_dict(average.state_dict())
        self.halted = self._ill >= PATIENCE
        return self.halted

    def _note(self, facts: StepFacts) -> None:
        self._steps += 1
        now = facts.losses["ce"]
        # Plain means at first, so that the first steps do not weigh more than others.
        share = max(1 / self._steps, 1 - LOSS_MEMORY)
        self._loss = now if self._steps == 1 else self._loss + share * (now - self._loss)
        if self._steps >= PATIENCE:
            self._lowest = min(self._lowest, self._loss)
        seen = torch.tensor(facts.seen, dtype=torch.float64)
        self._seen = self._seen.lerp(seen, max(1 / self._steps, 1 - SEEN_MEMORY))

    def _looks_ill(self, facts: StepFacts) -> bool:
        passed = max(facts.rates.get("gate", 0.0), facts.rates.get("mask", 0.0))
        worse = self._loss > RISEN * self._lowest
        narrow = _entropy(self._seen) < self._wide
        self._was_wide |= not narrow
        return (passed > TOO_TRUSTING and worse) or (narrow and self._was_wide)

    def get_extra_state(self) -> Tensor:
        """All numbers, as checkpoints keep them."""
        flags = [float(self.halted), float(self._was_wide), float(self._ill), float(self._steps)]
        numbers = [self._loss, self._lowest, *self._seen.tolist()]
        return torch.tensor([*flags, *numbers], dtype=torch.float64)

    def set_extra_state(self, state: Tensor) -> None:
        """Go on with these numbers."""
        halted, was_wide, ill, steps, self._loss, self._lowest, *seen = state.tolist()
        self.halted, self._was_wide = bool(halted), bool(was_wide)
        self._ill, self._steps = int(ill), int(steps)
        self._seen = torch.tensor(seen, dtype=torch.float64)


def _entropy(shares: Tensor) -> float:
    return float(-torch.xlogy(shares, shares).sum())
