"""Sources as the user reads them."""

from __future__ import annotations

from s4gui.core.messages import say
from s4gui.core.sources import SourceKind


def kind_name(kind: SourceKind) -> str:
    """How a pixel got its label."""
    return {
        SourceKind.PAINTED: say("source.painted", "Painted by hand"),
        SourceKind.CLICKED: say("source.clicked", "Clicked regions"),
        SourceKind.GROWN: say("source.grown", "Grown from strokes"),
        SourceKind.ASSISTED: say("source.assisted", "Assisted"),
        SourceKind.PROPAGATED: say("source.propagated", "Propagated from other images"),
        SourceKind.IMPORTED: say("source.imported", "Imported"),
        SourceKind.ACCEPTED: say("source.accepted", "Accepted from predictions"),
    }[kind]
