"""One step of decoding with a Llama: caches of fixed length are buffers, changed at the position.

    npu run examples/models/llama_step.py

In Python, `compile(model, inputs).run(ids, position, keep_state=True)` decodes step after step.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Attention(nn.Module):
    """One token to those so far; groups of heads share keys and values."""

    keys: Tensor
    values: Tensor

    def __init__(self, hidden: int, heads: int, groups: int, longest: int) -> None:
        super().__init__()
        self.heads, self.groups, self.size = heads, groups, hidden // heads
        self.query, self.out = (nn.Linear(hidden, hidden, bias=False) for _ in range(2))
        self.key, self.value = (nn.Linear(hidden, groups * self.size, bias=False) for _ in range(2))
        for name in ("keys", "values"):
            cache = torch.zeros(1, groups, longest, self.size)
            self.register_buffer(name, cache, persistent=False)

    def forward(self, x: Tensor, position: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        """x (1, 1, hidden), at ``position`` (1,); ``turn`` is its rotation."""
        query = rotated(self.query(x).view(1, 1, self.heads, self.size).transpose(1, 2), turn)
        key = rotated(self.key(x).view(1, 1, self.groups, self.size).transpose(1, 2), turn)
        value = self.value(x).view(1, 1, self.groups, self.size).transpose(1, 2)
        self.keys.index_copy_(2, position, key)
        self.values.index_copy_(2, position, value)
        seen = torch.arange(self.keys.shape[2]) <= position
        mixed = F.scaled_dot_product_attention(
            query, self.keys, self.values, attn_mask=seen[None, None, None], enable_gqa=True
        )
        return self.out(mixed.transpose(1, 2).flatten(2))


def rotated(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Pairs of elements, half a head apart, turned by their angles."""
    cosine, sine = turn
    first, second = x.chunk(2, -1)
    return x * cosine + torch.cat((-second, first), -1) * sine


class Layer(nn.Module):
    """Attention and a gated perceptron, a norm in front of each."""

    def __init__(self, hidden: int, heads: int, groups: int, inner: int, longest: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.RMSNorm(hidden, eps=1e-6) for _ in range(2))
        self.attention = Attention(hidden, heads, groups, longest)
        self.gate, self.up = (nn.Linear(hidden, inner, bias=False) for _ in range(2))
        self.down = nn.Linear(inner, hidden, bias=False)

    def forward(self, x: Tensor, position: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        """x (1, 1, hidden)."""
        x = x + self.attention(self.norms[0](x), position, turn)
        y = self.norms[1](x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Llama(nn.Module):
    """A token at a position to the logits of the next one."""

    def __init__(
        self,
        words: int,
        hidden: int,
        heads: int,
        groups: int,
        inner: int,
        layers: int,
        longest: int,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(words, hidden)
        self.layers = nn.ModuleList(
            Layer(hidden, heads, groups, inner, longest) for _ in range(layers)
        )
        self.norm = nn.RMSNorm(hidden, eps=1e-6)
        self.head = nn.Linear(hidden, words, bias=False)
        size = hidden // heads
        frequencies = 10000 ** (-torch.arange(0, size, 2, dtype=torch.float32) / size)
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, ids: Tensor, position: Tensor) -> Tensor:
        """ids (1, 1) and position (1,), both int64."""
        angles = position[:, None].float() * torch.cat((self.frequencies, self.frequencies))
        turn = (angles.cos(), angles.sin())
        x = self.words(ids)
        for layer in self.layers:
            x = layer(x, position, turn)
        return self.head(self.norm(x))


torch.manual_seed(0)

model = Llama(words=1000, hidden=128, heads=4, groups=2, inner=352, layers=2, longest=64).eval()
inputs = (torch.tensor([[5]]), torch.tensor([7]))
