"""A small conditioned U-Net of Stable Diffusion."""

import diffusers
import torch
from torch import Tensor, nn

torch.manual_seed(0)


class Noise(nn.Module):
    """The noise in a latent, as a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.unet = diffusers.UNet2DConditionModel(
            sample_size=16,
            block_out_channels=(32, 64),
            layers_per_block=1,
            cross_attention_dim=32,
            attention_head_dim=8,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        )

    def forward(self, x: Tensor, time: Tensor, text: Tensor) -> Tensor:
        """x (1, 4, 16, 16), time (1,), text (1, words, 32)."""
        return self.unet(x, time, text, return_dict=False)[0]


model = Noise().eval()
inputs = (torch.randn(1, 4, 16, 16), torch.tensor([10]), torch.randn(1, 77, 32))
