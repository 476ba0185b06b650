"""ImageNet weights of encoders: what is at hand, fetching it, checking it, beginning with it.

Files lie where torch keeps them (`$TORCH_HOME/hub/checkpoints`, else torch's cache folder) under
the names that torchvision's weight enums give them, so a folder filled on another machine serves
one without a network. A name ends in the first digits of the file's SHA-256.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import pickle
import re
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from s4gui.core.errors import DeviceError, WeightsError
from s4gui.core.messages import Message
from s4gui.core.recipe import Recipe, encoder_of
from s4gui.learn import torchvision
from s4gui.learn.nets.resnet import PLANS

LICENCE = "BSD-3-Clause (torchvision), trained on ImageNet-1k"
TIMEOUT_SECONDS = 30.0
CHUNK_BYTES = 1 << 18
_HASHED = re.compile(r"-([0-9a-f]{8,64})\.pth$")

Tensors = dict[str, Tensor]
Progress = Callable[[int, int], bool]
"""Called with bytes done and bytes in all (0: unknown); False stops."""


def never_stops(_done: int, _all: int) -> bool:
    """A progress nobody watches."""
    return True


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A file of weights that torchvision knows. Its name holds digits of its SHA-256."""

    encoder: str
    title: str  # ResNet101_Weights.IMAGENET1K_V1
    url: str
    parameters: int
    size_mb: float

    def __post_init__(self) -> None:
        if not _HASHED.search(self.url):
            raise ValueError(f"{self.url} does not end in a hash")

    @property
    def name(self) -> str:
        """The name of the file in the folder."""
        return self.url.rpartition("/")[2]

    @property
    def digits(self) -> str:
        """First digits of the file's SHA-256."""
        found = _HASHED.search(self.url)
        return found[1] if found else ""


def folder() -> Path:
    """Where torch looks for weights that were downloaded; it need not exist."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def weight_files(encoder: str) -> tuple[WeightFile, ...]:
    """All files that torchvision names for an encoder, the paper's kind (V1) first.

    WeightsError for another encoder; DeviceError if torchvision cannot be used here.
    """
    if encoder not in PLANS:
        raise WeightsError(
            "weights.none_known",
            "There are no ImageNet weights for {encoder}",
            hint="Choose one of: {known}",
            encoder=encoder,
            known=", ".join(PLANS),
        )
    enum = torchvision.load().models.get_model_weights(encoder)
    return tuple(
        WeightFile(
            encoder=encoder,
            title=f"{enum.__name__}.{each.name}",
            url=each.url,
            parameters=int(each.meta["num_params"]),
            size_mb=float(each.meta.get("_file_size", 0)),
        )
        for each in enum
    )


def find(encoder: str, place: Path | None = None) -> tuple[WeightFile, Path] | None:
    """The first known file of an encoder that lies in the folder (torch's by default)."""
    place = place or folder()
    if not any(place.glob(f"{encoder}-*.pth")):
        return None  # and torchvision, 1.6 s, need not be imported
    for each in weight_files(encoder):
        if (place / each.name).is_file():
            return each, place / each.name
    return None


def at_hand(place: Path | None = None) -> tuple[str, ...]:
    """Names of the encoders whose ImageNet weights lie in the folder; none without torchvision."""
    try:
        return tuple(encoder for encoder in PLANS if find(encoder, place))
    except DeviceError:
        return ()


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a run begins with: its recipe with `pretrained` decided, and the file if any.

    `notice` says it to the user; None where the network has no encoder that could be loaded.
    """

    recipe: Recipe
    file: WeightFile | None = None
    path: Path | None = None
    notice: Message | None = None

    def tensors(self) -> Tensors | None:
        """The encoder's weights; None from scratch. WeightsError as `read`."""
        return read(self.file, self.path) if self.file and self.path else None

    def facts(self) -> dict[str, str]:
        """What `resolved` keeps of it."""
        title = self.file.title if self.file else ""
        name = self.file.name if self.file else ""
        return {"pretrained": self.recipe.pretrained, "weights": title, "weights_file": name}


def beginning(
    recipe: Recipe, *, place: Path | None = None, progress: Progress = never_stops
) -> Beginning | None:
    """Decide what `pretrained` means here: "auto" takes what is at hand, "imagenet" fetches it.

    None if `progress` stopped the fetching. WeightsError where "imagenet" cannot be had.
    """
    encoder = encoder_of(recipe.network)
    if not encoder:
        return Beginning(recipe.but(pretrained="none"))
    place = place or folder()
    found = find(encoder, place) if recipe.pretrained != "none" else None
    if found is None and recipe.pretrained == "imagenet":
        file = weight_files(encoder)[0]
        path = fetch(file, place, progress)
        if path is None:
            return None
        found = file, path
    if found is None:
        return Beginning(recipe.but(pretrained="none"), notice=_from_scratch(recipe, encoder))
    file, path = found
    said = Message(
        "weights.imagenet",
        "{encoder} begins with ImageNet weights ({title})",
        {"encoder": encoder, "title": file.title},
    )
    return Beginning(recipe.but(pretrained="imagenet"), file, path, said)


def fetch(file: WeightFile, place: Path, progress: Progress = never_stops) -> Path | None:
    """Download a file into the folder; None if `progress` stopped it.

    It appears under its name when its hash is right, or not at all. WeightsError without a
    network, for a wrong hash, or where the folder cannot be written.
    """
    target = place / file.name
    making: Path | None = None
    try:
        place.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place, prefix=f".{file.name}.", suffix=".part")
        making = Path(name)
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as out:
            done = 0
            for chunk, size in _received(file, place):
                digest.update(chunk)
                out.write(chunk)
                done += len(chunk)
                if not progress(done, size):
                    return None
            out.flush()
            os.fsync(out.fileno())
        if not digest.hexdigest().startswith(file.digits):
            raise _wrong_hash(target, digest.hexdigest())
        making.replace(target)
    except OSError as error:
        raise WeightsError(
            "weights.not_written",
            "{name} cannot be kept in {folder}: {reason}",
            hint="Make room there, or set TORCH_HOME to another folder",
            name=file.name,
            folder=place,
            reason=error.strerror or str(error),
        ) from error
    finally:
        if making is not None:
            with suppress(OSError):
                making.unlink(missing_ok=True)
    return target


