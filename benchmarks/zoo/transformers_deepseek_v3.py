"""A small DeepSeek-V3: latent attention, experts chosen by groups."""

import torch
import transformers

torch.manual_seed(0)
config = transformers.DeepseekV3Config(
    vocab_size=1000,
    hidden_size=128,
    intermediate_size=256,
    moe_intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=4,
    n_shared_experts=1,
    n_routed_experts=8,
    kv_lora_rank=32,
    q_lora_rank=64,
    qk_rope_head_dim=16,
    v_head_dim=32,
    qk_nope_head_dim=32,
    n_group=2,
    topk_group=1,
    num_experts_per_tok=2,
    first_k_dense_replace=1,
    max_position_embeddings=128,
    use_cache=False,
)
model = transformers.DeepseekV3ForCausalLM(config).eval()
inputs = (torch.randint(0, 1000, (1, 32)),)
