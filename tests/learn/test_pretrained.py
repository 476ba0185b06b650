"""ImageNet weights: found, fetched from a server of the test's own, checked, and begun with."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from s4gui.core.errors import DeviceError, WeightsError
from s4gui.core.recipe import Recipe
from s4gui.learn import pretrained, torchvision
from s4gui.learn.build import make_generator
from s4gui.learn.nets.resnet import PLANS, ResNet
from s4gui.learn.pretrained import WeightFile

DEEPLAB = Recipe(network="deeplabv2-resnet18")


class Served:
    """Bytes by name, answered by a server on this machine only."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.claimed: dict[str, int] = {}  # a length that is not the true one
        self.asked: list[str] = []
        served = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.lstrip("/")
                served.asked.append(name)
                if name not in served.files:
                    self.send_error(404)
                    return
                data = served.files[name]
                self.send_response(200)
                self.send_header("Content-Length", str(served.claimed.get(name, len(data))))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))

    def put(self, data: bytes, *, digits: str = "", encoder: str = "resnet18") -> WeightFile:
        """Serve bytes under a name like torchvision's, its hash the right one unless given."""
        digits = digits or hashlib.sha256(data).hexdigest()[:8]
        name = f"{encoder}-{digits}.pth"
        self.files[name] = data
        port = self.server.server_address[1]
        return WeightFile(encoder, "Test.V1", f"http://127.0.0.1:{port}/{name}", 1, 0.1)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    found = Served()
    found.thread.start()
    yield found
    found.server.shutdown()
    found.thread.join()
    found.server.server_close()


def kept(file: WeightFile, place: Path, content: object) -> tuple[WeightFile, Path]:
    """A file in the folder that holds this, under a name with its right hash."""
    path = place / "made.pth"
    torch.save(content, path)
    digits = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    target = path.rename(place / f"{file.encoder}-{digits}.pth")
    return WeightFile(file.encoder, file.title, f"http://127.0.0.1:1/{target.name}", 1, 0.1), target


def a_file(encoder: str = "resnet18") -> WeightFile:
    return WeightFile(encoder, "Test.V1", f"http://127.0.0.1:1/{encoder}-00000000.pth", 1, 0.1)


def random_weights(name: str = "resnet18", *, old: bool = False) -> dict[str, torch.Tensor]:
    """The tensors of torchvision's network drawn at random, with its classifier."""
    torch.manual_seed(7)
    state = dict(getattr(torchvision.load().models, name)(weights=None).state_dict())
    return {k: v for k, v in state.items() if not (old and k.endswith("batches_tracked"))}


def litter(place: Path) -> list[str]:
    return sorted(each.name for each in place.iterdir()) if place.exists() else []


@pytest.mark.parametrize("encoder", PLANS)
def test_files_are_those_of_torchvisions_enums_the_papers_kind_first(encoder: str) -> None:
    models = torchvision.load().models
    files = pretrained.weight_files(encoder)
    enum = models.get_model_weights(encoder)
    assert [each.url for each in files] == [each.url for each in enum]
    assert files[0].title.endswith(".IMAGENET1K_V1")
    for each in files:
        assert models.get_weight(each.title).url == each.url
        found = torch.hub.HASH_REGEX.search(each.name)
        assert found is not None
        assert found[1] == each.digits
        assert each.parameters > 11_000_000


def test_another_encoder_has_no_weights_and_the_known_ones_are_named() -> None:
    with pytest.raises(WeightsError) as caught:
        pretrained.weight_files("vgg16")
    assert "resnet101" in caught.value.hint


def test_the_folder_is_torch_homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert pretrained.folder() == tmp_path / "hub" / "checkpoints"
    assert pretrained.at_hand() == ()
    pretrained.folder().mkdir(parents=True)
    name = pretrained.weight_files("resnet50")[1].name
    (pretrained.folder() / name).write_bytes(b"")
    (pretrained.folder() / "resnet18-deadbeef.pth").write_bytes(b"")
    assert pretrained.at_hand() == ("resnet50",)
    found = pretrained.find("resnet50")
    assert found is not None
    assert found[0].title == "ResNet50_Weights.IMAGENET1K_V2"


