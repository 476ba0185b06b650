from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPointF, QRect
from PySide6.QtWidgets import QApplication

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.gui.canvas.material import Layer
from s4gui.workbench.painting import Tool
from tests.gui.canvas import scenes

ZOOMS = (1, 2, 3, 5, 8, 1.7, 2.45)


@pytest.mark.parametrize("zoom", ZOOMS)
@pytest.mark.parametrize("opacity", [1.0, 0.6])
def test_magnified_frames_are_what_a_loop_over_the_screens_pixels_draws(
    qtbot, no_stalls, zoom, opacity
):
    no_stalls.forgive()  # the loop is slow
    pixels, plane = scenes.image(29, 37), scenes.labels(29, 37)
    it = scenes.canvas(qtbot, image=pixels, labels=plane)
    it.set_opacity(Layer.LABELS, opacity)
    it.zoom_to(zoom, QPointF(11, 40))
    it.pan_by(QPointF(3, -7))
    ratio = round(it.devicePixelRatioF())
    want = scenes.expected(
        it, pixels, plane, label_opacity=opacity, colours=scenes.palette(), ratio=ratio
    )
    got = scenes.grabbed(it).astype(float)
    assert got.shape == want.shape
    # Fixed-point blending rounds twice; without blending colours are exact.
    off = np.abs(got - want).max(axis=2)
    void = np.abs(want - want.round()).max(axis=2) > 0
    assert off.max() <= 2
    if opacity == 1.0:
        assert off[~void].max() == 0


@pytest.mark.timeout(400)  # each is 5 s of work, more on a busy machine
@pytest.mark.parametrize("factor", ["2", "1.5"])
def test_every_rendering_is_as_exact_on_finer_screens(no_stalls, factor):
    if "QT_SCALE_FACTOR" in os.environ:
        pytest.skip("this is the run at another scale factor")
    no_stalls.forgive()  # waits for the other process
    here = os.environ | {"QT_SCALE_FACTOR": factor, "QT_QPA_PLATFORM": "offscreen"}
    exact = "loop_over or strokes_leave or scale_factor or any_size or in_order"
    args = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", exact, __file__]
    done = subprocess.run(args, env=here, capture_output=True, text=True, check=False, timeout=350)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "[100%]" in done.stdout


def test_the_scale_factor_of_the_environment_is_the_canvass(qtbot):
    it = scenes.canvas(qtbot, image=scenes.image(9, 9))
    ratio = float(os.environ.get("QT_SCALE_FACTOR", "1"))
    assert it.devicePixelRatioF() == ratio
    assert it.view.view_hw == (math.ceil(47 * ratio), math.ceil(61 * ratio))
    assert scenes.grabbed(it).shape[:2] == it.view.view_hw


@pytest.mark.parametrize("zoom", [0.11, 0.3, 0.5, 0.77, 1, 3, 4.6, 20])
@pytest.mark.parametrize("seed", range(3))
def test_what_strokes_leave_on_the_screen_is_what_a_full_repaint_draws(
    qtbot, no_stalls, zoom, seed
):
    no_stalls.forgive()  # pixels are in question here, with much work of the test's own
    rng = np.random.default_rng(seed)
    it = scenes.canvas(qtbot, w=140, h=90, image=scenes.image(131, 203))
    it.show_prediction(
        Prediction(scenes.labels(131, 203) % 12, scenes.labels(131, 203, seed=9), "run 1")
    )
    it.set_layer(Layer.CONFIDENCE, visible=True)
    it.zoom_to(zoom)
    bench = scenes.Bench(it)
    for _ in range(4):
        bench.value = int(rng.choice([0, 3, VOID]))
        tool = Tool.ERASER if rng.random() < 0.25 else Tool.BRUSH
        it.set_tool(tool, bench.value, radius_px=float(rng.uniform(0.5, 9) / zoom**0.5))
        x, y = rng.integers((63, 40), (77, 50))
        scenes.press(it, x, y)
        QApplication.processEvents()
        for _ in range(6):
            x, y = x + rng.integers(-25, 26), y + rng.integers(-25, 26)
            scenes.move(it, x, y)
            QApplication.processEvents()
        scenes.release(it, x, y)
    assert (bench.mask.labels != UNLABELLED).any()
    # A clip may round the smooth line of the ring otherwise, by a few of 255 (Qt).
    seen = scenes.on_screen(it).astype(int)
    it.repaint()
    assert np.abs(seen - scenes.on_screen(it)).max() <= 8
    scenes.leave(it)
    seen = scenes.on_screen(it)
    it.repaint()
    np.testing.assert_array_equal(seen, scenes.on_screen(it))
    it.show_labels(bench.mask.labels)  # samples everything anew
    np.testing.assert_array_equal(seen, scenes.on_screen(it))


class Painted(QObject):
    """Notes the rectangles that a widget is asked to paint."""

    def __init__(self, widget):
        super().__init__()
        self.rects = []
        widget.installEventFilter(self)

    def eventFilter(self, _widget, event):
        if event.type() == QEvent.Type.Paint:
            self.rects.append(event.rect())
        return False


