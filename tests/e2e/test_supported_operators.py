"""Every operator that the compiler takes has difficult values tried by a test."""

import torch

from npu.frontend.torch.import_model import _decompose, _export
from npu.frontend.torch.supported import SUPPORTED
from tests.e2e import special_tables
from tests.e2e.test_numerics import COLUMNS, ONE, ROWS, TWO, Several
from tests.e2e.test_types import BUNDLES, made

MOVES = frozenset(
    f"aten.{name}"
    for name in (
        *("view.default", "_unsafe_view.default", "reshape.default", "permute.default"),
        *("transpose.int", "t.default", "expand.default", "unsqueeze.default", "squeeze.default"),
        *("squeeze.dim", "squeeze.dims", "clone.default", "alias.default", "detach.default"),
        *("full.default", "full_like.default", "mm.default", "bmm.default", "flip.default"),
        *("slice.Tensor", "select.int", "constant_pad_nd.default", "convolution.default"),
        *("avg_pool1d.default", "avg_pool2d.default", "avg_pool3d.default"),
        *("max_pool2d_with_indices.default", "max_pool3d_with_indices.default"),
    )
)
"""Supported operators that compute nothing, sums of products, or windows (test_convolutions)."""

ELSEWHERE = frozenset(
    {
        *("npu.gather.default", "npu.scatter.default"),  # test_random_indexed
        "npu.scan.default",  # test_scans
        *("npu.sort_pairs.default", "npu.bits_of.default", "npu.from_bits.default"),  # test_order
        "npu.factor.default",  # test_factorisations
        "aten.prod.dim_int",  # test_order
        "aten.cat.default",  # test_moves
    }
)
"""Supported operators whose values, difficult ones too, tests of their own compare."""

SAME_AS = {
    "aten.add.Scalar": "aten.add.Tensor",
    "aten.sub.Scalar": "aten.sub.Tensor",
    "aten.rsub.Scalar": "aten.sub.Tensor",
    "aten.mul.Scalar": "aten.mul.Tensor",
    "aten.div.Scalar": "aten.div.Tensor",
}
"""Overloads that torch.export writes as others."""


class OfTypes(torch.nn.Module):
    """Comparisons, conditions and integers of `test_types`, which compares them exactly."""

    def __init__(self, bundle):
        super().__init__()
        self.bundle = bundle

    def forward(self, *values):
        return self.bundle(*values)


def test_every_supported_operator_is_in_a_table():
    x = torch.ones(4, 6)
    found = set()
    special = ((special_tables.ONE, (x,)), (special_tables.TWO, (x, x)))
    for table, inputs in ((ONE, (x,)), (TWO, (x, x)), (ROWS, (x,)), (COLUMNS, (x,)), *special):
        graph = _decompose(_export(Several(table).eval(), inputs, strict=False)).graph
        found |= {str(node.target) for node in graph.nodes if node.op == "call_function"}
    for bundle in BUNDLES:
        graph = _decompose(_export(OfTypes(bundle).eval(), made((4, 6)), strict=False)).graph
        found |= {str(node.target) for node in graph.nodes if node.op == "call_function"}
    missing = {n for n in SUPPORTED - MOVES - ELSEWHERE if SAME_AS.get(n, n) not in found}
    assert missing == set()
