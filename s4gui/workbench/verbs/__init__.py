"""The verbs of the window: every action, by menu and in menu order."""

from __future__ import annotations

from s4gui.workbench.actions import ActionSpec
from s4gui.workbench.verbs import edit, help, image, project, tools, train, view

ACTIONS: tuple[ActionSpec, ...] = (
    *project.VERBS,
    *edit.VERBS,
    *tools.VERBS,
    *view.VERBS,
    *image.VERBS,
    *train.VERBS,
    *help.VERBS,
)
"""Every action, by menu and in menu order."""


def by_id() -> dict[str, ActionSpec]:
    """The actions by their id."""
    return {spec.id: spec for spec in ACTIONS}
