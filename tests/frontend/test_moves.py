"""Operators that only move values: slices, joins and views that agree with eager PyTorch."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from npu.configs.errors import UserError
from npu.frontend.eager import copied
from npu.frontend.torch.import_model import import_model

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(4, 5, generator=GENERATOR)
Y = torch.randn(4, 3, generator=GENERATOR)
IMAGES = torch.randn(2, 3, 6, 7, generator=GENERATOR)


def test_parts_written_into_a_tensor(agree) -> None:
    def written(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        z = x * 1
        z[:, 1:4] = y
        return (
            *(z, x.select_scatter(y[:, 0], 1, -2), x.slice_scatter(y, 1, 1, 4)),
            *(x.slice_scatter(y, 1, 0, 5, 2), x.slice_scatter(y[:, :2], 1, 1, None, 2)),
            *(x.diagonal_scatter(y[:, 0], 1), x.diagonal_scatter(y[:2, 0], -2)),
            *(torch.as_strided_scatter(x, y, (4, 3), (5, 2), 0), (x + 1).copy_(y[:, :1])),
        )

    agree(written, X, Y)


def test_turned_and_repeated(agree) -> None:
    def turned(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        return (
            *(x.roll(2, 1), x.roll((1, -2), (0, 1)), x.roll(3), x.rot90(), x.squeeze(())),
            *(x.repeat(2, 1, 3), x.tile(2), x.repeat_interleave(3, 1), x.repeat_interleave(2)),
            *(torch.block_diag(x, y, x[0], x[0, 0]), torch.dstack([x, x + 1])),
            torch.column_stack([x[:, 0], y]),
        )

    agree(turned, X, Y)


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
    def diagonals(x: Tensor, images: Tensor) -> tuple[Tensor, ...]:
        return (
            *(x.diagonal(), x.diagonal(1), x.diagonal(-2), x.diagonal(4)),
            *(torch.diag(x[0], 2), torch.diag(x[0], -1), x.trace(), x.tril(), x.triu(1)),
            *(images.diagonal(0, 1, 3), images.diagonal(1, 2, 0)),
            *(torch.diag_embed(images[0], 1, 0, 2), torch.diag_embed(images[0], -1, 2, 0)),
        )

    agree(diagonals, X, IMAGES)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_by_values_of_the_tensor(agree, mode: str) -> None:
    def padded(x: Tensor, images: Tensor) -> tuple[Tensor, ...]:
        return (
            F.pad(images, (2, 1, 1, 3), mode=mode),
            F.pad(x, (0, 2), mode=mode),
            F.pad(images[None], (1, 1, 0, 1, 1, 0), mode=mode),
        )

    agree(padded, X, IMAGES)


def test_parts_of_parts_are_parts(agree) -> None:
    """Along one dimension, and where nobody else reads the part."""
    text = agree(lambda x, y: torch.cat([torch.cat([x, y], 1), y, torch.cat([y, x], 1)], 1), X, Y)
    assert text.count("tensor.concat") == 1
    text = agree(lambda x, y: (torch.cat([(z := torch.cat([x, y], 1)), y], 1), z), X, Y)
    assert text.count("tensor.concat") == 2


def test_tables_without_an_argument(agree) -> None:
    agree(lambda: (torch.linspace(0, 1, 7), torch.eye(3), torch.full((2,), 3.5)))


class WithGaps(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.t().as_strided((2, 2), (1, 3))


def test_memory_with_gaps_is_refused() -> None:
    with pytest.raises(UserError, match=r"aten\.as_strided"):
        import_model(WithGaps(), (X,))


class Beyond(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.as_strided((2, 2), (1, 2), 10)


def test_memory_beyond_a_part_of_a_tensor_is_refused() -> None:
    part = torch.arange(20.0)[:10]
    assert copied(part).as_strided((2,), (1,), 10).tolist() == [10, 11]
    with pytest.raises(UserError, match=r"aten\.as_strided"):
        import_model(Beyond(), (part,))
    import_model(Beyond(), (part.repeat(2),))
