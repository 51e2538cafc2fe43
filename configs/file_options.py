"""What an option or an argument names as a file: `-` is standard input or output."""

from pathlib import Path

from npu.configs.errors import UserError

FILES_HELP = "For every FILE that is written, - is standard output."
"""What the help of a command says of all its outputs."""

STANDARD_INPUT = Path("/dev/stdin")
STANDARD_OUTPUT = Path("/dev/stdout")


def input_path(text: str) -> Path:
    """A file to read; `-` is standard input, `./-` is a file."""
    return STANDARD_INPUT if text == "-" else Path(text)


def folder_path(text: str) -> Path:
    """A folder to write files into; `./-` is one, `-` is none.

    Raises UserError for a text that names none.
    """
    if text in {"", "-"}:
        raise UserError(f"'{text}': expected the name of a folder; files go there, not to a stream")
    return Path(text)


def output_path(text: str) -> Path:
    """A file to write; `-` is standard output, `./-` is a file.

    Raises UserError for a text that names none.
    """
    if text == "-":
        return STANDARD_OUTPUT
    if not text or text.endswith("/"):
        raise UserError(f"'{text}': expected the name of a file to write, or - for standard output")
    return Path(text)
