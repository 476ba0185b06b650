from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from s4gui.report.demo_report import DemoReport, Part, page, write_page


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []

    def handle_data(self, data: str) -> None:
        self.cells.append(data)


def test_what_was_found_stands_on_the_page_and_cannot_become_markup(tmp_path: Path) -> None:
    report = DemoReport((Part("paint", True, "<script>3 & 4</script>", 0.5),), {"Qt": "6"})
    write_page(report, tmp_path / "report.html")
    reader = Cells()
    reader.feed((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "<script>3 & 4</script>" in reader.cells
    assert "0.50 s" in reader.cells


def test_one_part_that_failed_makes_the_whole_fail() -> None:
    parts = (Part("a", True, "", 1), Part("b", False, "", 1))
    assert not DemoReport(parts, {}).held
    assert not DemoReport((), {}).held
    assert "Some parts failed" in page(DemoReport(parts, {}))
    assert DemoReport(parts[:1], {}).held
