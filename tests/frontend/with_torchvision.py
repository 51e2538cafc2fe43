"""Holds our networks to torchvision's: `make torchvision`, where that is installed.

Parameters and buffers must have the same names and shapes, and on the same values both networks
must give the same logits. Not a part of the gate, which does not install torchvision.
"""

from __future__ import annotations

import sys
from typing import Any

import torch

from npu.frontend.torch.torchvision_operators import torchvision_operators
from npu.frontend.workloads.forms import NETWORK_SHAPE
from npu.frontend.workloads.networks import NETWORKS, network_model


def main() -> None:
    """Compare all networks; leaves with a message at the first difference."""
    models = _torchvision_models()
    for name in sorted(NETWORKS):
        ours = network_model(name, NETWORK_SHAPE)
        theirs = getattr(models, name)(weights=None).eval()
        _same_names(name, ours.state_dict(), theirs.state_dict())
        theirs.load_state_dict(ours.state_dict())
        image = torch.randn(2, 3, 96, 64, generator=torch.Generator().manual_seed(2))
        with torch.no_grad():
            wanted, found = theirs(image), ours(image)
        error = float((wanted - found).abs().max() / wanted.abs().max())
        if not error < 1e-5:
            sys.exit(f"{name}: logits differ from torchvision's by {error:.2e} of the largest")


def _torchvision_models() -> Any:
    """The package's models."""
    try:
        with torchvision_operators():
            import torchvision  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError:
        sys.exit("torchvision is not installed: pip install --no-deps torchvision pillow")
    models: Any = vars(torchvision)["models"]
    return models


def _same_names(name: str, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Leaves with a message if names or shapes differ."""
    found = {key: tuple(value.shape) for key, value in ours.items()}
    wanted = {key: tuple(value.shape) for key, value in theirs.items()}
    different = sorted(set(found.items()) ^ set(wanted.items()))
    if different:
        sys.exit(f"{name}: {len(different)} names or shapes differ, first {different[0]}")


if __name__ == "__main__":
    main()
