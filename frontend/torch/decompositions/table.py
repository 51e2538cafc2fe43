"""How PyTorch operators are written in terms of the few that the next stages take.

PyTorch's own table serves for the rest; the operators here are ours because the common rewrites
compute in f64, assert at run time, or keep reduced dimensions as extent 1, which cannot be tiled
well. Here everything stays in the input's type, and a row statistic is computed on the reduced
shape and only then broadcast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor
from torch._decomp import get_decompositions

from npu.frontend.torch.decompositions.activations import (
    celu,
    elu,
    gelu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    rrelu,
    silu,
)
from npu.frontend.torch.decompositions.attention import attention
from npu.frontend.torch.decompositions.bags import BAGS
from npu.frontend.torch.decompositions.conditions import (
    all_of,
    any_of,
    never_of_integers,
    of_conditions,
    with_number,
)
from npu.frontend.torch.decompositions.convolution import convolution
from npu.frontend.torch.decompositions.copies import COPIES
from npu.frontend.torch.decompositions.counts import (
    bucketize,
    count_nonzero,
    histc,
    searchsorted,
    searchsorted_number,
)
from npu.frontend.torch.decompositions.distances import distances, distances_within
from npu.frontend.torch.decompositions.eliminations import ELIMINATIONS
from npu.frontend.torch.decompositions.floats import FLOATS
from npu.frontend.torch.decompositions.indexing import (
    embedding,
    gather,
    index,
    index_select,
    take,
)
from npu.frontend.torch.decompositions.libraries import library_operators
from npu.frontend.torch.decompositions.losses import nll_loss
from npu.frontend.torch.decompositions.movement import MOVEMENT
from npu.frontend.torch.decompositions.norms import (
    batch_norm,
    batch_norm_in_training,
    batch_norm_measured,
    batch_norm_with_update,
    group_norm_measured,
    instance_norm,
    layer_norm_measured,
)
from npu.frontend.torch.decompositions.order import (
    kthvalue,
    median_dim,
    mode,
    nanmedian_dim,
    of_everything,
    sort,
    sort_stable,
    topk,
)
from npu.frontend.torch.decompositions.orthogonal import ORTHOGONAL
from npu.frontend.torch.decompositions.pools import (
    adaptive_avg_pool,
    adaptive_max_pool,
    avg_pool,
    max_pool,
)
from npu.frontend.torch.decompositions.positions import (
    arg_extreme,
    both_extremes,
    with_position,
)
from npu.frontend.torch.decompositions.powers import pow_scalar
from npu.frontend.torch.decompositions.products import (
    addbmm,
    addmm,
    addmv,
    baddbmm,
    bilinear,
    linear,
    matmul,
)
from npu.frontend.torch.decompositions.pytorchs import pytorchs
from npu.frontend.torch.decompositions.quotients import QUOTIENTS
from npu.frontend.torch.decompositions.rounding import (
    frac,
    hypot,
    rounded,
    rounded_to,
    sign,
    trunc,
)
from npu.frontend.torch.decompositions.rows import (
    amax_keepdim,
    amin_keepdim,
    group_norm,
    layer_norm,
    log_softmax,
    mean,
    mean_all,
    safe_softmax,
    softmax,
    softmax_half,
    std,
    sum_keepdim,
    var,
    var_mean,
)
from npu.frontend.torch.decompositions.sampling import bicubic, one_hot
from npu.frontend.torch.decompositions.scans import cum_extreme, cumprod, cumsum, logcumsumexp
from npu.frontend.torch.decompositions.scattering import (
    index_add,
    index_copy,
    index_fill,
    index_fill_tensor,
    index_put,
    index_reduce,
    masked_scatter,
    put,
    scatter_add,
    scatter_reduce,
    scatter_src,
    scatter_value,
    scatter_value_with,
    scatter_with,
)
from npu.frontend.torch.decompositions.shapes import on_a_vector, unless_empty
from npu.frontend.torch.decompositions.special_functions import SPECIAL_FUNCTIONS
from npu.frontend.torch.decompositions.vector_norms import (
    dist,
    nansum,
    norm,
    norm_in_type,
    prod,
    vector_norm,
)
from npu.frontend.torch.decompositions.volumes import VOLUMES
from npu.frontend.torch.scalar_ops import OPERATORS

aten = torch.ops.aten


def reciprocal(x: Tensor) -> Tensor:
    """1 / x as a division: upstream's own reciprocal checks its input at run time."""
    return torch.full_like(x, 1.0) / x


