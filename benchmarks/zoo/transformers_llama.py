"""A small Llama with its head."""

import torch
import transformers

torch.manual_seed(0)
config = transformers.LlamaConfig(
    vocab_size=1000,
    hidden_size=128,
    intermediate_size=352,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=128,
    use_cache=False,
)
model = transformers.LlamaForCausalLM(config).eval()
inputs = (torch.randint(0, 1000, (1, 64)),)
