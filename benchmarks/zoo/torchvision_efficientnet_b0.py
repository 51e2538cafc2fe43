"""torchvision's `efficientnet_b0` on an image of 224 x 224."""

import torch
import torchvision

torch.manual_seed(0)
model = torchvision.models.efficientnet_b0(weights=None).eval()
inputs = (torch.randn(1, 3, 224, 224),)
