"""An encoder of texts as BERT's: embeddings, a mask of padding, layers with GELU, a pooled token.

npu run examples/models/bert.py
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Layer(nn.Module):
    """Attention and a perceptron, each with its residual sum and a norm behind it."""

    def __init__(self, hidden: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(hidden, hidden) for _ in range(4))
        self.widen, self.narrow = nn.Linear(hidden, inner), nn.Linear(inner, hidden)
        self.norms = nn.ModuleList(nn.LayerNorm(hidden, eps=1e-12) for _ in range(2))

    def split(self, x: Tensor) -> Tensor:
        """(batch, tokens, hidden) to (batch, heads, tokens, hidden / heads)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (batch, tokens, hidden); mask (batch, 1, 1, tokens) says which tokens are there."""
        query, key, value = map(self.split, (self.query(x), self.key(x), self.value(x)))
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = self.norms[0](x + self.out(mixed.transpose(1, 2).flatten(2)))
        return self.norms[1](x + self.narrow(F.gelu(self.widen(x))))


class Bert(nn.Module):
    """Token numbers to hidden states and the pooled first token."""

    def __init__(
        self, words: int, hidden: int, heads: int, inner: int, layers: int, longest: int
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(words, hidden, padding_idx=0)
        self.places = nn.Embedding(longest, hidden)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)
        self.layers = nn.ModuleList(Layer(hidden, heads, inner) for _ in range(layers))
        self.pooler = nn.Linear(hidden, hidden)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """ids and mask (batch, tokens) of int64; a mask of 1 says that a token is there."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.norm(self.words(ids) + self.places(places))
        seen = mask.bool()[:, None, None, :]
        for layer in self.layers:
            x = layer(x, seen)
        return x, torch.tanh(self.pooler(x[:, 0]))


torch.manual_seed(0)

model = Bert(words=30522, hidden=128, heads=2, inner=512, layers=2, longest=512).eval()
inputs = (torch.randint(1, 30522, (1, 128)), (torch.arange(128) < 100).long()[None])
