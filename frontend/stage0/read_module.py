"""Operations of what the upstream worker answers (`npu.frontend.upstream.plain_module`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.irdl import IRDLOperation
from xdsl.parser import Parser

from npu.frontend.places import LOCATION


def read_module(plain: Mapping[str, Any], context: Context) -> ModuleOp:
    """The module, not verified yet; each operation has its location as attribute `LOCATION`.

    Arguments of functions are named as upstream names them, `arg0` and on.

    Raises:
        ParseError: xDSL does not know an attribute or a type.
    """
    module = ModuleOp(_Reader(plain["texts"], context).region(plain["region"]))
    for op in module.ops:
        for number, argument in enumerate(_arguments(op)):
            argument.name_hint = f"arg{number}"
    return module


def _arguments(op: Operation) -> Sequence[SSAValue]:
    """Those of a function; a declaration has no block."""
    first = op.regions[0].blocks.first if op.regions else None
    return () if first is None else first.args


class _Reader:
    """The module so far: values by number, attributes by the number of their text."""

    def __init__(self, texts: Sequence[str], context: Context) -> None:
        self._context = context
        self._attributes: list[Attribute] = [
            Parser(context, text).parse_attribute() for text in texts
        ]
        self._values: list[SSAValue] = []
        self._properties: dict[type[Operation], frozenset[str]] = {}

    def region(self, blocks: Sequence[Any]) -> Region:
        """The region of some blocks."""
        return Region([self._block(types, ops) for types, ops in blocks])

    def _block(self, types: Sequence[int], ops: Sequence[Any]) -> Block:
        block = Block(arg_types=[self._attributes[number] for number in types])
        self._values += block.args
        block.add_ops([self._operation(op) for op in ops])
        return block

    def _operation(self, plain: Sequence[Any]) -> Operation:
        name, location, operands, results, attributes, regions = plain
        kind = self._context.get_op(name)
        own = self._properties_of(kind)
        properties: dict[str, Attribute] = {}
        others: dict[str, Attribute] = {LOCATION: StringAttr(location)}
        for key, number in attributes.items():
            (properties if key in own else others)[key] = self._attributes[number]
        read: list[SSAValue] = [self._values[number] for number in operands]
        types: list[Attribute] = [self._attributes[number] for number in results]
        op = kind.create(
            operands=read,
            result_types=types,
            properties=properties,
            attributes=others,
            regions=[self.region(blocks) for blocks in regions],
        )
        self._values += op.results
        return op

    def _properties_of(self, kind: type[Operation]) -> frozenset[str]:
        """The attributes that xDSL keeps apart as properties."""
        if kind not in self._properties:
            is_defined = issubclass(kind, IRDLOperation)
            known: list[str] = list(kind.get_irdl_definition().properties) if is_defined else []
            self._properties[kind] = frozenset(known)
        return self._properties[kind]
