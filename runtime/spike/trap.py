"""What went wrong in a RISC-V program, as one message."""

from __future__ import annotations

from dataclasses import dataclass

from npu.codegen.image import Image
from npu.configs.errors import UserError
from npu.dialects.isa import TRAP_CAUSES
from npu.dialects.isa_text import disassemble

_ILLEGAL_INSTRUCTION = 2

CAUSES = {
    0: "instruction address misaligned",
    1: "instruction fetch outside the program",
    _ILLEGAL_INSTRUCTION: "illegal instruction",
    3: "breakpoint",
    4: "load address misaligned",
    5: "load from an address where there is no memory",
    6: "store address misaligned",
    7: "store to an address where there is no memory",
    11: "environment call",
} | {cause.code: cause.name for cause in TRAP_CAUSES}
"""Names of the exception codes (RISC-V privileged ISA, mcause; ours from the instruction table)."""


@dataclass(frozen=True)
class TrapState:
    """The processor at a trap: mcause, the program counter, mtval, the word at the pc, ra."""

    cause: int
    pc: int
    value: int
    instruction: int
    return_address: int
    """Register ra, which names the caller of a function that calls nothing."""
    explanation: str = ""


class SpikeTrap(UserError):
    """A RISC-V program did what the machine does not allow, or ran past its instruction budget."""

    def __init__(self, message: str, state: TrapState | None = None) -> None:
        """`state` is None for a program that was stopped rather than trapped."""
        super().__init__(message)
        self.state = state


def _place(image: Image | None, pc: int) -> str:
    """``pc 0x80000010 in function 'f' + 0x10``, as far as it is known."""
    name = image.symbol_at(pc) if image is not None else None
    if image is None or name is None:
        return f"pc {pc:#x} in no known function"
    return f"pc {pc:#x} in function '{name}' + {pc - image.symbols[name]:#x}"


def _operations(image: Image | None, pc: int, return_address: int) -> str:
    """A line for the operation that the code at `pc` comes from, and one for its caller's."""
    if image is None:
        return ""
    places = [pc]
    call = image.call_before(return_address)
    if call is not None and call.function == image.symbol_at(pc):
        places.append(call.address)
    found = [(image.location_at(place), place) for place in places]
    return "".join(f"\n  at {text} (pc {place:#x})" for text, place in found if text is not None)


def _word(instruction: int) -> str:
    """The instruction as text: our own by name, others as a word of their length."""
    if instruction & 3 != 3:
        return f"instruction {instruction & 0xFFFF:#06x}"
    return f"instruction {disassemble(instruction) or format(instruction, '#010x')}"


def trap(state: TrapState, image: Image | None, called: str) -> SpikeTrap:
    """The error for a trap during the call of `called`."""
    cause = CAUSES.get(state.cause, f"exception {state.cause}")
    why = f" ({state.explanation})" if state.explanation else ""
    what = (
        f"value {state.value:#x}"
        if state.cause == _ILLEGAL_INSTRUCTION
        else f"address {state.value:#x}"
    )
    if state.cause in {c.code for c in TRAP_CAUSES if "instruction word" in c.meaning}:
        what = f"word {state.value:#010x}"
    return SpikeTrap(
        f"the RISC-V program trapped in a call of '{called}': {cause}{why} at "
        f"{_place(image, state.pc)}, {_word(state.instruction)}, {what}"
        f"{_operations(image, state.pc, state.return_address)}",
        state,
    )


def over_budget(
    pc: int, return_address: int, budget: int, image: Image | None, called: str
) -> SpikeTrap:
    """The error for a call that did not return within `budget` instructions."""
    return SpikeTrap(
        f"the RISC-V program did not return from '{called}' within {budget} instructions; it "
        f"was stopped at {_place(image, pc)}: raise the instruction budget if it is not in an "
        f"endless loop{_operations(image, pc, return_address)}"
    )