def test_a_brush_move_repaints_a_small_rectangle_only(qtbot):
    it = scenes.canvas(qtbot, w=600, h=400, image=scenes.image(400, 600))
    scenes.Bench(it)
    it.set_tool(Tool.BRUSH, 3, 6.0)
    scenes.press(it, 300, 200)
    QApplication.processEvents()
    painted = Painted(it)
    scenes.move(it, 310, 205)
    QApplication.processEvents()
    assert painted.rects
    for rect in painted.rects:
        assert QRect(280, 180, 52, 47).contains(rect)


@pytest.mark.parametrize("zoom", [0.9, 0.77, 0.5, 0.31, 0.12, 0.06])
def test_a_stroke_one_pixel_thin_stays_visible_however_far_one_zooms_out(qtbot, zoom):
    black = np.zeros((401, 603, 3), np.uint8)
    it = scenes.canvas(qtbot, w=620, h=420, image=black)
    it.set_opacity(Layer.LABELS, 1)
    it.zoom_to(zoom)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        plane = np.full((401, 603), UNLABELLED, np.uint8)
        y, x = (int(each) for each in rng.integers(0, (401, 603)))
        plane[y, x] = 5
        it.show_labels(plane)
        rows, columns = np.nonzero((scenes.grabbed(it) != 0).any(axis=2) & _on_frame(it))
        assert 1 <= len(rows) <= 4
        want_y, want_x = it.view.to_device((y, x))
        assert np.abs(rows + 0.5 - want_y).max() <= 2
        assert np.abs(columns + 0.5 - want_x).max() <= 2


def _on_frame(it):
    out = np.zeros(it.view.view_hw, bool)
    out[it.view.shown.slices] = True
    return out


def test_a_reduced_image_is_smooth_and_in_its_place(qtbot):
    ramp = np.empty((400, 600, 3), np.uint8)
    ramp[..., 0] = np.linspace(0, 255, 600)[None, :]
    ramp[..., 1] = np.linspace(0, 255, 400)[:, None]
    ramp[..., 2] = np.where(np.add.outer(np.arange(400), np.arange(600)) % 2, 255, 0)
    it = scenes.canvas(qtbot, w=150, h=100, image=ramp)
    it.zoom_to(0.2)
    got = scenes.grabbed(it).astype(float)
    shown = it.view.shown
    assert shown.shape == (80, 120)
    oy, ox = it.view.offset_yx
    y = (np.arange(shown.y0, shown.y1) + 0.5 - oy) / 0.2
    x = (np.arange(shown.x0, shown.x1) + 0.5 - ox) / 0.2
    inner = got[shown.slices]
    assert np.abs(inner[..., 0] - (x / 600 * 255)[None, :]).max() < 4
    assert np.abs(inner[..., 1] - (y / 400 * 255)[:, None]).max() < 4
    assert np.abs(inner[..., 2] - 127.5).max() < 10  # a chequerboard is grey, not moire


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (3, 2), (257, 255)])
@pytest.mark.parametrize("zoom", [None, 0.001, 0.3, 1, 13, 1000])
def test_frames_of_any_size_are_shown_at_any_zoom(qtbot, shape, zoom):
    plane = np.full(shape, 4, np.uint8)
    it = scenes.canvas(qtbot, image=np.full((*shape, 3), 9, np.uint8), labels=plane)
    it.set_opacity(Layer.LABELS, 1)
    if zoom:
        it.zoom_to(zoom)
    shown = it.view.shown
    assert not shown.is_empty
    got = scenes.grabbed(it)
    if it.zoom < 16:  # without the grid
        assert (got[shown.slices] == scenes.palette()[4]).all()
    around = np.ones(got.shape[:2], bool)
    around[shown.slices] = False
    assert (got[around] == scenes.BACKGROUND).all()


def test_a_huge_frame_is_shown_and_painted_on(qtbot):
    it = scenes.canvas(qtbot, w=160, h=90, image=np.zeros((4096, 8192, 3), np.uint8))
    bench = scenes.Bench(it)
    it.set_opacity(Layer.LABELS, 1)
    it.set_tool(Tool.BRUSH, 3, 1.0)
    scenes.press(it, 80, 45)
    scenes.release(it, 80, 45)
    scenes.leave(it)
    assert (bench.mask.labels == 3).sum() > 0
    assert (scenes.grabbed(it) != 0).any(axis=2)[_on_frame(it)].any()


