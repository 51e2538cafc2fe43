"""`togsim noc FILE.icnt --packet-flits P --rate R`: uniform random traffic through a network."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from npu.configs.file_options import FILES_HELP, output_path
from npu.configs.output import write_output
from npu.configs.output.check import check_outputs, text_stream


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """Adds the subcommand; its options carry `handle`, which runs it."""
    one = commands.add_parser(
        "noc",
        help="measure a network under uniform random traffic",
        description="Sends uniform random traffic through a network and measures its latency.",
        epilog=FILES_HELP,
    )
    one.add_argument(
        "network", type=Path, metavar="FILE.icnt", help="BookSim 2 configuration, .icnt"
    )
    one.add_argument(
        "--packet-flits", type=int, required=True, metavar="P", help="flits of a packet"
    )
    one.add_argument(
        "--rate", type=float, required=True, metavar="R", help="flits a node offers in a cycle"
    )
    one.add_argument(
        "--mode",
        choices=("latency", "throughput"),
        default="latency",
        help="what must settle before the measurement ends",
    )
    one.add_argument("--cycles", type=int, metavar="N", help="cycles of one sample")
    one.add_argument("--seed", type=int, default=42, metavar="S", help="of the random packets")
    one.add_argument(
        "--json", type=output_path, metavar="FILE", help="write the figures as JSON here too"
    )
    one.set_defaults(handle=handle)


def handle(options: argparse.Namespace) -> None:
    """Runs the experiment, prints its figures and writes the file asked for. Raises UserError."""
    from npu.configs.icnt import load_icnt_model  # noqa: PLC0415 (--help stays quick)
    from npu.togsim.noc import TrafficReport, uniform_traffic  # noqa: PLC0415 (as above)

    check_outputs([("--json", options.json)], [("the network", options.network)])
    report: TrafficReport = uniform_traffic(
        load_icnt_model(options.network),
        packet_flits=options.packet_flits,
        rate=options.rate,
        mode=options.mode,
        sample_cycles=options.cycles,
        seed=options.seed,
    )
    if options.json is not None:
        figures = {"network": str(options.network), **report.as_json()}
        write_output(options.json, json.dumps(figures, indent=2) + "\n")
    people = text_stream(options.json)
    for name, value in report.as_json().items():
        shown = f"{value:.6g}" if isinstance(value, float) else f"{value}"
        print(f"{name}: {shown}", file=people)
    if not report.stable:
        said = "the network does not sustain this load: its mean latency passed 500 cycles"
        print(said, file=people)
