"""What the upstream worker answers is read as its module's text would be."""

from typing import Any

import pytest
from xdsl.context import Context
from xdsl.dialects import arith, builtin, func, linalg, tensor
from xdsl.parser import Parser
from xdsl.utils.exceptions import ParseError

from npu.frontend.places import LOCATION
from npu.frontend.stage0.read_module import read_module
from npu.frontend.upstream.bindings import ir, new_context
from npu.frontend.upstream.plain_module import plain_module

TEXT = """
func.func @main(%x: tensor<4x3xf32>, %y: tensor<3xf32>) -> (tensor<6x3xf32>, tensor<4xi32>) {
  %zero = arith.constant -0.0 : f32
  %padded = tensor.pad %x low[1, 0] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<4x3xf32> to tensor<6x3xf32>
  %empty = tensor.empty() : tensor<6x3xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>,
      affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>],
      iterator_types = ["parallel", "parallel"], mark, number = 7 : i8}
      ins(%padded, %y : tensor<6x3xf32>, tensor<3xf32>) outs(%empty : tensor<6x3xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %s = arith.addf %a, %b fastmath<nnan> : f32
    linalg.yield %s : f32
  } -> tensor<6x3xf32>
  %numbers = arith.constant dense<[1, -2, 3, 2147483647]> : tensor<4xi32>
  return %sum, %numbers : tensor<6x3xf32>, tensor<4xi32>
}
"""


def context() -> Context:
    found = Context()
    for dialect in (builtin.Builtin, func.Func, arith.Arith, tensor.Tensor, linalg.Linalg):
        found.load_dialect(dialect)
    return found


def upstream(text: str) -> tuple[dict[str, Any], str]:
    """A module as plain data, and its text in generic form."""
    with new_context():
        module = ir.Module.parse(text)
        return plain_module(module), module.operation.get_asm(print_generic_op_form=True)


def plain_text(module: builtin.ModuleOp) -> str:
    """The text of a module without locations and names inside of operations."""
    for op in module.walk():
        op.attributes.pop(LOCATION, None)
        inside = [] if isinstance(op, func.FuncOp) else op.regions
        for argument in (one for region in inside for block in region.blocks for one in block.args):
            argument.name_hint = None
    return str(module)


def test_a_module_is_read_as_its_text():
    plain, text = upstream(TEXT)
    module = read_module(plain, context())
    module.verify()
    assert all(LOCATION in op.attributes for op in module.walk() if op is not module)
    assert plain_text(module) == plain_text(Parser(context(), text).parse_module())


def test_equal_attributes_cross_once():
    plain, _ = upstream(TEXT)
    assert len(plain["texts"]) == len(set(plain["texts"]))
    assert plain["texts"].count("f32") == 1


def test_an_attribute_that_is_not_known_is_refused():
    plain, _ = upstream(TEXT)
    texts = ["#nobody.knows<this>" if text == "f32" else text for text in plain["texts"]]
    with pytest.raises(ParseError):
        read_module({**plain, "texts": texts}, context())
