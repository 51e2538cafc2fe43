"""Modes: what a stated other compiler does, as options of our passes. One place for all of it.

A mode is no tuning: each part is a behaviour with its evidence, it holds for all programs and
machines alike, and it is printed with every figure. Values are right in every mode. Without one,
our own compiler does what it finds best.

    npu-opt FILE -p 'npu-compile{machine=tpuv3 mode=xla-tpu}'
    npu run softmax_512x512 --mode xla-tpu;   npu validate --mode xla-tpu
"""

from __future__ import annotations

from dataclasses import dataclass

from npu.configs.errors import UserError
from npu.configs.near import did_you_mean
from npu.configs.short import short
from npu.passes.group.join import ENDS, GAIN
from npu.passes.map.strategies import AUTO, TAPS


@dataclass(frozen=True)
class Mode:
    """Options of passes; the defaults are those of no mode."""

    name: str = ""
    unfused: bool = False
    """Of `npu-group`."""
    joins: str = GAIN
    """Of `npu-group`."""
    conv_strategy: str = AUTO
    """Of `npu-map`."""
    result_slots: int = 0
    """Of `npu-map`."""
    scoped_kb: int = 0
    """Of `npu-map`."""
    pads_channels: bool = False
    """Whether `npu-pad-channels` runs."""


NO_MODE = Mode()

XLA_TPU = Mode(
    name="xla-tpu",
    # Measured rows of TPU v3: softmax moves four times its tensor, layer norm 6.2 times, at the
    # rate of the HBM; torch_xla lowers layer norm through native_batch_norm (pytorch/xla issue
    # 3612), so that its scale and offset are a program of their own.
    unfused=True,
    # Attention of TPU v3 moves its scores three times: written with the maximum of each row, read
    # for the sums, read as the rows of the second product (within 1 %; two or four times is 26 %
    # off).
    joins=ENDS,
    # conv_64x56x56x64x64 takes the cycles of arrays that channels alone fill, and no taps.
    conv_strategy=TAPS,
    # Large products of TPU v3 take what the arrays take and the store of the result behind it.
    result_slots=1,
    # Products of TPU v6e whose operands fit in VMEM take load, work and store in sequence: XLA's
    # memory space assignment copies whole operands ahead, into what VMEM has beside the 32 MiB
    # scoped to an instruction (xla_tpu_scoped_vmem_limit_kib, openxla.org/xla/errors/error_1001;
    # 32 MiB by default on v6e: vllm-project/tpu-inference pull request 3407). TPU v3 has 16 MiB
    # of VMEM in all.
    scoped_kb=32768,
    # Activations have channels in multiples of 128 lanes; where a convolution has fewer input
    # channels, they are laid out anew ahead of it and behind it.
    pads_channels=True,
)

MODES = {mode.name: mode for mode in (XLA_TPU,)}
"""Those that there are, by name."""


def mode_of(name: str) -> Mode:
    """The mode of a name; the empty one is none. Raises UserError if there is no such mode."""
    if not name:
        return NO_MODE
    if name not in MODES:
        hint = did_you_mean(name, MODES)
        raise UserError(
            f"no mode is called '{short(name)}'; {f'{hint} ' if hint else ''}expected "
            f"{', '.join(MODES)}, or none for our compiler's best"
        )
    return MODES[name]


def agreed(mode: Mode, conv_strategy: str) -> str:
    """The strategy of convolutions. Raises UserError if one was asked for that the mode has not."""
    if conv_strategy not in (AUTO, mode.conv_strategy) and mode.conv_strategy != AUTO:
        raise UserError(
            f"conv_strategy '{short(conv_strategy)}' is not what mode '{mode.name}' does, which is "
            f"'{mode.conv_strategy}'; leave one of them out"
        )
    return conv_strategy if mode.conv_strategy == AUTO else mode.conv_strategy
