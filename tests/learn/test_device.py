"""The device is chosen, named and measured; machines that are not here are played by fakes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from s4gui.core.errors import DeviceError
from s4gui.learn import device


@pytest.fixture
def two_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [
        SimpleNamespace(name="Small", total_memory=8 << 30),
        SimpleNamespace(name="Large", total_memory=24 << 30),
    ]
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: cards[index])


@pytest.mark.usefixtures("two_cards")
def test_the_card_with_most_memory_is_chosen_and_named() -> None:
    chosen = device.choose("auto")
    assert (chosen.name, chosen.title, chosen.memory_bytes) == ("cuda:1", "Large", 24 << 30)
    assert chosen.torch == torch.device("cuda", 1)
    assert [each.name for each in device.available()] == ["cuda:1", "cuda:0", "cpu"]


@pytest.mark.usefixtures("two_cards")
@pytest.mark.parametrize(
    ("wanted", "name"), [("cuda", "cuda:1"), ("cuda:0", "cuda:0"), ("cpu", "cpu")]
)
def test_another_device_can_be_asked_for(wanted: str, name: str) -> None:
    assert device.choose(wanted).name == name


def test_an_apple_gpu_is_chosen_before_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert [each.name for each in device.available()] == ["mps", "cpu"]


def test_a_device_that_is_not_here_is_said_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(DeviceError, match="no device called cuda:3") as caught:
        device.choose("cuda:3")
    assert "cpu" in caught.value.hint


def test_one_core_is_left_to_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 64)
    for cores in (1, 2, 8):
        monkeypatch.setattr(device, "_cores", lambda cores=cores: cores)
        device.use_threads(0)
    device.use_threads(5)
    assert asked == [1, 1, 7, 5]


def test_the_processor_has_memory() -> None:
    assert device.choose("cpu").memory_bytes > 1 << 28


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 17 GiB)"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), True),
        (MemoryError(), True),
        (RuntimeError("shape mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_a_lack_of_memory_is_known_by_what_torch_says(error: Exception, *, expected: bool) -> None:
    assert device.is_out_of_memory(error) is expected
