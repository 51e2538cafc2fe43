"""What follows from a file: clock, bandwidth, rows, address fields, timings, worked out by hand."""

from fractions import Fraction

import pytest

from npu.configs.dram import parse_dram_model
from npu.configs.dram.standard import NAMES, standard

DERIVED = {
    # name: tick in ps, CK in MHz, transaction, row, banks, GB/s, hit, closed bank
    "r20_hbm2_18": (Fraction(10000, 9), 900, 32, 512, 32, 28.8, 10, 17),
    "r20_hbm2_14": (Fraction(10000, 7), 700, 32, 512, 32, 22.4, 8, 13),
    "r20_hbm3_20": (Fraction(1000), 1000, 32, 512, 32, 32.0, 10, 17),
    "r20_ddr4_1600": (Fraction(1250), 800, 64, 8192, 16, 12.8, 15, 25),
    "r20_lpddr5_6400": (Fraction(1250), 800, 32, 4096, 16, 6.4, 25, 40),
    "r21_ddr4_1600": (Fraction(1250), 800, 64, 8192, 16, 12.8, 15, 25),
    "r21_ddr4_3200": (Fraction(625), 1600, 64, 8192, 16, 25.6, 27, 49),
    "r21_hbm2_18": (Fraction(10000, 9), 900, 32, 1024, 32, 28.8, 10, 18),
    "r21_hbm2_18_gen": (Fraction(10000, 9), 900, 32, 512, 32, 28.8, 10, 18),
    "r21_hbm2_2000": (Fraction(1000), 1000, 32, 1024, 32, 32.0, 17, 32),
    "r21_hbm3_6400": (Fraction(625, 2), 1600, 32, 1024, 64, 51.2, 45, 109),
    "r21_lpddr5_6400": (Fraction(1250), 800, 32, 2048, 16, 12.8, 20, 35),
}


@pytest.mark.parametrize("name", DERIVED)
def test_derived_figures(reference, name: str):
    tick, clock, transaction, row, banks, peak, hit, closed = DERIVED[name]
    model = reference(name)
    assert model.tick_ps == tick
    assert model.clock_mhz == clock
    assert (model.tx_bytes, model.row_bytes, model.banks) == (transaction, row, banks)
    assert model.peak_bytes_per_second == Fraction(round(peak * 10)) * 10**8
    assert model.read_latency == hit - 1
    assert model.closed_read_ticks == closed


def test_refresh_of_2_0_goes_to_ranks_so_hbm_has_none(reference):
    assert reference("r20_hbm2_18").refresh_interval == 0
    assert reference("r20_hbm2_18").available == 1
    ddr4 = reference("r20_ddr4_1600")
    assert (ddr4.refresh_interval, ddr4.refresh_ticks) == (6240, 440)
    assert ddr4.available == 1 - Fraction(440, 6240)
    # 210 ns and 3906 ns in a clock of int(10^6 / 3200) = 312 ps, JEDEC's rounding
    lpddr5 = reference("r20_lpddr5_6400")
    assert (lpddr5.refresh_interval, lpddr5.refresh_ticks) == (12520, 674)


def test_refresh_of_2_1(reference):
    assert reference("r21_hbm2_18_noref").refresh_interval == 0
    model = reference("r21_hbm2_18")
    assert (model.refresh_interval, model.levels[model.refresh_level]) == (3510, "pseudochannel")


def test_watermarks_compare_as_the_controllers_do(reference):
    # more than 0.8 * 32 = 25.6 writes, fewer than 0.2 * 32 = 6.4
    for name in ("r20_hbm2_18", "r21_hbm2_18"):
        model = reference(name)
        assert (model.write_high_entries, model.write_low_entries) == (25, 7)
    assert reference("r20_hbm2_18").read_queue == 33
    assert reference("r21_hbm2_18").read_queue == 32


def test_watermarks_are_computed_in_single_precision(text_2_1):
    """0.57 * 100 is 57 there and a little less in double precision; 0.07 * 100 is 7, not more."""
    text = text_2_1("HBM12", "HBM2", "HBM2_8Gb", "HBM2_2000Mbps")
    marks = "wr_low_watermark: 0.07\n      wr_high_watermark: 0.57\n      write_buffer_size: 100"
    model = parse_dram_model(text.replace("- impl: HBM12", f"- impl: HBM12\n      {marks}"), "m")
    assert (model.write_high_entries, model.write_low_entries) == (57, 7)


def names(model) -> list[tuple[str, int]]:
    return [(model.levels[level], bits) for level, bits in model.mapping]


def test_address_fields(reference, text_2_0):
    assert names(reference("r20_hbm2_18")) == [
        ("column", 4),
        ("pseudochannel", 1),
        ("bankgroup", 2),
        ("bank", 2),
        ("row", 15),
    ]
    assert names(reference("r21_hbm3_6400")) == [
        ("column", 5),
        ("pseudochannel", 1),
        ("sid", 1),
        ("bankgroup", 2),
        ("bank", 2),
        ("row", 14),
    ]
    text = text_2_0("DDR4", "preset: DDR4_8Gb_x8, rank: 2", "preset: DDR4_2400R")
    other = parse_dram_model(text.replace("RoBaRaCoCh", "ChRaBaRoCo"), "m.yaml")
    assert names(other) == [("column", 7), ("row", 16), ("bank", 2), ("bankgroup", 2), ("rank", 1)]
    mop = parse_dram_model(text.replace("RoBaRaCoCh", "MOP4CLXOR"), "m.yaml")
    assert names(mop) == [
        ("column", 2),
        ("rank", 1),
        ("bankgroup", 2),
        ("bank", 2),
        ("column", 5),
        ("row", 16),
    ]
    assert mop.mapping_xor == (-1, 0, 1, 3, 5, -1)