def read(file: WeightFile, path: Path) -> Tensors:
    """The tensors of a file, float32 on the CPU, after its hash was compared.

    Nothing but tensors is ever unpickled. WeightsError if it is damaged or another file.
    """
    try:
        with path.open("rb") as source:
            found = hashlib.file_digest(source, "sha256").hexdigest()
        if not found.startswith(file.digits):
            raise _wrong_hash(path, found)
        tensors = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(tensors, dict) or not all(
            isinstance(each, Tensor) for each in tensors.values()
        ):
            raise TypeError("it holds something else than tensors")  # noqa: TRY301 - one way out
    except (OSError, RuntimeError, ValueError, TypeError, EOFError, pickle.PickleError) as error:
        raise WeightsError(
            "weights.damaged",
            "{name} cannot be read as weights: {reason}",
            hint="Delete {path} and fetch it again",
            name=file.name,
            path=path,
            reason=(str(error) or type(error).__name__).splitlines()[0],
        ) from error
    return dict(tensors)


def started(fresh: Tensors, given: Tensors, *, prefix: str = "encoder.") -> Tensors:
    """Weights of a whole network to begin with: the encoder's as given, the rest fresh.

    The classifier of the given weights (`fc.`) is left out; input planes beyond RGB begin at 0,
    so the network begins as ImageNet's. WeightsError if a tensor is missing or of other shape.
    """
    start = dict(fresh)
    for name, mine in fresh.items():
        key = name.removeprefix(prefix)
        if not name.startswith(prefix) or key.endswith("num_batches_tracked"):
            continue  # files of before 2018 do not count batches
        theirs = given.get(key)
        if theirs is not None and key == "conv1.weight" and theirs.shape[1] < mine.shape[1]:
            wider = torch.zeros_like(mine)
            wider[:, : theirs.shape[1]] = theirs
            theirs = wider
        if theirs is None or theirs.shape != mine.shape:
            raise WeightsError(
                "weights.misfit",
                "The weights belong to another encoder: {tensor} does not fit",
                hint="Fetch the file of this encoder",
                tensor=key,
            )
        start[name] = theirs.to(mine)
    return start


def _from_scratch(recipe: Recipe, encoder: str) -> Message:
    if recipe.pretrained == "none":
        return Message(
            "weights.unwanted",
            "{encoder} begins from scratch, as the recipe says",
            {"encoder": encoder},
        )
    return Message(
        "weights.from_scratch",
        "{encoder} begins from scratch: no weights at hand",
        {"encoder": encoder},
    )


def _received(file: WeightFile, place: Path) -> Iterator[tuple[bytes, int]]:
    """Chunks of the file with its whole size; WeightsError in words for what a network does."""
    try:
        with urllib.request.urlopen(file.url, timeout=TIMEOUT_SECONDS) as answer:
            size = int(answer.headers.get("Content-Length") or 0)
            done = 0
            while chunk := answer.read(CHUNK_BYTES):
                done += len(chunk)
                yield chunk, size
            if size and done < size:
                raise ConnectionError(f"the connection ended after {done} of {size} bytes")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WeightsError(
            "weights.no_network",
            "{name} cannot be fetched: {reason}",
            hint="Try again with a network, or put the file from {url} into {folder}",
            name=file.name,
            reason=getattr(error, "reason", None) or str(error) or type(error).__name__,
            url=file.url,
            folder=place,
        ) from error


def _wrong_hash(path: Path, found: str) -> WeightsError:
    return WeightsError(
        "weights.wrong_hash",
        "{name} is not the file that its name says: its SHA-256 begins with {found}",
        hint="Delete it if it lies in {folder}, and fetch it again",
        name=path.name,
        found=found[:8],
        folder=path.parent,
    )
