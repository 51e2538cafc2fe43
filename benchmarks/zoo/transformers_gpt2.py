"""A small GPT-2 with its head."""

import torch
import transformers

torch.manual_seed(0)
config = transformers.GPT2Config(
    vocab_size=1000, n_positions=128, n_embd=64, n_layer=2, n_head=4, use_cache=False
)
model = transformers.GPT2LMHeadModel(config).eval()
inputs = (torch.randint(0, 1000, (1, 64)),)