PRESETS = {
    "r21_ddr4_1600": ("GenericDDR", "DDR4", "DDR4_16Gb_x4", "DDR4_1600J"),
    "r21_ddr4_3200": ("GenericDDR", "DDR4", "DDR4_8Gb_x8", "DDR4_3200AA"),
    "r21_hbm2_2000": ("HBM12", "HBM2", "HBM2_8Gb", "HBM2_2000Mbps"),
    "r21_hbm3_6400": ("HBM34", "HBM3", "HBM3_16Gb_8hi", "HBM3_6400Mbps"),
    "r21_lpddr5_6400": ("LPDDR5", "LPDDR5", "LPDDR5_8Gb_x16", "LPDDR5_6400"),
}


@pytest.mark.parametrize("name", PRESETS)
def test_presets_of_2_1_make_the_tables_that_ramulator_exports(reference, text_2_1, name: str):
    assert parse_dram_model(text_2_1(*PRESETS[name]), "m.yaml") == reference(name)


def test_overrides_of_2_1_make_the_exported_tables_too(reference, text_2_1):
    """The 1.8 Gbps bin of the 2.0 generation on the 2.1 model of HBM2."""
    figures = (
        "rate: 1800, nCL: 7, nRCDRD: 7, nRCDWR: 7, nRP: 7, nRAS: 16, nRC: 18, nWR: 7, nRTPL: 3, "
        "nCWL: 2, nCCDS: 1, nCCDL: 2, nRRDS: 2, nRRDL: 3, nWTRS: 3, nWTRL: 4, nFAW: 14, nRFC: 315, "
        "nRFCpb: 160, nRREFD: 8, nREFI: 3510, nREFIpb: 122, tCK_ps: 1111"
    )
    text = text_2_1("HBM12", "HBM2", "HBM2_8Gb", "HBM2_2000Mbps", *figures.split(", "))
    assert parse_dram_model(text, "m.yaml") == reference("r21_hbm2_18")


def test_overrides_of_2_0_in_clocks_and_in_nanoseconds(text_2_0):
    def timing(more: str) -> dict[str, int]:
        text = text_2_0("HBM2", "preset: HBM2_8Gb", f"preset: HBM2_1.8Gbps{more}")
        return dict(parse_dram_model(text, "m.yaml").timing)

    assert timing("")["nRAS"] == 16
    assert timing(", nRAS: 20")["nRAS"] == 20
    # 18.5 ns / 1.111 ns = 16.651: with JEDEC's 0.974 cut to 17
    assert timing(", tRAS: 18.5")["nRAS"] == 17
    # 17.776 / 1.111 = 16.0 exactly, and 17.8 = 16.0216: below 16.026 counts as 16
    assert timing(", tRAS: 17.776")["nRAS"] == 16
    assert timing(", tRAS: 17.8")["nRAS"] == 16
    assert timing(", tRAS: 17.82")["nRAS"] == 17


def test_latencies_follow_from_overridden_timings(text_2_0):
    text = text_2_0("DDR4", "preset: DDR4_16Gb_x4", "preset: DDR4_1600J, nCL: 11, nRCD: 12")
    model = parse_dram_model(text, "m.yaml")
    assert model.read_latency == 15
    assert model.closed_read_ticks == 1 + 12 + 15


def test_a_2_0_file_without_presets(text_2_0, reference):
    org = (
        "dq: 4, density: 16384, channel: 1, rank: 1, bankgroup: 4, bank: 4, row: 262144, "
        "column: 1024"
    )
    timing = (
        "rate: 1600, nBL: 4, nCL: 10, nRCD: 10, nRP: 10, nRAS: 28, nRC: 38, nWR: 12, nRTP: 6, "
        "nCWL: 9, nCCDS: 4, nCCDL: 5, nWTRS: 2, nWTRL: 6, nCS: 2"
    )
    assert parse_dram_model(text_2_0("DDR4", org, timing), "m.yaml") == reference("r20_ddr4_1600")


@pytest.mark.parametrize("generation", ["2.0", "2.1"])
@pytest.mark.parametrize("name", NAMES)
def test_every_preset_makes_a_model(text_2_0, text_2_1, generation: str, name: str):
    found = standard(generation, name)
    for org in found.organisations:
        for speed in found.speeds:
            needs_refresh = (generation, org) == ("2.0", "LPDDR5_32Gb_x16")
            # 2.0 has no refresh times of 32 Gb
            more = ", nRFCab: 1218, nRFCpb: 609, nPBR2PBR: 289" if needs_refresh else ""
            if generation == "2.0":
                text = text_2_0(name, f"preset: {org}", f"preset: {speed}{more}")
            else:
                text = text_2_1(found.controllers[0], name, org, speed)
            model = parse_dram_model(text, "m.yaml")
            assert model.closed_read_ticks > model.read_latency
            assert 0 < model.available <= 1
            assert model.peak_bytes_per_second > 10**9
            figures = dict(zip(found.timings, found.speeds[speed], strict=True))
            assert abs(model.tick_ps * model.ticks_per_clock - figures["tCK_ps"]) < 3
