"""The `npu` dialect: one NPU core as a compiler sees it.

A core has a scratchpad that only DMA and the core itself touch, systolic arrays that hold a weight
tile still while rows of the other operand stream through, and a vector unit. A *kernel* moves
tiles of DRAM tensors into the scratchpad (`npu.dma_load`), multiplies them (`npu.preload`,
`npu.matmul`), runs vector code on them (`npu.compute`) and moves results back (`npu.dma_store`).

DMA is asynchronous: it returns a token, and `npu.wait` holds computation until the transfer is
complete. Loads run ahead of the computation as far as free scratchpad buffers allow; the hardware
interlocks overlapping scratchpad rectangles in program order. What is ordered through DRAM says so:
a transfer `after` others starts when these are complete.

Tails are exact: a partial tile is a `memref.subview` whose size is an `affine.min`. Nothing has to
divide, and nothing is padded in DRAM: a transfer names a box of a tensor (offsets, sizes, steps)
that may lie partly outside, where a load writes its `fill` and a store drops. In one dimension the
indices may come from the scratchpad: a gather or a scatter.

Before kernels exist, `npu.group` holds the tensor operations that will become one kernel, and
`#npu.mapping` says how it is to be tiled.
"""

from xdsl.ir import Dialect

from npu.dialects.npu.attrs import SPAD, TokenType, WeightsType
from npu.dialects.npu.box import Box
from npu.dialects.npu.compute import ComputeOp, MatmulOp, PreloadOp
from npu.dialects.npu.dma import CopyOp, DmaLoadOp, DmaOp, DmaStoreOp, WaitOp
from npu.dialects.npu.gather import GatherOp, ScatterOp
from npu.dialects.npu.host import GroupOp, KernelOp, LaunchOp, ReturnOp, YieldOp
from npu.dialects.npu.indexed import Indexed
from npu.dialects.npu.lookup import EndsOp, LookupOp
from npu.dialects.npu.mapping import MappingAttr
from npu.dialects.npu.scalars import (
    FORMULA_OPS,
    SCALAR_OPS,
    BesselJ0Op,
    BesselJ1Op,
    BesselY0Op,
    BesselY1Op,
    DigammaOp,
    ErfcOp,
    ErfcxOp,
    ErfinvOp,
    FmodOp,
    I0eOp,
    I0Op,
    I1eOp,
    I1Op,
    K0eOp,
    K0Op,
    K1eOp,
    K1Op,
    LgammaOp,
    NdtriOp,
    ZetaOp,
)
from npu.dialects.npu.structure import AllocOp, ParallelOp
from npu.dialects.npu.transfer import TransferOp

Npu = Dialect(
    "npu",
    [
        GatherOp,
        ScatterOp,
        GroupOp,
        KernelOp,
        LaunchOp,
        ReturnOp,
        YieldOp,
        AllocOp,
        ParallelOp,
        CopyOp,
        DmaLoadOp,
        DmaStoreOp,
        WaitOp,
        PreloadOp,
        MatmulOp,
        ComputeOp,
        LookupOp,
        EndsOp,
        *SCALAR_OPS,
    ],
    [TokenType, WeightsType, MappingAttr],
)

__all__ = [
    "FORMULA_OPS",
    "SCALAR_OPS",
    "SPAD",
    "AllocOp",
    "BesselJ0Op",
    "BesselJ1Op",
    "BesselY0Op",
    "BesselY1Op",
    "Box",
    "ComputeOp",
    "CopyOp",
    "DigammaOp",
    "DmaLoadOp",
    "DmaOp",
    "DmaStoreOp",
    "EndsOp",
    "ErfcOp",
    "ErfcxOp",
    "ErfinvOp",
    "FmodOp",
    "GatherOp",
    "GroupOp",
    "I0Op",
    "I0eOp",
    "I1Op",
    "I1eOp",
    "Indexed",
    "K0Op",
    "K0eOp",
    "K1Op",
    "K1eOp",
    "KernelOp",
    "LaunchOp",
    "LgammaOp",
    "LookupOp",
    "MappingAttr",
    "MatmulOp",
    "NdtriOp",
    "Npu",
    "ParallelOp",
    "PreloadOp",
    "ReturnOp",
    "ScatterOp",
    "TokenType",
    "TransferOp",
    "WaitOp",
    "WeightsType",
    "YieldOp",
    "ZetaOp",
]
