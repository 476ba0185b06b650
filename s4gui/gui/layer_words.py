"""What the panel says about layers: legends, and why a layer is empty."""

from __future__ import annotations

from html import escape

from s4gui.core.classes import Rgb
from s4gui.core.messages import say
from s4gui.core.sources import SourceKind
from s4gui.gui.canvas.material import Agreement, Layer, Verdict
from s4gui.gui.canvas.tables import AGREEMENT_RGB, SOURCE_RGB, VERDICT_RGB

Entries = tuple[tuple[Rgb, str], ...]


def kind_name(kind: SourceKind) -> str:
    """A source kind as the user reads it."""
    return {
        SourceKind.PAINTED: say("source_kind.painted", "painted"),
        SourceKind.CLICKED: say("source_kind.clicked", "clicked"),
        SourceKind.GROWN: say("source_kind.grown", "grown"),
        SourceKind.ASSISTED: say("source_kind.assisted", "assisted"),
        SourceKind.PROPAGATED: say("source_kind.propagated", "propagated"),
        SourceKind.IMPORTED: say("source_kind.imported", "imported"),
        SourceKind.ACCEPTED: say("source_kind.accepted", "accepted"),
    }[kind]


def short(name: str, most: int = 22) -> str:
    """A name that fits into a narrow line."""
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def legend(
    layer: Layer, *, class_name: str, compares: bool, kinds: frozenset[SourceKind]
) -> Entries:
    """What the colours of a layer mean; empty where they are those of the classes.

    `compares`: preview and network have both answered; `kinds`: which sources there are.
    """
    if layer is Layer.SOURCE:
        return tuple((rgb, kind_name(kind)) for kind, rgb in SOURCE_RGB.items() if kind in kinds)
    if layer is Layer.DISAGREEMENT:
        entries = [
            (
                AGREEMENT_RGB[Agreement.LABEL_DIFFERS],
                say("legend.label_differs", "label and prediction differ"),
            )
        ]
        if compares:
            learners = say("legend.learners_differ", "preview and network differ")
            entries.append((AGREEMENT_RGB[Agreement.LEARNERS_DIFFER], learners))
        return tuple(entries)
    if layer is Layer.ERROR:
        return (
            (VERDICT_RGB[Verdict.HIT], say("legend.hit", "{name}: hit", name=short(class_name))),
            (VERDICT_RGB[Verdict.FALSE], say("legend.false", "false")),
            (VERDICT_RGB[Verdict.MISSED], say("legend.missed", "missed")),
        )
    return ()


def empty(layer: Layer) -> str:
    """Why a layer that is switched on shows nothing."""
    if layer in {Layer.PREDICTION, Layer.CONFIDENCE, Layer.DISAGREEMENT}:
        return say("legend.no_prediction", "no prediction of this image yet")
    if layer is Layer.ERROR:
        return say("legend.no_error", "needs a prediction, a reference and a chosen class")
    if layer is Layer.REFERENCE:
        return say("legend.no_reference", "no reference of this image")
    return ""


def rich(title: str, entries: Entries, text: str = "") -> str:
    """A line of a legend: title, coloured squares with words, or a sentence."""
    parts = [f"{escape(title)}:"]
    for (r, g, b), words in entries:
        square = f'<span style="color:#{r:02x}{g:02x}{b:02x}">&#9632;</span>'
        parts.append(f"{square}&nbsp;{escape(words).replace(' ', '&nbsp;')}")
    if text:
        parts.append(escape(text))
    return " ".join(parts)
