"""Text of the `tog` dialect to a verified module, with `file:line` in every message."""

from __future__ import annotations

import re
from collections.abc import Callable

from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, IntegerAttr, ModuleOp, i64
from xdsl.ir import Dialect, Operation
from xdsl.utils.exceptions import ParseError, VerifyException

from npu.configs.errors import UserError
from npu.configs.short import reason
from npu.dialects import tog
from npu.dialects.dominance import check_dominance
from npu.dialects.places import PlacedParser
from npu.dialects.source_text_check import check_characters
from npu.dialects.tog.verify import FaultBehind

_VERSION = re.compile(r'"?tog\.version"?\s*=\s*(-?\d{1,9})')
_COMMENT = re.compile(r"//[^\n]*")
_FOREIGN = ("affine", "arith", "func", "linalg", "math", "memref", "scf")
"""Dialects of the kernels that may stand in front of the graphs; loaded only if they do."""


class TogText:
    """One text and where its operations stand."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self.module = self._parse()
        """The parsed and verified module of graphs."""

    def where(self, op: Operation) -> str:
        """`file:line` of an operation: the n-th of its name stands where that name does."""
        return f"{self._name}:{_line_of(op, self._text)}"

    def _parse(self) -> ModuleOp:
        self._check_version()
        if not self._text.strip():
            raise UserError(f"{self._name}: is empty; expected a module of tile-operation graphs")
        check_characters(self._text, self._name)
        parser: PlacedParser | None = None
        try:
            parser = PlacedParser(_context(), self._text, self._name)
            parsed = parser.parse_module()
        except ParseError as error:
            place = error.span.get_location()
            raise UserError(
                f"{place}: {error.msg}; expected text of the tog dialect (see docs/dialects/tog.md)"
            ) from error
        except (ValueError, VerifyException) as error:  # attributes, of a number out of range
            line = self._text.count("\n", 0, parser.pos if parser else 0) + 1
            raise UserError(
                f"{self._name}:{line}: {reason(error)}; expected a number of the tog dialect's "
                "(see docs/dialects/tog.md)"
            ) from error
        except RecursionError as error:
            raise UserError(
                f"{self._name}: regions are nested too deeply to read; expected loops as "
                "npu-derive-tog leaves them"
            ) from error
        module = find_program(parsed, self._name)
        check_dominance(parsed)
        for op in parsed.walk():
            self._verify(op)
        return module

    def _check_version(self) -> None:
        """Before parsing: another version's text need not parse."""
        found = _VERSION.search(self._text)
        if found is None or int(found.group(1)) in tog.READABLE_VERSIONS:
            return
        line = self._text.count("\n", 0, found.start()) + 1
        raise UserError(f"{self._name}:{line}: {_wrong_version(found.group(1))}")

    def _verify(self, op: Operation) -> None:
        try:
            op.verify(verify_nested_ops=False)
        except VerifyException as error:
            cause = error.__cause__ or error
            broken = error.op if isinstance(error, FaultBehind) else op
            short = str(cause).strip().removeprefix("Operation does not verify: ")
            raise UserError(f"{self.where(broken)}: {broken.name}: {short}") from error


def find_program(module: ModuleOp, name: str) -> ModuleOp:
    """The module with `tog.version`: the given one or one in it. Raises UserError without one."""
    candidates = [module, *(op for op in module.ops if isinstance(op, ModuleOp))]
    for one in candidates:
        version = one.attributes.get(tog.VERSION_ATTRIBUTE)
        if version is None:
            continue
        if str(version) not in [str(IntegerAttr(one, i64)) for one in tog.READABLE_VERSIONS]:
            raise UserError(f"{name}: {_wrong_version(str(version))}")
        return one
    raise UserError(
        f"{name}: no tile-operation graphs; expected a module with the attribute "
        f"`{tog.VERSION_ATTRIBUTE} = {tog.VERSION}` (npu-opt -p npu-derive-tog makes it)"
    )


def _wrong_version(found: str) -> str:
    return (
        f"{tog.VERSION_ATTRIBUTE} is {found}; expected {tog.VERSION} or older; derive the graph "
        "again with this release (npu-opt -p npu-derive-tog)"
    )


def _line_of(op: Operation, text: str) -> int:
    root = op
    while (parent := root.parent_op()) is not None:
        root = parent
    alike = [one for one in root.walk() if one.name == op.name]
    bare = _COMMENT.sub(lambda comment: " " * len(comment.group()), text)
    pattern = rf"(?<![\w.@%!#]){re.escape(op.name)}(?![\w.])"
    places = [match.start() for match in re.finditer(pattern, bare)]
    # A text may leave its outermost module out: then the names found are the last ones.
    position = alike.index(op) - len(alike) + len(places)
    return text.count("\n", 0, places[position]) + 1 if position >= 0 else 1


def _context() -> Context:
    context = Context()
    context.load_dialect(Builtin)
    context.load_dialect(tog.Tog)
    context.register_dialect("npu", _npu)
    for name in _FOREIGN:
        context.register_dialect(name, _stock(name))
    return context


def _npu() -> Dialect:
    from npu.dialects.npu import Npu  # noqa: PLC0415 (only where kernels stand beside the graphs)

    return Npu


def _stock(name: str) -> Callable[[], Dialect]:
    """xDSL's dialect of that name, imported when it is met."""
    from xdsl.dialects import get_all_dialects  # noqa: PLC0415 (a table of factories)

    return get_all_dialects()[name]
