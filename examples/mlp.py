"""A multilayer perceptron: 784-512-256-10 on a batch of 32, with biases, ReLU and softmax.

npu run examples/mlp.py --config tpuv3
"""

import torch
from torch import nn

torch.manual_seed(0)

model = nn.Sequential(
    nn.Linear(784, 512),
    nn.ReLU(),
    nn.Linear(512, 256),
    nn.ReLU(),
    nn.Linear(256, 10),
    nn.Softmax(dim=-1),
).eval()

inputs = (torch.randn(32, 784),)
