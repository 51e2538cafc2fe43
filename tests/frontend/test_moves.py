"""Operators that only move values: slices, joins and views that agree with eager PyTorch."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from npu.configs.errors import UserError
from npu.frontend.torch.import_model import import_model

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(4, 5, generator=GENERATOR)
Y = torch.randn(4, 3, generator=GENERATOR)
IMAGES = torch.randn(2, 3, 6, 7, generator=GENERATOR)
IDS = torch.randint(-9, 9, (4, 5), generator=GENERATOR)
MASK = torch.rand(4, 5, generator=GENERATOR) < 0.5


def test_parts_written_into_a_tensor(agree) -> None:
    def written(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        z = x * 1
        z[:, 1:4] = y
        return (
            *(z, x.select_scatter(y[:, 0], 1, -2), x.slice_scatter(y, 1, 1, 4)),
            *(x.slice_scatter(y, 1, 0, 5, 2), x.slice_scatter(y[:, :2], 1, 1, None, 2)),
            *(x.diagonal_scatter(y[:, 0], 1), x.diagonal_scatter(y[:2, 0], -2)),
            *(torch.as_strided_scatter(x, y, (4, 3), (5, 2), 0), x.copy_(y[:, :1])),
        )

    agree(written, X, Y)


def test_turned_and_repeated(agree) -> None:
    def turned(x: Tensor, ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        return (
            *(x.roll(2, 1), x.roll((1, -2), (0, 1)), ids.roll(3), mask.roll(-1, 0), x.rot90()),
            *(x.repeat(2, 1, 3), ids.tile(2), mask.repeat(2, 3), x.repeat_interleave(3, 1)),
            *(x.repeat_interleave(2), torch.block_diag(x, ids, x[0], x[0, 0]), x.squeeze(())),
            *(
                torch.dstack([x, ids]),
                torch.column_stack([mask[:, 0], mask]),
                x.unflatten(1, (5, 1)),
            ),
        )

    agree(turned, X, IDS, MASK)


def test_windows_side_by_side_and_added_up(agree) -> None:
    def windows(x: Tensor, images: Tensor) -> tuple[Tensor, ...]:
        columns = F.unfold(images, 3, dilation=2, padding=1, stride=2)
        return (
            *(x.unfold(1, 3, 1), x.unfold(1, 2, 2), x.unfold(0, 2, 1), x.unfold(1, 1, 2)),
            *(F.unfold(images, (2, 3)), columns, F.unfold(images[0], 2, stride=3)),
            F.fold(columns, (6, 7), 3, dilation=2, padding=1, stride=2),
            F.fold(F.unfold(images, (2, 3)), (6, 7), (2, 3)),
            x.as_strided((2, 3, 2), (1, 5, 1), 2),
            *(x.as_strided((3, 2), (6, 4), 1), x.as_strided((2, 3, 2), (10, 0, 2))),
        )

    agree(windows, X, IMAGES)


def test_diagonals(agree) -> None:
    def diagonals(x: Tensor, ids: Tensor, images: Tensor) -> tuple[Tensor, ...]:
        return (
            *(x.diagonal(), x.diagonal(1), ids.diagonal(-2), x.diagonal(4), x.diagonal(9)),
            *(torch.diag(x[0], 2), torch.diag(ids[0], -1), x.trace(), ids.trace()),
            *(images.diagonal(0, 1, 3), images.diagonal(1, 2, 0), x.tril(), ids.triu(1)),
            *(torch.diag_embed(images[0], 1, 0, 2), torch.diag_embed(images[0], -1, 2, 0)),
        )

    agree(diagonals, X, IDS, IMAGES)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_by_values_of_the_tensor(agree, mode: str) -> None:
    def padded(x: Tensor, images: Tensor) -> tuple[Tensor, ...]:
        return (
            F.pad(images, (2, 1, 1, 3), mode=mode),
            F.pad(x, (0, 2), mode=mode),
            F.pad(images[None], (1, 1, 0, 1, 1, 0), mode=mode),
        )

    agree(padded, X, IMAGES)


def test_numbers_of_another_type(agree) -> None:
    """Fills, and tables without an argument."""
    agree(
        lambda x: (torch.full((2,), 6, dtype=torch.bool), torch.full((2,), 2.7).int(), x),
        X,
    )
    agree(lambda: (torch.arange(5), torch.eye(3), torch.linspace(0, 1, 7)))


class Overwritten(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.t().as_strided((2, 2), (1, 3))


def test_memory_with_gaps_is_refused() -> None:
    with pytest.raises(UserError, match=r"aten\.as_strided"):
        import_model(Overwritten(), (X,))
