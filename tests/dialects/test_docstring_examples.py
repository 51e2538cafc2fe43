"""What the docstrings of kernels' operations show is what the parser takes."""

import inspect
import re

import pytest
from xdsl.context import Context
from xdsl.ir import Operation
from xdsl.parser import Parser
from xdsl.universe import Universe

from npu.dialects import npu
from npu.passes.universe import DIALECTS

OPERATIONS = (
    npu.AllocOp,
    npu.ParallelOp,
    npu.CopyOp,
    npu.DmaLoadOp,
    npu.DmaStoreOp,
    npu.ComputeOp,
)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_examples_are_parsed(operation: type[Operation]):
    """Values that an example only uses get their types from it; so it stands alone."""
    examples = re.findall(r"```mlir\n(.*?)```", inspect.getdoc(operation) or "", re.DOTALL)
    assert examples
    for example in examples:
        context = Context()
        for name, factory in {**Universe.get_multiverse().all_dialects, **DIALECTS}.items():
            context.register_dialect(name, factory)
        parser = Parser(context, example)
        op = parser.parse_operation()
        assert isinstance(op, operation)
        assert parser.parse_optional_operation() is None
        if not isinstance(op, npu.ParallelOp | npu.TransferOp):  # these look at what is around
            op.verify()
