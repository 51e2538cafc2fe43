"""Small models of kinds that libraries bring: grouped experts, results that are None."""

import pytest
import torch
from torch import nn

from npu.configs.errors import UserError
from npu.frontend.torch.decompositions.grouped import rows_by_group


def looks_at_values(x: torch.Tensor, weights: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    """What a library registers for devices without such a product."""
    starts = [0, *ends.tolist()[:-1]]
    pairs = zip(weights, starts, ends.tolist(), strict=True)
    return torch.cat([x[start:end] @ weight for weight, start, end in pairs])


class Experts(nn.Module):
    """Rows in the order of their experts, one without rows, by an operator that looks at values.

    It is that of transformers, registered here where the library is not loaded.
    """

    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(4, 8, 5))
        if not hasattr(torch.ops.transformers, "grouped_mm_fallback"):
            name = "transformers::grouped_mm_fallback"
            made = torch.library.custom_op(name, looks_at_values, mutates_args=())
            made.register_fake(lambda x, weights, _: x.new_empty(x.shape[0], weights.shape[2]))

    def forward(self, x, ends):
        return torch.ops.transformers.grouped_mm_fallback(x, self.weights, ends)


class WithoutLoss(nn.Module):
    """The form of many language models: no targets, no loss; a slope that training draws."""

    def forward(self, x):
        return nn.functional.rrelu(x), None, [x.sum(-1), None]


ENDS = torch.tensor([2, 2, 7, 11], dtype=torch.int32)
CASES = {
    "experts": (Experts, (torch.randn(11, 8), ENDS)),
    "no-loss": (WithoutLoss, (torch.randn(3, 5),)),
}


@pytest.mark.parametrize("name", CASES)
def test_values(name, whole_of, machine_with):
    torch.manual_seed(0)
    make, inputs = CASES[name]
    whole = whole_of(make().eval(), inputs)
    whole._check_spike(whole.compile(machine_with(8, 256)), has_twin=False)


def test_rows_behind_the_last_group_are_zero():
    x, weights = torch.randn(5, 3), torch.randn(2, 3, 4)
    found = rows_by_group(x, weights, torch.tensor([1, 3]))
    expected = torch.cat((x[:1] @ weights[0], x[1:3] @ weights[1], torch.zeros(2, 4)))
    torch.testing.assert_close(found, expected)


def test_a_model_of_no_results_is_told(whole_of):
    with pytest.raises(UserError, match="output 0 of the model is None: expected only tensors"):
        whole_of(lambda _: None, (torch.ones(2),))
