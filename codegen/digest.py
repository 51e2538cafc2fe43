"""The content of a function: a hash of its code and of everything it reaches, wherever it lies."""

import hashlib
from collections.abc import Iterable

from npu.codegen.object_file import FunctionSpan, RelocatableObject, Relocation

_CONSTANT_BYTES = 8
"""Bytes hashed of a constant in a section without equal entries: no f32 or i64 is longer."""


def digests(obj: RelocatableObject, names: Iterable[str]) -> dict[str, str]:
    """sha256 (64 hexadecimal digits) of each named function.

    Code is hashed before relocation, so the hash does not change when other functions move it;
    what a relocation refers to enters by content (a function by its digest, a constant by its
    bytes, an external function by its name).
    """
    by_name = {f.name: f for f in obj.functions}
    known: dict[str, str] = {}
    return {name: _digest(obj, by_name[name], known) for name in names}


def _digest(obj: RelocatableObject, function: FunctionSpan, known: dict[str, str]) -> str:
    """The hash of one function; `known` holds those already made. Functions do not recurse."""
    if function.name in known:
        return known[function.name]
    start, end = function.start.offset, function.start.offset + function.size
    sha = hashlib.sha256(obj.sections[function.start.section].data[start:end])
    for relocation in obj.relocations:
        if function.holds(relocation.at):
            head = f"{relocation.at.offset - start} {relocation.kind} "
            sha.update((head + _content(obj, function, relocation, known)).encode())
    known[function.name] = sha.hexdigest()
    return known[function.name]


def _content(
    obj: RelocatableObject, user: FunctionSpan, relocation: Relocation, known: dict[str, str]
) -> str:
    """What a relocation refers to, as text that does not depend on where it lies."""
    target = relocation.target
    if target is None:
        return relocation.symbol
    if user.holds(target):
        return f"self+{target.offset - user.start.offset}"
    for function in obj.functions:
        if function.holds(target):
            return _digest(obj, function, known)
    section = obj.sections[target.section]
    length = section.entry_bytes or _CONSTANT_BYTES
    return section.data[target.offset : target.offset + length].hex()
