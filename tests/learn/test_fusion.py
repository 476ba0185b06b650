"""Pixels may only be of classes that the image as a whole shows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.learn.fusion import Tagger, fused, gate
from s4gui.learn.pixels import resized

CPU = torch.device("cpu")
LOGITS = torch.tensor([-1.0, -2.0, -3.0])


def test_a_shut_class_never_wins_as_it_does_when_logits_are_multiplied() -> None:
    is_open = torch.tensor([True, True, False])
    assert int(fused(LOGITS.softmax(0), is_open).argmax()) == 0
    assert int((LOGITS * is_open).argmax()) == 2  # the authors' code (methods 1.8, Q5)


def test_where_no_class_is_found_the_plain_answer_stays() -> None:
    is_open = gate(torch.tensor([0.1, 0.15, 0.0]), 0.2)
    assert is_open.tolist() == [True, True, True]
    plain = LOGITS.softmax(0)
    torch.testing.assert_close(fused(plain, is_open), plain)


def test_a_class_is_open_from_the_threshold_on() -> None:
    scores = torch.tensor([0.19, 0.2, 0.21], dtype=torch.float64)
    assert gate(scores, 0.2).tolist() == [False, True, True]
    assert gate(scores, 0.0).tolist() == [True, True, True]


def test_fusing_equals_a_softmax_of_logits_that_are_minus_infinity() -> None:
    rng = torch.Generator().manual_seed(0)
    for _ in range(20):
        logits = torch.randn(6, 5, 7, generator=rng, dtype=torch.float64) * 4
        is_open = gate(torch.rand(6, generator=rng), 0.5)
        expected = logits.masked_fill(~is_open[:, None, None], -torch.inf).softmax(0)
        torch.testing.assert_close(fused(logits.softmax(0), is_open), expected)


def test_pixels_sure_of_shut_classes_only_are_shared_by_the_open_ones() -> None:
    maps = torch.tensor([1.0, 0.0, 0.0])[:, None].expand(3, 4)
    found = fused(maps, torch.tensor([False, True, True]))
    torch.testing.assert_close(found, torch.tensor([0.0, 0.5, 0.5])[:, None].expand(3, 4))


class _Says(nn.Module):
    """Logits: the mean of each plane, and what shape it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[tuple[int, ...]] = []
        self.known = torch.tensor([True, True, True, False, True])

    def forward(self, images: Tensor) -> Tensor:
        assert not self.training
        self.shapes.append(tuple(images.shape))
        return images.mean((2, 3)) * 5


@pytest.mark.parametrize("position", [False, True])
def test_a_tagger_shows_the_whole_image_as_a_square_in_minus_one_to_one(*, position: bool) -> None:
    pixels = np.zeros((30, 90, 3), np.uint8)
    pixels[:, 60:, 0] = 255
    says = _Says().train()
    if not position:
        says.known = says.known[:3]
    tagger = Tagger(says, side_px=32, position=position, threshold=0.2, device=CPU)
    scores = tagger.scores(pixels)
    assert says.shapes == [(1, 5 if position else 3, 32, 32)]
    square = resized(pixels, height=32, width=32).astype(np.float64) / 127.5 - 1
    expected = torch.sigmoid(torch.tensor(square.mean((0, 1)) * 5))
    torch.testing.assert_close(scores[:3].double(), expected, rtol=0, atol=1e-5)


def test_a_class_no_tag_ever_spoke_of_stays_open() -> None:
    tagger = Tagger(_Says(), side_px=32, position=True, threshold=0.6, device=CPU)
    pixels = np.full((20, 20, 3), 250, np.uint8)
    pixels[..., 1:] = 0
    # Red is seen, green and blue are not; of the vertical place nothing was ever said.
    assert tagger.gate(pixels).tolist() == [True, False, False, True, False]


def test_interpolating_fused_maps_never_brings_a_shut_class_back() -> None:
    maps = torch.rand(4, 6, 9, generator=torch.Generator().manual_seed(1)).softmax(0)
    found = fused(maps, torch.tensor([False, True, False, True]))
    large = F.interpolate(found[None], size=(31, 50), mode="bilinear")[0]
    assert set(large.argmax(0).unique().tolist()) <= {1, 3}
