"""Matrix products with all that may stand before and behind them."""

import torch
import torch.nn.functional as F
from torch import nn

SIZES = (
    *((128, 63, 56), (129, 61, 56), (1, 384, 1152), (516, 244, 224), (7, 13, 5)),
    *((32, 32, 32), (128, 128, 128), (256, 256, 256), (1, 1, 1), (3, 1, 2), (5, 300, 1)),
)
A, B, AB, ROW = (45, 20), (20, 31), (45, 31), (31,)

FUNCTIONS = {
    **{f"matmul-{m}x{k}x{n}": (torch.matmul, (m, k), (k, n)) for m, k, n in SIZES},
    "addmm": (torch.addmm, ROW, A, B),
    "addmm-matrix": (torch.addmm, AB, A, B),
    "addmm-scaled": (lambda c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=2.0), AB, A, B),
    "bmm-of-one-matrix": (lambda x, w: x.expand(3, 17, 33) @ w, (17, 33), (3, 33, 9)),
    "bmm-odd": (torch.bmm, (2, 17, 33), (2, 33, 9)),
    "bmm": (torch.bmm, (12, 64, 48), (12, 48, 20)),
    "matmul-of-four-dimensions": (torch.matmul, (2, 3, 11, 7), (2, 3, 7, 13)),
    "matmul-broadcast": (torch.matmul, (3, 11, 7), (7, 13)),
    "matrix-times-vector": (torch.mv, (37, 53), (53,)),
    "a-transposed": (lambda a, b: a.t() @ b, (33, 40), (33, 21)),
    "b-transposed": (lambda a, b: a @ b.t(), (40, 33), (21, 33)),
    "both-transposed": (lambda a, b: a.t() @ b.t(), (33, 40), (21, 33)),
    "batch-b-transposed": (lambda a, b: a @ b.transpose(1, 2), (4, 19, 8), (4, 23, 8)),
    "residual": (lambda a, b, r: r + a @ b, A, B, AB),
    "scaled": (lambda a, b: (a @ b) * 0.125, A, B),
    "scaled-by-one-element": (lambda a, b, s: F.relu((a @ b) * s), A, B, (1,)),
    "relu": (lambda a, b: F.relu(a @ b), A, B),
    "relu-residual": (lambda a, b, r: F.relu(a @ b) + r, A, B, AB),
    "bias-gelu": (lambda a, b, c: F.gelu(torch.addmm(c, a, b)), A, B, ROW),
    "bias-silu": (lambda a, b, c: F.silu(torch.addmm(c, a, b)), A, B, ROW),
    "two-in-a-row": (lambda a, b, c: (a @ b) @ c, A, B, (31, 17)),
    "result-used-twice": (lambda a, b: ((a @ b).tanh(), (a @ b) + 1.0), A, B),
    "softmax-behind": (lambda a, b: F.softmax(a @ b, dim=-1), A, B),
    "relu-in-front": (lambda a, b: F.relu(a) @ b, A, B),
    "square": (lambda a: a @ a, (27, 27)),
    "gram": (lambda a: a @ a.t(), (27, 33)),
    "addbmm": (
        lambda c, a, b: torch.addbmm(c, a, b, beta=2, alpha=0.5),
        ROW,
        (3, 45, 7),
        (3, 7, 31),
    ),
    "addmv": (lambda c, a, x: torch.addmv(c, a, x, beta=0, alpha=3), (45,), A, (20,)),
    "bilinear": (F.bilinear, (2, 5, 9), (2, 5, 11), (7, 9, 11), (7,)),
    "cdist": (torch.cdist, (3, 13, 5), (11, 5)),
    "cdist-that-counts": (lambda a, b: torch.cdist(a, b, 0.0), (4, 3), (5, 3)),
    "cdist-of-extremes": (
        lambda a, b: (torch.cdist(a, b, torch.inf), torch.cdist(a, b, 1.0)),
        A,
        (9, 20),
    ),
    "pdist": (F.pdist, (13, 5)),
}
MODULES = {
    "linear": (lambda: nn.Linear(70, 30), (50, 70)),
    "linear-without-bias": (lambda: nn.Linear(70, 30, bias=False), (50, 70)),
    "linear-of-three-dimensions": (lambda: nn.Linear(24, 10), (3, 7, 24)),
}


def test_values(whole, machine):
    whole.values_agree(machine)


def test_every_stage_and_cycles(whole, stage_machine):
    whole.simulate_compiled(whole.every_stage_agrees(stage_machine))
