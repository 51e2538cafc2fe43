"""The one line that says why a sample is refused, short and the same on every computer."""

import re

LONGEST = 110
"""Characters of a reason."""

UNSUPPORTED = re.compile(r"^\d+ PyTorch operators? (?:is|are) not supported:$")
TYPES = re.compile(r"^these tensors are not float32")
OPERATOR = re.compile(r"^  (\S+?)(?: \(\d+ times\))?(?:: (.*))?$")
WRONG_TYPE = re.compile(r": ([a-z0-9]+)(?: \(\d+ times\))?$")
PATH = re.compile(r"(?:/[^\s/:]+)+/([^\s/:]+\.py)(?::\d+)*:? ?")
CODE = re.compile(
    r" at return self\.operator\(\*args, \*\*kwargs\)|return self\.operator\(\*args, \*\*kwargs\): "
)
"""The line of a model that calls an operator, which says nothing."""

ADDRESS = re.compile(r"0x[0-9a-f]+")


def shortened(message: str) -> str:
    """A `UserError`'s message as one line: operators that are missing, types, or its first line."""
    lines = message.splitlines()
    parts: list[str] = []
    for number, line in enumerate(lines):
        if UNSUPPORTED.match(line):
            parts.append("not supported: " + ", ".join(_operators(lines[number + 1 :])))
        elif TYPES.match(line):
            parts.append("types: " + ", ".join(_types(lines[number + 1 :])))
        elif number == 0 or line.startswith(("the model ", "output ", "these arguments ")):
            parts.append(line)
    text = CODE.sub("", PATH.sub("", "; ".join(dict.fromkeys(parts))))
    text = ADDRESS.sub("0x...", text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4].rstrip()} ..."


def _operators(lines: list[str]) -> list[str]:
    """The operators that a paragraph lists, each with what is said of it."""
    found: list[str] = []
    for line in lines:
        if not line.startswith("  "):
            break
        match = OPERATOR.match(line)
        if match:
            name = match[1].removeprefix("aten.")
            found.append(f"{name} ({match[2]})" if match[2] else name)
    return found


def _types(lines: list[str]) -> list[str]:
    """The types that a paragraph lists, sorted."""
    found: set[str] = set()
    for line in lines:
        if not line.startswith("  "):
            break
        found |= {match[1] for match in [WRONG_TYPE.search(line)] if match}
    return sorted(found)