def test_without_torchvision_nothing_is_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = pretrained.weight_files("resnet18")[0].name
    (tmp_path / name).write_bytes(b"")
    assert pretrained.at_hand(tmp_path) == ("resnet18",)

    def unusable() -> None:
        raise DeviceError("torchvision.unusable", "torchvision cannot be used")

    monkeypatch.setattr(torchvision, "load", unusable)
    assert pretrained.at_hand(tmp_path) == ()


def test_a_fetched_file_is_the_served_one_and_progress_reaches_the_end(
    served: Served, tmp_path: Path
) -> None:
    data = bytes(range(256)) * 4000
    file = served.put(data)
    seen: list[tuple[int, int]] = []
    path = pretrained.fetch(file, tmp_path / "new", lambda *at: seen.append(at) is None)
    assert path == tmp_path / "new" / file.name
    assert path.read_bytes() == data
    assert litter(path.parent) == [file.name]
    assert seen[-1] == (len(data), len(data))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert len(seen) > 2


def test_a_stopped_fetch_leaves_nothing(served: Served, tmp_path: Path) -> None:
    file = served.put(bytes(1_000_000))
    seen: list[int] = []

    def twice(done: int, _all: int) -> bool:
        seen.append(done)
        return len(seen) < 2

    assert pretrained.fetch(file, tmp_path, twice) is None
    assert len(seen) == 2
    assert litter(tmp_path) == []


def test_a_served_file_of_another_hash_never_gets_its_name(served: Served, tmp_path: Path) -> None:
    file = served.put(b"not the weights", digits="0123abcd")
    with pytest.raises(WeightsError) as caught:
        pretrained.fetch(file, tmp_path)
    assert caught.value.message.id == "weights.wrong_hash"
    assert hashlib.sha256(b"not the weights").hexdigest()[:8] in str(caught.value)
    assert litter(tmp_path) == []


def test_a_broken_connection_a_missing_file_and_no_server_are_said_in_a_sentence(
    served: Served, tmp_path: Path
) -> None:
    short = served.put(bytes(1000))
    served.claimed[short.name] = 5000
    missing = WeightFile("resnet18", "T", short.url.replace(short.name, "x-00000000.pth"), 1, 1.0)
    for file, reason in (
        (short, "ended after 1000 of 5000"),
        (missing, "Not Found"),
        (a_file(), "refused"),
    ):
        with pytest.raises(WeightsError) as caught:
            pretrained.fetch(file, tmp_path)
        assert caught.value.message.id == "weights.no_network"
        assert reason in str(caught.value)
        assert file.url in caught.value.hint
        assert str(tmp_path) in caught.value.hint
        assert litter(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_said(served: Served, tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"a file")
    with pytest.raises(WeightsError) as caught:
        pretrained.fetch(served.put(b"x"), tmp_path / "taken")
    assert caught.value.message.id == "weights.not_written"
    assert "TORCH_HOME" in caught.value.hint


def test_what_was_written_is_read(tmp_path: Path) -> None:
    weights = {"a": torch.rand(3), "b": torch.arange(4)}
    read = pretrained.read(*kept(a_file(), tmp_path, weights))
    assert read.keys() == weights.keys()
    assert all(torch.equal(read[name], each) for name, each in weights.items())


def test_a_changed_file_is_refused_before_it_is_unpickled(tmp_path: Path) -> None:
    file, path = kept(a_file(), tmp_path, {"a": torch.rand(3)})
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError) as caught:
        pretrained.read(file, path)
    assert caught.value.message.id == "weights.wrong_hash"


