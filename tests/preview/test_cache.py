import os

import numpy as np
import pytest

from s4gui.core.errors import ImageError
from s4gui.preview.cache import ArrayCache, ImageCache
from s4gui.preview.features import filter_features
from s4gui.store.images import read_pixels
from s4gui.wire.preview import FrameFile
from tests.preview.scenes import save, scene


def key(name: str) -> tuple[str, str, int, int]:
    return "x", name, 0, 0


def test_the_least_recently_used_goes_first_and_the_limit_holds() -> None:
    cache = ArrayCache(100)
    for name in "abc":
        cache.put(key(name), np.zeros(30, np.uint8))
    cache.get(key("a"))
    cache.put(key("d"), np.zeros(40, np.uint8))
    assert [name for name in "abcd" if key(name) in cache] == ["a", "c", "d"]
    assert cache.held_bytes == 100


def test_an_offer_is_refused_rather_than_anything_dropped() -> None:
    cache = ArrayCache(100)
    cache.put(key("a"), np.zeros(60, np.uint8))
    cache.offer(key("b"), np.zeros(41, np.uint8))
    cache.offer(key("c"), np.zeros(40, np.uint8))
    assert [name for name in "abc" if key(name) in cache] == ["a", "c"]


def test_putting_again_replaces_and_counts_once() -> None:
    cache = ArrayCache(100)
    cache.put(key("a"), np.zeros(60, np.uint8))
    cache.put(key("a"), np.ones(50, np.uint8))
    assert cache.held_bytes == 50
    assert cache.get(key("a")) is not None


def test_what_is_larger_than_the_limit_is_held_alone() -> None:
    cache = ArrayCache(10)
    cache.put(key("a"), np.zeros(5, np.uint8))
    cache.put(key("b"), np.zeros(50, np.uint8))
    assert key("a") not in cache
    assert key("b") in cache


def test_features_come_from_the_file_and_then_from_memory(tmp_path) -> None:
    pixels, _ = scene(0)
    image = FrameFile("r/a.png", save(tmp_path, "a.png", pixels))
    cache = ImageCache(50_000_000)
    first = cache.features(image)
    np.testing.assert_array_equal(first, filter_features(pixels))
    np.testing.assert_array_equal(cache.pixels(image), pixels)
    assert cache.features(image) is first
    assert cache.has_features(image)


def test_a_file_that_changed_is_looked_at_again(tmp_path) -> None:
    pixels, _ = scene(0)
    image = FrameFile("r/a.png", save(tmp_path, "a.png", pixels))
    cache = ImageCache(50_000_000)
    cache.features(image)
    save(tmp_path, "a.png", 255 - pixels)
    os.utime(image.path, (1, 1))
    assert not cache.has_features(image)
    np.testing.assert_array_equal(cache.features(image), filter_features(255 - pixels))


def test_a_frame_in_passing_pushes_nothing_out(tmp_path) -> None:
    images = []
    for n in range(3):
        pixels, _ = scene(n)
        images.append(FrameFile(f"r/{n}", save(tmp_path, f"{n}.png", pixels)))
    features_bytes = filter_features(read_pixels(tmp_path / "0.png")).nbytes
    cache = ImageCache(features_bytes + 50_000)
    cache.features(images[0])
    found, shape = cache.features_in_passing(images[1])
    assert shape == (90, 120)
    np.testing.assert_array_equal(found, filter_features(scene(1)[0]))
    assert cache.has_features(images[0])
    assert not cache.has_features(images[1])
    again, shape = cache.features_in_passing(images[0])
    assert shape == (90, 120)
    np.testing.assert_array_equal(again, filter_features(scene(0)[0]))


def test_a_missing_file_is_an_image_error(tmp_path) -> None:
    with pytest.raises(ImageError, match="cannot be opened"):
        ImageCache(1000).features(FrameFile("r/gone.png", str(tmp_path / "gone.png")))
