"""Which operation each instruction comes from, carried through LLVM as debug metadata.

A "source line" is a number in the list of operations of a kernel. The metadata is of line tables
only: LLVM keeps it beside the code, in sections that no image holds, and makes the same code.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from xdsl.ir import Operation

from npu.codegen.llvm_ir import I32, Builder, Constant, Function, Module, Value, ir
from npu.codegen.operation_text import operation_text, value_names
from npu.dialects.npu import KernelOp

_DWARF_VERSION = 4
"""A line table of version 4 needs nothing but its own section to be read."""

_WARNING, _OVERRIDE = 2, 1
"""What LLVM does with a module flag that two linked modules give differently."""


class NoDebugInfo:
    """Functions and operations leave no trace: for listings that people read."""

    def function(self, function: Function, builder: Builder) -> None:
        """Says that `builder` now emits `function`."""
        del function, builder

    @contextmanager
    def operation(self, op: Operation, builder: Builder) -> Generator[None]:
        """What is emitted inside comes from `op`."""
        del op, builder
        yield


class DebugInfo(NoDebugInfo):
    """Debug metadata for `llvm_module`; `texts[line - 1]` is ``@function: operation``."""

    def __init__(self, llvm_module: Module, kernel: KernelOp) -> None:
        self.texts: list[str] = []
        self._names = value_names(kernel)
        self._module = llvm_module
        self._scope: Value = None
        self._function_name = ""
        self._file = self._node("DIFile", {"filename": "operations", "directory": ""})
        self._unit = self._compile_unit()

    def function(self, function: Function, builder: Builder) -> None:
        """Gives `function` a scope; instructions belong to no operation until one is named."""
        builder.debug_metadata = None
        subroutine = self._node("DISubroutineType", {"types": self._module.add_metadata([])})
        self._scope = self._module.add_debug_info(
            "DISubprogram",
            {
                "name": function.name,
                "scope": self._file,
                "file": self._file,
                "line": 0,
                "type": subroutine,
                "unit": self._unit,
                "spFlags": ir.DIToken("DISPFlagDefinition"),
            },
            is_distinct=True,
        )
        self._function_name = function.name
        function.set_metadata("dbg", self._scope)

    @contextmanager
    def operation(self, op: Operation, builder: Builder) -> Generator[None]:
        """Gives what is emitted inside the line of `op`, if messages name such operations."""
        text = operation_text(op, self._names)
        if text is None:
            yield
            return
        self.texts.append(f"@{self._function_name}: {text}")
        line = {"line": len(self.texts), "scope": self._scope}
        builder.debug_metadata = self._node("DILocation", line)
        yield
        builder.debug_metadata = None

    def _node(self, kind: str, fields: Mapping[str, object]) -> Value:
        return self._module.add_debug_info(kind, dict(fields))

    def _compile_unit(self) -> Value:
        module = self._module
        unit = module.add_debug_info(
            "DICompileUnit",
            {
                "language": ir.DIToken("DW_LANG_C"),
                "file": self._file,
                "producer": "npu",
                "isOptimized": True,
                "runtimeVersion": 0,
                "emissionKind": ir.DIToken("LineTablesOnly"),
            },
            is_distinct=True,
        )
        module.add_named_metadata("llvm.dbg.cu", unit)
        for behaviour, flag, value in (
            (_WARNING, "Debug Info Version", 3),
            (_OVERRIDE, "Dwarf Version", _DWARF_VERSION),
        ):
            node = [Constant(I32, behaviour), flag, Constant(I32, value)]
            module.add_named_metadata("llvm.module.flags", module.add_metadata(node))
        return unit
