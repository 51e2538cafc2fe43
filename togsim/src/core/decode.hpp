// Turns a node of a kernel, at given induction variables, into an instruction.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "graph.hpp"
#include "core/instruction.hpp"

namespace npu::togsim {

// A core's part of a launch: a kernel on tensors.
struct LaunchContext {
  std::size_t index = 0;  // of the launch
  const KernelSpec* kernel = nullptr;
  std::vector<TensorSpec> tensors;
  Share share;            // the core's work items
  std::shared_ptr<const IndexValues> indices{};  // null where no transfer has any
};

// What a preload brought for the matmuls behind it: k x n.
struct Weights {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
};

// The figures of the machine that bound an instruction.
struct DecodeLimits {
  std::int64_t array_size = 0;   // rows, and columns, of an array
  std::int64_t block_bytes = 0;  // of a DRAM request
};

// Whether an array operation has nothing to do: a piece past the end of a partial tile.
[[nodiscard]] bool is_empty(const Node& node, std::span<const std::int64_t> ivs);

// Fills the operands of `instruction`. Throws Error, naming the kernel, the node's buffer, tensor or
// function and the values, when a rectangle or a DRAM range lies outside, an operation does not fit
// an array, a rectangle holds another number of elements than its transfer or preload moves, or a
// tile function has no cycles for its sizes.
void decode(const Node& node, std::span<const std::int64_t> ivs, const LaunchContext& launch,
            const DecodeLimits& limits, Instruction& instruction);

// Throws Error when the accumulator's rectangle of a decoded matmul does not hold its rows times
// `weights`, or that of what it reads too little for them.
void check_matmul(const Instruction& instruction, const Weights& weights, const KernelSpec& kernel);

}  // namespace npu::togsim
