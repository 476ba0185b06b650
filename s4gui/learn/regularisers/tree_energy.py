"""Tree energy: unlabelled pixels should be given the classes of pixels they are tied to.

An image's minimum spanning tree ties each pixel to all others along a path that avoids edges
(Liang et al., "Tree energy loss", 2022; methods 3.5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from s4gui.learn.collectives import ratio

STRIDE = 4
SIGMA = 0.002
"""Of squared differences of colours in 0..1: for street scenes; 0.02 on photographs of objects."""

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GridTree:
    """One spanning tree an image over the cells of N grids of one size.

    Cells of all grids are counted through, row by row. `parent` (N*h*w,) int64 leads each to
    the one before it on the way to the root of its image, which is its own parent. `tied`
    (N*h*w,) bool: the way to the parent is open; not for a root, nor across the frame's border.
    """

    shape: tuple[int, int, int]
    parent: Tensor
    tied: Tensor


def grid_tree(guide: Tensor, inside: Tensor) -> GridTree:
    """The minimum spanning trees of guides (N, D, h, w), edges to the four next cells.

    An edge costs the squared distance of its ends; of like ones the earlier is taken, so the
    tree is always the same. `inside` (N, h, w) bool: cells beyond the frame are reached last and
    are tied to nothing. Work on the CPU, whatever the guide is on: the answer is on its device.
    """
    count, _, height, width = guide.shape
    cells = _rows(guide.detach()).double().numpy(force=True)
    open_gate = inside.flatten().numpy(force=True)
    edges = _edges(count, height, width)
    costs = np.square(cells[edges[:, 0]] - cells[edges[:, 1]]).sum(1)
    costs[~open_gate[edges].all(1)] = np.inf
    tree = edges[minimum_spanning_edges(edges, costs, vertices=len(cells))]
    # From the middle the way to the farthest cell is shortest: less to walk for breadth_first.
    middle = (height // 2) * width + width // 2
    roots = np.arange(count) * (height * width) + middle
    parent = breadth_first(tree, roots, vertices=len(cells))
    tied = open_gate & open_gate[parent] & (parent != np.arange(len(cells)))
    return GridTree(
        (count, height, width),
        torch.from_numpy(parent).to(guide.device),
        torch.from_numpy(tied).to(guide.device),
    )


def tie_strengths(guide: Tensor, tree: GridTree, *, sigma: float) -> Tensor:
    """(N*h*w,) in 0..1: exp(-|f_i - f_parent|^2 / sigma) of a guide (N, D, h, w).

    It has a gradient to the guide if that wants one.
    """
    cells = _rows(guide)
    apart = (cells - cells[tree.parent]).square().sum(1)
    return torch.exp(-apart / sigma)


def tree_filter(values: Tensor, tree: GridTree, strengths: Tensor) -> Tensor:
    """Means of values (N, C, h, w) over all cells of an image, each as near as its path is strong.

    sum_j A_ij v_j / sum_j A_ij, where A_ij is the product of the strengths (N*h*w,) on the path
    from i to j, 0 where the tree is not tied. It has a gradient to values and strengths.
    """
    count, height, width = tree.shape
    rows = torch.cat((_rows(values), values.new_ones(count * height * width, 1)), 1)
    spread = _spread(rows, strengths * tree.tied, tree.parent)
    means = spread[:, :-1] / spread[:, -1:]
    return means.reshape(count, height, width, -1).permute(0, 3, 1, 2)


def tree_energy(probabilities: Tensor, soft: Tensor, unlabelled: Tensor) -> Tensor:
    """Mean over unlabelled cells of sum_c |p - soft|; 0 where there is none.

    probabilities and soft (N, C, h, w), unlabelled (N, h, w) bool. The gradient goes through
    both. Not yet weighted: the paper weighs it by 0.4.
    """
    apart = (probabilities - soft).abs().sum(1) * unlabelled
    return ratio(apart.sum(), unlabelled.sum())


def on_logits(
    logits: Tensor,
    rgb: Tensor,
    unlabelled: Tensor,
    inside: Tensor,
    *,
    features: Tensor | None = None,
    sigma: float = SIGMA,
) -> Tensor:
    """The same of logits (N, C, h, w) at most as large as their images (N, 3, H, W) in 0..1.

    `unlabelled` and `inside` (N, H, W) bool. All are reduced to a STRIDE-th of the images'
    size; a cell counts if all of it is inside. `features` (N, D, ., .), if any, make a second
    tree whose filter follows the one of the colours; it has a gradient to them.
    """
    size = (rgb.shape[-2] // STRIDE, rgb.shape[-1] // STRIDE)
    colours = F.interpolate(rgb, size, mode="bilinear", align_corners=False)
    gate = F.avg_pool2d(inside.float().unsqueeze(1), STRIDE).squeeze(1) > 0.999
    wanted = gate & (F.interpolate(unlabelled.float().unsqueeze(1), size).squeeze(1) > 0)
    exact = torch.promote_types(logits.dtype, torch.float32)  # not in half precision
    p = F.adaptive_avg_pool2d(logits.to(exact), size).softmax(1)
    low = grid_tree(colours, gate)
    soft = tree_filter(p, low, tie_strengths(colours.to(exact), low, sigma=sigma))
    if features is not None:
        small = F.adaptive_avg_pool2d(features.to(exact), size)
        high = grid_tree(small, gate)
        soft = tree_filter(soft, high, tie_strengths(small, high, sigma=1.0))
    return tree_energy(p, soft, wanted)


def minimum_spanning_edges(edges: Indices, costs: NDArray[np.float64], *, vertices: int) -> Indices:
    """Which edges (E, 2) make the cheapest forest; (vertices - parts,) indices.

    Boruvka's rounds: each part takes its cheapest edge out, parts that are joined become one.
    Of edges with the same cost the earlier one counts as cheaper.
    """
    order = np.argsort(costs, kind="stable")
    one, other = edges[order].T
    chosen = np.zeros(len(order), bool)
    part = np.arange(vertices)
    left = np.arange(len(order))  # edges by rank, cheapest first
    while True:
        here, there = part[one[left]], part[other[left]]
        apart = here != there
        left, here, there = left[apart], here[apart], there[apart]
        if not len(left):
            return order[chosen]
        # Written from dear to cheap: what stays is each part's cheapest edge.
        cheapest = np.full((2, vertices), len(order))
        cheapest[0, here[::-1]] = left[::-1]
        cheapest[1, there[::-1]] = left[::-1]
        cheapest = cheapest.min(0)
        joining = np.flatnonzero(cheapest < len(order))
        edge = cheapest[joining]
        chosen[edge] = True
        part = _joined(part, joining, part[one[edge]] + part[other[edge]] - joining)


def breadth_first(edges: Indices, roots: Indices, *, vertices: int) -> Indices:
    """(vertices,) parents in a forest of edges (E, 2) with one root in each part."""
    ends = np.concatenate((edges, edges[:, ::-1]))
    ends = ends[np.argsort(ends[:, 0], kind="stable")]
    degree = np.bincount(ends[:, 0], minlength=vertices)
    first = np.cumsum(degree) - degree
    parent = np.arange(vertices)
    level = roots
    while len(level):
        count = degree[level]
        source = np.repeat(level, count)
        nth = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count)
        found = ends[first[source] + nth, 1]
        new = found != parent[source]
        level = found[new]
        parent[level] = source[new]
    return parent


class _Spread(torch.autograd.Function):
    """A x, where A_ij is the product of the strengths on the path from i to j; A_ii is 1.

    With U_ij the same product where j is below i or i itself, and 0 elsewhere, A is
    U^T (1 - s^2) U: up the tree, a factor, down the tree. Up and down double their reach in
    each pass, so that a deep tree needs few of them. A is symmetric: the gradient to x is A g.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, strengths: Tensor, parent: Tensor) -> Tensor:
        jumps = list(_jumps(strengths.detach(), parent))
        gathered = _up(rows, jumps)
        answer = _down(gathered * (1 - strengths.square())[:, None], jumps)
        ctx.jumps = jumps
        ctx.save_for_backward(strengths, parent, gathered, answer)
        return answer

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None, None]:
        strengths, parent, gathered, answer = ctx.saved_tensors
        gathered_grad = _up(grad, ctx.jumps)
        to_rows = _down(gathered_grad * (1 - strengths.square())[:, None], ctx.jumps)
        if not ctx.needs_input_grad[1]:
            return to_rows, None, None
        # Each pair with the edge on its path has one end below it, the other beyond it.
        strong = strengths[:, None]
        beyond = answer[parent] - strong * gathered
        beyond_grad = to_rows[parent] - strong * gathered_grad
        return to_rows, (gathered_grad * beyond + gathered * beyond_grad).sum(1), None


