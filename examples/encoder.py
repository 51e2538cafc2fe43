"""One transformer encoder block: hidden 256, 4 heads, 128 tokens, feed-forward 1024 with GELU.

npu run examples/encoder.py --config tpuv3
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Self-attention of several heads."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, hidden)

    def split(self, x: Tensor) -> Tensor:
        """(batch, tokens, hidden) -> (batch, heads, tokens, hidden / heads)."""
        batch, tokens, hidden = x.shape
        return x.view(batch, tokens, self.heads, hidden // self.heads).transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Attend from every token of ``x`` (batch, tokens, hidden) to every other."""
        query, key, value = (
            self.split(self.query(x)),
            self.split(self.key(x)),
            self.split(self.value(x)),
        )
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.out(mixed.transpose(1, 2).reshape(x.shape))


class Encoder(nn.Module):
    """Attention and feed-forward, each normalised after its residual sum."""

    def __init__(self, hidden: int = 256, heads: int = 4, inner: int = 1024) -> None:
        super().__init__()
        self.attention = Attention(hidden, heads)
        self.first_norm = nn.LayerNorm(hidden)
        self.widen = nn.Linear(hidden, inner)
        self.narrow = nn.Linear(inner, hidden)
        self.second_norm = nn.LayerNorm(hidden)

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x`` (batch, tokens, hidden)."""
        x = self.first_norm(x + self.attention(x))
        return self.second_norm(x + self.narrow(F.gelu(self.widen(x))))


torch.manual_seed(0)

model = Encoder().eval()
inputs = (torch.randn(1, 128, 256),)
