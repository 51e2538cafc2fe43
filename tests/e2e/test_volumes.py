"""Volumes sampled on a grid, images made smaller with all their pixels, pools backwards."""

import pytest
import torch
import torch.nn.functional as F

from tests.e2e.near import near_eager


def sampled(x, grid):
    return (
        F.grid_sample(x, grid, padding_mode="zeros", align_corners=False),
        F.grid_sample(x, grid, padding_mode="reflection", align_corners=True),
    )


def resized(x):
    return (
        F.interpolate(x, (4, 5), mode="bilinear", antialias=True),
        F.interpolate(x, (9, 17), mode="bilinear", antialias=True, align_corners=True),
        F.interpolate(x, scale_factor=(1.7, 0.6), mode="bicubic"),
    )


def spread(x, gradient):
    places = F.max_pool2d(x, 3, 2, return_indices=True)[1]
    back = torch.ops.aten.max_pool2d_with_indices_backward
    return back(gradient, x, [3, 3], [2, 2], [0, 0], [1, 1], False, places)


def test_volumes(whole_of, machine_with):
    torch.manual_seed(0)
    inputs = torch.randn(2, 3, 4, 5, 3), torch.rand(2, 2, 3, 2, 3) * 3 - 1.5
    near_eager(whole_of(sampled, inputs), machine_with(8, 256), 1e-5)


@pytest.mark.parametrize("pixel", [1.0, float("inf")])
def test_a_pixel_goes_where_it_belongs(whole_of, machine_with, pixel):
    torch.manual_seed(0)
    x = torch.randn(1, 2, 7, 11)
    x[0, 0, 3, 3] = pixel
    near_eager(whole_of(resized, (x,)), machine_with(8, 256), 1e-6)


def test_a_pool_backwards(whole_of, machine_with):
    torch.manual_seed(0)
    whole_of(spread, (torch.randn(2, 3, 8, 9), torch.randn(2, 3, 3, 4))).values_agree(
        machine_with(8, 256)
    )
