"""What the importer writes into locations: ``"aten.hardswish=aten.clamp@file.py":3``.

The operator the user called, the operator of the decomposed graph, and the place. Locations are
what upstream's rewrites keep. No imports: the upstream worker starts with this module.
"""

from __future__ import annotations

import re

LOCATION = re.compile(
    r'"(?P<called>[^"@=]+)(?:=(?P<lowered>[^"@]*))?@(?P<file>[^"]*)":(?P<line>\d+)'
)

LOWERED_FROM = "npu.lowered_from"
"""The attribute with the operator of the decomposed graph, between the two halves of stage 0."""


def location_name(called: str, lowered: str, file: str) -> str:
    """The file name of a location."""
    return f"{called}={lowered}@{file}"
