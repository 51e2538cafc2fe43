"""What BookSim 2 knows: keys that are modelled, keys that must keep a value, keys of its traffic.

Names and defaults are those of BookSim 2's `booksim_config.cpp`; `flit_size` and the keys of the
network's edge are those of the forks that GPU and NPU simulators link.
"""

from __future__ import annotations

MAX_K = 1024
"""Most ports of a router (fly), or routers along a dimension."""

MODELLED = (
    "topology",
    "k",
    "n",
    "routing_function",
    "network_file",
    "use_noc_latency",
    "num_vcs",
    "vc_buf_size",
    "routing_delay",
    "st_prepare_delay",
    "st_final_delay",
    "credit_delay",
    "wait_for_tail_credit",
    "vc_allocator",
    "sw_allocator",
    "flit_size",
)
"""Keys that a network is made from."""

_ALONE = "this router is modelled without it"
_ONE_CROSSBAR = "a crossbar with more than one path a port is not modelled"
_SPECULATION = "speculative switch allocation is not modelled"
_CONCENTRATED = "describes concentrated meshes, which are not modelled; draw one as an anynet"

ONLY: dict[str, tuple[str, str]] = {
    "router": ("iq", "only the input-queued router is modelled"),
    "subnets": ("1", "a second network beside the first is not modelled"),
    "classes": ("1", "traffic classes are not modelled"),
    "priority": ("none", "priorities of packets are not modelled"),
    "c": ("1", _CONCENTRATED),
    "xr": ("1", _CONCENTRATED),
    "yr": ("1", _CONCENTRATED),
    "link_failures": ("0", "broken links are not modelled"),
    "channel_file": ("", "link latencies come from the topology or the network_file"),
    "output_delay": ("0", "BookSim's router does not look at it; add to st_final_delay"),
    "internal_speedup": ("1.0", "routers run at the clock of the network; raise that clock"),
    "output_buffer_size": ("-1", "output queues are unbounded, and never hold more than one flit"),
    "noq": ("0", _ALONE),
    "speculative": ("0", _SPECULATION),
    "spec_check_elig": ("1", _SPECULATION),
    "spec_check_cred": ("1", _SPECULATION),
    "spec_mask_by_reqs": ("0", _SPECULATION),
    "spec_sw_allocator": ("prio", _SPECULATION),
    "buf_size": ("-1", "buffers are private to their virtual channel: give vc_buf_size"),
    "buffer_policy": ("private", "buffers are private to their virtual channel"),
    "private_bufs": ("-1", "buffers are private to their virtual channel"),
    "private_buf_size": ("1", "buffers are private to their virtual channel: give vc_buf_size"),
    "private_buf_start_vc": ("-1", "buffers are private to their virtual channel"),
    "private_buf_end_vc": ("-1", "buffers are private to their virtual channel"),
    "max_held_slots": ("-1", "buffers are private to their virtual channel"),
    "feedback_aging_scale": ("1", "buffers are private to their virtual channel"),
    "feedback_offset": ("0", "buffers are private to their virtual channel"),
    "vc_busy_when_full": ("0", _ALONE),
    "vc_prioritize_empty": ("0", _ALONE),
    "vc_priority_donation": ("0", "priorities of packets are not modelled"),
    "vc_shuffle_requests": ("0", _ALONE),
    "hold_switch_for_packet": ("0", "each flit asks for the switch by itself"),
    "input_speedup": ("1", _ONE_CROSSBAR),
    "output_speedup": ("1", _ONE_CROSSBAR),
    "vc_alloc_delay": ("1", "BookSim 2 itself stops at more"),
    "sw_alloc_delay": ("1", "BookSim 2 itself stops at more"),
    "vct": ("0", "it belongs to another router"),
    "arb_type": ("round_robin", "only round robin arbiters are modelled"),
    "alloc_iters": ("1", "BookSim 2 ignores it: write 'islip(4)' as the allocator instead"),
    "use_read_write": ("0", "packets carry no type, and may use all virtual channels"),
    "use_map": ("0", "nodes are numbered cores first, then channels, without a map"),
    "in_ports": ("5", "it belongs to a router that stands alone"),
    "out_ports": ("5", "it belongs to a router that stands alone"),
}
"""Key -> the one value that is accepted (BookSim's default), and why no other one is."""

_TRAFFIC = (
    "traffic injection_rate injection_rate_uses_flits packet_size packet_size_rate "
    "injection_process burst_alpha burst_beta burst_r1 class_priority perm_seed batch_size "
    "batch_count max_outstanding_requests write_fraction read_request_size "
    "write_request_size read_reply_size write_reply_size sim_type warmup_periods "
    "sample_period max_samples measure_stats pair_stats latency_thres warmup_thres "
    "acc_warmup_thres stopping_thres acc_stopping_thres sim_count include_queuing seed "
    "print_activity print_csv_results deadlock_warn_timeout viewer_trace watch_file "
    "watch_flits watch_packets watch_transactions watch_out stats_out sim_power "
    "power_output_file tech_file channel_width channel_sweep fail_seed "
    "read_request_begin_vc read_request_end_vc write_request_begin_vc write_request_end_vc "
    "read_reply_begin_vc read_reply_end_vc write_reply_begin_vc write_reply_end_vc "
    "read_request_subnet read_reply_subnet write_request_subnet write_reply_subnet"
)
TRAFFIC = frozenset(_TRAFFIC.split())
"""Keys of BookSim's own traffic, measurement and output: no part of the network, as a notice
says."""

EDGE = frozenset({"input_buffer_size", "ejection_buffer_size", "boundary_buffer_size"})
"""Buffers between a node and the network in the forks. Here a source queue has no end, and a node
takes a flit every cycle, so that they never fill: their sizes change nothing, as a notice says."""

OTHER_ALLOCATORS = frozenset(
    {"max_size", "pim", "loa", "wavefront", "rr_wavefront", "select", "prio", "piggyback"}
)
"""Allocators that BookSim has and that are not modelled."""

OTHER_TOPOLOGIES = frozenset(
    {"cmesh", "flatfly", "dragonflynew", "fattree", "qtree", "tree4", "singlenet"}
)
"""Topologies that BookSim has and that are not modelled; an anynet can draw each of them."""

ROUTING = {
    "fly": ("dest_tag",),
    "mesh": ("dor", "dim_order"),
    "torus": ("dim_order",),
    "anynet": ("min",),
}
"""Routing functions of each topology; `dor` and `dim_order` of a mesh are one."""
