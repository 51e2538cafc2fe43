"""A small convolutional classifier with its loss: cross entropy against class numbers.

npu run examples/models/classifier.py
"""

import torch
from torch import Tensor, nn


class Classifier(nn.Module):
    """Images (batch, 1, size, size) and class numbers (batch,) to a loss."""

    def __init__(self, size: int, width: int, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(2 * width * (size // 4) ** 2, classes),
        )
        self.loss = nn.CrossEntropyLoss()

    def forward(self, images: Tensor, classes: Tensor) -> Tensor:
        """A tensor of rank 0."""
        return self.loss(self.layers(images), classes)


torch.manual_seed(0)

model = Classifier(size=28, width=16, classes=10).eval()
inputs = (torch.randn(32, 1, 28, 28), torch.randint(0, 10, (32,)))
