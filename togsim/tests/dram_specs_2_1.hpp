// The channels that the DRAM tests run, in the tables of Ramulator 2.1 as configs/dram derives or
// reads them: DDR4-1600, HBM2 at 1.8 Gbit/s, HBM3-6400, LPDDR5-6400.
#pragma once

#include "dram/spec.hpp"

namespace dram_specs {

using npu::togsim::dram::Spec;

inline Spec ddr4_2_1() {
  Spec spec;
  spec.standard = "DDR4";
  spec.controller = "GenericDDR";
  spec.level_names = {"channel", "rank", "bankgroup", "bank", "row", "column"};
  spec.level_counts = {1, 1, 4, 4, 262144, 128};
  spec.mapping = {5, 1, 2, 3, 4};
  spec.mapping_bits = {7, 0, 2, 2, 18};
  spec.commands = {"ACT", "PREpb", "PREab", "RD", "WR", "RDA", "WRA", "REFab"};
  spec.command_ticks = {1, 1, 1, 1, 1, 1, 1, 1};
  spec.constraints = {
      {0, {3, 5}, {3, 5}, 4},
      {0, {4, 6}, {4, 6}, 4},
      {1, {3, 5}, {3, 5}, 4},
      {1, {4, 6}, {4, 6}, 4},
      {1, {3, 5}, {4, 6}, 7},
      {1, {4, 6}, {3, 5}, 15},
      {1, {3, 5}, {3, 4, 5, 6}, 6, 1, true},
      {1, {4, 6}, {3, 5}, 5, 1, true},
      {1, {3}, {2}, 6},
      {1, {4}, {2}, 25},
      {1, {0}, {0}, 4},
      {1, {0}, {0}, 16, 4},
      {1, {0}, {2}, 28},
      {1, {2}, {0}, 10},
      {1, {0}, {7}, 38},
      {1, {1, 2}, {7}, 10},
      {1, {5}, {7}, 16},
      {1, {6}, {7}, 35},
      {1, {7}, {0, 2}, 440},
      {2, {3, 5}, {3, 5}, 5},
      {2, {4, 6}, {4, 6}, 5},
      {2, {4, 6}, {3, 5}, 19},
      {2, {0}, {0}, 5},
      {3, {0}, {0}, 38},
      {3, {0}, {3, 4, 5, 6}, 10},
      {3, {0}, {1}, 28},
      {3, {1}, {0}, 10},
      {3, {3}, {1}, 6},
      {3, {4}, {1}, 25},
      {3, {5}, {0}, 16},
      {3, {6}, {0}, 35},
  };
  spec.read_latency = 14;
  spec.burst_ticks = 4;
  spec.refresh_interval = 6240;
  spec.refresh_level = 1;
  spec.read_queue = 32;
  spec.write_queue = 32;
  spec.priority_queue = 1568;
  spec.write_high_entries = 25;
  spec.write_low_entries = 7;
  spec.tx_bytes = 64;
  spec.tick_num = 1250;
  return spec;
}

inline Spec hbm2_dual_bus() {
  Spec spec;
  spec.standard = "HBM2";
  spec.controller = "HBM12";
  spec.level_names = {"channel", "pseudochannel", "bankgroup", "bank", "row", "column"};
  spec.level_counts = {1, 2, 4, 4, 65536, 32};
  spec.mapping = {5, 1, 2, 3, 4};
  spec.mapping_bits = {5, 1, 2, 2, 16};
  spec.commands = {"ACT", "PREpb", "PREab", "RD", "WR", "RDA", "WRA", "REFab", "REFpb"};
  spec.command_ticks = {2, 1, 1, 1, 1, 1, 1, 1, 1};
  spec.constraints = {
      {0, {0}, {0, 1, 2, 7, 8}, 2},
      {1, {3, 5}, {3, 5}, 2},
      {1, {4, 6}, {4, 6}, 2},
      {1, {3, 5}, {3, 5}, 1},
      {1, {4, 6}, {4, 6}, 1},
      {1, {3, 5}, {4, 6}, 9},
      {1, {4, 6}, {3, 5}, 7},
      {1, {3}, {2}, 3},
      {1, {4}, {2}, 11},
      {1, {0}, {0}, 2},
      {1, {0}, {0}, 14, 4},
      {1, {0}, {2}, 17},
      {1, {2}, {0}, 6},
      {1, {0}, {7}, 19},
      {1, {1, 2}, {7}, 7},
      {1, {5}, {7}, 10},
      {1, {6}, {7}, 18},
      {1, {7}, {0}, 314},
      {1, {7}, {2}, 315},
      {1, {8}, {0}, 7},
      {1, {0}, {8}, 3},
      {2, {3, 5}, {3, 5}, 2},
      {2, {4, 6}, {4, 6}, 2},
      {2, {4, 6}, {3, 5}, 8},
      {2, {0}, {0}, 3},
      {3, {0}, {0}, 18},
      {3, {0}, {3, 5}, 8},
      {3, {0}, {4, 6}, 8},
      {3, {0}, {1}, 17},
      {3, {1}, {0}, 6},
      {3, {3}, {1}, 3},
      {3, {4}, {1}, 11},
      {3, {5}, {0}, 9},
      {3, {6}, {0}, 17},
      {3, {8}, {0}, 159},
      {3, {0}, {8}, 19},
      {3, {1}, {8}, 7},
  };
  spec.read_latency = 9;
  spec.burst_ticks = 2;
  spec.refresh_interval = 3510;
  spec.refresh_level = 1;
  spec.read_queue = 32;
  spec.write_queue = 32;
  spec.priority_queue = 1568;
  spec.write_high_entries = 25;
  spec.write_low_entries = 7;
  spec.tx_bytes = 32;
  spec.tick_num = 10000;
  spec.tick_den = 9;
  return spec;
}

inline Spec hbm3_half_tick() {
  Spec spec;
  spec.standard = "HBM3";
  spec.controller = "HBM34";
  spec.level_names = {"channel", "pseudochannel", "sid", "bankgroup", "bank", "row", "column"};
  spec.level_counts = {1, 2, 2, 4, 4, 16384, 32};
  spec.mapping = {6, 1, 2, 3, 4, 5};
  spec.mapping_bits = {5, 1, 1, 2, 2, 14};
  spec.commands = {"ACT", "PREpb", "PREab", "RD", "WR", "RDA", "WRA", "REFab", "REFpb", "RFMab",
      "RFMpb"};
  spec.command_ticks = {3, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1};
  spec.constraints = {
      {0, {0}, {0, 1, 2, 7, 8, 9, 10}, 3},
      {0, {3, 4, 5, 6}, {3, 4, 5, 6}, 2},
      {1, {3, 5}, {3, 5}, 4},
      {1, {4, 6}, {4, 6}, 4},
      {1, {3, 5}, {4, 6}, 40},
      {1, {4, 6}, {3, 5}, 38},
      {1, {3}, {2}, 19},
      {1, {4}, {2}, 91},
      {1, {0}, {0}, 8},
      {1, {0}, {0}, 48, 4},
      {1, {0}, {2}, 92},
      {1, {2}, {0}, 50},
      {1, {1, 2}, {1, 2}, 4},
      {1, {0}, {7}, 146},
      {1, {1, 2}, {7}, 52},
      {1, {5}, {7}, 71},
      {1, {6}, {7}, 143},
      {1, {7}, {0}, 1118},
      {1, {7}, {2}, 1120},
      {1, {8}, {8}, 16},
      {1, {8}, {0}, 14},
      {1, {0}, {8}, 10},
      {1, {0}, {9}, 146},
      {1, {1, 2}, {9}, 52},
      {1, {5}, {9}, 71},
      {1, {6}, {9}, 143},
      {1, {9}, {0}, 1118},
      {1, {9}, {2}, 1120},
      {1, {10}, {0}, 14},
      {1, {0}, {10}, 10},
      {2, {3, 5}, {3, 5}, 4},
      {2, {4, 6}, {4, 6}, 4},
      {2, {3, 5}, {3, 5}, 6, 1, true},
      {3, {3, 5}, {3, 5}, 8},
      {3, {4, 6}, {4, 6}, 8},
      {3, {4, 6}, {3, 5}, 44},
      {3, {0}, {0}, 10},
      {4, {0}, {0}, 144},
      {4, {0}, {3, 5}, 63},
      {4, {0}, {4, 6}, 31},
      {4, {0}, {1}, 92},
      {4, {1}, {0}, 50},
      {4, {3}, {1}, 19},
      {4, {4}, {1}, 91},
      {4, {5}, {0}, 69},
      {4, {6}, {0}, 141},
      {4, {8}, {0}, 638},
      {4, {0}, {8}, 146},
      {4, {1}, {8}, 52},
      {4, {10}, {0}, 638},
      {4, {0}, {10}, 146},
      {4, {1}, {10}, 52},
  };
  spec.read_latency = 44;
  spec.burst_ticks = 4;
  spec.refresh_interval = 12480;
  spec.refresh_level = 1;
  spec.read_queue = 32;
  spec.write_queue = 32;
  spec.priority_queue = 1568;
  spec.write_high_entries = 25;
  spec.write_low_entries = 7;
  spec.tx_bytes = 32;
  spec.tick_num = 625;
  spec.tick_den = 2;
  return spec;
}

inline Spec lpddr5_2_1() {
  Spec spec;
  spec.standard = "LPDDR5";
  spec.controller = "LPDDR5";
  spec.level_names = {"channel", "rank", "bankgroup", "bank", "row", "column"};
  spec.level_counts = {1, 1, 4, 4, 32768, 64};
  spec.mapping = {5, 1, 2, 3, 4};
  spec.mapping_bits = {6, 0, 2, 2, 15};
  spec.commands = {"ACT1", "ACT2", "PREpb", "PREab", "CAS_RD", "CAS_WR", "RD", "WR", "RDA", "WRA",
      "REFab", "REFpb"};
  spec.command_ticks = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  spec.constraints = {
      {0, {6, 8}, {6, 8}, 2},
      {0, {7, 9}, {7, 9}, 2},
      {3, {4}, {6, 8}, 0},
      {3, {5}, {7, 9}, 0},
      {1, {6, 8}, {6, 8}, 2},
      {1, {7, 9}, {7, 9}, 2},
      {1, {6, 8}, {7, 9}, 12},
      {1, {7, 9}, {6, 8}, 16},
      {1, {6, 8}, {6, 7, 8, 9}, 4, 1, true},
      {1, {7, 9}, {6, 8}, 12, 1, true},
      {1, {6}, {3}, 8},
      {1, {7}, {3}, 39},
      {1, {0}, {0}, 4},
      {1, {0}, {0}, 16, 4},
      {1, {0}, {3}, 34},
      {1, {3}, {0}, 17},
      {1, {2, 3}, {2, 3}, 2},
      {1, {0}, {10}, 49},
      {1, {2, 3}, {10}, 15},
      {1, {8}, {10}, 23},
      {1, {9}, {10}, 54},
      {1, {10}, {0, 3, 10, 11}, 168},
      {1, {11}, {11}, 72},
      {1, {11}, {10}, 96},
      {1, {11}, {0}, 6},
      {2, {6, 8}, {6, 8}, 4},
      {2, {7, 9}, {7, 9}, 4},
      {2, {7, 9}, {6, 8}, 23},
      {2, {0}, {0}, 4},
      {3, {0}, {0}, 49},
      {3, {0}, {6, 7, 8, 9}, 15},
      {3, {0}, {2}, 34},
      {3, {2}, {0}, 15},
      {3, {6}, {2}, 8},
      {3, {7}, {2}, 39},
      {3, {8}, {0}, 23},
      {3, {9}, {0}, 54},
      {3, {11}, {0}, 96},
      {3, {0}, {11}, 49},
      {3, {2}, {11}, 15},
  };
  spec.read_latency = 19;
  spec.burst_ticks = 2;
  spec.refresh_interval = 3125;
  spec.refresh_level = 1;
  spec.read_queue = 32;
  spec.write_queue = 32;
  spec.priority_queue = 1568;
  spec.write_high_entries = 25;
  spec.write_low_entries = 7;
  spec.tx_bytes = 32;
  spec.tick_num = 1250;
  spec.aad = 8;
  spec.wck_read = 20;
  spec.wck_write = 12;
  return spec;
}

}  // namespace dram_specs
