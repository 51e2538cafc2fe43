"""Parts of transformers and single operators, as models of PyTorch: those that are measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

Shape = tuple[int, ...]


class Add(nn.Module):
    """The sum of two vectors."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Of two vectors of one length."""
        return x + y


class Exp(nn.Module):
    """The exponential of a vector."""

    def forward(self, x: Tensor) -> Tensor:
        """Of a vector."""
        return torch.exp(x)


class ReadOnly(nn.Module):
    """The sum of a vector: all is read, next to nothing written."""

    def forward(self, x: Tensor) -> Tensor:
        """Of a vector, as a scalar."""
        return x.sum()


class Attention(nn.Module):
    """softmax(Q K^T / sqrt(D)) V of heads x rows x D, without a mask."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Of three tensors of one shape."""
        return functional.scaled_dot_product_attention(q, k, v)


class GroupedAttention(nn.Module):
    """As `Attention`, of batches; several heads of Q share one of K and V."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Of B x heads x rows x D each; Q may have other rows."""
        return functional.scaled_dot_product_attention(q, k, v, enable_gqa=True)


class GatedFeedForward(nn.Module):
    """down(silu(gate(x)) * up(x)), K -> F -> K, as in Llama."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, hidden, bias=False)
        self.up = nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Of rows of the width."""
        return self.down(functional.silu(self.gate(x)) * self.up(x))


class FeedForward(nn.Module):
    """Two linear layers with GELU (by erf) between, K -> F -> K, as in BERT."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """Of rows of the width."""
        return self.down(functional.gelu(self.up(x)))


class EncoderBlock(nn.Module):
    """One block of BERT: attention of `heads`, a feed forward of four widths, norms behind both."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, 4 * width)
        self.last_norm = nn.LayerNorm(width)

    def _by_heads(self, x: Tensor) -> Tensor:
        rows = x.reshape(len(x), self.heads, -1)
        return rows.transpose(0, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Of one sequence: tokens x width."""
        q, k, v = (self._by_heads(part(x)) for part in (self.query, self.key, self.value))
        heads = functional.scaled_dot_product_attention(q, k, v)
        x = self.norm(x + self.output(heads.transpose(0, 1).flatten(1)))
        return self.last_norm(x + self.feed_forward(x))


@dataclass(frozen=True)
class Block:
    """How a model and the shapes of its inputs are made of the numbers in its name."""

    make: Callable[[Shape], nn.Module]
    shapes: Callable[[Shape], list[Shape]]


def _heads(sizes: Shape) -> list[Shape]:
    return [sizes] * 3


def _decode(sizes: Shape) -> list[Shape]:
    queries, stored, rows, length, width = sizes
    return [(1, queries, rows, width), *[(1, stored, length, width)] * 2]


def _prefill(sizes: Shape) -> list[Shape]:
    images, queries, stored, length, width = sizes
    return [(images, queries, length, width), *[(images, stored, length, width)] * 2]


def _step(sizes: Shape) -> list[Shape]:
    images, queries, stored, length, width = sizes
    return [(images, queries, 1, width), *[(images, stored, length, width)] * 2]


def _rows(sizes: Shape) -> list[Shape]:
    return [sizes[:2]]


def _tokens(width: int, heads: int) -> Block:
    return Block(lambda _: EncoderBlock(width, heads), lambda sizes: [(sizes[0], width)])


BLOCKS: dict[str, Block] = {
    "add": Block(lambda _: Add(), lambda sizes: [sizes] * 2),
    "exp": Block(lambda _: Exp(), lambda sizes: [sizes]),
    "read_only": Block(lambda _: ReadOnly(), lambda sizes: [sizes]),
    "layernorm": Block(lambda sizes: nn.LayerNorm(sizes[1]), lambda sizes: [sizes]),
    "softmax": Block(lambda _: nn.Softmax(1), lambda sizes: [sizes]),
    "attention": Block(lambda _: Attention(), _heads),
    "attn_enc": Block(lambda _: Attention(), _heads),
    "attn_dec": Block(lambda _: GroupedAttention(), _decode),
    "sdpa_prefill": Block(lambda _: GroupedAttention(), _prefill),
    "sdpa_decode": Block(lambda _: GroupedAttention(), _step),
    "ffn_gated": Block(lambda sizes: GatedFeedForward(*sizes[1:]), _rows),
    "ffn_erf": Block(lambda sizes: FeedForward(*sizes[1:]), _rows),
    "bert_base": _tokens(768, 12),
    "bert_large": _tokens(1024, 16),
}
"""Kinds of `npu.frontend.workloads.forms` that are no networks.

Sizes of BERT: Devlin et al., "BERT", 2018, section 3.
"""
