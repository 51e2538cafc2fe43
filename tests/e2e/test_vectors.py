"""Elementwise work, rows and columns: kernels of the vector unit alone."""

import torch
import torch.nn.functional as F
from torch import nn

ADDS = {f"add-{m}x{n}": (torch.add, (m, n), (m, n)) for m, n in ((1, 1), (47, 10), (4071, 429))}
SOFTMAXES = {
    f"softmax-{m}x{n}": (lambda x: F.softmax(x, dim=-1), (m, n))
    for m, n in ((64, 128), (1, 16), (5, 8), (3, 1), (2, 1000))
}
ELEMENTWISE = {
    "mul": (torch.mul, (47, 10), (47, 10)),
    "sub-div": (lambda a, b: (a - b) / (b * b + 1.0), (13, 17), (13, 17)),
    "relu": (F.relu, (47, 10)),
    "gelu": (F.gelu, (47, 10)),
    "gelu-tanh": (lambda x: F.gelu(x, approximate="tanh"), (47, 10)),
    "sigmoid": (torch.sigmoid, (47, 10)),
    "silu": (F.silu, (47, 10)),
    "tanh": (torch.tanh, (129,)),
    "exp": (torch.exp, (3, 5, 7)),
    "chain": (lambda a, b: torch.exp(torch.tanh(a + b) * 0.5) - a, (31, 33), (31, 33)),
    "rsqrt": (lambda x: torch.rsqrt(x * x + 1.0), (31, 33)),
    "row-broadcast": (lambda a, b: a + b, (21, 34), (34,)),
    "one-element": (lambda a, b: a * b, (21, 34), (1,)),
    "one-element-of-a-matrix": (lambda a, b: torch.exp(a + b), (21, 34), (1, 1)),
    "one-element-summed": (lambda a, b: (a * b).sum(-1), (21, 34), (1,)),
    "column-broadcast": (lambda a, b: a * b, (21, 34), (21, 1)),
    "outer-sum": (lambda a, b: a + b, (21, 1), (1, 34)),
    "two-results": (lambda a: (a + 1.0, a * 2.0), (9, 14)),
    "scalar-constant": (lambda a: 1.0 - a / 3.0, (1000,)),
    "maximum": (torch.maximum, (9, 14), (9, 14)),
    "minimum": (torch.minimum, (9, 14), (9, 14)),
    "neg-abs": (lambda a: -torch.abs(a), (9, 14)),
}
MOVES = {
    "transpose": (lambda x: x.t().contiguous(), (37, 22)),
    "permute": (lambda x: x.permute(2, 0, 1).contiguous(), (5, 11, 7)),
    "permute-middle": (lambda x: x.permute(0, 2, 1, 3).contiguous(), (2, 9, 4, 8)),
    "transpose-add": (lambda a, b: a.t() + b, (37, 22), (22, 37)),
    "view": (lambda x: F.relu(x).view(15, 14), (5, 6, 7)),
}
ROWS = {
    "sum": (lambda x: x.sum(dim=-1), (33, 70)),
    "sum-kept": (lambda x: x.sum(dim=-1, keepdim=True), (33, 70)),
    "mean": (lambda x: x.mean(dim=-1), (4, 9, 35)),
    "max": (lambda x: x.amax(dim=-1), (33, 70)),
    "sum-of-columns": (lambda x: x.sum(dim=0), (33, 70)),
    "softmax-of-columns": (lambda x: F.softmax(x, dim=0), (33, 20)),
    "softmax-of-four-dimensions": (lambda x: F.softmax(x * 0.125, dim=-1), (2, 3, 9, 17)),
    "log-like": (lambda x: x - x.exp().sum(-1, keepdim=True), (9, 17)),
    "largest-sum-and-scaled": (lambda x: (x.amax(-1), x.sum(-1), x * x.amin(-1, True)), (33, 70)),
    "norm-residual": (lambda x, y: F.layer_norm(x + y, (24,)), (10, 24), (10, 24)),
}
FUNCTIONS = {**ADDS, **SOFTMAXES, **ELEMENTWISE, **MOVES, **ROWS}
MODULES = {
    "norm-512x768": (lambda: nn.LayerNorm(768), (512, 768)),
    "norm-5x7": (lambda: nn.LayerNorm(7), (5, 7)),
}


def test_values(whole, machine):
    whole.values_agree(machine)


def test_every_stage_and_cycles(whole, stage_machine):
    whole.simulate_compiled(whole.every_stage_agrees(stage_machine))
