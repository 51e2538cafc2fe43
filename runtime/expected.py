"""What a program's outputs should be, as its source tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = Sequence[NDArray[np.floating[Any]]]
"""One array an output."""


@dataclass(frozen=True)
class Expected:
    """The outputs by the program's own source, in the order of the program."""

    origin: str
    """What computed them: "eager PyTorch", "numpy" or "upstream MLIR"."""

    singles: Values | None
    """Computed in float32; None where the source only computes in float64."""

    doubles: Values | None
    """Computed in float64; None where the source cannot."""

    no_doubles: str = ""
    """Why `doubles` is None."""

    types: Sequence[str] = ()
    """The types that the source gives the outputs, where it has others than `singles`."""
