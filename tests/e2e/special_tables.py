"""Special functions, powers and rounding, by name; `test_special_functions` runs them."""

import torch

ONE = {
    **{name: getattr(torch, name) for name in ("exp2", "expm1", "log", "log2", "log10", "log1p")},
    **{name: getattr(torch, name) for name in ("sin", "cos", "tan", "asin", "acos", "atan")},
    **{name: getattr(torch, name) for name in ("sinh", "cosh", "asinh", "acosh", "atanh")},
    **{name: getattr(torch, name) for name in ("floor", "ceil", "trunc", "frac")},
    "round": torch.round,
    "erfc": torch.erfc,
    "fmod-0.3": lambda x: torch.fmod(x, 0.3),
    "remainder--2": lambda x: torch.remainder(x, -2),
    "pow-0.3": lambda x: x**0.3,
    "pow--2.7": lambda x: x**-2.7,
    "pow-65": lambda x: x**65,
    "power-of-2.5": lambda x: 2.5**x,
    "power-of-a-negative": lambda x: torch.pow(-2.0, torch.floor(x)),
}
"""Of one operand."""

TWO = {
    "pow": torch.pow,
    "pow-of-a-size": lambda x, y: torch.abs(x) ** y,
    "pow-whole": lambda x, y: x ** torch.floor(y),
    "atan2": torch.atan2,
    "hypot": torch.hypot,
    "fmod": torch.fmod,
    "remainder": torch.remainder,
    "floor-divide": torch.floor_divide,
    "div-trunc": lambda x, y: torch.div(x, y, rounding_mode="trunc"),
    "copysign": torch.copysign,
    "logaddexp": torch.logaddexp,
    "xlogy": torch.xlogy,
}
"""Of two operands."""
