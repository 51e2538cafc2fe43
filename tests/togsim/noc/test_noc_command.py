"""`togsim noc`: its figures, its file and its mistakes."""

import json
import shutil
from pathlib import Path

import pytest

from npu.configs.icnt.load import SHIPPED_FOLDER
from npu.runtime import togsim_cli

NETWORK = str(SHIPPED_FOLDER / "fly_c2_m8.icnt")


def togsim(*arguments: str) -> None:
    togsim_cli.main(["noc", *arguments])


def test_figures_are_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "figures.json"
    togsim(NETWORK, "--packet-flits", "5", "--rate", "0.2", "--cycles", "500", "--json", str(file))
    figures = json.loads(file.read_text())
    assert figures["network"] == NETWORK
    assert figures["zero_load_lat"] == 11
    assert figures["stable"] is True
    assert figures["acc_flit_rate"] == pytest.approx(0.2, rel=0.1)
    printed = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    assert float(printed["packet_lat"]) == pytest.approx(figures["packet_lat"], rel=1e-5)
    assert set(printed) == set(figures) - {"network"}


def test_throughput_under_overload(capsys: pytest.CaptureFixture[str]):
    options = ("--packet-flits", "1", "--rate", "1", "--mode", "throughput", "--cycles", "500")
    togsim(NETWORK, *options)
    assert "acc_flit_rate: 0.6" in capsys.readouterr().out


def test_a_load_that_is_not_sustained_is_said(capsys: pytest.CaptureFixture[str]):
    togsim(NETWORK, "--packet-flits", "1", "--rate", "1")
    assert "does not sustain this load" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--packet-flits", "0", "--rate", "0.1"), "packet-flits: is 0; expected flits"),
        (("--packet-flits", "1", "--rate", "0"), "rate: is 0.0; expected flits a node offers"),
        (("--packet-flits", "1", "--rate", "nan"), "rate: is nan"),
        (("--packet-flits", "1", "--rate", "1.5"), "rate: is 1.5"),
        (("--packet-flits", "1", "--rate", "0.1", "--cycles", "0"), "cycles: is 0"),
        (("--packet-flits", "1", "--rate", "0.1", "--seed", "-1"), "seed: is -1"),
        (
            ("--packet-flits", "1", "--rate", "0.1", "--cycles", "9", "--json", "no/f"),
            "no/f: cannot",
        ),
    ],
)
def test_mistakes(options: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        togsim(NETWORK, *options)
    assert ended.value.code == 1
    assert says in capsys.readouterr().err


def test_a_network_that_is_not_there(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        togsim("no.icnt", "--packet-flits", "1", "--rate", "0.1")
    assert "no.icnt: no such file; expected a BookSim network" in capsys.readouterr().err


def test_a_circle_of_routes_ends_with_a_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    shutil.copy(SHIPPED_FOLDER / "chiplet_c32_m32.icnt", tmp_path / "ring.icnt")
    ring = tmp_path / "ring.icnt"
    ring.write_text(
        "topology = anynet; routing_function = min; network_file = ring.anynet; num_vcs = 1;\n"
        "vc_buf_size = 1;\n"
    )
    # Forward links of 1 cycle, backward ones of 9: every route goes round forward.
    lines = [f"router {i} node {i} router {(i + 1) % 5}" for i in range(5)]
    lines += [f"router {(i + 1) % 5} router {i} 9" for i in range(5)]
    (tmp_path / "ring.anynet").write_text("\n".join(lines))
    with pytest.raises(SystemExit):
        togsim(str(ring), "--packet-flits", "40", "--rate", "1")
    assert "network: the network is stuck" in capsys.readouterr().err