class Mischief:
    """Unpickled without care, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    file, path = kept(a_file(), tmp_path, {"a": Mischief(mark)})
    with pytest.raises(WeightsError) as caught:
        pretrained.read(file, path)
    assert caught.value.message.id == "weights.damaged"
    assert not mark.exists()


def test_what_holds_no_tensors_is_refused(tmp_path: Path) -> None:
    garbage = hashlib.sha256(b"garbage").hexdigest()[:8]
    path = tmp_path / f"resnet18-{garbage}.pth"
    path.write_bytes(b"garbage")
    file = WeightFile("resnet18", "T", f"http://127.0.0.1:1/{path.name}", 1, 0.1)
    for each, at in ((file, path), kept(a_file(), tmp_path, [1, 2]), (file, tmp_path / "none")):
        with pytest.raises(WeightsError) as caught:
            pretrained.read(each, at)
        assert caught.value.message.id == "weights.damaged"


@pytest.mark.parametrize("old", [True, False], ids=["of before 2018", "of today"])
@torch.inference_mode()
def test_a_network_begins_with_the_files_features_and_a_fresh_head(*, old: bool) -> None:
    weights = random_weights(old=old)
    network = make_generator(DEEPLAB, classes=3).eval()
    fresh = {name: each.clone() for name, each in network.state_dict().items()}
    network.load_state_dict(pretrained.started(fresh, weights))
    for name, each in network.state_dict().items():
        if name.startswith("classify."):
            assert torch.equal(each, fresh[name])
    theirs = torchvision.load().models.resnet18(weights=None).eval()
    theirs.load_state_dict(random_weights())
    images = torch.rand(1, 3, 33, 33)
    first = theirs.layer1(theirs.maxpool(theirs.relu(theirs.bn1(theirs.conv1(images)))))
    torch.testing.assert_close(network.encoder.levels(images)[0], first)


@torch.inference_mode()
def test_planes_beyond_rgb_change_nothing_at_first() -> None:
    encoder = ResNet("resnet18", in_channels=5).eval()
    start = pretrained.started(dict(encoder.state_dict()), random_weights(), prefix="")
    encoder.load_state_dict(start)
    images = torch.rand(1, 5, 32, 32)
    other = images.clone()
    other[:, 3:] = 9
    assert torch.equal(encoder(images), encoder(other))
    other[:, :3] = 0
    assert not torch.equal(encoder(images), encoder(other))


@pytest.mark.parametrize(
    ("given", "encoder"),
    [("resnet34", "resnet50"), ("resnet18", "resnet34"), ("resnet18 without one", "resnet18")],
)
def test_weights_of_another_encoder_are_refused(given: str, encoder: str) -> None:
    weights = random_weights(given.partition(" ")[0])
    if "without" in given:
        del weights["layer3.0.bn1.weight"]
    with pytest.raises(WeightsError) as caught:
        pretrained.started(dict(ResNet(encoder).state_dict()), weights, prefix="")
    assert caught.value.message.id == "weights.misfit"


def test_auto_takes_what_is_at_hand_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = pretrained.beginning(DEEPLAB, place=tmp_path)
    assert empty is not None
    assert (empty.recipe.pretrained, empty.tensors()) == ("none", None)
    assert empty.notice is not None
    assert "from scratch: no weights at hand" in empty.notice.text
    file, path = kept(a_file(), tmp_path, {"a": torch.ones(2)})
    monkeypatch.setattr(pretrained, "weight_files", lambda _: (file,))
    found = pretrained.beginning(DEEPLAB, place=tmp_path)
    assert found is not None
    assert (found.recipe.pretrained, found.path) == ("imagenet", path)
    assert found.notice is not None
    assert "ImageNet weights" in found.notice.text
    assert found.facts()["weights_file"] == file.name
    tensors = found.tensors()
    assert tensors is not None
    assert torch.equal(tensors["a"], torch.ones(2))
    unwanted = pretrained.beginning(DEEPLAB.but(pretrained="none"), place=tmp_path)
    assert unwanted is not None
    assert unwanted.tensors() is None


def test_imagenet_is_fetched_once_and_can_be_stopped(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    _, made = kept(a_file(), source, {"a": torch.ones(2)})
    file = served.put(made.read_bytes())
    monkeypatch.setattr(pretrained, "weight_files", lambda _: (file,))
    wanted = DEEPLAB.but(pretrained="imagenet")
    place = tmp_path / "place"
    assert pretrained.beginning(wanted, place=place, progress=lambda *_: False) is None
    for _ in range(2):
        found = pretrained.beginning(wanted, place=place)
        assert found is not None
        assert found.recipe.pretrained == "imagenet"
    assert served.asked == [file.name] * 2  # once stopped, once whole


def test_a_network_without_an_encoder_says_nothing(tmp_path: Path) -> None:
    found = pretrained.beginning(Recipe(), place=tmp_path)
    assert found is not None
    assert (found.recipe.pretrained, found.notice) == ("none", None)
    assert litter(tmp_path) == []
