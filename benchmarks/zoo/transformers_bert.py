"""A small BERT with a mask, as a tokenizer gives it."""

import torch
import transformers

torch.manual_seed(0)
config = transformers.BertConfig(
    hidden_size=128, num_hidden_layers=2, num_attention_heads=2, intermediate_size=512
)
model = transformers.BertModel(config).eval()
inputs = (torch.randint(1, 30522, (1, 128)), torch.ones(1, 128, dtype=torch.int64))
