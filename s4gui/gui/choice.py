"""Which learner the window shows: the one with the better held-out score, with hysteresis."""

from __future__ import annotations

from dataclasses import dataclass

from s4gui.core.messages import say

PREVIEW = "preview"
RUN = "run"
AUTOMATIC = "automatic"
MARGIN = 0.01
"""The other learner must be this much better before the window changes over to it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of both learners; scores are mean IoU on held-out labels, None if unknown."""

    preview: float | None = None
    run: float | None = None
    run_number: int = 0  # 0: there is no run with predictions
    training: bool = False
    sees: str = ""  # whose features the preview learns from, beside its filters'

    @property
    def has_run(self) -> bool:
        """Whether a run could be shown."""
        return self.run_number > 0


def choose(standing: Standing, wanted: str, showing: str) -> str:
    """PREVIEW or RUN. `wanted` is the user's choice or AUTOMATIC, `showing` the one on screen."""
    if not standing.has_run:
        return PREVIEW
    if wanted in {PREVIEW, RUN}:
        return wanted
    if standing.run is None:
        return PREVIEW
    if standing.preview is None:
        return RUN
    lead = standing.run - standing.preview
    if showing == RUN:
        return PREVIEW if lead < -MARGIN else RUN
    return RUN if lead > MARGIN else PREVIEW


def reason(standing: Standing, wanted: str, chosen: str) -> str:
    """Why this one is shown, in a few words."""
    name = learner_name(chosen, standing.run_number, standing.sees)
    if wanted != AUTOMATIC:
        return say("choice.by_you", "Shown: {name} (your choice)", name=name)
    mine = standing.run if chosen == RUN else standing.preview
    other = standing.preview if chosen == RUN else standing.run
    if mine is not None and other is not None:
        return say(
            "choice.better",
            "Shown: {name} ({mine} against {other})",
            name=name,
            mine=f"{mine:.2f}",
            other=f"{other:.2f}",
        )
    if mine is not None:
        return say("choice.scored", "Shown: {name} ({mine})", name=name, mine=f"{mine:.2f}")
    return say("choice.only", "Shown: {name}", name=name)


def learner_name(key: str, run_number: int, sees: str = "") -> str:
    """A learner as the user reads it."""
    if key == RUN:
        return say("choice.run", "run {n}", n=run_number)
    if sees:
        return say("choice.preview_sees", "instant preview with {encoder}", encoder=sees)
    return say("choice.preview", "instant preview")
