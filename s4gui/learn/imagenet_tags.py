"""ImageNet tags: what a ready classifier sees in an image, in the report's nine steps (chapter 5).

The report calls this its mean teacher. It is one frozen network, of whose 1,000 classes each
excludes the others: percentages of an image sum to 100, and nothing was learned here (methods
2.4 row 12). What a teacher of our own finds in an image is said by learn.fusion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.core.errors import WeightsError
from s4gui.learn import pretrained, torchvision
from s4gui.learn.pixels import Rgb
from s4gui.learn.pretrained import Progress

TOP = 5


@dataclass(frozen=True, slots=True)
class ImageNetTag:
    """A class by its name in ImageNet's list, and how surely it is the one, 0 to 100 percent."""

    name: str
    percent: float


@dataclass(frozen=True, slots=True)
class ReadyClassifier:
    """A trained network with its preprocessing and the names of its classes, in their order.

    preprocess: (3, H, W) uint8 -> (3, h, w) float32, resized, cut out and normalised.
    """

    network: nn.Module
    preprocess: Callable[[Tensor], Tensor]
    labels: Sequence[str]

    @torch.inference_mode()
    def tags(self, pixels: Rgb, *, top: int = TOP) -> tuple[ImageNetTag, ...]:
        """The surest classes of an image (H, W, 3) uint8, surest first (steps 1 to 9)."""
        image = torch.tensor(pixels).movedim(-1, 0)  # 1: the image for preprocessing
        batch = self.preprocess(image).unsqueeze(0)  # 2: resized, cut out, normalised: (1, 3, h, w)
        self.network.eval()  # 3
        device = next(self.network.parameters()).device
        scores = self.network(batch.to(device))[0]  # 4: a score for each class, (1000,)
        names = self.labels  # 5: the list of labels
        best = int(scores.argmax())  # 6: the place of the largest score
        percent = F.softmax(scores, dim=0) * 100  # 7
        first = ImageNetTag(names[best], float(percent[best]))  # 8: the object, with its score
        order = torch.argsort(percent, descending=True, stable=True)  # 9: the best five
        others = [int(each) for each in order if int(each) != best][: top - 1]
        return (first, *(ImageNetTag(names[each], float(percent[each])) for each in others))


def ready(
    encoder: str, *, place: Path | None = None, fetching: Progress | None = None
) -> ReadyClassifier:
    """torchvision's classifier of an encoder with the ImageNet weights that lie in the folder.

    The folder is torch's by default (learn.pretrained). With `fetching` missing weights are
    downloaded. WeightsError where there are none, they are damaged or fetching was stopped;
    DeviceError if torchvision cannot be used here.
    """
    place = place or pretrained.folder()
    found = pretrained.find(encoder, place)
    if found is None:
        file = pretrained.weight_files(encoder)[0]
        path = pretrained.fetch(file, place, fetching) if fetching else None
        if path is None:
            raise WeightsError(
                "weights.not_at_hand",
                "There are no ImageNet weights of {encoder} in {folder}",
                hint="Put {name} there, or let it be fetched ({size} MB)",
                encoder=encoder,
                folder=place,
                name=file.name,
                size=round(file.size_mb),
            )
        found = file, path
    models = torchvision.load().models
    network: nn.Module = models.get_model(encoder, weights=None)
    given = pretrained.read(*found)
    network.load_state_dict(pretrained.started(network.state_dict(), given, prefix=""))
    weights = models.get_weight(found[0].title)
    return ReadyClassifier(network, weights.transforms(), tuple(weights.meta["categories"]))
