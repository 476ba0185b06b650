"""Layers, styles and tone on the canvas, against loops over pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.colours import hard_pairs
from s4gui.core.prediction import Prediction
from s4gui.core.sources import Source, SourceKind, SourceTable
from s4gui.gui.canvas.base_image import BaseImage
from s4gui.gui.canvas.material import FOUND, Agreement, Layer, Verdict
from s4gui.gui.canvas.styles import CELL_PX, OUTLINE_PX, PATTERNS, LabelStyle, pattern_of
from s4gui.gui.canvas.tables import AGREEMENT_RGB, SOURCE_RGB, VERDICT_RGB
from s4gui.gui.canvas.tone import Tone
from s4gui.workbench.painting import Tool
from tests.gui.canvas import scenes

TABLE = SourceTable((Source(SourceKind.PAINTED), Source(SourceKind.ACCEPTED, "run 7")))
KINDS = frozenset({SourceKind.PAINTED})
H, W = 131, 203


def predicted(seed=9):
    return Prediction(scenes.labels(H, W, seed) % 12, scenes.labels(H, W, 5), "run 1")


def sourced(it, mask):
    it.show_sources(mask.sources, lambda: TABLE, KINDS)
    it.show_prediction(predicted(), predicted(10))
    it.show_error_of(3)


@pytest.mark.parametrize("style", LabelStyle)
@pytest.mark.parametrize("zoom", [0.11, 0.3, 0.77, 1, 3, 20])
def test_what_strokes_leave_on_every_layer_is_what_a_full_repaint_draws(
    qtbot, no_stalls, style, zoom
):
    no_stalls.forgive()  # pixels are in question here, with much work of the test's own
    rng = np.random.default_rng(int(100 * zoom))
    it = scenes.canvas(qtbot, w=140, h=90, image=scenes.image(H, W))
    bench = scenes.Bench(it)
    sourced(it, bench.mask)
    it.set_style(style)
    for layer in Layer:
        it.set_layer(layer, visible=True)
        it.set_opacity(layer, 0.6)
    it.zoom_to(zoom)
    for _ in range(3):
        bench.value = int(rng.choice([0, 3, VOID]))
        tool = Tool.ERASER if rng.random() < 0.25 else Tool.BRUSH
        it.set_tool(tool, bench.value, radius_px=float(rng.uniform(0.5, 9) / zoom**0.5))
        x, y = rng.integers((63, 40), (77, 50))
        scenes.press(it, x, y)
        for _ in range(4):
            x, y = x + rng.integers(-25, 26), y + rng.integers(-25, 26)
            scenes.move(it, x, y)
            QApplication.processEvents()
        scenes.release(it, x, y)
    assert (bench.mask.labels != UNLABELLED).any()
    scenes.leave(it)
    seen = scenes.on_screen(it)
    it.repaint()
    np.testing.assert_array_equal(seen, scenes.on_screen(it))
    it.show_labels(bench.mask.labels)  # makes everything anew
    np.testing.assert_array_equal(seen, scenes.on_screen(it))


def test_each_finding_is_shown_in_the_colours_of_its_legend(qtbot):
    pixels = np.full((2, 3, 3), 90, np.uint8)
    it = scenes.canvas(qtbot, image=pixels, w=60, h=40)
    labels = np.array([[1, 1, 2], [VOID, UNLABELLED, 2]], np.uint8)
    sources = np.array([[1, 1, 1], [1, 0, 2]], np.uint16)
    said = np.array([[1, 2, 1], [1, 0, 2]], np.uint8)
    other = np.array([[1, 2, 2], [1, 5, 2]], np.uint8)
    sure = np.full((2, 3), 255, np.uint8)
    it.show_labels(labels)
    it.show_sources(sources, lambda: TABLE, KINDS)
    it.show_prediction(Prediction(said, sure, "run 1"), Prediction(other, sure, "preview"))
    it.show_error_of(1)
    grey = (90, 90, 90)
    painted, accepted = SOURCE_RGB[SourceKind.PAINTED], SOURCE_RGB[SourceKind.ACCEPTED]
    differs = AGREEMENT_RGB[Agreement.LABEL_DIFFERS]
    learners = AGREEMENT_RGB[Agreement.LEARNERS_DIFFER]
    colours = scenes.palette()
    wanted = {
        Layer.SOURCE: [[painted] * 3, [painted, grey, accepted]],
        Layer.DISAGREEMENT: [[grey, differs, differs], [grey, learners, grey]],
        Layer.ERROR: [
            [VERDICT_RGB[Verdict.HIT], VERDICT_RGB[Verdict.MISSED], VERDICT_RGB[Verdict.FALSE]],
            [grey, grey, grey],
        ],
        Layer.REFERENCE: [[colours[1], colours[1], colours[2]], [None, grey, grey]],
    }
    step = it.view.view_hw[0] // 2
    for layer, rows in wanted.items():
        scenes.only(it, Layer.IMAGE, layer)
        it.set_opacity(layer, 1)
        got = scenes.grabbed(it)[step // 2 :: step, step // 2 :: step]
        for y, x in np.ndindex(2, 3):
            if rows[y][x] is not None:
                np.testing.assert_array_equal(got[y, x], rows[y][x], err_msg=f"{layer} {y} {x}")


@pytest.mark.parametrize("layer", [Layer.SOURCE, Layer.REFERENCE, Layer.DISAGREEMENT, Layer.ERROR])
@pytest.mark.parametrize("zoom", [0.77, 0.31, 0.06])
def test_one_pixel_of_a_finding_stays_visible_however_far_one_zooms_out(qtbot, layer, zoom):
    shape = 401, 603
    it = scenes.canvas(qtbot, w=620, h=420, image=np.zeros((*shape, 3), np.uint8))
    labels, sources = np.full(shape, UNLABELLED, np.uint8), np.zeros(shape, np.uint16)
    labels[123, 457], sources[123, 457] = 5, 1
    it.show_labels(labels)
    it.show_sources(sources, lambda: TABLE, KINDS)
    said = np.zeros(shape, np.uint8)
    it.show_prediction(Prediction(said, said, "run 1"))
    it.show_error_of(5)
    scenes.only(it, Layer.IMAGE, layer)
    it.zoom_to(zoom)
    on_frame = np.zeros(it.view.view_hw, bool)
    on_frame[it.view.shown.slices] = True
    rows, columns = np.nonzero((scenes.grabbed(it) != 0).any(axis=2) & on_frame)
    assert 1 <= len(rows) <= 4
    want_y, want_x = it.view.to_device((123, 457))
    assert np.abs(rows + 0.5 - want_y).max() <= 2
    assert np.abs(columns + 0.5 - want_x).max() <= 2


@pytest.mark.parametrize("zoom", [1, 2, 5])
def test_an_outline_is_what_a_loop_over_neighbours_draws(qtbot, no_stalls, zoom):
    no_stalls.forgive()  # the loop is slow
    rng = np.random.default_rng(3)
    small = rng.choice(np.array([1, 2, UNLABELLED], np.uint8), (6, 8))
    plane = small.repeat(5, axis=0).repeat(5, axis=1)
    it = scenes.canvas(qtbot, image=np.full((*plane.shape, 3), 90, np.uint8), w=90, h=70)
    it.show_labels(plane)
    scenes.only(it, Layer.IMAGE, Layer.LABELS)
    it.set_opacity(Layer.LABELS, 1)
    it.set_style(LabelStyle.OUTLINE)
    it.zoom_to(zoom)
    got, shown = scenes.grabbed(it), it.view.shown
    oy, ox = it.view.offset_yx
    reach = OUTLINE_PX * round(it.devicePixelRatioF())

    def value(y, x):
        inside = shown.y0 <= y < shown.y1 and shown.x0 <= x < shown.x1
        at = math.floor((y + 0.5 - oy) / zoom), math.floor((x + 0.5 - ox) / zoom)
        return int(plane[at]) if inside else None

    for y in range(shown.y0, shown.y1):
        for x in range(shown.x0, shown.x1):
            here = value(y, x)
            others = {
                value(y + dy * away, x + dx * away)
                for away in range(1, reach + 1)
                for dy, dx in ((1, 0), (-1, 0), (0, 1), (0, -1))
            }
            on_edge = here != UNLABELLED and bool(others - {here, None})
            want = scenes.palette()[here] if on_edge else (90, 90, 90)
            np.testing.assert_array_equal(got[y, x], want)


def test_a_pattern_is_strong_in_its_cells_weak_between_them_and_moves_with_the_frame(qtbot):
    plane = np.arange(12, dtype=np.uint8).repeat(144).reshape(36, 48)
    it = scenes.canvas(qtbot, image=np.zeros((36, 48, 3), np.uint8), w=80, h=60)
    it.show_labels(plane)
    scenes.only(it, Layer.IMAGE, Layer.LABELS)
    it.set_opacity(Layer.LABELS, 1)
    it.set_style(LabelStyle.HATCH)
    it.zoom_to(1)
    shown, (oy, ox) = it.view.shown, it.view.offset_yx
    pitch = round(it.devicePixelRatioF())
    got = scenes.grabbed(it)[shown.slices].astype(float)
    seen = plane[shown.y0 - oy : shown.y1 - oy, shown.x0 - ox : shown.x1 - ox]
    for y, x in np.ndindex(*seen.shape):
        value = int(seen[y, x])
        row, column = (shown.y0 - oy + y) // pitch % CELL_PX, (shown.x0 - ox + x) // pitch % CELL_PX
        on = PATTERNS[pattern_of(np.array([value]))[0]][row, column]
        want = scenes.palette()[value] * (1.0 if on else 0.3)
        assert np.abs(got[y, x] - want).max() <= 2


def test_patterns_differ_from_each_other_and_between_classes_of_one_colour():
    flat = {each.tobytes() for each in PATTERNS}
    assert len(flat) == len(PATTERNS) == 8
    for period in (7, 8, 9, 10):  # lengths of palettes that begin anew
        ids = np.arange(period * 3)
        numbers = pattern_of(ids)
        same_colour = (ids[:, None] - ids) == period
        assert (numbers[:, None] != numbers)[same_colour].all()


def test_the_tone_of_the_image_is_a_table_over_its_values(qtbot):
    pixels = scenes.image(40, 50)
    it = scenes.canvas(qtbot, image=pixels, w=50, h=40)
    scenes.only(it, Layer.IMAGE)
    it.zoom_to(1)
    shown = it.view.shown.slices
    plain = scenes.grabbed(it)[shown]
    for tone in (Tone(0.3), Tone(0, 0.5), Tone(0, -1), Tone(gamma=2.2), Tone(-0.2, 0.4, 0.5)):
        it.set_tone(tone, smooth=False)
        np.testing.assert_array_equal(scenes.grabbed(it)[shown], tone.table()[plain])
    it.set_tone(Tone(), smooth=False)
    np.testing.assert_array_equal(scenes.grabbed(it)[shown], plain)


def test_tables_of_tone_follow_their_formula_and_never_fall():
    np.testing.assert_array_equal(Tone().table(), np.arange(256))
    for tone in (Tone(0.2), Tone(0, 0.7), Tone(-0.5, -0.5, 3)):
        table = tone.table()
        assert (np.diff(table.astype(int)) >= 0).all()
        for value in (0, 40, 128, 200, 255):
            x = (value / 255) ** (1 / tone.gamma)
            y = (x - 0.5) * 4**tone.contrast + 0.5 + tone.brightness
            assert table[value] == math.floor(min(max(y, 0), 1) * 255 + 0.5)
    for wrong in ((2, 0, 1), (0, -1.5, 1), (0, 0, 0.1)):
        with pytest.raises(ValueError, match=r"is|are"):
            Tone(*wrong)


class Paints(QObject):
    def __init__(self, widget):
        super().__init__()
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _widget, event):
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_tone_opacity_palette_and_style_cost_one_repaint_and_no_drawing_of_the_image(
    qtbot, monkeypatch
):
    it = scenes.canvas(qtbot, image=scenes.image(H, W), w=140, h=90)
    sourced(it, scenes.Bench(it).mask)
    for layer in Layer:
        it.set_layer(layer, visible=True)
    QApplication.processEvents()
    drawn, paints = [], Paints(it)
    render = BaseImage.render
    monkeypatch.setattr(
        BaseImage, "render", lambda self, view: drawn.append(view) or render(self, view)
    )
    for change in (
        lambda: it.set_tone(Tone(0.2, 0.1, 1.5), smooth=False),
        lambda: it.set_opacity(Layer.IMAGE, 0.4),
        lambda: it.set_opacity(Layer.ERROR, 0.4),
        lambda: it.show_palette(scenes.palette(7)),
        lambda: it.set_style(LabelStyle.HATCH),
        lambda: it.show_error_of(5),
    ):
        paints.count = 0
        change()
        QApplication.processEvents()
        assert paints.count == 1
    assert not drawn


def test_the_images_opacity_lets_the_background_through(qtbot):
    it = scenes.canvas(qtbot, image=np.full((20, 20, 3), 200, np.uint8), w=40, h=40)
    scenes.only(it, Layer.IMAGE)
    it.set_opacity(Layer.IMAGE, 0.25)
    want = 0.25 * 200 + 0.75 * np.array(scenes.BACKGROUND)
    assert np.abs(scenes.grabbed(it)[20, 20] - want).max() <= 1


def test_magnified_smooth_lies_between_its_neighbours_and_nearest_is_square(qtbot):
    pixels = np.zeros((12, 12, 3), np.uint8)
    pixels[:, 6:] = 200
    it = scenes.canvas(qtbot, image=pixels, w=60, h=60)
    scenes.only(it, Layer.IMAGE)
    assert set(np.unique(scenes.grabbed(it)[it.view.shown.slices])) == {0, 200}
    it.set_tone(Tone(), smooth=True)
    row = scenes.grabbed(it)[30, :, 0].astype(int)
    assert ((row > 20) & (row < 180)).sum() >= 3
    assert (np.diff(row) >= 0).all()
    it.set_tone(Tone(), smooth=False)
    assert set(np.unique(scenes.grabbed(it)[it.view.shown.slices])) == {0, 200}


def test_hidden_findings_are_not_worked_out(qtbot, monkeypatch):
    it = scenes.canvas(qtbot, image=scenes.image(H, W), w=140, h=90)
    bench = scenes.Bench(it)
    sourced(it, bench.mask)
    scenes.only(it, Layer.IMAGE, Layer.LABELS)
    asked = []
    material = it._picture.material
    pyramid = material.pyramid
    monkeypatch.setattr(material, "pyramid", lambda layer: asked.append(layer) or pyramid(layer))
    it.set_tool(Tool.BRUSH, 3, 4.0)
    scenes.press(it, 70, 45)
    scenes.move(it, 80, 50)
    scenes.release(it, 80, 50)
    QApplication.processEvents()
    assert asked == []
    it.set_layer(Layer.SOURCE, visible=True)
    scenes.grabbed(it)
    assert set(asked) == {Layer.SOURCE}
    assert Layer.SOURCE in FOUND


@pytest.mark.parametrize("colours", [SOURCE_RGB, AGREEMENT_RGB, VERDICT_RGB])
def test_colours_of_a_legend_can_be_told_apart_whoever_looks(colours):
    assert hard_pairs(tuple(colours.values())) == []
