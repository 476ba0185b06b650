"""Networks have the sizes the report's layers give, take any picture, and use every part."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.nets.light import LightNet
from s4gui.learn.nets.unet import UNet


def _parameters(network: nn.Module) -> int:
    return sum(each.numel() for each in network.parameters())


@pytest.mark.parametrize(
    ("width", "classes", "expected"),
    [
        (64, 11, 31_044_171),
        (64, 4, 31_043_716),
        (64, 19, 31_044_691),
        (32, 11, 7_766_315),
        (16, 11, 1_944_219),
    ],
)
def test_the_unet_has_the_parameters_of_the_report(width: int, classes: int, expected: int) -> None:
    with torch.device("meta"):
        assert _parameters(UNet(classes=classes, width=width)) == expected


@pytest.mark.parametrize(
    ("classes", "expected"), [(4, 2_761_153), (11, 2_768_321), (19, 2_776_513), (21, 2_778_561)]
)
def test_the_discriminator_has_the_parameters_of_the_paper(classes: int, expected: int) -> None:
    with torch.device("meta"):
        assert _parameters(Discriminator(classes=classes)) == expected


def test_the_light_network_is_the_one_that_was_measured() -> None:
    assert _parameters(LightNet(classes=11, in_channels=5)) == 710_235
    assert _parameters(LightNet(classes=11, in_channels=5, width=24)) == 1_592_035


@pytest.mark.parametrize(("height", "width"), [(32, 48), (33, 47), (60, 80), (37, 128)])
@pytest.mark.parametrize("network", [LightNet, UNet])
def test_logits_have_the_size_of_the_picture(
    network: type[LightNet | UNet], height: int, width: int
) -> None:
    net = network(classes=3, in_channels=5, width=4)
    logits = net(torch.rand(2, 5, height, width))
    assert logits.shape == (2, 3, height, width)
    assert torch.isfinite(logits).all()


def test_the_unet_takes_the_reports_pictures_and_camvids() -> None:
    with torch.device("meta"):
        network = UNet(classes=11).eval()
        for height, width in ((368, 480), (360, 480), (322, 792)):
            assert network(torch.empty(1, 3, height, width)).shape == (1, 11, height, width)


def test_a_picture_smaller_than_the_mirror_still_has_an_answer() -> None:
    assert UNet(classes=2, width=4).eval()(torch.rand(1, 3, 5, 3)).shape == (1, 2, 5, 3)


def test_a_side_that_fits_gives_the_same_answer_beside_one_that_does_not() -> None:
    torch.manual_seed(0)
    net = UNet(classes=2, width=4).eval()
    wide = torch.rand(1, 3, 16, 48)
    mirrored = torch.cat([wide[..., :40], wide[..., 32:40].flip(-1)], -1)
    mirrored[..., 40:48] = wide[..., 31:39].flip(-1)
    torch.testing.assert_close(net(wide[..., :40]), net(mirrored)[..., :40])


@pytest.mark.parametrize("network", [LightNet, UNet])
def test_every_weight_takes_part(network: type[LightNet | UNet]) -> None:
    torch.manual_seed(0)
    net = network(classes=3, width=4)
    net(torch.rand(2, 3, 64, 64)).square().sum().backward()
    idle = [name for name, each in net.named_parameters() if each.grad is None]
    assert idle == []


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (322, 792, [(161, 396), (80, 198), (40, 99), (20, 49)]),
        (323, 793, [(161, 396), (80, 198), (40, 99), (20, 49)]),
        (321, 321, [(160, 160), (80, 80), (40, 40), (20, 20)]),
        (256, 512, [(128, 256), (64, 128), (32, 64), (16, 32)]),
        (360, 480, [(180, 240), (90, 120), (45, 60), (22, 30)]),
    ],
)
def test_the_discriminator_shrinks_a_picture_as_in_the_report(
    height: int, width: int, expected: list[tuple[int, int]]
) -> None:
    sizes: list[tuple[int, int]] = []
    critic = Discriminator(classes=4, width=4).eval()
    for layer in critic.layers:
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda _m, _i, out: sizes.append(tuple(out.shape[-2:])))
    score, features = critic(
        torch.rand(2, 4, height, width), torch.rand(2, 3, height, width), torch.ones(1)
    )
    assert sizes == expected
    assert score.shape == (2,)
    assert features.shape == (2, 32)


def test_the_discriminator_has_the_shapes_of_the_reports_figure() -> None:
    shapes: list[tuple[int, ...]] = []
    with torch.device("meta"):
        critic = Discriminator(classes=4).eval()
        for layer in critic.modules():
            if isinstance(layer, nn.Conv2d | nn.AdaptiveAvgPool2d | nn.Linear):
                layer.register_forward_hook(lambda _m, _i, o: shapes.append(tuple(o.shape[1:])))
        critic(torch.empty(1, 4, 322, 792), torch.empty(1, 3, 322, 792), torch.empty(1))
    assert shapes == [
        (64, 161, 396), (128, 80, 198), (256, 40, 99), (512, 20, 49), (512, 1, 1), (1,)
    ]  # fmt: skip


def test_the_pooled_features_are_the_mean_over_the_map() -> None:
    torch.manual_seed(0)
    critic = Discriminator(classes=2, width=4).eval()
    maps, rgb = torch.rand(2, 2, 40, 56), torch.rand(2, 3, 40, 56)
    whole = critic.layers(torch.cat([maps, rgb], 1))
    score, features = critic(maps, rgb, torch.ones(1))
    assert torch.equal(features, whole.mean((2, 3)))
    expected = features @ critic.judge.weight[0] + critic.judge.bias
    torch.testing.assert_close(score, expected)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (15, 40), (16, 16), (33, 7)])
def test_the_discriminator_takes_any_size(height: int, width: int) -> None:
    critic = Discriminator(classes=2, covered=True, width=4).eval()
    maps, rgb = torch.rand(2, 2, height, width), torch.rand(2, 3, height, width)
    score, features = critic(maps, rgb, torch.ones(2, 1, height, width))
    assert (score.shape, features.shape) == ((2,), (2, 32))


def test_dropout_follows_the_first_three_layers_only() -> None:
    layers = Discriminator(classes=4).layers
    kinds = [type(each).__name__ for each in layers]
    assert kinds == ["Conv2d", "LeakyReLU", "Dropout2d"] * 3 + ["Conv2d", "LeakyReLU"]
    torch.manual_seed(0)
    below = torch.full((1, 1000, 1, 1), -1.0)
    for cut in layers[1::3]:
        assert cut(below).unique().item() == pytest.approx(-0.2)
    for drop in layers[2::3]:
        dropped = drop(below)  # whole channels, the others doubled
        assert set(dropped.unique().tolist()) == {-2.0, 0.0}
        assert 0.45 < (dropped == 0).float().mean() < 0.55


def test_a_covered_discriminator_cannot_see_what_lies_off_the_strokes() -> None:
    torch.manual_seed(0)
    critic = Discriminator(classes=3, covered=True, width=4).eval()
    maps, rgb = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)
    cover = torch.zeros(1, 1, 32, 32)
    cover[..., :16] = 1
    other = torch.where(cover > 0, maps, torch.rand_like(maps))
    assert torch.equal(critic(maps, rgb, cover)[0], critic(other, rgb, cover)[0])
    assert not torch.equal(
        critic(maps, rgb, cover)[0], critic(maps, rgb, torch.ones_like(cover))[0]
    )
