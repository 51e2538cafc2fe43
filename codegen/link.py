"""A linker for relocatable RV64 objects: lay out sections, apply relocations, one flat image.

Everything is static and the objects are built with `-relax`: relocations change bits in place.
Objects lie one behind the other; functions are known by their names in all of them. Functions that
LLVM cannot emit (the DMA instructions) are appended as stubs of two words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from npu.codegen.image import IMAGE_BASE
from npu.codegen.object_file import Place, RelocatableObject, Relocation
from npu.codegen.relocate import ABSOLUTE, LOW_PARTS, R_PCREL_HI20, patch

_STUB_ALIGNMENT = 8


@dataclass(frozen=True)
class Linked:
    """The image's bytes, and address and length of each function and stub."""

    data: bytes
    addresses: Mapping[str, int]
    sizes: Mapping[str, int]


def link(objects: Sequence[RelocatableObject], stubs: Mapping[str, tuple[int, int]]) -> Linked:
    """Links `objects` at `IMAGE_BASE`; `stubs` maps a function's name to its two instruction words.

    Raises ValueError for a symbol that is undefined or defined twice, or an unknown relocation: all
    are faults of the code generator, not of a user.
    """
    image = bytearray()
    bases_of: list[dict[int, int]] = []
    offsets: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for obj in objects:
        bases = _lay_out(image, obj)
        bases_of.append(bases)
        for function in obj.functions:
            if function.name in offsets:
                raise ValueError(f"symbol {function.name} is defined twice")
            offsets[function.name] = _resolve(function.start, bases)
            sizes[function.name] = function.size
    image += bytes(-len(image) % _STUB_ALIGNMENT)
    for name, words in stubs.items():
        offsets[name] = len(image)
        sizes[name] = 4 * len(words)
        image += b"".join(word.to_bytes(4, "little") for word in words)
    for obj, bases in zip(objects, bases_of, strict=True):
        _relocate(image, obj.relocations, bases, offsets)
    addresses = {name: IMAGE_BASE + offset for name, offset in offsets.items()}
    return Linked(bytes(image), addresses, sizes)


def _lay_out(image: bytearray, obj: RelocatableObject) -> dict[int, int]:
    """Appends the sections of an object; returns where each begins."""
    bases: dict[int, int] = {}
    for index, section in obj.sections.items():
        image += bytes(-len(image) % section.alignment)
        bases[index] = len(image)
        image += section.data
    return bases


def _relocate(
    image: bytearray,
    relocations: tuple[Relocation, ...],
    bases: Mapping[int, int],
    offsets: Mapping[str, int],
) -> None:
    """Applies every relocation; places and targets are offsets in the image."""
    resolved = [(r.kind, _resolve(r.at, bases), _target(r, bases, offsets)) for r in relocations]
    distances = {at: target - at for kind, at, target in resolved if kind == R_PCREL_HI20}
    for kind, at, target in resolved:
        if kind in LOW_PARTS:
            value = distances[target]
        elif kind in ABSOLUTE:
            value = IMAGE_BASE + target
        else:
            value = target - at
        patch(image, at, kind, value)


def _resolve(place: Place, bases: Mapping[int, int]) -> int:
    """The offset of `place` in the image."""
    return bases[place.section] + place.offset


def _target(relocation: Relocation, bases: Mapping[int, int], offsets: Mapping[str, int]) -> int:
    """The offset in the image of what a relocation refers to."""
    if relocation.target is not None:
        return _resolve(relocation.target, bases)
    if relocation.symbol not in offsets:
        raise ValueError(f"undefined symbol {relocation.symbol}")
    return offsets[relocation.symbol] + relocation.addend
