"""Faults of the frontend, the runtime, the reports and the value check."""

from tests.mutation.mutation import Mutation, mutation

WRONG = "tests/e2e/test_wrong_values.py"
RULES = "tests/runtime/rounding/test_rules.py"
ORDERS = "tests/runtime/test_reference_orders.py"

MUTATIONS: tuple[Mutation, ...] = (
    mutation(
        "the value check never fails",
        "runtime/value_check/__init__.py",
        "        return self.first_fault is None\n",
        "        return True\n",
        WRONG, "-k", "spoilt_outputs",
    ),
    mutation(
        "a wrong run ends well",
        "frontend/run.py",
        "    if check is not None and not check.passed:\n",
        "    if check is not None and check is False:\n",
        WRONG, "-k", "spoilt_outputs",
    ),
    mutation(
        "a kernel is compared with itself",
        "runtime/value_check/kernels.py",
        "            check = judge(name, results, limits, number, launch.origin)\n",
        '            results = [one["value"] for one in limits]\n'
        "            check = judge(name, results, limits, number, launch.origin)\n",
        WRONG, "-k", "spoilt_results",
    ),
    mutation(
        "an output is compared with itself",
        "runtime/value_check/__init__.py",
        "    fault = fault or _memory_fault(output, traced.value) or program.fault\n",
        "    fault = fault or _memory_fault(output, output) or program.fault\n",
        WRONG, "-k", "spoilt_outputs or other_outputs",
    ),
    mutation(
        "the source is compared with itself",
        "runtime/value_check/program.py",
        '    given = {f"{origin} in float64": double, f"{origin} in float32": single}\n',
        '    given = {f"{origin} in float64": twin.value, f"{origin} in float32": twin.value}\n',
        "tests/runtime/test_check_program.py",
    ),
    mutation(
        "only the first row of a kernel is looked at",
        "runtime/value_check/judge.py",
        "    return np.where(np.isinf(error), 0.0, shares)\n",
        "    shares[1:] = 0\n    return np.where(np.isinf(error), 0.0, shares)\n",
        "tests/runtime/test_check_kernels.py",
    ),
    mutation(
        "the stages of a kernel are judged together",
        "runtime/value_check/kernels.py",
        "limits = run_group(group, given, self.array_size, between=watch.between)",
        "limits = run_group(group, given, self.array_size)",
        "tests/runtime/test_check_stages.py", "-k", "spoilt",
    ),
    mutation(
        "the run that is watched may give other numbers",
        "runtime/value_check/stages.py",
        "        if different.any():\n",
        "        if different.all():\n",
        "tests/runtime/test_check_stages.py", "-k", "same_numbers",
    ),
    mutation(
        "what stages may do wrong adds up",
        "runtime/rounding/program.py",
        "found = run_group(op, inputs, array_size, rounding, plain)",
        "found = run_group(op, inputs, array_size, rounding)",
        "tests/runtime/test_check_stages.py", "-k", "explains",
    ),
    mutation(
        "a NaN counts as right",
        "runtime/value_check/judge.py",
        "    same = kinds(result) == kinds(value)\n",
        "    same = (kinds(result) == kinds(value)) | np.isnan(result)\n",
        "tests/runtime/test_check_kernels.py",
    ),
    mutation(
        "the rounding of float32 is a thousand times as large",
        "runtime/rounding/pairs.py",
        "UNIT = 2.0**-24",
        "UNIT = 2.0**-14",
        RULES, "tests/runtime/rounding/test_programs.py", WRONG, "-k", "hand or coefficient or sum",
    ),
    mutation(
        "a quotient forgets the error of its divisor",
        "runtime/rounding/arithmetic.py",
        'share = (a["error"] + times(np.abs(value), b["error"])) / least',
        'share = a["error"] / least',
        RULES, "-k", "divide",
    ),
    mutation(
        "a product forgets the roundings of its sum",
        "runtime/rounding/contraction.py",
        "        error = spread + gamma(self.depth + 1) * whole + self.count * LEAST\n",
        "        error = spread + self.count * LEAST\n",
        "tests/runtime/rounding/test_programs.py", "-k", "product",
    ),
    mutation(
        "the root mean square is a mean",
        "runtime/accuracy.py",
        "np.sqrt(np.mean((values / largest) ** 2))",
        "np.mean(values / largest)",
        "tests/runtime/test_accuracy.py",
    ),
    mutation(
        "units in the last place of double their size",
        "runtime/accuracy.py",
        "np.ldexp(1.0, exponent - 24)",
        "np.ldexp(1.0, exponent - 23)",
        "tests/runtime/test_accuracy.py",
    ),
    mutation(
        "the model in float64 is the one in float32",
        "frontend/eager.py",
        "    wide = copy.deepcopy(model).double()\n"
        "    outputs = _outputs(wide, tuple(map(_double, inputs)), changes)\n",
        "    wide = copy.deepcopy(model)\n"
        "    outputs = [one.double() for one in _outputs(wide, inputs, changes)]\n",
        WRONG, "-k", "odd_one or in_float64",
    ),
    mutation(
        "memory that nobody wrote is 0",
        "runtime/functional.py",
        "there, unwritten(dtype))",
        "there, 0)",
        "tests/runtime/test_functional.py",
    ),
    mutation(
        "a cached figure does not depend on the vector length",
        "runtime/tile_timing/__init__.py",
        '        "riscv_vlen_bits": machine.riscv_vlen_bits,\n',
        "",
        "tests/runtime/test_tile_timing.py",
    ),
    mutation(
        "a cache entry of something else is taken",
        "runtime/entry_cache.py",
        ' and digest(entry["inputs"]) == digest(inputs)\n',
        "\n",
        "tests/mistakes/test_cache.py", "tests/runtime/test_tile_timing.py",
    ),
    mutation(
        "a damaged cache entry is taken",
        "runtime/entry_cache.py",
        "            fits = checksum == digest(entry) and ",
        "            fits = ",
        "tests/runtime/test_tile_timing.py",
    ),
    mutation(
        "a report forgets where a launch ends",
        "runtime/report.py",
        '"end": launch.end,',
        '"end": launch.start,',
        "tests/runtime/test_report.py",
    ),
    mutation(
        "the reference executor does not accumulate",
        "runtime/reference/control.py",
        "    target[...] = target + result if keep else result\n",
        "    target[...] = result\n",
        "tests/runtime/test_reference_device.py", "tests/passes/test_dma_passes.py",
    ),
    mutation(
        "gelu is off in a constant",
        "frontend/torch/decompositions/activations.py",
        "math.sqrt(0.5)",
        "0.7072",
        "tests/frontend/test_import.py", "tests/e2e/test_numerics.py", "-k", "gelu or operators",
    ),
    mutation(
        "types that are not supported pass the check",
        "frontend/torch/check.py",
        "value.dtype not in KERNEL_TYPES",
        "value.dtype is torch.complex64",
        "tests/frontend/test_mistakes.py",
    ),
    mutation(
        "out of order, `after` is forgotten",
        "runtime/reference/queues/recorder.py",
        "        for token in op.after:\n",
        "        for token in op.after[:0]:\n",
        ORDERS,
    ),
    mutation(
        "out of order, a wait holds nothing",
        "runtime/reference/queues/recorder.py",
        "        gate.after(frame.get(op.operands[0]).complete)\n",
        "        gate.after(frame.get(op.operands[0]).start)\n",
        ORDERS,
    ),
    mutation(
        "out of order, what is still read is overwritten",
        "runtime/reference/queues/interlocks.py",
        "                    mine.start.after(other.reads_done)\n        for alias",
        "                    mine.start.after(other.start)\n        for alias",
        "tests/runtime/test_reference_interlocks.py",
    ),
    mutation(
        "out of order, descriptors of a queue start in any order",
        "runtime/reference/queues/recorder.py",
        "        take.after(self._last_store)\n",
        "        take.after(self._gate)\n",
        ORDERS,
    ),
    mutation(
        "out of order, buffers on the same bytes know nothing of one another",
        "runtime/reference/queues/interlocks.py",
        "if np.may_share_memory(part, rest):",
        "if part is rest:",
        ORDERS,
    ),
    mutation(
        "a wrong integer may be as far off as any that rounding decides",
        "runtime/rounding/integers.py",
        "error = np.maximum(value - ends[0], ends[1] - value)",
        "error = np.full(value.shape, 2.0)",
        "tests/runtime/rounding/test_integers.py",
    ),
)  # fmt: skip
"""The value check is among them: without its failing side a proof is none."""
