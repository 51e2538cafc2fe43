"""Faults of machine descriptions, of togsim's Python, and of its C++."""

from tests.mutation.mutation import Edit, Mutation, mutation

DRAM = "tests/togsim/test_timing_dram.py"
INTERLOCKS = "tests/togsim/test_timing_interlocks.py"
WALKS = "tests/togsim/test_timing_walks.py"

IN_PYTHON: tuple[Mutation, ...] = (
    mutation(
        "indices are drawn where some were recorded",
        "runtime/indices.py",
        "    source = DRAWN if record is None else RECORDED\n",
        "    source = DRAWN\n",
        "tests/runtime/test_indices.py",
    ),
    mutation(
        "a record of too large an index is taken",
        "runtime/indices.py",
        "(values >= extent).any()",
        "(values > extent).any()",
        "tests/runtime/test_indices.py",
    ),
    mutation(
        "an unknown key of a machine is ignored",
        "configs/convert.py",
        "            found.append((_unknown(prefix + key, free, taken), tree.key_lines[key]))\n",
        "",
        "tests/configs/test_mistakes.py",
    ),
    mutation(
        "base 60 is read in silence",
        "configs/yaml/scalars.py",
        "    return _other_base(text) or _sixties(text) or _loose(text)\n",
        "    return _other_base(text) or _loose(text)\n",
        "tests/configs/test_yaml_words.py",
    ),
    mutation(
        "a file is written in place",
        "configs/output/__init__.py",
        "    aside = _open_aside(target) if target.is_plain else None\n",
        "    aside = None\n",
        "tests/configs/test_output.py", "tests/runtime/test_written_files.py",
    ),
    mutation(
        "a file's mode is not kept",
        "configs/output/__init__.py",
        "        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))\n",
        "        os.fchmod(descriptor, 0o644)\n",
        "tests/configs/test_output.py",
    ),
    mutation(
        "bits of reads are bytes in the energy",
        "togsim/report/energy.py",
        '"dram_read_bit": (sum(c.reads for c in channels) - forwarded) * block * 8,',
        '"dram_read_bit": (sum(c.reads for c in channels) - forwarded) * block,',
        "tests/togsim/test_energy.py",
    ),
    mutation(
        "static power is left out of the total",
        "togsim/report/energy.py",
        "    total = sum(line.joules for line in actions) + static\n",
        "    total = sum(line.joules for line in actions)\n",
        "tests/togsim/test_energy.py",
    ),
    mutation(
        "cores lie in the wrong partition",
        "togsim/numa.py",
        "return core * machine.dram_num_partitions // machine.num_cores",
        "return core % machine.dram_num_partitions",
        "tests/togsim/test_numa.py",
    ),
    mutation(
        "a launch's cycles begin with its readiness",
        "togsim/report/attribution.py",
        "        return self.end - self.start\n",
        "        return self.end - self.ready\n",
        "tests/togsim/test_attribution.py", "tests/togsim/sched/test_queues.py",
        "tests/togsim/test_requests.py", "tests/togsim/test_result.py",
    ),
    mutation(
        "a request arrives a little late",
        "togsim/arrivals.py",
        "            arrivals.append(int(time))\n",
        "            arrivals.append(int(time) + 1)\n",
        "tests/togsim/sched/test_tenants.py", "tests/togsim/test_requests.py",
    ),
)  # fmt: skip

