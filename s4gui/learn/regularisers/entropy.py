"""Entropy: where nobody painted, answers should at least be sure."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from s4gui.learn.collectives import ratio


def entropy(logits: Tensor, counted: Tensor) -> Tensor:
    """Mean of -sum_c p_c log p_c over counted pixels, in nats; 0 where nothing is counted.

    logits (N, C, h, w), counted (N, h, w) bool. Grandvalet, Bengio, "Semi-supervised learning
    by entropy minimization" (2004); methods 5.3.
    """
    logs = logits.log_softmax(1)
    each = -(logs.exp() * logs).sum(1)  # (N, h, w)
    open_gate = counted.to(each)
    return ratio((each * open_gate).sum(), open_gate.sum())


def on_logits(logits: Tensor, unlabelled: Tensor, inside: Tensor) -> Tensor:
    """The same of logits (N, C, h, w) at most as large as the views (N, H, W) they answer.

    unlabelled and inside (N, H, W) bool; a cell of the logits counts if all of it is both.
    """
    counted = (unlabelled & inside).float().unsqueeze(1)
    size = (logits.shape[-2], logits.shape[-1])
    return entropy(logits, F.adaptive_avg_pool2d(counted, size).squeeze(1) > 0.999)
