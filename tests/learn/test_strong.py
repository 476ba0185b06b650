"""Strong changes and pasted boxes: their statistics, and that all planes share one box."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage

from s4gui.learn import strong
from s4gui.learn.batches import Batches, cache_side, view_size
from s4gui.learn.perturbing import complementary, dropped, halves
from s4gui.learn.pixels import PixelCache
from s4gui.learn.teaching import HardAnswers, SoftAnswers, pasted, shares_of
from s4gui.learn.views import Views
from s4gui.store.snapshots import Snapshot
from tests.learn.scenes import QUICK, make_run

WEAK = QUICK.but(strategy="weak2strong", strong_views=2, batch_unlabelled=3)


def _batches(folder: Path, recipe=WEAK) -> Batches:
    snapshot = Snapshot.read(make_run(folder, recipe).snapshot())
    cache = PixelCache(long_side_px=cache_side(recipe))
    return Batches(snapshot, recipe, view=view_size(snapshot, recipe), cache=cache)


def test_ten_thousand_boxes_have_the_areas_and_sides_of_the_paper() -> None:
    rng = np.random.default_rng(0)
    height, width = 320, 480
    shares, ratios = [], []
    for _ in range(10_000):
        rows, columns = strong.cut_box(rng, height=height, width=width)
        assert 0 <= rows.start < rows.stop <= height
        assert 0 <= columns.start < columns.stop <= width
        tall, wide = rows.stop - rows.start, columns.stop - columns.start
        shares.append(tall * wide / (height * width))
        ratios.append(wide / tall)
    assert 0.019 < min(shares) < 0.03
    assert 0.33 < max(shares) < 0.403  # sides are whole pixels
    assert 0.29 < min(ratios) < 0.32
    assert 3.2 < max(ratios) < 3.4


def test_half_of_the_strong_views_have_no_box(tmp_path: Path) -> None:
    batches = _batches(tmp_path, WEAK.but(batch_unlabelled=16, long_side_px=32))
    boxes = torch.cat([each.box for step in range(20) for each in batches.batch(step).strong])
    assert len(boxes) == 640
    assert 0.42 < boxes.flatten(1).any(1).float().mean() < 0.58


def test_image_answers_and_validity_are_pasted_by_one_box_from_another_view() -> None:
    torch.manual_seed(0)
    views = Views(torch.rand(3, 3, 8, 9), torch.full((3, 8, 9), 255), torch.rand(3, 8, 9) < 0.7)
    box = torch.zeros(3, 8, 9, dtype=torch.bool)
    box[0, 2:5, 1:4], box[2, :, 6:] = True, True
    logits = torch.randn(3, 4, 8, 9)
    hard, soft = HardAnswers.of(logits, views), SoftAnswers.of(logits, views)
    mixed, mixed_soft = hard.with_boxes(hard, box), soft.with_boxes(soft, box)
    images = pasted(views.images, views.images, box.unsqueeze(1))
    for i in range(3):
        partner = (i - 1) % 3
        assert partner != i
        for new, old in (
            (images, views.images),
            (mixed.classes, hard.classes),
            (mixed.confidence, hard.confidence),
            (mixed.valid, hard.valid),
            (mixed_soft.probabilities, soft.probabilities),
        ):
            assert torch.equal(new[i][..., box[i]], old[partner][..., box[i]])
            assert torch.equal(new[i][..., ~box[i]], old[i][..., ~box[i]])


def test_a_view_alone_is_never_pasted_into_itself(tmp_path: Path) -> None:
    batches = _batches(tmp_path, WEAK.but(batch_unlabelled=1, cutmix=1.0))
    assert not any(each.box.any() for step in range(8) for each in batches.batch(step).strong)


def test_strong_versions_show_the_same_place_in_other_colours(tmp_path: Path) -> None:
    batch = _batches(tmp_path).batch(4)
    assert batch.unlabelled is not None
    one, two = batch.strong
    for each in (one, two):
        assert torch.equal(each.images[:, 3:], batch.unlabelled.images[:, 3:])  # position
        assert each.images[:, :3].min() >= -1
        assert each.images[:, :3].max() <= 1
    assert not torch.equal(one.images, two.images)
    assert not torch.equal(one.images, batch.unlabelled.images)


def test_strong_views_are_functions_of_seed_and_step_alone(tmp_path: Path) -> None:
    first, again = _batches(tmp_path / "a"), _batches(tmp_path / "b")
    for _ in range(3):
        first.batch(0)
    for a, b in zip(first.batch(7).strong, again.batch(7).strong, strict=True):
        assert torch.equal(a.images, b.images)
        assert torch.equal(a.box, b.box)
    assert not torch.equal(first.batch(8).strong[0].images, again.batch(7).strong[0].images)


def test_weak_views_keep_the_colours_of_their_frame(tmp_path: Path) -> None:
    bright, plain = WEAK.but(colour=1.0), WEAK.but(colour=0.0)
    one, other = _batches(tmp_path / "a", bright), _batches(tmp_path / "b", plain)
    a, b = one.batch(3), other.batch(3)
    assert a.unlabelled is not None
    assert b.unlabelled is not None
    assert torch.equal(a.unlabelled.images, b.unlabelled.images)
    assert not torch.equal(a.labelled.images, b.labelled.images)


@pytest.mark.parametrize("sigma", [0.1, 0.7, 2.0])
def test_blur_is_scipys_gaussian(sigma: float) -> None:
    colours = np.random.default_rng(0).random((20, 31, 3)).astype(np.float32)
    reach = max(1, int(np.ceil(3 * sigma)))
    expected = ndimage.gaussian_filter(
        colours.astype(np.float64), (sigma, sigma, 0), radius=(reach, reach, 0), mode="reflect"
    )
    assert np.abs(strong.blurred(colours, sigma=sigma) - expected).max() < 1e-5


def test_a_hue_turn_keeps_greys_and_turns_back() -> None:
    turn = strong.hue_turn(0.2)
    assert np.allclose(turn @ np.ones(3), 1)
    assert np.allclose(turn @ strong.hue_turn(-0.2), np.eye(3))
    assert np.allclose(strong.hue_turn(1 / 3) @ [1, 0, 0], [0, 1, 0])  # red becomes green
    assert np.allclose(turn.sum(0), 1)


def test_strong_changes_come_as_often_as_they_should() -> None:
    rng = np.random.default_rng(0)
    colours = rng.random((6, 7, 3)).astype(np.float32)
    found = [strong.changed(rng, colours) for _ in range(2000)]
    grey = np.mean([np.ptp(each, axis=2).max() < 1e-6 for each in found])
    same = np.mean([np.array_equal(each, colours) for each in found])
    assert 0.17 < grey < 0.23
    assert 0.05 < same < 0.11  # 0.2 * 0.8 * 0.5
    assert all(each.min() >= 0 and each.max() <= 1 for each in found)


def test_complementary_factors_add_up_to_two_and_half_of_the_images_are_whole() -> None:
    torch.manual_seed(0)
    for count in (1, 4, 5):
        whole = torch.randperm(count)[: count // 2]
        factors = complementary(count, 64, whole)
        first, second = factors.chunk(2)
        assert torch.equal(first + second, torch.full((count, 64), 2.0))
        assert set(factors.unique().tolist()) <= {0.0, 1.0, 2.0}
        untouched = ((first == 1) & (second == 1)).all(1)
        assert int(untouched.sum()) == count // 2
        assert torch.equal(untouched.nonzero().flatten(), whole.sort().values)
    many = torch.stack([complementary(2, 16, torch.tensor([0])) for _ in range(2000)])
    assert (many.mean(0) - 1).abs().max() < 0.12


def test_both_kinds_of_dropout_take_whole_channels_of_every_level() -> None:
    torch.manual_seed(0)
    features = (torch.ones(4, 32, 6, 5), torch.ones(4, 64, 3, 2))
    for each in (*dropped(features), *halves(features)):
        flat = each.flatten(2)
        assert (flat == flat[..., :1]).all()
        assert {0.0, 2.0} <= set(each.unique().tolist()) <= {0.0, 1.0, 2.0}
    one, two = halves(features)
    for each in (one, two):
        assert torch.equal(each[:2] + each[2:], torch.full_like(each[:2], 2.0))
    whole = [(each[:2] == 1).flatten(1).all(1) for each in (one, two)]
    assert torch.equal(whole[0], whole[1])  # the same image at all levels


def test_given_labels_are_certain_in_both_kinds_of_answers() -> None:
    labels = torch.full((2, 4, 4), 255)
    labels[0, 1], labels[1, 0, 0] = 2, 0
    views = Views(torch.rand(2, 3, 4, 4), labels, torch.ones(2, 4, 4, dtype=torch.bool))
    logits = torch.zeros(2, 3, 4, 4)
    logits[:, 1] = 0.1
    hard, soft = HardAnswers.of(logits, views), SoftAnswers.of(logits, views)
    given = labels != 255
    assert torch.equal(hard.classes[given], labels[given])
    assert (hard.confidence[given] == 1).all()
    assert (hard.classes[~given] == 1).all()
    assert hard.confidence[~given].max() < 0.4
    assert torch.equal(soft.probabilities.argmax(1)[given], labels[given])
    assert (soft.probabilities.amax(1)[given] == 1).all()
    torch.testing.assert_close(soft.probabilities.sum(1), torch.ones(2, 4, 4))


def test_class_shares_count_valid_pixels_only() -> None:
    classes = torch.tensor([[[0, 1], [1, 2]]])
    valid = torch.tensor([[[True, True], [True, False]]])
    assert shares_of(classes, valid, 4) == pytest.approx((1 / 3, 2 / 3, 0, 0))
    assert shares_of(classes, ~valid & valid, 4) == (0, 0, 0, 0)
