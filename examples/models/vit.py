"""A transformer of images: patches by a convolution, a class token, PyTorch's own encoder layers.

npu run examples/models/vit.py
"""

import torch
from torch import Tensor, nn


class Vit(nn.Module):
    """Images (batch, 3, size, size) to classes."""

    def __init__(
        self, size: int, patch: int, hidden: int, heads: int, inner: int, layers: int, classes: int
    ) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, hidden, patch, patch)
        self.first = nn.Parameter(torch.randn(1, 1, hidden) * 0.02)
        count = (size // patch) ** 2 + 1
        self.places = nn.Parameter(torch.randn(1, count, hidden) * 0.02)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                hidden, heads, inner, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(hidden)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (batch, classes)."""
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.first.expand(x.shape[0], -1, -1), x), 1) + self.places
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x)[:, 0])


torch.manual_seed(0)

model = Vit(size=64, patch=8, hidden=128, heads=4, inner=256, layers=3, classes=100).eval()
inputs = (torch.randn(1, 3, 64, 64),)
