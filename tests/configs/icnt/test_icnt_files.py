"""What a user gets wrong in an .icnt file or its network_file: the place and the mending."""

import random
import warnings
from pathlib import Path

import pytest

from npu.configs.errors import Notice, UserError
from npu.configs.icnt import Allocator, load_icnt_model, parse_icnt_model, shipped_icnt
from npu.configs.icnt.anynet import parse_anynet
from npu.configs.icnt.load import SHIPPED_FOLDER

GOOD = """\
topology = fly;
k = 4;
n = 1;
routing_function = dest_tag;
"""

APPENDED = [
    ("num_vc = 4;", "f.icnt:5", "did you mean 'num_vcs'?"),
    ("num_vcs = 0;", "f.icnt:5", "a whole number from 1 to 64"),
    ("num_vcs = many;", "f.icnt:5", "a whole number from 1 to 64"),
    ("num_vcs = 99999999999999999999;", "f.icnt:5", "from 1 to 64"),
    ("num_vcs = ;", "f.icnt:5", "is empty"),
    ("num_vcs = 4", "f.icnt:5", "no ';' ends 'num_vcs = 4'"),
    ("num_vcs 4;", "f.icnt:5", "is no setting"),
    ("4 = 4;", "f.icnt:5", "is no setting"),
    (";", "f.icnt:5", "nothing ahead of it"),
    ("a = {1, 2;", "f.icnt:5", "is not a key of BookSim"),
    ("a = {1, 2", "f.icnt:5", "no ';' ends"),
    ("k = 5;", "f.icnt:5", "given twice, first on line 2"),
    ("alloc_iters = 4;", "f.icnt:5", "write 'islip(4)'"),
    ("vc_allocator = islip(0);", "f.icnt:5", "islip(N) with N from 1 to 64"),
    ("vc_allocator = islip();", "f.icnt:5", "islip(N) with N from 1 to 64"),
    ("vc_allocator = wavefront;", "f.icnt:5", "'wavefront' is not modelled"),
    ("sw_allocator = isilp;", "f.icnt:5", "did you mean 'islip'?"),
    ("sw_allocator = separable_input_first(matrix);", "f.icnt:5", "round_robin arbiters"),
    ("vc_alloc_delay = 2;", "f.icnt:5", "BookSim 2 itself stops at more"),
    ("speculative = 1;", "f.icnt:5", "speculative switch allocation is not modelled"),
    ("internal_speedup = 2.0;", "f.icnt:5", "raise that clock"),
    ("priority = age;", "f.icnt:5", "priorities of packets are not modelled"),
    ("router = event;", "f.icnt:5", "only the input-queued router"),
    ("use_map = 1;", "f.icnt:5", "numbered cores first"),
    ("st_final_delay = 0;", "f.icnt:5", "1 or more of the two"),
    ("network_file = a;", "f.icnt:5", "does not go with topology fly"),
    ("channel_file = a;", "f.icnt:5", "link latencies come from"),
]

REPLACED = [
    ("topology = fly", "topology = fyl", "did you mean 'fly'?"),
    ("topology = fly", "topology = cmesh", "draw it as an anynet"),
    ("topology = fly;", "", "add 'topology = fly;'"),
    ("dest_tag", "dor", "dest_tag for topology fly"),
    ("routing_function = dest_tag;", "", "write 'routing_function = dest_tag;'"),
    ("k = 4;", "", "add 'k = ...;'"),
    ("k = 4;\nn = 1;", "k = 1000;\nn = 2;", "at most 4096"),
    ("k = 4;\nn = 1;", "k = 1000;\nn = 900000;", "from 1 to 12"),
    ("topology = fly", "topology = anynet", "add 'network_file = ...;'"),
]


@pytest.mark.parametrize(("line", "where", "says"), APPENDED)
def test_a_line_too_much(line: str, where: str, says: str):
    with pytest.raises(UserError) as caught:
        parse_icnt_model(GOOD + line + "\n", "f.icnt")
    assert where in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(("old", "new", "says"), REPLACED)
def test_a_line_that_is_wrong(old: str, new: str, says: str):
    assert old in GOOD
    with pytest.raises(UserError) as caught:
        parse_icnt_model(GOOD.replace(old, new), "f.icnt")
    assert says in str(caught.value)


def test_all_problems_come_at_once():
    with pytest.raises(UserError) as caught:
        parse_icnt_model(GOOD + "num_vcs = 0;\nsubnets = 2;\n", "f.icnt")
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == [
        "f.icnt:5:",
        "f.icnt:6:",
    ]


def test_a_torus_needs_an_even_number_of_channels():
    text = "topology = torus; k = 4; n = 1; routing_function = dim_order; num_vcs = 3;"
    with pytest.raises(UserError, match="write 'num_vcs = 4;'"):
        parse_icnt_model(text, "f.icnt")


def test_every_key_that_is_modelled_takes_effect():
    model = parse_icnt_model(
        "topology = mesh; k = 3; n = 2; routing_function = dor; // several on a line\n"
        "num_vcs = 6; vc_buf_size = 5; routing_delay = 2; st_prepare_delay = 1;\n"
        "st_final_delay = 3; credit_delay = 4; wait_for_tail_credit = 1; use_noc_latency = 0;\n"
        'vc_allocator = islip(4); sw_allocator = "separable_input_first"; flit_size = 48;\n'
        "x = 3; y = 3; c = 1; internal_speedup = 1.0;\n",
        "f.icnt",
    )
    assert (model.num_nodes, model.num_vcs, model.vc_buf_size) == (9, 6, 5)
    assert (model.routing_delay, model.st_prepare_delay, model.st_final_delay) == (2, 1, 3)
    assert (model.credit_delay, model.wait_for_tail_credit, model.use_noc_latency) == (
        4,
        True,
        False,
    )
    assert model.vc_allocator == Allocator(kind="islip", iterations=4)
    assert model.sw_allocator == Allocator(kind="separable_input_first")
    assert [model.flits(size) for size in (1, 8, 48, 49, 96)] == [1, 1, 1, 2, 2]


