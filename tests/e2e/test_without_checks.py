"""Functions that look at values in eager PyTorch are imported without the look."""

import torch
import torch.nn.functional as F


def looked_at(x, target, var):
    weights = torch.tensor([1, 2, 1, 3, 1])
    return (
        torch.cov(x),
        torch.cov(x, correction=0, fweights=weights, aweights=var[0]),
        x[0].cov(),
        torch.corrcoef(x),
        F.gaussian_nll_loss(x, target, var, full=True),
        F.gaussian_nll_loss(x, target, var[:, :1], reduction="none"),
    )


def test_values(whole_of, machine_with):
    torch.manual_seed(0)
    inputs = torch.randn(3, 5), torch.randn(3, 5), torch.rand(3, 5)
    whole_of(looked_at, inputs).values_agree(machine_with(8, 256))
