"""PyTorch's tensors as the arrays that kernels take, and back.

Integers of 64 bits are integers of 32 in kernels: their values are checked when a program runs.
Integers of 16 and 8 bits are, too (`small_integers`). Complex numbers are pairs of floats in a last
dimension of 2 (`complex_pairs`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from npu.configs.errors import UserError
from npu.frontend.imported import Array

KERNEL_TYPES: dict[torch.dtype, Any] = {
    torch.float32: np.float32,
    torch.bfloat16: np.float32,
    torch.float16: np.float32,
    torch.int32: np.int32,
    torch.int64: np.int32,
    torch.int16: np.int32,
    torch.int8: np.int32,
    torch.uint8: np.int32,
    torch.bool: np.bool_,
}
"""The types of tensors that are supported, and those of arrays of their values: bf16 and f16, which
take two bytes in the device's memory, are arrays of the same numbers in float32."""


def as_floats(tensor: Tensor) -> Tensor:
    """Complex numbers as pairs of floats, anything else as it is; a view where possible."""
    return torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor


def type_name(dtype: torch.dtype) -> str:
    """`float32`."""
    return str(dtype).removeprefix("torch.")


def host_array(tensor: Tensor, name: str) -> NDArray[Any]:
    """A contiguous array of the tensor's own type, without a copy where possible.

    Of bf16 and f16, an array of float32.

    Raises:
        UserError: it has no values, as on device meta, or none that numpy reads, as a sparse one.
    """
    if tensor.is_meta:
        raise UserError(
            f"{name}: a tensor on device meta has no values; make it on the CPU, or run without "
            "values (--no-functional)"
        )
    if tensor.dtype in (torch.bfloat16, torch.float16):
        tensor = tensor.float()
    try:
        return np.asarray(tensor.detach().cpu().numpy(), order="C")
    except (RuntimeError, TypeError) as error:
        raise UserError(
            f"{name}: its values cannot be read ({str(error).splitlines()[0]}); expected a dense "
            "tensor on the CPU"
        ) from error


def to_array(tensor: Tensor, name: str) -> Array:
    """The array that kernels take for a tensor of a supported type.

    Raises:
        UserError: as `host_array` does, and for values that do not fit 32 bits.
    """
    array = host_array(as_floats(tensor), name)
    narrow = KERNEL_TYPES.get(tensor.dtype, np.float32)
    if array.dtype.kind == "i" and array.size:
        ends = np.iinfo(narrow)
        beyond = (array < ends.min) | (array > ends.max)
        if beyond.any():
            at = tuple(int(i) for i in np.argwhere(beyond)[0])
            raise UserError(
                f"{name}: the value {int(array[at])} at {list(at)} does not fit 32 bits, in which "
                f"kernels keep int64; expected values from {ends.min} to {ends.max}"
            )
    return np.asarray(array, dtype=narrow, order="C")


def to_tensor(array: Array, dtype: torch.dtype) -> Tensor:
    """An output of a kernel in the type that the model gives it."""
    tensor = torch.as_tensor(array)
    return torch.view_as_complex(tensor) if dtype.is_complex else tensor.to(dtype)
