// Small kernels for the tests, written as the simulator's own structs.
#pragma once

#include <utility>
#include <vector>

#include "graph.hpp"
#include "machine.hpp"

namespace npu::togsim {

inline Node loop_begin(std::size_t iv, std::int64_t lower, std::int64_t upper, std::int64_t step,
                       std::size_t end) {
  Node node;
  node.op = Opcode::LoopBegin;
  node.loop = {iv, lower, upper, step, end};
  return node;
}

inline Node loop_end(const Node& begin, std::size_t begin_position) {
  Node node;
  node.op = Opcode::LoopEnd;
  node.loop = begin.loop;
  node.loop.partner = begin_position;
  return node;
}

inline Node wait_on(std::size_t token) {
  Node node;
  node.op = Opcode::Wait;
  node.token = token;
  return node;
}

// Rows [lo, hi) of slot 0 of buffer 0, of 8 elements each.
inline AccessSpec rows_of(std::int64_t lo, std::int64_t hi, bool write) {
  AccessSpec access;
  access.write = write;
  access.lo = {Expr(lo), Expr(0)};
  access.size = {Expr(hi - lo), Expr(8)};
  return access;
}

// A vector operation on rows [lo, hi) of buffer 0.
inline Node vector_on(std::int64_t lo, std::int64_t hi, bool write) {
  Node node;
  node.op = Opcode::Vector;
  node.accesses = {rows_of(lo, hi, write)};
  return node;
}

// A transfer of 16 blocks between argument 0 and rows [lo, hi) of buffer 0: as many elements of each
// block as make the rows, an even number of them.
inline Node transfer_of(Opcode op, std::size_t token, std::int64_t lo, std::int64_t hi) {
  Node node;
  node.op = op;
  node.token = token;
  node.element_bytes = 4;
  node.dims = {{Expr(16), 64}, {Expr((hi - lo) / 2), 0}};
  node.accesses = {rows_of(lo, hi, op == Opcode::Load)};
  return node;
}

inline Node preload_of(std::int64_t lo, std::int64_t hi) {
  Node node;
  node.op = Opcode::Preload;
  node.rows = Expr(8);
  node.cols = Expr(8);
  node.accesses = {rows_of(lo, hi, false)};
  return node;
}

inline Node matmul_of(std::int64_t rows, AccessSpec reads, AccessSpec writes) {
  Node node;
  node.op = Opcode::Matmul;
  node.rows = Expr(rows);
  node.accesses = {std::move(reads), std::move(writes)};
  return node;
}

// One buffer of 64 rows of 8 elements, a tile function of 10 cycles, two tokens, three induction variables.
inline KernelSpec kernel_of(std::vector<Node> code, std::vector<LoopSpec> parallel = {}) {
  KernelSpec kernel;
  kernel.name = "k";
  kernel.num_ivs = 3;
  kernel.num_tokens = 2;
  kernel.parallel = std::move(parallel);
  kernel.buffers = {{1, 4, 0, {64, 8}, "b"}};
  kernel.functions = {{"f", {{{}, 10}}}};
  kernel.code = std::move(code);
  find_empty_loops(kernel);
  return kernel;
}

// All clocks at 1000 MHz: a cycle is 1000 ps everywhere.
inline MachineSpec small_machine() {
  MachineSpec machine;
  machine.num_cores = 1;
  machine.core_freq_mhz = 1000;
  machine.num_systolic_array_per_core = 1;
  machine.sa_weight_buffer_depth = 2;
  machine.vpu_num_lanes = 8;
  machine.dram_channels = 1;
  machine.dram_freq_mhz = 1000;
  machine.dram_latency = 20;
  machine.dram_req_size_byte = 32;
  machine.icnt_latency_cycles = 5;
  machine.icnt_freq_mhz = 1000;
  machine.icnt_injection_ports_per_core = 1;
  return machine;
}

}  // namespace npu::togsim
