"""BERT base with one layer, on 512 tokens."""

import torch
import transformers

torch.manual_seed(0)
model = transformers.BertModel(transformers.BertConfig(num_hidden_layers=1)).eval()
inputs = (torch.randint(0, 30522, (1, 512)),)
