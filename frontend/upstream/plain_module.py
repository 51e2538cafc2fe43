"""Upstream's module as plain data, to cross the process border: each attribute's text once.

Runs in the worker process only; `npu.frontend.stage0.read_module` makes operations of it. Text of
the whole module would have to be read again word by word, layer after equal layer.

    {"texts": ["f32", "affine_map<(d0) -> (d0)>", ...],   attributes and types
     "region": [block, ...]}                              the body of the module
    block:     [[number of the type of each argument], [operation, ...]]
    operation: [name, location, [numbers of operands], [numbers of result types],
                {attribute: number}, [region, ...]]

Values are numbered as they are defined: arguments of a block, then results of its operations, each
behind what is defined in its regions.
"""

from __future__ import annotations

from typing import Any


def plain_module(module: Any) -> dict[str, Any]:
    """The operations of a module whose values are defined ahead of their uses."""
    plain = _Plain()
    region = plain.region(module.operation.regions[0])
    return {"texts": plain.texts, "region": region}


class _Plain:
    """What is known of the module so far."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[Any, int] = {}
        self._values: dict[Any, int] = {}

    def region(self, region: Any) -> list[Any]:
        return [self._block(block) for block in region.blocks]

    def _block(self, block: Any) -> list[Any]:
        self._define(block.arguments)
        types = [self._number(argument.type) for argument in block.arguments]
        return [types, [self._operation(op.operation) for op in block.operations]]

    def _operation(self, op: Any) -> list[Any]:
        operands = [self._values[value] for value in op.operands]
        attributes = {name: self._number(op.attributes[name]) for name in op.attributes}
        regions = [self.region(region) for region in op.regions]
        results = [self._number(result.type) for result in op.results]
        self._define(op.results)
        return [op.name, str(op.location), operands, results, attributes, regions]

    def _define(self, values: Any) -> None:
        for value in values:
            self._values[value] = len(self._values)

    def _number(self, attribute: Any) -> int:
        """The place of the text of an attribute or type, which upstream keeps once each."""
        if attribute not in self._numbers:
            self._numbers[attribute] = len(self.texts)
            self.texts.append(str(attribute))
        return self._numbers[attribute]
