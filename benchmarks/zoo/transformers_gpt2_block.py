"""A block of GPT-2 small, on hidden states of 128 tokens."""

import torch
import transformers

torch.manual_seed(0)
model = transformers.GPT2Model(transformers.GPT2Config(n_layer=1)).eval().h[0]
inputs = (torch.randn(1, 128, 768),)
