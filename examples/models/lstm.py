"""Two layers of LSTM over a sequence, and the last state through a linear layer.

npu run examples/models/lstm.py
"""

import torch
from torch import Tensor, nn


class Recurrent(nn.Module):
    """Sequences (batch, steps, features) to classes, and the states behind the last step."""

    def __init__(self, features: int, hidden: int, layers: int, classes: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, hidden, num_layers=layers, batch_first=True)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (batch, classes), hidden states and cells (layers, batch, hidden)."""
        steps, (hidden, cells) = self.lstm(x)
        return self.head(steps[:, -1]), hidden, cells


torch.manual_seed(0)

model = Recurrent(features=64, hidden=128, layers=2, classes=10).eval()
inputs = (torch.randn(4, 16, 64),)
