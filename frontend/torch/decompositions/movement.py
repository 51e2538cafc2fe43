"""The operators that only move values, and how each is written in slices, joins and views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.borders import reflected, replicated
from npu.frontend.torch.decompositions.diagonals import (
    diag_embed,
    diagonal,
    diagonal_scatter,
    trace,
)
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
    full,
    full_like,
    pad,
    select,
    split_with_sizes,
    squeeze,
    upsample_nearest,
)
from npu.frontend.torch.decompositions.strides import as_strided, as_strided_scatter
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
    aten.diagonal_scatter.default: diagonal_scatter,
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
    aten.full.default: full,
    aten.full_like.default: full_like,
    aten.pad.default: pad,
    aten.select.int: select,
    aten.as_strided.default: as_strided,
    aten.as_strided_copy.default: as_strided,
    aten.as_strided_scatter.default: as_strided_scatter,
    aten.split_with_sizes.default: split_with_sizes,
    aten.constant_pad_nd.default: constant_pad,
    aten.squeeze.default: squeeze,
    aten.squeeze.dim: squeeze,
    aten.squeeze.dims: squeeze,
    # what PyTorch has beside a view, for programs without views
    aten.view_copy.default: Tensor.reshape,
    aten.permute_copy.default: Tensor.permute,
    aten.transpose_copy.int: Tensor.transpose,
    aten.t_copy.default: Tensor.t,
    aten.unsqueeze_copy.default: Tensor.unsqueeze,
    aten.squeeze_copy.default: squeeze,
    aten.squeeze_copy.dim: squeeze,
    aten.squeeze_copy.dims: squeeze,
    aten.narrow_copy.default: Tensor.narrow,
    aten.select_copy.int: select,
    aten.split_copy.Tensor: Tensor.split,
    aten.split_with_sizes_copy.default: split_with_sizes,
    aten.unbind_copy.int: Tensor.unbind,
    aten.unfold_copy.default: unfold,
    aten.diagonal_copy.default: diagonal,
}
"""The decomposition of each."""
