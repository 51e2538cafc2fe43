// The figures of the machine that the simulator uses, under their names in the machine's YAML.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dram/spec.hpp"
#include "l2/spec.hpp"
#include "noc/spec.hpp"

namespace npu::togsim {

struct MachineSpec {
  std::int64_t num_cores = 0;
  std::int64_t core_freq_mhz = 0;
  std::int64_t core_issue_width = 1;  // decoded, and dispatched, a cycle
  std::int64_t num_systolic_array_per_core = 0;
  std::int64_t sa_weight_buffer_depth = 0;
  std::int64_t vpu_num_lanes = 0;
  std::int64_t dram_channels = 0;
  std::int64_t dram_num_partitions = 1;  // each has an even share of the channels
  std::int64_t dram_freq_mhz = 0;
  std::int64_t dram_latency = 0;  // DRAM cycles
  std::int64_t dram_req_size_byte = 0;
  std::int64_t dram_refresh_interval_ns = 0;  // tREFI; 0 = no refresh
  std::int64_t dram_refresh_ns = 0;           // tRFC
  std::int64_t dram_read_to_write_cycles = 1;  // start to start on one channel
  std::int64_t dram_write_to_read_cycles = 1;
  std::int64_t dram_channel_bytes_per_second = 0;  // cap of each channel; 0 = none
  std::int64_t icnt_latency_cycles = 0;
  std::int64_t icnt_freq_mhz = 0;
  std::int64_t icnt_injection_ports_per_core = 0;
  std::optional<dram::Spec> dram_model;  // ramulator2: its clock and latencies hold
  std::optional<l2::Spec> l2d_model;     // datacache: a slice in front of each channel
  std::int64_t l2d_hit_latency = 1;      // network cycles
  std::optional<noc::Spec> icnt_model;   // booksim2
  std::int64_t icnt_flit_bytes = 0;      // ... and the bytes of its flits
  std::int64_t dram_stats_print_period_cycles = 0;  // DRAM cycles; 0 = off
  std::int64_t core_stats_print_period_cycles = 0;  // core cycles; 0 = off
  std::int64_t icnt_stats_print_period_cycles = 0;  // network cycles; 0 = off
  std::int64_t num_partition = 1;        // launch queues
  std::vector<std::size_t> partition;    // the queue of each core; empty = all on queue 0
  std::string scheduler = "simple";      // the policy of every queue
};

}  // namespace npu::togsim
