"""Complex numbers inside of a model, as two tensors of floats; Fourier transforms by matrices."""

import pytest
import torch
from torch import nn

from npu.configs.errors import UserError
from npu.frontend.compile import compile as npu_compile

SHAPE = (3, 4)


def arithmetic(x, y):
    a = torch.complex(x, y) + torch.complex(x[0], y[:, :1])
    b = torch.polar(y.abs() + 0.5, x)
    z = (a + 1) * b / (a - 2j) + b.conj() ** 2 - torch.exp(a * 0.1) + torch.log(b) * y
    parts = (z.real, z.imag, z.abs(), z.angle(), (1 / z).imag)
    moved = (z @ b.t(), z.sum(-1), z[:, 1:].transpose(0, 1).reshape(-1).flip(0))
    joined = torch.cat([torch.where(y > 0, z, b), z[:1]], 0)
    return (*parts, *(torch.view_as_real(one) for one in moved), joined.imag)


def rotary(x, y):
    """Positions as turns of pairs (Su et al., 2021), as Llama's own code writes them."""
    turns = torch.outer(torch.arange(3).float(), 1.0 / 100 ** (torch.arange(2) / 2))
    turns = torch.polar(torch.ones_like(turns), turns)
    return torch.view_as_real(torch.view_as_complex(x.reshape(3, 2, 2)) * turns).flatten(1) + y


def transforms(x, y):
    z = torch.complex(x, y)
    wide = (
        torch.view_as_real(torch.fft.fft2(z)),
        torch.view_as_real(torch.fft.ifft(z, norm="ortho")),
    )
    half = torch.fft.rfft2(x)
    short = torch.fft.irfft(z, n=5), torch.fft.irfft2(half * z[:, :3]), torch.fft.hfft(z, n=6)
    return (*wide, half.abs(), *short)


def long_transform(x, y):
    """A length that is cut: 585 = 15 * 39."""
    z = torch.fft.rfft(torch.cat((x, y.tanh()), 1))
    return torch.view_as_real(z), torch.fft.irfft(z * z, n=585)


def spectrogram(x, _):
    frames = torch.stft(x, 8, 4, window=torch.hann_window(8), return_complex=True)
    return frames.abs().pow(2).clamp(min=1e-5).log10()


FUNCTIONS = {
    "arithmetic": (arithmetic, SHAPE, SHAPE),
    "rotary": (rotary, SHAPE, SHAPE),
    "transforms": (transforms, SHAPE, SHAPE),
    "long": (long_transform, (1, 285), (1, 300)),
    "spectrogram": (spectrogram, (2, 30), (1,)),
}


class Stored(nn.Module):
    """A complex buffer, as a table of turns that the model was given."""

    def __init__(self):
        super().__init__()
        self.register_buffer("turns", torch.complex(torch.arange(12.0), -torch.ones(12)).view(3, 4))

    def forward(self, x):
        return torch.view_as_real(x * self.turns)


class Both(nn.Module):
    """Complex numbers from outside, and back."""

    def forward(self, z, x):
        return z * x + 2j, z.real, torch.fft.rfft(x)


MODULES = {"stored": (Stored, SHAPE)}


def test_values(whole, stage_machine):
    whole._check_spike(whole.compile(stage_machine), has_twin=False)


@pytest.mark.parametrize(
    ("function", "parts"),
    [
        (
            lambda x: torch.view_as_complex(x).sqrt().abs(),
            ["of complex numbers", "aten.sqrt at", "torch.view_as_real"],
        ),
        (lambda x: torch.view_as_complex(x).to(torch.complex128), ["complex128"]),
        (lambda x: torch.fft.rfft(x.new_zeros(2, 4099) + x[0, 0]).abs(), ["4,099 values: a prime"]),
    ],
)
def test_what_is_refused(function, parts, whole_of):
    with pytest.raises(UserError) as caught:
        whole_of(function, (torch.randn(3, 2),))
    for part in parts:
        assert part in str(caught.value)


def test_inputs_and_results_are_complex():
    model = Both()
    z, x = torch.randn(3, 4, dtype=torch.complex64), torch.randn(3, 4)
    compiled = npu_compile(model, (z.conj(), x), "8x8")
    for given in (z.conj(), z + 1j):
        outputs, _ = compiled.run(given, x, timing=False)
        wanted = model(given, x)
        assert [one.dtype for one in outputs] == [torch.complex64, torch.float32, torch.complex64]
        torch.testing.assert_close(outputs, wanted)
    with pytest.raises(UserError, match=r"compiled as complex64 of shape \[3, 4\], got float32"):
        compiled.run(x, x)


def test_extremes_of_lengths(whole_of, machine_with):
    """No square overflows, and what is not finite is what PyTorch gives."""
    values = torch.tensor([0.0, 3e38, 1e-38, float("inf"), float("nan"), -2.0])
    pairs = torch.stack([x.reshape(-1) for x in torch.meshgrid(values, values, indexing="ij")], -1)
    whole = whole_of(lambda x: torch.view_as_complex(x).abs(), (pairs,))
    whole._check_spike(whole.compile(machine_with(8, 256)), has_twin=False)