_spread: Callable[[Tensor, Tensor, Tensor], Tensor] = _Spread.apply
_Jump = tuple[Tensor, Tensor, Tensor]


def _jumps(strengths: Tensor, parent: Tensor) -> Iterator[_Jump]:
    """Cells, their ancestors 1, 2, 4, ... above, and the strengths (n, 1) of these paths.

    Paths too weak to change a sum that has 1 in it are left out.
    """
    weakest = torch.finfo(strengths.dtype).eps ** 2
    while True:
        cells = torch.nonzero(strengths > weakest).squeeze(1)
        if not len(cells):
            return
        yield cells, parent[cells], strengths[cells, None]
        strengths = strengths * strengths[parent]
        parent = parent[parent]


def _up(rows: Tensor, jumps: list[_Jump]) -> Tensor:
    """U x of rows (V, C)."""
    rows = rows.clone()
    for cells, above, strong in jumps:
        rows.index_add_(0, above, rows[cells] * strong)
    return rows


def _down(rows: Tensor, jumps: list[_Jump]) -> Tensor:
    """U^T x of rows (V, C)."""
    rows = rows.clone()
    for cells, above, strong in jumps:
        rows.index_add_(0, cells, rows[above] * strong)
    return rows


def _rows(maps: Tensor) -> Tensor:
    """(N*h*w, D) of (N, D, h, w)."""
    return maps.movedim(1, -1).flatten(0, 2).contiguous()


def _edges(count: int, height: int, width: int) -> Indices:
    """(E, 2): pairs of cells one below the other, then side by side, of N grids."""
    cells = np.arange(count * height * width).reshape(count, height, width)
    pairs = [(cells[:, :-1], cells[:, 1:]), (cells[:, :, :-1], cells[:, :, 1:])]
    return np.concatenate([np.stack((a.ravel(), b.ravel()), 1) for a, b in pairs])


def _joined(part: Indices, joining: Indices, into: Indices) -> Indices:
    """New numbers of parts after the `joining` ones went `into` others."""
    ways = np.arange(len(part))
    ways[joining] = into
    # Ranks differ, so the only circles are two parts that chose the same edge.
    mutual = (ways[ways] == np.arange(len(part))) & (np.arange(len(part)) < ways)
    ways[mutual] = np.flatnonzero(mutual)
    while True:
        farther = ways[ways]
        if np.array_equal(farther, ways):
            return ways[part]
        ways = farther
