"""The process in which upstream MLIR runs: ``python -m npu.frontend.upstream.worker``.

Upstream may abort the whole process on input it does not expect, so it never runs in ours. Each
line of standard input is a request as JSON, and one line of standard output answers it:

    {"task": "lower", "dialect": "torch" | "linalg", "text": ...,
     "allowed": [names of operations that may be left]}  -> {"module": ...} (see `plain_module`)
    {"task": "run", "text": ..., "arguments": [.npy paths], "results": [.npy paths to write]} -> {}

A request that upstream rejects answers ``{"problems": [{"message", "location"}, ...]}``. PyTorch is
never imported here, which keeps the start-up at about a third of a second.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from npu.frontend.upstream.problem import UpstreamProblem


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request (see the module docstring for both)."""
    try:
        if request["task"] == "lower":
            from npu.frontend.upstream.lower import lower  # noqa: PLC0415 - start-up time

            return {"module": lower(request["text"], request["dialect"], request["allowed"])}
        from npu.frontend.upstream.jit import run  # noqa: PLC0415 - start-up time

        run(request["text"], request["arguments"], request["results"])
    except UpstreamProblem as problem:
        return {"problems": problem.problems}
    return {}


def main() -> None:
    """Answer the requests on standard input until it ends; none leaves anything to the next.

    Upstream prints diagnostics of its own: whatever goes to file descriptor 1 meanwhile is sent to
    standard error, so that the answer stands alone.
    """
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        channel.write(json.dumps(answer(json.loads(line))) + "\n")
        channel.flush()


if __name__ == "__main__":
    main()
