// The channels that the DRAM tests run, in the tables of Ramulator 2.0 as configs/dram derives or
// reads them: HBM2 at 1.8 Gbit/s, DDR4-1600, LPDDR5-6400.
#pragma once

#include "dram/spec.hpp"

namespace dram_specs {

using npu::togsim::dram::Spec;

inline Spec hbm2_generic() {
  Spec spec;
  spec.standard = "HBM2";
  spec.controller = "Generic";
  spec.level_names = {"channel", "pseudochannel", "bankgroup", "bank", "row", "column"};
  spec.level_counts = {1, 2, 4, 4, 32768, 16};
  spec.mapping = {5, 1, 2, 3, 4};
  spec.mapping_bits = {4, 1, 2, 2, 15};
  spec.commands = {"ACT", "PRE", "PREA", "RD", "WR", "RDA", "WRA", "REFab", "REFsb"};
  spec.command_ticks = {2, 1, 1, 1, 1, 1, 1, 1, 1};
  spec.constraints = {
      {0, {0}, {0, 1, 2, 7, 8}, 2},
      {1, {0}, {0}, 2},
      {1, {0}, {0}, 14, 4},
      {1, {0}, {8}, 3},
      {1, {8}, {8}, 8},
      {1, {8}, {0}, 7},
      {1, {3, 5}, {3, 5}, 2},
      {1, {4, 6}, {4, 6}, 2},
      {1, {3, 5}, {3, 5}, 1},
      {1, {4, 6}, {4, 6}, 1},
      {1, {3, 5}, {4, 6}, 9},
      {1, {4, 6}, {3, 5}, 7},
      {1, {3}, {2}, 2},
      {1, {4}, {2}, 11},
      {1, {0}, {2}, 16},
      {1, {2}, {0}, 7},
      {1, {0}, {7}, 18},
      {1, {1, 2}, {7}, 7},
      {1, {5}, {7}, 9},
      {1, {6}, {7}, 18},
      {1, {7}, {0, 8}, 316},
      {2, {3, 5}, {3, 5}, 2},
      {2, {4, 6}, {4, 6}, 2},
      {2, {4, 6}, {3, 5}, 8},
      {2, {0}, {0}, 3},
      {2, {0}, {8}, 4},
      {2, {8}, {0}, 2},
      {3, {3}, {1}, 2},
      {3, {0}, {0}, 18},
      {3, {0}, {3, 5}, 7},
      {3, {0}, {4, 6}, 7},
      {3, {0}, {1}, 16},
      {3, {1}, {0}, 7},
      {3, {3}, {1}, 3},
      {3, {4}, {1}, 11},
      {3, {5}, {0, 8}, 10},
      {3, {6}, {0, 8}, 18},
  };
  spec.read_latency = 9;
  spec.burst_ticks = 2;
  spec.read_queue = 33;
  spec.write_queue = 33;
  spec.priority_queue = 1568;
  spec.write_high_entries = 25;
  spec.write_low_entries = 7;
  spec.tx_bytes = 32;
  spec.tick_num = 10000;
  spec.tick_den = 9;
  return spec;
}

inline Spec ddr4_generic() {
  Spec spec;
  spec.standard = "DDR4";
  spec.controller = "Generic";
  spec.level_names = {"channel", "rank", "bankgroup", "bank", "row", "column"};
  spec.level_counts = {1, 1, 4, 4, 262144, 128};
  spec.mapping = {5, 1, 2, 3, 4};
  spec.mapping_bits = {7, 0, 2, 2, 18};
  spec.commands = {"ACT", "PRE", "PREA", "RD", "WR", "RDA", "WRA", "REFab"};
  spec.command_ticks = {1, 1, 1, 1, 1, 1, 1, 1};
  spec.constraints = {
      {0, {3, 5}, {3, 5}, 4},
      {0, {4, 6}, {4, 6}, 4},
      {1, {3, 5}, {3, 5}, 4},
      {1, {4, 6}, {4, 6}, 4},
      {1, {3, 5}, {4, 6}, 7},
      {1, {4, 6}, {3, 5}, 15},
      {1, {3, 5}, {3, 4, 5, 6}, 6, 1, true},
      {1, {4, 6}, {3, 5}, 7, 1, true},
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
      {1, {7}, {0}, 440},
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
  spec.read_queue = 33;
  spec.write_queue = 33;
  spec.priority_queue = 1568;
  spec.write_high_entries = 25;
  spec.write_low_entries = 7;
  spec.tx_bytes = 64;
  spec.tick_num = 1250;
  return spec;
}

inline Spec lpddr5_generic() {
  Spec spec;
  spec.standard = "LPDDR5";
  spec.controller = "Generic";
  spec.level_names = {"channel", "rank", "bankgroup", "bank", "row", "column"};
  spec.level_counts = {1, 1, 4, 4, 32768, 128};
  spec.mapping = {5, 1, 2, 3, 4};
  spec.mapping_bits = {7, 0, 2, 2, 15};
  spec.commands = {"ACT-1", "ACT-2", "PRE", "PREA", "CASRD", "CASWR", "RD16", "WR16", "RD16A",
      "WR16A", "REFab", "REFpb", "RFMab", "RFMpb"};
  spec.command_ticks = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  spec.constraints = {
      {0, {6, 8}, {6, 8}, 4},
      {0, {7, 9}, {7, 9}, 4},
      {1, {6, 8}, {6, 8}, 4},
      {1, {7, 9}, {7, 9}, 4},
      {1, {6, 8}, {7, 9}, 15},
      {1, {7, 9}, {6, 8}, 20},
      {1, {6, 8}, {6, 7, 8, 9}, 6, 1, true},
      {1, {7, 9}, {6, 8}, 15, 1, true},
      {1, {6}, {3}, 4},
      {1, {7}, {3}, 43},
      {1, {0}, {0, 11}, 4},
      {1, {0}, {0}, 16, 4},
      {1, {0}, {3}, 34},
      {1, {3}, {0}, 17},
      {1, {0}, {10}, 30},
      {1, {2}, {10}, 15},
      {1, {3}, {10}, 17},
      {1, {8}, {10}, 19},
      {1, {9}, {10}, 58},
      {1, {10}, {0, 10, 11}, 674},
      {1, {0}, {11}, 26},
      {1, {11}, {11}, 289},
      {2, {6, 8}, {6, 8}, 4},
      {2, {7, 9}, {7, 9}, 4},
      {2, {7, 9}, {6, 8}, 25},
      {2, {0}, {0}, 4},
      {3, {0}, {0}, 30},
      {3, {0}, {6, 7, 8, 9}, 15},
      {3, {0}, {2}, 34},
      {3, {2}, {0}, 15},
      {3, {6}, {2}, 4},
      {3, {7}, {2}, 43},
      {3, {8}, {0}, 19},
      {3, {9}, {0}, 58},
  };
  spec.read_latency = 24;
  spec.burst_ticks = 4;
  spec.refresh_interval = 12520;
  spec.refresh_level = 1;
  spec.read_queue = 33;
  spec.write_queue = 33;
  spec.priority_queue = 1568;
  spec.write_high_entries = 25;
  spec.write_low_entries = 7;
  spec.tx_bytes = 32;
  spec.tick_num = 1250;
  spec.wck_read = 25;
  spec.wck_write = 16;
  return spec;
}

}  // namespace dram_specs
