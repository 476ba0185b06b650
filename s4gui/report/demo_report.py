"""The demo job's report: what was done, how long it took, whether it held, with pictures."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from pathlib import Path

from s4gui.core.messages import say
from s4gui.store.atomic import write_atomic


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the demo job: its name, whether it held, what it found, how long it took."""

    name: str
    held: bool
    finding: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DemoReport:
    """All parts, facts of the machine, and pictures (file name beside the page -> caption)."""

    parts: tuple[Part, ...]
    facts: dict[str, str]
    pictures: dict[str, str] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Whether every part held (and there was one)."""
        return bool(self.parts) and all(part.held for part in self.parts)


def write_page(report: DemoReport, path: Path) -> None:
    """Write the report as one HTML page; pictures are linked from the same folder."""
    write_atomic(path, page(report).encode(), durable=False)


def page(report: DemoReport) -> str:
    """The report as HTML."""
    title = say("selftest.title", "S4GUI: the demo job")
    verdict = (
        say("selftest.all_held", "Every part held.")
        if report.held
        else say("selftest.some_failed", "Some parts failed: see below.")
    )
    rows = "".join(
        f"<tr class='{'ok' if part.held else 'bad'}'><td>{'✓' if part.held else '✗'}</td>"
        f"<td>{html.escape(part.name)}</td><td>{html.escape(part.finding)}</td>"
        f"<td class='n'>{part.seconds:.2f} s</td></tr>"
        for part in report.parts
    )
    facts = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
        for name, value in report.facts.items()
    )
    pictures = "".join(
        f"<figure><img src='{html.escape(name, quote=True)}' alt=''>"
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        for name, caption in report.pictures.items()
    )
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{title}</title>"
        f"<style>{_STYLE}</style><body><h1>{title}</h1><p class='verdict'>{verdict}</p>"
        f"<table>{rows}</table>{pictures}<table class='facts'>{facts}</table></body></html>\n"
    )


_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1d232b;background:#fff}h1{font-weight:600}table{border-collapse:collapse;width:100%}
td{padding:.35rem .6rem;border-bottom:1px solid #dde2e8;vertical-align:top}.n{text-align:right;
white-space:nowrap}.ok td:first-child{color:#1a7f4b}.bad td{color:#b3261e}img{max-width:100%;
border:1px solid #dde2e8;border-radius:6px}figure{margin:1.5rem 0}figcaption{color:#5b6672}
.facts td{color:#5b6672;font-size:13px}
@media(prefers-color-scheme:dark){body{background:#15181d;color:#e6e9ee}td,img{border-color:#333a44}}
"""
