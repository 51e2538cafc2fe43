"""The operators that only move values, and how each is written in slices, joins and views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from npu.frontend.torch.decompositions.borders import reflected, replicated
from npu.frontend.torch.decompositions.diagonals import diag_embed, diagonal, trace
from npu.frontend.torch.decompositions.joins import (
    block_diag,
    cat,
    copy,
    repeat,
    repeat_interleave,
    roll,
    select_scatter,
    slice_scatter,
    stack,
)
from npu.frontend.torch.decompositions.moves import (
    constant_pad,
    pad,
    select,
    split_with_sizes,
    squeeze,
    upsample_nearest,
)
from npu.frontend.torch.decompositions.strides import as_strided
from npu.frontend.torch.decompositions.unfolding import col2im, im2col, unfold

aten = torch.ops.aten

MOVEMENT: dict[Any, Callable[..., Any]] = {
    aten.cat.default: cat,
    aten.stack.default: stack,
    aten.copy.default: copy,
    aten.slice_scatter.default: slice_scatter,
    aten.select_scatter.default: select_scatter,
    aten.roll.default: roll,
    aten.repeat.default: repeat,
    aten.repeat_interleave.self_int: repeat_interleave,
    aten.block_diag.default: block_diag,
    aten.unfold.default: unfold,
    aten.im2col.default: im2col,
    aten.col2im.default: col2im,
    aten.diagonal.default: diagonal,
    aten.diag_embed.default: diag_embed,
    aten.trace.default: trace,
    aten.reflection_pad1d.default: reflected,
    aten.reflection_pad2d.default: reflected,
    aten.reflection_pad3d.default: reflected,
    aten.replication_pad1d.default: replicated,
    aten.replication_pad2d.default: replicated,
    aten.replication_pad3d.default: replicated,
    aten.upsample_nearest1d.vec: upsample_nearest(0.0),
    aten._upsample_nearest_exact1d.vec: upsample_nearest(0.5),
    aten._upsample_nearest_exact2d.vec: upsample_nearest(0.5),
    aten._upsample_nearest_exact3d.vec: upsample_nearest(0.5),
    aten.upsample_nearest2d.vec: upsample_nearest(0.0),
    aten.upsample_nearest3d.vec: upsample_nearest(0.0),
    aten.pad.default: pad,
    aten.select.int: select,
    aten.as_strided.default: as_strided,
    aten.split_with_sizes.default: split_with_sizes,
    aten.constant_pad_nd.default: constant_pad,
    aten.squeeze.default: squeeze,
    aten.squeeze.dim: squeeze,
    aten.squeeze.dims: squeeze,
}
"""The decomposition of each."""
