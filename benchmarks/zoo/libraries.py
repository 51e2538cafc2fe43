"""The libraries whose models are tried, beside a PyTorch for the CPU."""

import sys
import types

# torchvision declares operators of another device when it is loaded, which this PyTorch has not.
sys.modules.setdefault(
    "torchvision._meta_registrations", types.ModuleType("torchvision._meta_registrations")
)

import diffusers  # noqa: E402
import torchvision  # noqa: E402
import transformers  # noqa: E402

__all__ = ["diffusers", "torchvision", "transformers"]
