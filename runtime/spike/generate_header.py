"""Write the C++ header of the instruction table: ``generate_header.py OUT`` (run by the build).

The one source is Python: `dialects/isa.py`, `dialects/dma_descriptor.py` and
`configs/core_timing.py`, which import nothing but each other's rooms. The project is not installed
while it is being built, so the folders are made importable as `npu` here.
"""

import importlib
import sys
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def _import(name: str) -> Any:
    """The module `npu.<name>` of this source tree, in a build environment that has no xDSL.

    The dialects' package mends xDSL when it is imported, which the tables do not need.
    """
    for name_of_package, folder in (("npu", ROOT), ("npu.dialects", ROOT / "dialects")):
        if name_of_package not in sys.modules:
            package = ModuleType(name_of_package)
            package.__path__ = [str(folder)]
            sys.modules[name_of_package] = package
    return importlib.import_module(f"npu.{name}")


def _constant(name: str, value: int, kind: str = "std::uint32_t") -> str:
    return f"inline constexpr {kind} {name} = {value:#x};"


def header() -> str:
    """The text of ``isa_generated.h``."""
    isa, descriptor = _import("dialects.isa"), _import("dialects.dma_descriptor")
    timing = _import("configs.core_timing").CoreTiming
    lines = [
        "// Generated from dialects/isa.py, dialects/dma_descriptor.py and configs/core_timing.py.",
        "#pragma once",
        "",
        "#include <cstdint>",
        "",
        "namespace npu {",
        "",
    ]
    for instruction in isa.INSTRUCTIONS:
        lines += [
            _constant(f"match_{instruction.semantics}", instruction.match),
            _constant(f"mask_{instruction.semantics}", instruction.mask),
        ]
    lines += ["", "// X(semantics, unit): every instruction once, in the order of the table."]
    entries = [f"    X({i.semantics}, {i.latency_class})" for i in isa.INSTRUCTIONS]
    lines += ["#define NPU_INSTRUCTIONS(X) \\", " \\\n".join(entries), ""]
    lines += [_constant(f"cause_{c.name}", c.code, "std::uint64_t") for c in isa.TRAP_CAUSES]
    lines.append(_constant("array_type_shift", isa.ARRAY_TYPE_SHIFT))
    lines += ["", "struct DmaDescriptor {  // as it lies in memory, little-endian"]
    for field in descriptor.FIELDS:
        kind = "std::int64_t" if field.is_signed else "std::uint64_t"
        array = f"[{field.count}]" if field.count > 1 else ""
        lines.append(f"    {kind} {field.name}{array};  // {field.meaning}")
    lines += [
        "};",
        f"static_assert(sizeof(DmaDescriptor) == {descriptor.DESCRIPTOR_BYTES});",
        _constant("dma_max_dims", descriptor.MAX_DIMS, "std::uint64_t"),
        _constant("dma_mode_bounds", descriptor.BOUNDED, "std::uint64_t"),
        _constant("dma_mode_indexed", descriptor.INDEXED, "std::uint64_t"),
        _constant("dma_mode_from_end", descriptor.FROM_END, "std::uint64_t"),
        "",
        "struct CoreTiming {  // see configs/core_timing.py",
        *(f"    std::uint64_t {field.name};" for field in fields(timing)),
        "};",
        "",
        "}  // namespace npu",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the header to the path given, only when it changes (so that nothing is rebuilt)."""
    out, text = Path(sys.argv[1]), header()
    if not out.exists() or out.read_text() != text:
        out.write_text(text)


if __name__ == "__main__":
    main()
