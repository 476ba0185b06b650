"""Regularisers: the terms that spread sparse labels, by name, for every strategy alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from s4gui.core.classes import UNLABELLED
from s4gui.core.recipe import Recipe
from s4gui.learn.regularisers import entropy, gated_crf, tree_energy
from s4gui.learn.schedule import Progress
from s4gui.learn.views import Views

Term = Callable[[Tensor, Views], Tensor]

_TERMS: dict[str, Term] = {
    "crf": lambda logits, views: gated_crf.on_logits(logits, views.colours, views.inside),
    "tree": lambda logits, views: tree_energy.on_logits(
        logits, views.colours, _unlabelled(views), views.inside
    ),
    "entropy": lambda logits, views: entropy.on_logits(logits, _unlabelled(views), views.inside),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Regularisers:
    """Which terms count how much, and from which share of the run on, by name of the term.

    CRF and entropy harden what the network says already, so they wait until it says something;
    the tree energy counts from the first step (methods 3.5, 3.6). A weight of 0 leaves a term
    out; a term without a share begins at once.
    """

    weights: dict[str, float] = field(default_factory=dict)
    from_shares: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = (set(self.weights) | set(self.from_shares)) - set(_TERMS)
        if unknown:
            raise ValueError(f"no such terms: {sorted(unknown)}")

    @classmethod
    def of(cls, recipe: Recipe) -> Regularisers:
        """Those of a recipe: its choices called weight_ and the term's name."""
        weights = {name: float(getattr(recipe, f"weight_{name}")) for name in _TERMS}
        late = recipe.regularise_from
        shares = {"crf": late, "tree": recipe.tree_from, "entropy": late}
        return cls(weights=weights, from_shares=shares)

    def losses(self, logits: Tensor, views: Views, progress: Progress) -> dict[str, Tensor]:
        """Weighted losses by name of the logits (N, C, h, w) of labelled views.

        The logits may be smaller than the views. What is alike is decided by the frames' own
        colours, not by those that the network was shown (methods 3.5, 5.1).
        """
        return {
            name: weight * _TERMS[name](logits, views)
            for name, weight in self.weights.items()
            if weight and progress.share >= self.from_shares.get(name, 0.0)
        }


def _unlabelled(views: Views) -> Tensor:
    return views.labels == UNLABELLED