def test_traffic_and_edge_keys_are_told_of():
    text = GOOD + "traffic = uniform;\npacket_size = {{1,2},\n {3}};\ninput_buffer_size = 9;\n"
    with pytest.warns(Notice) as caught:
        parse_icnt_model(text, "f.icnt")
    told = " ".join(str(warning.message) for warning in caught)
    assert "traffic, packet_size: of BookSim's own traffic" in told
    assert "input_buffer_size: without effect" in told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "joins no node"),
        ("router 0 node 0 node 2", "names node 2 but not node 1"),
        ("router 1 node 0", "names router 1 but not router 0"),
        ("router 0 node 0 router 1\nrouter 2 node 1 router 3", "router 2 has no path to router 0"),
        ("router 0 node 0\nrouter 1 node 0", "a:2: node 0 is joined twice"),
        ("node 0 node 1", "node 0 joined to node 1"),
        ("router 0 router 0", "joined to itself"),
        ("router 0 router 1 router 1 2", "given twice"),
        ("router 0 node", "'node' where"),
        ("router 0 nood 1", "'nood' is not a whole number"),
        ("switch 0", "'switch' where 'router N'"),
        ("router 0 node 0 0", "a link of 0 cycles"),
        ("router 0 5 node 0", "a latency 5 of router 0 itself"),
        ("router 0 node 0 -1", "'-1' is not a whole number"),
        ("router 99999 node 0", "from 0 to 63"),
    ],
)
def test_mistakes_in_a_network_file(text: str, says: str):
    with pytest.raises(UserError) as caught:
        parse_anynet(text, "a", 64)
    assert says in str(caught.value)


def test_a_latency_given_one_way_is_told_of():
    with pytest.warns(Notice, match="unless you write 'router 1 router 0 15'"):
        network = parse_anynet("router 0 node 0 3 router 1 15\nnode 1 router 1", "a", 64)
    assert network.nodes == ((0, 3), (1, 1))
    assert [(a.source, a.destination, a.latency) for a in network.links] == [(0, 1, 15), (1, 0, 1)]


def test_a_network_file_is_beside_the_icnt_file(tmp_path: Path):
    (tmp_path / "n.icnt").write_text(
        "topology = anynet; routing_function = min; network_file = n.anynet;"
    )
    with pytest.raises(UserError, match=r"n\.icnt:1: network_file: .*n\.anynet: no such file"):
        load_icnt_model(tmp_path / "n.icnt")
    (tmp_path / "n.anynet").write_text("router 0 node 0 node 1 // one crossbar\n")
    assert load_icnt_model(tmp_path / "n.icnt").num_nodes == 2


def test_behind_config_a_line_ends_a_setting():
    lines = "// as a library's users write it\n\n[config]\n" + GOOD.replace(";", "")
    assert parse_icnt_model(lines, "f.icnt") == parse_icnt_model(GOOD, "f.icnt")
    assert parse_icnt_model("[ config ]\n" + GOOD, "f.icnt") == parse_icnt_model(GOOD, "f.icnt")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[config]\n" + GOOD.replace(";", "") + "num_vc = 4\n", "f.icnt:6: key 'num_vc'"),
        ("[config]\nk 4\n", "f.icnt:2: 'k 4' is no setting"),
        (GOOD + "[config]\n", "f.icnt:5: no ';' ends '[config]'"),
        ("[network]\n" + GOOD, "f.icnt:1: no ';' ends '[network]'"),
    ],
)
def test_mistakes_behind_config(text: str, says: str):
    with pytest.raises(UserError) as caught:
        parse_icnt_model(text, "f.icnt")
    assert says in str(caught.value)


def test_the_shipped_networks_need_no_notice():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in shipped_icnt():
            load_icnt_model(SHIPPED_FOLDER / f"{name}.icnt")


def test_mutated_files_end_in_a_model_or_a_message():
    """Bytes and lines of shipped files exchanged at random: never anything but UserError."""
    source = random.Random(5)
    texts = [(SHIPPED_FOLDER / f"{name}.icnt").read_text() for name in shipped_icnt()]
    drawing = (SHIPPED_FOLDER / "chiplet_c32_m32.anynet").read_text()
    refused = 0
    for _ in range(1500):
        text = _mutated(source.choice(texts), source)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                parse_icnt_model(text, str(SHIPPED_FOLDER / "x.icnt"))
                parse_anynet(_mutated(drawing, source), "a", 4096)
        except UserError:
            refused += 1
    assert refused > 500


def _mutated(text: str, source: random.Random) -> str:
    for _ in range(source.randint(1, 4)):
        at = source.randrange(len(text) + 1)
        junk = source.choice(["", ";", "=", "{", "}", "//", "9" * 30, "-1", "\0", "é", "k = 3;"])
        text = text[:at] + junk + text[at + source.randint(0, 6) :]
    return text
