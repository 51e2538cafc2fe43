"""Programs whose transfers, arrays and vector code overlap: what tests of orders run."""

import torch
import torch.nn.functional as F

PROGRAMS = {
    "gemm": (lambda a, b, c: F.relu(torch.addmm(c, a, b)), (40, 60), (60, 50), (50,)),
    "conv": (
        lambda x, w: F.relu(F.conv2d(x, w, stride=2, padding=1)),
        (1, 6, 17, 17),
        (9, 6, 3, 3),
    ),
    "folded taps": (
        lambda x, w: F.relu(F.conv2d(x, w, stride=2, padding=1)),
        (1, 3, 33, 17),
        (9, 3, 3, 3),
    ),
    "softmax": (lambda x: F.softmax(x, dim=-1), (33, 97)),
    "chain": (lambda a, b: F.softmax(F.relu(a @ b) @ b.t(), dim=-1), (33, 40), (40, 50)),
}
"""A function, and the shapes of its operands."""
