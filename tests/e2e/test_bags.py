"""Bags of embeddings and segments, empty ones among them."""

import pytest
import torch
import torch.nn.functional as F

STARTS = torch.tensor([0, 3, 3, 8])


def bags(table, words, shares):
    """Sums, means and maxima; a word that does not count."""
    return (
        F.embedding_bag(words, table, STARTS, mode="sum", per_sample_weights=shares),
        F.embedding_bag(words, table, STARTS, mode="mean", padding_idx=2),
        F.embedding_bag(words, table, STARTS, mode="max", padding_idx=2),
        F.embedding_bag(words[:9], table, torch.tensor([0, 4, 9]), include_last_offset=True),
    )


def segments(rows, lengths):
    """Every reduction, with a start and without."""
    of = torch.segment_reduce
    ends = torch.cat([lengths[:1] * 0, torch.cumsum(lengths, 0)])
    return (
        *(of(rows, kind, lengths=lengths, unsafe=True) for kind in ("sum", "mean", "max")),
        of(rows, "min", offsets=ends, unsafe=True),
        of(rows, "prod", lengths=lengths, unsafe=True, initial=2.0),
    )


@pytest.mark.parametrize("lanes", [8, pytest.param(32, marks=pytest.mark.slow)])
def test_runs_of_rows(whole_of, machine_with, lanes):
    torch.manual_seed(0)
    words = torch.tensor([1, 2, 0, 2, 2, 5, 6, 1, 4, 3, 2])
    machine = machine_with(lanes, 256)
    whole_of(bags, (torch.randn(7, 5), words, torch.rand(11))).values_agree(machine)
    whole_of(segments, (torch.randn(9, 5), torch.tensor([3, 0, 6]))).values_agree(machine)
