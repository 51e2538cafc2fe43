"""A perceptron of many experts, of which each token takes the best few, by a router's weights.

npu run examples/models/moe.py
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Experts(nn.Module):
    """Gated perceptrons; tokens gather the weights of those that they take."""

    def __init__(self, hidden: int, inner: int, experts: int, taken: int) -> None:
        super().__init__()
        self.taken = taken
        self.router = nn.Linear(hidden, experts, bias=False)
        scale = hidden**-0.5
        self.inward = nn.Parameter(torch.randn(experts, 2 * inner, hidden) * scale)
        self.outward = nn.Parameter(torch.randn(experts, hidden, inner) * scale)

    def forward(self, x: Tensor) -> Tensor:
        """x (tokens, hidden)."""
        shares, chosen = torch.topk(torch.softmax(self.router(x), -1), self.taken)
        shares = shares / shares.sum(-1, keepdim=True)
        every = x[:, None, :, None]
        gate, up = (self.inward[chosen] @ every).chunk(2, 2)
        found = self.outward[chosen] @ (F.silu(gate) * up)
        return (found.squeeze(-1) * shares[..., None]).sum(1)


class Model(nn.Module):
    """Experts between a norm and a residual sum."""

    def __init__(self, hidden: int, inner: int, experts: int, taken: int) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(hidden, eps=1e-6)
        self.experts = Experts(hidden, inner, experts, taken)

    def forward(self, x: Tensor) -> Tensor:
        """x (tokens, hidden)."""
        return x + self.experts(self.norm(x))


torch.manual_seed(0)

model = Model(hidden=64, inner=32, experts=8, taken=2).eval()
inputs = (torch.randn(16, 64),)