IN_CPP: tuple[Mutation, ...] = (
    mutation(
        "the DRAM's latency is one cycle longer",
        "togsim/src/memory/dram.cpp",
        "  service.data = start + latency_;\n",
        "  service.data = start + latency_ + DramCycle{1};\n",
        DRAM,
    ),
    mutation(
        "all channels refresh at once",
        "togsim/src/memory/dram.cpp",
        "  return refresh_interval_ * (std::int64_t{channel} + 1) / channels;\n",
        "  return refresh_interval_ + 0 * (std::int64_t{channel} + 1) / channels;\n",
        DRAM,
    ),
    mutation(
        "a writer does not wait for readers",
        "togsim/src/core/hazards.cpp",
        "    if (mine.write) depend_on_readers(window, id, mine, slot.readers);\n",
        "    if (mine.write && id == 0) depend_on_readers(window, id, mine, slot.readers);\n",
        INTERLOCKS,
    ),
    mutation(
        "any two matmuls on the same sums chain",
        "togsim/src/core/hazards.cpp",
        "a.write && equal(a, b);",
        "a.write && overlap(a, b);",
        INTERLOCKS,
    ),
    mutation(
        "a walk keeps the element behind its tensor's last one",
        "togsim/src/core/walk.cpp",
        "ceil_div(checked_add(extent, before, kIndex), step);",
        "ceil_div(checked_add(extent, before, kIndex), step) + 1;",
        WALKS,
    ),
    mutation(
        "a walk backwards begins at its first element",
        "togsim/src/core/walk.cpp",
        "back ? inside.hi - 1 : inside.lo",
        "inside.lo",
        WALKS,
    ),
    mutation(
        "a transfer does not wait for those it comes after",
        "togsim/src/core/core.cpp",
        "      if (window_.completed(transfer.id, transfer.number)) continue;\n",
        "      if (transfer.issued) continue;\n",
        WALKS,
    ),
    mutation(
        "a matmul may read fewer elements than its rows have",
        "togsim/src/core/decode.cpp",
        "rows + weights.rows - 1;",
        "rows;",
        "tests/togsim/test_mistakes.py",
    ),
    mutation(
        "a matmul drains one cycle too soon",
        "togsim/src/core/arrays.cpp",
        "drain_{2 * machine.vpu_num_lanes - 1}",
        "drain_{2 * machine.vpu_num_lanes - 2}",
        "tests/togsim/test_timing_arrays.py",
    ),
    mutation(
        "edges of clocks are rounded down when they are looked for",
        "togsim/src/clock.hpp",
        "(scaled(time.n, period_.denominator) + period_.numerator - 1) / period_.numerator",
        "scaled(time.n, period_.denominator) / period_.numerator",
        DRAM, "tests/togsim/test_timing_network.py",
    ),
    Mutation(
        "plain and fast DRAM forget how many commands a window counts",
        (
            Edit(
                "togsim/src/dram/plain/device.cpp",
                "    if (target && node.history[index].size() < rule.window) continue;\n",
                "    if (target && rule.window > 1) continue;\n"
                "    if (target && node.history[index].size() < rule.window) continue;\n",
            ),
            Edit(
                "togsim/src/dram/fast/device.cpp",
                "        if (rule.sibling && counts_[level] == 1) continue;\n",
                "        if (rule.sibling && counts_[level] == 1) continue;\n"
                "        if (!rule.sibling && window > 1) continue;\n",
            ),
        ),
        ("tests/togsim/dram/test_dram_golden.py", "tests/togsim/dram/test_dram_reference.py"),
    ),
    mutation(
        "a node's credit comes back a cycle late",
        "togsim/src/noc/quick_engine.cpp",
        "  credits_.add(now.n + node.latency + 1 + spec_.credit_delay,\n",
        "  credits_.add(now.n + node.latency + 2 + spec_.credit_delay,\n",
        "tests/togsim/noc/test_reference.py", "tests/togsim/noc/test_noc_memory.py",
    ),
    mutation(
        "a line of the L2 does not get dirty",
        "togsim/src/l2/slice.cpp",
        "    if (action.stores && !action.sends) line.dirty |= action.sector_bits;\n",
        "    if (action.stores && action.sends) line.dirty |= action.sector_bits;\n",
        "tests/togsim/l2/test_policies.py",
    ),
    mutation(
        "round robin begins with the first request each time",
        "togsim/src/schedule/policies.cpp",
        "    served_ = ticket->request;\n",
        "    served_.reset();\n",
        "tests/togsim/sched/test_policies.py",
    ),
    mutation(
        "cycles up to a period's end are lost",
        "togsim/src/core/core_stats.cpp",
        "    add_cycles(boundary - accounted_.n);\n",
        "    add_cycles(boundary - accounted_.n - 1);\n",
        "tests/togsim/test_timing_states.py", "tests/togsim/test_consistency.py",
        "tests/togsim/test_stalls.py", "tests/togsim/test_result.py",
    ),
)  # fmt: skip

MUTATIONS = IN_PYTHON + IN_CPP
