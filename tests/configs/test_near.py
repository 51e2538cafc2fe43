"""A hint is given where a name is near, and only there."""

import pytest

from npu.configs.near import did_you_mean, near_names


@pytest.mark.parametrize(
    ("given", "known", "meant"),
    [
        ("num_coers", "num_cores", True),
        ("num-cores", "num_cores", True),
        ("NUM_CORES", "num_cores", True),
        ("frfcfs", "FRFCFS", True),
        ("gem", "gemm", True),
        ("softmaxx", "softmax", True),
        ("npu-gruop", "npu-group", True),
        ("num_systolic_arrays_per_core", "num_systolic_array_per_core", True),
        ("codegen_mapping_stratgy", "codegen_mapping_strategy", True),
        ("tpuv33", "tpuv3", True),
        ("DDR4_160K", "DDR4_1600K", True),
        # another name, not a misspelt one
        ("ClosedRowPolicy", "OpenRowPolicy", False),
        ("FCFS", "FRFCFS", False),
        ("PerBank", "AllBank", False),
        ("cores", "num_cores", False),
        ("core_freq", "core_freq_mhz", False),
        ("relu", "gelus", False),
        ("no", "on", False),
        ("m", "k", False),
        ("", "k", False),
        # another number
        ("DDR5", "DDR4", False),
        ("HBM2_16Gb", "HBM2_8Gb", False),
        ("HBM2_9Gb", "HBM2_8Gb", False),
        ("8x9", "8x8", False),
        ("HBM", "HBM2", False),
        ("x" * 10_000, "x" * 9_999, False),
    ],
)
def test_near_or_not(given: str, known: str, meant: bool):
    assert near_names(given, [known]) == ([known] if meant else [])
    assert bool(did_you_mean(given, [known])) == meant


def test_the_nearest_is_meant_and_all_that_are_as_near():
    assert near_names("nRRDX", ["nRAS", "nRRDS", "nRRDL"]) == ["nRRDS", "nRRDL"]
    assert near_names("nRRDs", ["nRAS", "nRRDS", "nRRDL"]) == ["nRRDS"]
    assert did_you_mean("nRRD", ["nRRDS", "nRRDL"]) == "did you mean 'nRRDS' or 'nRRDL'?"
    assert did_you_mean("ab1", ["ab1c", "ab1d", "ab1e"]) == (
        "did you mean 'ab1c', 'ab1d' or 'ab1e'?"
    )


def test_too_many_near_names_are_no_hint():
    assert did_you_mean("word", [f"word{letter}" for letter in "abcd"]) == ""


def test_the_form_is_the_callers():
    assert did_you_mean("gem", ["gemm"], "{}_MxKxN") == "did you mean gemm_MxKxN?"