def dropout(x: Tensor, p: float, train: bool) -> Tensor:
    """Dropout does nothing in evaluation; in training it is left for the check to report."""
    return NotImplemented if train and p else x.clone()


def table() -> dict[Any, Callable[..., Any]]:
    """PyTorch's core table with ours on top, as ``ExportedProgram.run_decompositions`` takes it."""
    merged = dict(pytorchs())
    merged.update(
        {
            aten.linear.default: linear,
            aten.addmm.default: addmm,
            aten.baddbmm.default: baddbmm,
            aten.addbmm.default: addbmm,
            aten.addmv.default: addmv,
            aten.bilinear.default: bilinear,
            aten._cdist_forward.default: distances,
            aten._euclidean_dist.default: distances,
            aten._pdist_forward.default: distances_within,
            aten.matmul.default: matmul,
            aten.softmax.int: softmax,
            aten._softmax.default: softmax_half,
            aten._safe_softmax.default: safe_softmax,
            aten.mean.dim: mean,
            aten.mean.default: mean_all,
            aten.sum.dim_IntList: sum_keepdim,
            aten.amax.default: amax_keepdim,
            aten.amin.default: amin_keepdim,
            aten.var_mean.correction: var_mean,
            aten.var.correction: var,
            aten.std.correction: std,
            aten.layer_norm.default: layer_norm,
            aten.group_norm.default: group_norm,
            aten.gelu.default: gelu,
            aten.silu.default: silu,
            aten.hardtanh.default: hardtanh,
            aten.hardsigmoid.default: hardsigmoid,
            aten.hardswish.default: hardswish,
            aten.leaky_relu.default: leaky_relu,
            aten.rrelu_with_noise_functional.default: rrelu,
            aten.elu.default: elu,
            aten.celu.default: celu,
            aten._log_softmax.default: log_softmax,
            aten.nll_loss_forward.default: nll_loss,
            aten.nll_loss2d_forward.default: nll_loss,
            aten.pow.Tensor_Scalar: pow_scalar,
            aten.scaled_dot_product_attention.default: attention,
            aten.dropout.default: dropout,
            aten.reciprocal.default: reciprocal,
            aten._native_batch_norm_legit_no_training.default: batch_norm,
            aten._native_batch_norm_legit.no_stats: batch_norm_measured,
            aten._native_batch_norm_legit_functional.default: batch_norm_in_training,
            aten._batch_norm_with_update_functional.default: batch_norm_with_update,
            aten.instance_norm.default: instance_norm,
            aten.native_layer_norm.default: layer_norm_measured,
            aten.native_group_norm.default: group_norm_measured,
            aten.convolution.default: convolution,
            aten.max_pool2d_with_indices.default: max_pool,
            aten.max_pool3d_with_indices.default: max_pool,
            aten.avg_pool2d.default: avg_pool,
            aten.avg_pool3d.default: avg_pool,
            aten._adaptive_avg_pool2d.default: adaptive_avg_pool,
            aten._adaptive_avg_pool3d.default: adaptive_avg_pool,
            aten.adaptive_max_pool2d.default: adaptive_max_pool,
            aten.adaptive_max_pool3d.default: adaptive_max_pool,
            aten.bitwise_and.Scalar: with_number(torch.bitwise_and),
            aten.bitwise_or.Scalar: with_number(torch.bitwise_or),
            aten.bitwise_xor.Scalar: with_number(torch.bitwise_xor),
            aten.maximum.default: of_conditions(torch.logical_or),
            aten.minimum.default: of_conditions(torch.logical_and),
            aten.isinf.default: never_of_integers,
            aten.isnan.default: never_of_integers,
            aten.any.default: any_of,
            aten.any.dim: any_of,
            aten.any.dims: any_of,
            aten.all.default: all_of,
            aten.all.dim: all_of,
            aten.all.dims: all_of,
            aten.max.default: torch.amax,
            aten.min.default: torch.amin,
            aten.max.dim: with_position(torch.amax),
            aten.min.dim: with_position(torch.amin),
            aten.argmax.default: arg_extreme(torch.amax),
            aten.argmin.default: arg_extreme(torch.amin),
            aten.aminmax.default: both_extremes,
            aten.prod.default: prod,
            aten.prod.dim_int: prod,
            aten.linalg_vector_norm.default: vector_norm,
            aten.norm.Scalar: norm,
            aten.norm.ScalarOpt_dim: norm,
            aten.norm.ScalarOpt_dtype: norm_in_type,
            aten.norm.ScalarOpt_dim_dtype: norm,
            aten.dist.default: dist,
            aten.nansum.default: nansum,
            aten.count_nonzero.default: count_nonzero,
            aten.count_nonzero.dim_IntList: count_nonzero,
            aten.histc.default: histc,
            aten.searchsorted.Tensor: searchsorted,
            aten.searchsorted.Scalar: searchsorted_number,
            aten.bucketize.Tensor: bucketize,
            aten.sort.default: sort,
            aten.sort.stable: sort_stable,
            aten.topk.default: topk,
            aten.kthvalue.default: kthvalue,
            aten.median.dim: median_dim,
            aten.mode.default: mode,
            aten.median.default: of_everything(median_dim),
            aten.nanmedian.dim: nanmedian_dim,
            aten.nanmedian.default: of_everything(nanmedian_dim),
            aten.cumsum.default: cumsum,
            aten.logcumsumexp.default: logcumsumexp,
            aten.cumprod.default: cumprod,
            aten.cummax.default: cum_extreme("max"),
            aten.cummin.default: cum_extreme("min"),
            aten.trunc.default: trunc,
            aten.floor.default: rounded,
            aten.ceil.default: rounded,
            aten.round.default: rounded,
            aten.round.decimals: rounded_to,
            aten.hypot.default: hypot,
            aten.frac.default: frac,
            aten.sign.default: sign,
            **INDEXING,
            **QUOTIENTS,
            **OPERATORS,
            **library_operators(),
            **SPECIAL_FUNCTIONS,
            **FLOATS,
            **ELIMINATIONS,
            **ORTHOGONAL,
            **BAGS,
            **VOLUMES,
        }
    )
    merged.update(MOVEMENT)
    merged.update(COPIES)
    merged.update({op: unless_empty(merged[op]) for op in KEEP_THE_SHAPE})
    merged.update({op: on_a_vector(op, merged[op]) for op in TAKE_DIMENSIONS})
    return merged


