"""ImageNet tags: what a ready classifier sees in an image, in the report's nine steps (chapter 5).

The report calls this its mean teacher. It is one frozen network, of whose 1,000 classes each
excludes the others: percentages of an image sum to 100, and nothing was learned here (methods
2.4 row 12). What a teacher of our own finds in an image is said by learn.fusion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.learn.pixels import Rgb

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
        """The surest classes of an image (H, W, 3) uint8, surest first; numbers as in the report."""
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