def test_labels_of_another_size_are_not_shown_and_predictions_are_stretched(qtbot):
    pixels = scenes.image(20, 30)
    it = scenes.canvas(qtbot, image=pixels, w=60, h=40)
    bare = scenes.grabbed(it)
    it.show_labels(np.zeros((7, 7), np.uint8))
    it.labels_changed(Box(0, 0, 3, 3))
    np.testing.assert_array_equal(scenes.grabbed(it), bare)
    it.show_labels(None)
    it.set_opacity(Layer.PREDICTION, 1)
    classes = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    it.show_prediction(Prediction(classes, np.full((2, 3), 255, np.uint8), "preview"))
    h, w = it.view.view_hw
    want = scenes.palette()[classes].repeat(h // 2, axis=0).repeat(w // 3, axis=1)
    np.testing.assert_array_equal(scenes.grabbed(it), want)


def test_layers_lie_in_order_and_hide_one_by_one(qtbot):
    it = scenes.canvas(qtbot, image=np.full((32, 32, 3), 50, np.uint8), w=64, h=64)
    ones = np.ones((32, 32), np.uint8)
    it.show_labels(2 * ones)
    it.show_prediction(Prediction(ones, 0 * ones, "run 1"))
    for each in (Layer.LABELS, Layer.PREDICTION, Layer.CONFIDENCE):
        it.set_opacity(each, 1)
    middle = it.view.view_hw[0] // 2, it.view.view_hw[1] // 2
    seen = []
    for layers in (
        (Layer.IMAGE, Layer.PREDICTION, Layer.CONFIDENCE, Layer.LABELS),
        (Layer.IMAGE, Layer.PREDICTION, Layer.CONFIDENCE),
        (Layer.IMAGE, Layer.PREDICTION),
        (Layer.IMAGE,),
        (),
    ):
        scenes.only(it, *layers)
        seen.append(tuple(int(each) for each in scenes.grabbed(it)[middle]))
    one, two = (tuple(int(v) for v in scenes.palette()[i]) for i in (1, 2))
    assert seen == [two, (255, 0, 0), one, (50, 50, 50), scenes.BACKGROUND]


def test_confidence_is_clear_where_sure_and_stronger_with_doubt(qtbot):
    grey = np.full((1, 5, 3), 100, np.uint8)
    it = scenes.canvas(qtbot, image=grey, w=50, h=10)
    scenes.only(it, Layer.IMAGE, Layer.CONFIDENCE)
    sure = np.array([[255, 210, 160, 110, 60]], np.uint8)
    it.show_prediction(Prediction(np.zeros((1, 5), np.uint8), sure, "run 1"))
    ratio = round(it.devicePixelRatioF())
    row = scenes.grabbed(it)[5 * ratio, 5 * ratio :: 10 * ratio].astype(int)
    assert (row[0] == 100).all()
    assert (np.diff(row[:, 0]) > 0).all()


def test_a_new_palette_or_opacity_recolours_what_is_shown(qtbot):
    it = scenes.canvas(qtbot, image=np.zeros((4, 4, 3), np.uint8), w=64, h=64)
    it.show_labels(np.full((4, 4), 7, np.uint8))
    colours = np.zeros((256, 3), np.uint8)
    colours[7] = 200, 100, 50
    it.show_palette(colours)
    it.set_opacity(Layer.LABELS, 0.5)
    got = scenes.grabbed(it)[20, 20].astype(int)
    assert np.abs(got - (100, 50, 25)).max() <= 1


def test_the_pixel_grid_shows_from_16_times_up(qtbot):
    it = scenes.canvas(qtbot, image=np.full((9, 9, 3), 255, np.uint8), w=100, h=100)
    it.set_background("#ffffff")
    it.zoom_to(15)
    assert (scenes.grabbed(it)[it.view.shown.slices] == 255).all()
    it.zoom_to(20)
    got = scenes.grabbed(it)[:, :, 0]
    oy, ox = it.view.offset_yx
    lines_y = np.nonzero((got < 255).mean(axis=1) > 0.5)[0]
    lines_x = np.nonzero((got < 255).mean(axis=0) > 0.5)[0]
    assert len(lines_x) >= 4
    assert ((lines_y - oy) % 20 == 0).all()
    assert ((lines_x - ox) % 20 == 0).all()
    assert (got == 255).sum() > 0.85 * got.size


def test_an_error_while_painting_leaves_later_paints_possible(qtbot, monkeypatch):
    it = scenes.canvas(qtbot, image=np.full((9, 9, 3), 200, np.uint8))
    good = scenes.grabbed(it)

    def fails(*_):
        raise RuntimeError("no colours today")

    with monkeypatch.context() as broken, qtbot.captureExceptions() as errors:
        broken.setattr(it._picture, "paint", fails)
        it.update()
        QApplication.processEvents()
    assert len(errors) == 1
    assert "no colours today" in str(errors[0][1])
    it.repaint()
    np.testing.assert_array_equal(scenes.grabbed(it), good)


def test_the_empty_canvas_says_what_to_do(qtbot):
    it = scenes.canvas(qtbot, w=300, h=200)
    blank = scenes.grabbed(it)
    assert (blank == scenes.BACKGROUND).all()
    it.show_empty("Drop a folder of images here", "or choose New project")
    said = scenes.grabbed(it)
    rows = np.nonzero((said != blank).any(axis=(1, 2)))[0]
    assert len(rows) > 10
    middle = said.shape[0] / 2
    assert rows.min() < middle < rows.max()
    it.show_image(scenes.image(20, 30))
    assert it.visible_box() == Box(0, 0, 20, 30)
