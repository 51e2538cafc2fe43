"""torchvision's `resnet50` on an image of 224 x 224."""

import torch
import torchvision

torch.manual_seed(0)
model = torchvision.models.resnet50(weights=None).eval()
inputs = (torch.randn(1, 3, 224, 224),)
