"""One step of decoding with a small Llama, its static cache in buffers."""

import torch
import transformers
from torch import Tensor, nn
from transformers.integrations.executorch import TorchExportableModuleWithStaticCache

torch.manual_seed(0)
config = transformers.LlamaConfig(
    vocab_size=1000,
    hidden_size=128,
    intermediate_size=352,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=128,
    use_cache=True,
)
llama = transformers.LlamaForCausalLM(config).eval()
llama.generation_config = transformers.GenerationConfig(
    use_cache=True,
    cache_implementation="static",
    max_length=64,
    cache_config={"batch_size": 1, "max_cache_len": 64},
)


class Step(nn.Module):
    """A token and its position to logits."""

    def __init__(self) -> None:
        super().__init__()
        self.step = TorchExportableModuleWithStaticCache(llama, batch_size=1, max_cache_len=64)

    def forward(self, ids: Tensor, position: Tensor) -> Tensor:
        """ids (1, 1), position (1,), both int64."""
        return self.step(input_ids=ids, cache_position=position)


model = Step().eval()
inputs = (torch.tensor([[5]]), torch.tensor([7]))