INDEXING: dict[Any, Callable[..., Any]] = {
    aten.embedding.default: embedding,
    aten.index_select.default: index_select,
    aten.take.default: take,
    aten.gather.default: gather,
    aten.index.Tensor: index,
    aten._unsafe_index.Tensor: index,
    aten.index_put.default: index_put,
    aten.put.default: put,
    aten.masked_scatter.default: masked_scatter,
    aten._unsafe_index_put.default: index_put,
    aten.scatter.src: scatter_src,
    aten.scatter.value: scatter_value,
    aten.scatter.reduce: scatter_with,
    aten.scatter.value_reduce: scatter_value_with,
    aten.scatter_add.default: scatter_add,
    aten.scatter_reduce.two: scatter_reduce,
    aten.index_add.default: index_add,
    aten.index_copy.default: index_copy,
    aten.index_fill.int_Scalar: index_fill,
    aten.index_fill.int_Tensor: index_fill_tensor,
    aten.index_reduce.default: index_reduce,
    aten.one_hot.default: one_hot,
    aten.upsample_bicubic2d.vec: bicubic,
    **cast(
        Any,
        get_decompositions(
            [
                aten.upsample_bilinear2d.vec,
                aten.grid_sampler_2d.default,
            ]
        ),
    ),
}
"""Operators whose indices are data."""

KEEP_THE_SHAPE = (
    aten.softmax.int,
    aten._softmax.default,
    aten._safe_softmax.default,
    aten.layer_norm.default,
    aten.instance_norm.default,
    aten.group_norm.default,
)
"""Operators that reduce, and whose result has the shape of the operand."""

TAKE_DIMENSIONS = (
    aten.softmax.int,
    aten._softmax.default,
    aten._safe_softmax.default,
    aten.mean.dim,
    aten.mean.default,
    aten.sum.dim_IntList,
    aten.amax.default,
    aten.amin.default,
    aten.max.dim,
    aten.min.dim,
    aten.argmax.default,
    aten.argmin.default,
    aten.aminmax.default,
    aten.var_mean.correction,
    aten.var.correction,
    aten.std.correction,
    aten.squeeze.default,
    aten.squeeze.dim,
    aten.squeeze.dims,
)
"""Operators whose dimensions say what to do with a tensor of rank 0, too: 0 and -1 are allowed."""
