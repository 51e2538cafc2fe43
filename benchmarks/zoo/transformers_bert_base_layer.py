"""A layer of BERT base, on hidden states of 512 tokens."""

import torch
import transformers

torch.manual_seed(0)
config = transformers.BertConfig(num_hidden_layers=1)
model = transformers.BertModel(config).eval().encoder.layer[0]
inputs = (torch.randn(1, 512, 768),)
