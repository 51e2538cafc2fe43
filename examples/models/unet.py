"""A step of diffusion: a U-Net on a latent image, conditioned on its time and on a text.

npu run examples/models/unet.py
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Residual(nn.Module):
    """Two convolutions behind norms, with what the time adds between them."""

    def __init__(self, inputs: int, outputs: int, times: int) -> None:
        super().__init__()
        self.first_norm, self.first = nn.GroupNorm(8, inputs), nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.time = nn.Linear(times, outputs)
        self.second_norm = nn.GroupNorm(8, outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.beside = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """x (n, inputs, h, w), time (n, times)."""
        y = self.first(F.silu(self.first_norm(x))) + self.time(F.silu(time))[:, :, None, None]
        return self.beside(x) + self.second(F.silu(self.second_norm(y)))


class Attention(nn.Module):
    """Places of an image to themselves, or to the words of a text."""

    def __init__(self, hidden: int, given: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key, self.value = (nn.Linear(given, hidden, bias=False) for _ in range(2))
        self.out = nn.Linear(hidden, hidden)

    def forward(self, x: Tensor, given: Tensor) -> Tensor:
        """x (n, places, hidden), given (n, words, given)."""
        query, key, value = (
            one.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for one in (self.query(x), self.key(given), self.value(given))
        )
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.out(mixed.transpose(1, 2).flatten(2))


class Transformer(nn.Module):
    """Both attentions and a gated perceptron on the places of an image."""

    def __init__(self, channels: int, words: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels, eps=1e-6)
        self.inward, self.outward = (nn.Conv2d(channels, channels, 1) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(3))
        self.itself = Attention(channels, channels, heads)
        self.text = Attention(channels, words, heads)
        self.widen = nn.Linear(channels, 8 * channels)
        self.narrow = nn.Linear(4 * channels, channels)

    def forward(self, x: Tensor, text: Tensor) -> Tensor:
        """x (n, channels, h, w), text (n, words, features)."""
        y = self.inward(self.norm(x)).flatten(2).transpose(1, 2)
        z = self.norms[0](y)
        y = y + self.itself(z, z)
        y = y + self.text(self.norms[1](y), text)
        value, gate = self.widen(self.norms[2](y)).chunk(2, -1)
        y = y + self.narrow(value * F.gelu(gate))
        return x + self.outward(y.transpose(1, 2).unflatten(2, x.shape[2:]))


class Unet(nn.Module):
    """A noisy latent, its time and a text to the noise in it."""

    def __init__(self, channels: int, words: int, heads: int) -> None:
        super().__init__()
        c, times = channels, 4 * channels
        self.half = channels // 2
        self.time = nn.Sequential(nn.Linear(c, times), nn.SiLU(), nn.Linear(times, times))
        self.first = nn.Conv2d(4, c, 3, 1, 1)
        self.fine, self.fine_text = Residual(c, c, times), Transformer(c, words, heads)
        self.down = nn.Conv2d(c, c, 3, 2, 1)
        self.coarse = Residual(c, 2 * c, times)
        self.coarse_text = Transformer(2 * c, words, heads)
        self.up = nn.Conv2d(2 * c, 2 * c, 3, 1, 1)
        self.joined, self.joined_text = Residual(3 * c, c, times), Transformer(c, words, heads)
        self.norm, self.last = nn.GroupNorm(8, c), nn.Conv2d(c, 4, 3, 1, 1)

    def forward(self, x: Tensor, time: Tensor, text: Tensor) -> Tensor:
        """x (n, 4, h, w), time (n,), text (n, words, features)."""
        powers = torch.arange(self.half, dtype=torch.float32) / self.half
        angles = time[:, None] * torch.exp(-math.log(10000) * powers)
        times = self.time(torch.cat((torch.cos(angles), torch.sin(angles)), -1))
        fine = self.fine_text(self.fine(self.first(x), times), text)
        coarse = self.coarse_text(self.coarse(self.down(fine), times), text)
        wide = self.up(F.interpolate(coarse, scale_factor=2.0, mode="nearest"))
        joined = self.joined_text(self.joined(torch.cat((wide, fine), 1), times), text)
        return self.last(F.silu(self.norm(joined)))


torch.manual_seed(0)

model = Unet(channels=32, words=48, heads=4).eval()
inputs = (torch.randn(1, 4, 16, 16), torch.tensor([10.0]), torch.randn(1, 12, 48))
