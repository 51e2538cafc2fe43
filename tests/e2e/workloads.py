"""Small layers that accelerators are measured with, by family: functions of tensors, and shapes.

Those of a family are one model (`Together`). What is large in practice is small here, of odd sizes;
`test_workloads` says on which machines they run.
"""

import itertools
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

ORDERS = tuple(itertools.permutations(range(3)))

UNARY = (torch.relu, torch.sigmoid, F.silu, F.gelu, torch.tanh, torch.exp, torch.erf, torch.sin)


def convolved(x, w):
    """Convolutions of one image by kernels cut from one weight: with stride, with padding."""
    return (
        F.conv2d(x, w),
        F.conv2d(x, w, stride=2, padding=3),
        F.conv2d(x, w[:, :, :3, :3], stride=2, padding=1),
        F.conv2d(x, w[:, :, :1, :1]),
        F.conv2d(x, w[:, :, :5, :5], padding=2),
        F.conv2d(x[:1], w[:, :, :4, :4], stride=4),
    )


def attended(q, k, v, mask=None):
    return F.scaled_dot_product_attention(q, k, v, mask, enable_gqa=True)


def mixture(x, scores, up, down):
    """Four experts of which each row takes two, by scores that rounding does not decide."""
    weights, chosen = torch.topk(scores, 2)
    weights = torch.softmax(weights, -1)
    hidden = F.silu(torch.einsum("rd,edh->reh", x, up))
    whole = torch.einsum("reh,ehd->red", hidden, down)
    return (whole.gather(1, chosen[..., None].expand(-1, -1, x.shape[1])) * weights[..., None]).sum(
        1
    )


def decoded(cache, place, key, query):
    """A step of decoding: a row is written to a cache, and all rows are attended to."""
    cache = cache.index_copy(1, place, key)
    return cache, torch.softmax(query @ cache.mT, -1) @ cache


FAMILIES: dict[str, dict[str, Any]] = {
    "elementwise": {
        "add": (torch.add, (47, 10), (47, 10)),
        "add of one": (torch.add, (1, 1), (1, 1)),
        "unary": (lambda x: tuple(f(x) for f in UNARY), (13, 12)),
        "gelu by tanh": (lambda x: F.gelu(x, approximate="tanh"), (13, 12)),
        "swiglu": (lambda x, y: F.silu(x) * y, (13, 12), (13, 12)),
    },
    "rows": {
        "sum of rows": (lambda x: x.sum(1), (29, 47)),
        "sum of columns": (lambda x: x.sum(0), (17, 68)),
        "softmax": (lambda x: (x.softmax(0), x.softmax(1)), (5, 8)),
        "softmax of one row": (lambda x: x.softmax(1), (1, 16)),
        "layer norm": (lambda x, w, b: F.layer_norm(x, [76], w, b), (51, 76), (76,), (76,)),
        "batch norm": (lambda x, m, v, w, b: F.batch_norm(x, m, v.abs() + 0.1, w, b),
                       (1, 8, 4, 4), (8,), (8,), (8,), (8,)),
    },
    "products": {
        "matmul": (lambda x, y: x @ y, (128, 63), (63, 56)),
        "addmm": (torch.addmm, (56,), (129, 61), (61, 56)),
        "bmm": (torch.bmm, (3, 32, 16), (3, 16, 64)),
        "residual": (lambda r, x, y: r + torch.addmm(r[0], x, y), (33, 20), (33, 17), (17, 20)),
        "relu, sigmoid, scalar": (lambda x, y: (F.relu(x @ y), torch.sigmoid(x @ y), x @ y * 3.0),
                                  (19, 20), (20, 21)),
        "max": (lambda x, y: (x @ y).amax(1), (3, 19, 20), (3, 20, 21)),
        "var_mean": (lambda x, y: torch.var_mean(x @ y, 0), (19, 20), (20, 21)),
        "prologue": (lambda x, y: F.relu(x) @ (y * 2.0), (19, 20), (20, 21)),
        "block sparse": (lambda x, w, m: F.relu(x @ (w * (m > 1.0))), (19, 24), (24, 16), (24, 16)),
    },
    "images": {
        "convolutions": (convolved, (2, 3, 11, 13), (9, 3, 7, 7)),
        "a chain": (lambda x, w, r: F.relu(F.conv2d(x, w, padding=1) + r),
                    (1, 5, 7, 7), (5, 5, 3, 3), (1, 5, 7, 7)),
        "depthwise": (lambda x, w: F.conv2d(x, w, padding=1, groups=5), (1, 5, 7, 7), (5, 1, 3, 3)),
        "pools": (lambda x: (F.avg_pool2d(x, 7), F.max_pool2d(x, 3, 2, 1)), (1, 17, 7, 7)),
    },
    "moves": {
        "transposed": (lambda x: x.t() + 0.0, (64, 15)),
        "all orders": (lambda x: tuple(x.permute(p) + 0.0 for p in ORDERS), (6, 3, 4)),
        "view": (lambda x: x.reshape(-1, 16) + 1.0, (16, 8, 16)),
        "cat": (lambda x, y: (torch.cat([x, y]), torch.cat([y, x], 1)), (5, 8), (5, 8)),
        "sort, topk": (lambda x: (*x.sort(1), *x.topk(2, 1)), (9, 13)),
        "indirect": (lambda x, i, b: x[(i.abs() * 4).long() % 9] + b, (9, 13), (7,), (7, 13)),
    },
    "transformers": {
        "heads": (attended, (1, 3, 17, 8), (1, 3, 17, 8), (1, 3, 17, 8)),
        "grouped": (attended, (1, 4, 9, 8), (1, 2, 9, 8), (1, 2, 9, 8)),
        "decode": (attended, (1, 4, 1, 8), (1, 2, 9, 8), (1, 2, 9, 8)),
        "experts": (mixture, (11, 8), (11, 4), (4, 8, 12), (4, 12, 8)),
        "cache": (lambda c, p, k, q: decoded(c, (p.abs() * 3).long() % 10, k, q),
                  (2, 10, 8), (1,), (2, 1, 8), (2, 1, 8)),
    },
}  # fmt: skip
"""Name of a family to names of functions, each with the shapes of its operands."""


class Together(nn.Module):
    """All functions of a family, each on operands of its own."""

    def __init__(self, family: str) -> None:
        super().__init__()
        self.cases = FAMILIES[family]

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        left, found = list(inputs), []
        for function, *shapes in self.cases.values():
            made = function(*left[: len(shapes)])
            left = left[len(shapes) :]
            found += [made] if isinstance(made, torch.Tensor) else made
        return tuple(found)


def operands(family: str) -> tuple[torch.Tensor, ...]:
    """Standard normal values, the same in every run."""
    generator = torch.Generator().manual_seed(0)
    shapes = [shape for _, *shapes in FAMILIES[family].values() for shape in shapes]
    return tuple(torch.randn(shape, generator=generator) for shape in shapes)
