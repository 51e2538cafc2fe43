"""The log's lines about whose the cycles were: launches, kernels, PyTorch operations, requests."""

from __future__ import annotations

from collections.abc import Iterator

from npu.togsim.report.attribution import Attribution
from npu.togsim.report.requests import Distribution
from npu.togsim.report.result import Result


def launch_lines(result: Result) -> Iterator[str]:
    """A line for each launch."""
    for index, launch in enumerate(result.launches):
        ops = ", ".join(launch.torch_ops)
        ops += f" at {', '.join(launch.torch_lines)}" if launch.torch_lines else ""
        yield (
            f"Launch {index} {launch.kernel} ({ops}): start {launch.start} end {launch.end} "
            f"cycles {launch.cycles}"
        )


def attribution_lines(result: Result) -> Iterator[str]:
    """A line for each kernel and each PyTorch operation, and one for what belongs to none."""
    for kernel in result.kernels:
        yield f"Kernel {kernel.name} : {_attribution(kernel)}"
    for operation in result.operations:
        yield f"Operation {operation.name} : {_attribution(operation)}"
    yield f"No launch : core cycles {result.unattributed.core_cycles}"


def request_lines(result: Result) -> Iterator[str]:
    """A line for the requests of each name; none when there is but one request."""
    if len(result.requests) < 2:
        return
    for group in result.request_latencies:
        yield (
            f"Request {group.name or '-'} : {group.count} requests, "
            f"latency cycles {_distribution(group.latency)}, "
            f"queueing cycles {_distribution(group.queueing)}"
        )


def _attribution(part: Attribution) -> str:
    done = part.activity
    return (
        f"launches {part.launches}, cycles {part.cycles}, core cycles {done.core_cycles} "
        f"({100 * part.share:.2f}%), array active_cycles {done.arrays.active_cycles}, "
        f"MACs {done.arrays.macs}, Vector unit active_cycles {done.vector.active_cycles}, "
        f"DMA bytes {done.work.load_bytes + done.work.store_bytes}, "
        f"DRAM requests {done.dma.read_requests + done.dma.write_requests}, "
        f"arrays waiting for DMA {done.arrays.waiting_dma_cycles}"
    )


def _distribution(found: Distribution) -> str:
    return f"mean {found.mean:.1f} p50 {found.p50} p90 {found.p90} p99 {found.p99} max {found.max}"
