"""Tensors joined, cut, turned and padded: exactly what eager PyTorch gives, and who copies."""

import torch
import torch.nn.functional as F

FUNCTIONS = {
    "cat": (
        lambda x, y: (torch.cat([x, y], 1), torch.cat([x, y[:, :0], x * 2, y], -1)),
        (4, 5),
        (4, 3),
    ),
    "cat-of-what-others-read": (
        lambda x, y: (torch.cat([(r := x.relu()), y, r.sum(1, keepdim=True)], 1), r, r.exp()),
        (5, 7),
        (5, 3),
    ),
    "cat-of-products": (
        lambda x, y, w: (torch.cat([x @ w, y @ w + 1], 0), torch.cat([x @ w, x @ w], 1)),
        (9, 5),
        (3, 5),
        (5, 6),
    ),
    "cat-of-images": (
        lambda x, w: torch.cat([F.conv2d(x, w, padding=1).relu(), x, F.max_pool2d(x, 3, 1, 1)], 1),
        (2, 3, 5, 6),
        (4, 3, 3, 3),
    ),
    "cat-of-views": (
        lambda x, y: (
            torch.cat([(x + 1).view(2, 2, 6), y], 1),
            torch.cat([x.t(), y[0].t()], 1),
            torch.cat([x[1:4:2, 1:4], y[0].flip(1)[:1, :2].expand(2, 2)], 1),
        ),
        (4, 6),
        (2, 3, 6),
    ),
    "cat-of-cats": (
        lambda x, y: torch.cat([torch.cat([x, y], 1), torch.cat([y * 2, x], 1)], 0),
        (4, 5),
        (4, 3),
    ),
    "cat-of-constants": (
        lambda x, y: (
            torch.cat([torch.zeros(0), x, torch.full((4, 2), 7.0), torch.ones(4, 3)], 1),
            torch.cat([x[:0], x[1:1]]),
            torch.cat([F.pad(x, (1, 2), value=-1.0), y], 1),
        ),
        (4, 5),
        (4, 3),
    ),
    "stack": (
        lambda x, y: (
            torch.stack([x, y * 2, x.exp()], 0),
            torch.stack([x, y * 2], -1),
            torch.stack([x.exp(), y], 1),
            torch.stack([x.sum(), y.amax()]),
        ),
        (3, 7),
        (3, 7),
    ),
    "types": (
        lambda x, y: (
            torch.cat([x, (y * 3).int(), x > 0], 1),
            torch.cat([(y * 3).long(), y > 0]),
            torch.stack([x > 0, x < 1], -1),
            (x > 0).roll(1, 1),
            (x * 3).int().unfold(1, 3, 1),
            torch.full((2,), 6, dtype=torch.bool),
            torch.full((2,), -2.7, dtype=torch.int32),
        ),
        (4, 5),
        (4, 3),
    ),
    "empty": (
        lambda x: (x.diagonal(9), x[:, :0].roll(1), torch.cat([x[:0], x[:0]]), x[:0].repeat(2, 3)),
        (4, 5),
    ),
    "rank-6": (
        lambda x, y: (torch.cat([x * 2, y], 3), torch.stack([x, x], 3)),
        (2, 1, 3, 2, 2, 3),
        (2, 1, 3, 1, 2, 3),
    ),
    "rotary": (lambda x: torch.cat([-x[..., 4:], x[..., :4]], -1) * 3 + x, (1, 2, 3, 8)),
}


def test_every_stage_agrees_with_eager(whole, stage_machine):
    whole.every_stage_agrees(stage_machine, has_twin=False)
