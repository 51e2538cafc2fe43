"""Products of rows that lie group by group with their group's own matrix: experts, side by side.

How many rows a group has is data; how many there are in all is not. So all rows meet all matrices,
which the arrays do in one batched product, and each row takes what its own gave: no size depends on
values. A group costs as much as all rows: few groups or few rows lose little against reading a
matrix for every row, many of both lose.
"""

from __future__ import annotations

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.indexing import take_rows


def rows_by_group(x: Tensor, weights: Tensor, ends: Tensor) -> Tensor:
    """Rows ``x`` (s, k) of which those up to ``ends`` (g,) go by ``weights`` (g, k, n): (s, n).

    Rows behind the last group are 0.
    """
    groups, count = weights.shape[0], x.shape[0]
    products = torch.bmm(x.expand(groups, *x.shape), weights)
    numbers = torch.arange(count, dtype=ends.dtype)
    before = (ends.unsqueeze(0) <= numbers.unsqueeze(1)).to(torch.int32)
    group = torch.sum(before, [1], dtype=torch.int64)
    places = group.clamp(max=groups - 1) * count + numbers
    own = take_rows(products.reshape(groups * count, -1), places, 0, from_end=False)
    return torch.where((group < groups).unsqueeze(1), own, 0.0)
