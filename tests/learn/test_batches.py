"""Views show what they should, labels stay on their pixels, and every draw can be repeated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from s4gui.core.frames import Frame
from s4gui.core.sources import SourceKind
from s4gui.learn import augment
from s4gui.learn.batches import Batches, cache_side, view_size
from s4gui.learn.pixels import PixelCache, shrunk
from s4gui.learn.views import Batch, Views
from s4gui.store import snapshots
from s4gui.store.snapshots import Snapshot, SnapshotFrame
from tests.learn.scenes import CLASSES, QUICK, SHAPE, make_run, make_snapshot, scene, strokes

PLAIN = QUICK.but(flip=False, scale_min=1.0, scale_max=1.0, colour=0.0)


def _batches(folder: Path, recipe=QUICK, **what: object) -> Batches:
    run = make_run(folder, recipe, **what)
    snapshot = Snapshot.read(run.snapshot())
    cache = PixelCache(long_side_px=cache_side(recipe))
    return Batches(snapshot, recipe, view=view_size(snapshot, recipe), cache=cache)


def _equal(a: Views | None, b: Views | None) -> bool:
    assert a is not None
    assert b is not None
    return (
        torch.equal(a.images, b.images)
        and torch.equal(a.labels, b.labels)
        and torch.equal(a.inside, b.inside)
    )


def test_an_unchanged_view_is_the_frame_itself(tmp_path: Path) -> None:
    views = _batches(tmp_path, PLAIN, labelled=(1,)).batch(0).labelled
    image, reference = scene(1)
    expected = torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32) / 255)
    torch.testing.assert_close(views.rgb[0], expected)
    index = {2: 0, 7: 1, 40: 2}
    given = strokes(reference, 1)
    expected_labels = np.vectorize(lambda v: index.get(v, 255))(given)
    assert np.array_equal(views.labels[0].numpy(), expected_labels)
    assert views.inside.all()
    y, x = views.images[0, 3], views.images[0, 4]
    assert y[0, 0].item() == pytest.approx(1 / SHAPE[0] - 1)
    assert x[5, -1].item() == pytest.approx(1 - 1 / SHAPE[1])


def test_void_and_unknown_ids_never_teach(tmp_path: Path) -> None:
    batches = _batches(tmp_path)
    for step in range(5):
        labels = batches.batch(step).labelled.labels
        assert set(labels.unique().tolist()) <= {0, 1, 2, 255}
    assert batches.counts().sum() == sum(
        np.isin(strokes(scene(n)[1], n), (2, 7, 40)).sum() for n in (0, 1, 2)
    )


def test_a_step_draws_the_same_views_again_and_another_step_others(tmp_path: Path) -> None:
    recipe = QUICK.but(strategy="s4gan")
    first, second = _batches(tmp_path / "a", recipe), _batches(tmp_path / "b", recipe)
    first.batch(3)
    for part in ("labelled", "unlabelled", "real"):
        again = getattr(second.batch(7), part)
        assert _equal(getattr(first.batch(7), part), again)
        assert not _equal(getattr(first.batch(8), part), again)
    assert not _equal(first.batch(7).labelled, first.batch(7).real)


def test_each_pass_shows_every_frame_once(tmp_path: Path) -> None:
    batches = _batches(tmp_path, PLAIN.but(strategy="s4gan", batch_unlabelled=3))
    originals = [torch.from_numpy(scene(n)[0].transpose(2, 0, 1) / 255).float() for n in range(6)]
    seen = []
    for step in range(4):  # 12 views of 6 train frames: two passes
        views = batches.batch(step).unlabelled
        assert views is not None
        for rgb in views.rgb:
            distances = [(rgb - each).abs().mean().item() for each in originals]
            seen.append(int(np.argmin(distances)))
    assert sorted(seen[:6]) == sorted(seen[6:]) == list(range(6))


def test_val_frames_are_in_no_view(tmp_path: Path) -> None:
    batches = _batches(tmp_path, labelled=(0,), unlabelled=(), val=(6, 7))
    assert (batches.labelled_frames, batches.unlabelled_frames) == (1, 0)


@pytest.mark.parametrize("crop", [32, 64])
def test_crops_meet_labels(tmp_path: Path, crop: int) -> None:
    recipe = QUICK.but(crop_px=crop, scale_min=1.5, scale_max=2.0, batch_labelled=8)
    batches = _batches(tmp_path, recipe)
    for step in range(10):
        labels = batches.batch(step).labelled.labels
        assert labels.shape[1:] == (crop, crop)
        assert (labels != 255).flatten(1).any(1).all()


def test_labels_move_with_their_pixels(tmp_path: Path) -> None:
    recipe = QUICK.but(colour=0.0, batch_labelled=8, scale_min=1.0, scale_max=2.0)
    batches = _batches(tmp_path, recipe)
    agreed, total = 0, 0
    for step in range(6):
        views = batches.batch(step).labelled
        red = (views.rgb[:, 0] - views.rgb[:, 2]) > 0.25  # only cars are red
        for index, is_car in ((2, True), (0, False), (1, False)):
            on = views.labels == index
            agreed += int((red[on] == is_car).sum())
            total += int(on.sum())
    assert agreed / total > 0.95


def test_a_mirrored_view_has_its_own_left() -> None:
    rng = np.random.default_rng(0)
    place = augment.place(rng, scaled=(8, 8), view=(8, 8), mirrored=True)
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, 0] = 255
    assert augment.cut_pixels(image, place)[:, -1].min() == 1.0
    x = augment.cut_position(place)[1]
    assert (np.diff(x, axis=1) > 0).all()


def test_what_lies_beyond_the_frame_is_mirrored_in_without_labels() -> None:
    rng = np.random.default_rng(3)
    place = augment.place(rng, scaled=(6, 6), view=(16, 16), mirrored=False)
    labels = np.ones((12, 12), np.uint8)
    cut, inside = augment.cut_labels(labels, place), augment.cut_inside(place)
    assert inside.sum() == 36
    assert ((cut == 1) == inside).all()
    image = rng.integers(0, 255, (12, 12, 3), dtype=np.uint8)
    view = augment.cut_pixels(image, place)
    rows, columns = np.nonzero(inside)
    top, left = rows.min(), columns.min()
    if top:
        assert np.array_equal(view[top - 1], view[top])
    if left:
        assert np.array_equal(view[:, left - 1], view[:, left])
    position = augment.cut_position(place)
    assert (np.abs(position[:, inside]) < 1).all()
    assert (np.abs(position[:, ~inside]).max(0) > 1).all()


@pytest.mark.parametrize("seed", range(30))
def test_a_focus_is_always_seen(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.full((40, 60), 255, np.uint8)
    y, x = int(rng.integers(40)), int(rng.integers(60))
    labels[y, x] = 1
    zoom = rng.uniform(1.0, 2.5)
    place = augment.place(
        rng,
        scaled=(round(40 * zoom), round(60 * zoom)),
        view=(32, 32),
        mirrored=bool(rng.random() < 0.5),
        focus=((y + 0.5) / 40, (x + 0.5) / 60),
    )
    assert (augment.cut_labels(labels, place) == 1).any()


def test_recolouring_keeps_colours_in_range_and_nothing_at_strength_zero() -> None:
    rng = np.random.default_rng(0)
    colours = rng.random((5, 6, 3)).astype(np.float32)
    assert augment.recolour(rng, colours, strength=0.0) is colours
    lit = augment.recolour(rng, colours, strength=1.0)
    assert lit.dtype == np.float32
    assert lit.min() >= 0
    assert lit.max() <= 1
    assert not np.allclose(lit, colours)


def test_views_have_the_frames_own_colours_beside_them_placed_and_mixed_alike(
    tmp_path: Path,
) -> None:
    recipe = QUICK.but(
        colour=0.8, mix=0.8, batch_labelled=4, weight_crf=0.1, strategy="s4gan", plain_colours=True
    )
    ours = _batches(tmp_path / "a", recipe)
    unlit = _batches(tmp_path / "b", recipe.but(colour=0.0))
    without = _batches(tmp_path / "c", recipe.but(weight_crf=0.0))
    for step in range(4):
        batch, same = ours.batch(step), unlit.batch(step)
        assert batch.labelled.plain is not None
        torch.testing.assert_close(batch.labelled.plain, same.labelled.rgb, rtol=0, atol=1e-6)
        assert torch.equal(batch.labelled.colours, batch.labelled.plain)
        assert (batch.labelled.plain - batch.labelled.rgb).abs().mean() > 0.02
        # All else is drawn as it is without a term that compares colours.
        for part in ("labelled", "unlabelled", "real"):
            assert _equal(getattr(batch, part), getattr(without.batch(step), part))
        assert batch.unlabelled is not None
        assert batch.real is not None
        assert batch.unlabelled.plain is batch.real.plain is None


@pytest.mark.parametrize(
    ("choices", "there"),
    [
        ({}, False),
        ({"weight_entropy": 0.1}, False),
        ({"weight_crf": 0.1}, True),
        ({"weight_crf": 0.1, "plain_colours": False}, False),
        ({"weight_tree": 0.1}, True),
        ({"weight_tree": 0.1, "colour": 0.0}, False),
        ({"weight_crf": 0.1, "strategy": "weak2strong"}, True),
    ],
)
def test_own_colours_are_kept_only_if_a_term_compares_them(
    tmp_path: Path, choices: dict[str, object], *, there: bool
) -> None:
    views = (
        _batches(tmp_path, QUICK.but(**{"weight_crf": 0.0, "plain_colours": True} | choices))
        .batch(0)
        .labelled
    )
    assert (views.plain is not None) == there
    assert views.colours.shape == views.rgb.shape
    moved = views.to(torch.device("meta"))
    assert (moved.plain is not None) == there
    assert moved.colours.device.type == "meta"


def test_the_cache_stays_within_its_bytes_and_keeps_what_is_used(tmp_path: Path) -> None:
    make_snapshot(tmp_path, make_run(tmp_path))
    paths = sorted((tmp_path / "images").glob("*.png"))
    one = SHAPE[0] * SHAPE[1] * 3
    cache = PixelCache(long_side_px=0, budget_bytes=2 * one)
    first = cache.get(paths[0])
    cache.get(paths[1])
    assert cache.get(paths[0]) is first
    cache.get(paths[2])
    assert cache.bytes == 2 * one
    assert cache.get(paths[0]) is first
    assert np.array_equal(first, scene(0)[0])


def test_an_image_is_kept_no_larger_than_needed() -> None:
    pixels = np.zeros((30, 90, 3), np.uint8)
    assert shrunk(pixels, long_side_px=45).shape == (15, 45, 3)
    assert shrunk(pixels, long_side_px=0) is pixels
    assert shrunk(pixels, long_side_px=91) is pixels


def test_views_have_the_shape_of_the_median_frame_in_multiples_of_sixteen(tmp_path: Path) -> None:
    snapshot = Snapshot.read(make_run(tmp_path).snapshot())
    assert view_size(snapshot, QUICK.but(long_side_px=0)) == (48, 64)
    assert view_size(snapshot, QUICK.but(long_side_px=320)) == (48, 64)
    assert view_size(snapshot, QUICK.but(long_side_px=44)) == (32, 48)
    assert view_size(snapshot, QUICK.but(crop_px=100)) == (96, 96)


def test_new_labels_are_used_at_once(tmp_path: Path) -> None:
    run = make_run(tmp_path, labelled=(0,))
    batches = _batches(tmp_path / "other", labelled=(0,))
    name = make_snapshot(tmp_path, run, labelled=(1, 2))
    before = batches.counts()
    batches.use(Snapshot.read(run.snapshots / name))
    assert batches.labelled_frames == 2
    assert not torch.equal(before, batches.counts())


def test_a_batch_moves_whole_to_a_device(tmp_path: Path) -> None:
    batch = _batches(tmp_path, QUICK.but(strategy="s4gan")).batch(0)
    moved = batch.to(torch.device("meta"))
    assert isinstance(moved, Batch)
    for views in (moved.labelled, moved.unlabelled, moved.real):
        assert views is not None
        assert views.images.device.type == views.labels.device.type == "meta"


def test_mixed_views_get_boxes_of_the_view_before_with_their_labels(tmp_path: Path) -> None:
    recipe = PLAIN.but(batch_labelled=3)
    plain = _batches(tmp_path / "a", recipe).batch(2).labelled
    mixed = _batches(tmp_path / "b", recipe.but(mix=1.0)).batch(2).labelled
    for i in range(3):
        own = (mixed.images[i] == plain.images[i]).all(0)
        lent = (mixed.images[i] == plain.images[i - 1]).all(0)
        assert (own | lent).all()
        rows, columns = torch.nonzero(~own, as_tuple=True)
        box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
        assert lent[box].all()
        assert 0.08 < lent[box].numel() / lent.numel() < 0.52
        assert torch.equal(mixed.labels[i][box], plain.labels[i - 1][box])
        assert torch.equal(mixed.labels[i][~lent], plain.labels[i][~lent])


def _with_kinds(folder: Path, recipe) -> Batches:
    """The whole mask of frame 0, whose car (class 40, index 2) was accepted from a prediction."""
    _, reference = scene(0)
    accepted, painted = SourceKind.ACCEPTED.number, SourceKind.PAINTED.number
    kinds = np.where(reference == 40, accepted, painted).astype(np.uint8)
    run = make_run(folder, recipe, dense=True)
    frame = Frame("images", "000.png", *SHAPE)
    rows = [SnapshotFrame(frame, reference, kinds=kinds)]
    name = snapshots.write(run.snapshots, CLASSES, {"images": folder / "images"}, rows)
    snapshot = Snapshot.read(run.snapshots / name)
    cache = PixelCache(long_side_px=cache_side(recipe))
    return Batches(snapshot, recipe, view=view_size(snapshot, recipe), cache=cache)


def test_pixels_carry_the_weight_of_their_source_wherever_they_go(tmp_path: Path) -> None:
    recipe = QUICK.but(source_weights={"accepted": 0.25}, mix=1.0, batch_labelled=4)
    batches = _with_kinds(tmp_path, recipe)
    for step in range(4):
        views = batches.batch(step).labelled
        assert views.shares is not None
        on = views.labels != 255
        expected = torch.where(views.labels == 2, 0.25, 1.0)
        assert torch.equal(views.shares[on], expected[on])
        assert (views.labels == 2).any()


def test_without_source_weights_views_carry_none(tmp_path: Path) -> None:
    assert _with_kinds(tmp_path, PLAIN).batch(0).labelled.shares is None


def test_a_crop_may_be_wider_than_high(tmp_path: Path) -> None:
    snapshot = Snapshot.read(make_run(tmp_path).snapshot())
    assert view_size(snapshot, QUICK.but(crop_px=256, crop_ratio=2.0)) == (256, 512)


def test_the_same_labels_from_another_source_are_another_snapshot(tmp_path: Path) -> None:
    _, reference = scene(0)
    run = make_run(tmp_path)
    names = []
    for kind in (None, SourceKind.ACCEPTED, SourceKind.GROWN, None):
        kinds = None if kind is None else np.full(SHAPE, kind.number, np.uint8)
        rows = [SnapshotFrame(Frame("images", "000.png", *SHAPE), reference, kinds=kinds)]
        roots = {"images": tmp_path / "images"}
        names.append(snapshots.write(run.snapshots, CLASSES, roots, rows))
    assert names[0] == names[3]
    assert len(set(names)) == 3
