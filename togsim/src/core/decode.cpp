#include "core/decode.hpp"

#include <string>

#include "checked.hpp"
#include "core/fail.hpp"
#include "core/walk.hpp"

namespace npu::togsim {
namespace {

using Ivs = std::span<const std::int64_t>;

Rectangle rectangle(const AccessSpec& access, Ivs ivs, const KernelSpec& kernel) {
  const BufferSpec& buffer = kernel.buffers[access.buffer];
  Rectangle result;
  result.buffer = static_cast<std::uint32_t>(access.buffer);
  result.rank = static_cast<std::uint32_t>(access.lo.size());
  result.write = access.write;
  const std::int64_t slot = access.slot.evaluate(ivs);
  if (slot < 0 || slot >= buffer.slots) {
    fail(kernel, "slot " + std::to_string(slot) + " of buffer '" + buffer.name +
                     "' does not exist; it has " + std::to_string(buffer.slots));
  }
  result.slot = static_cast<std::uint32_t>(slot);
  for (std::size_t d = 0; d < access.lo.size(); ++d) {
    const std::int64_t lo = access.lo[d].evaluate(ivs);
    const std::int64_t size = access.size[d].evaluate(ivs);
    if (lo < 0 || size < 0 || lo > buffer.shape[d] || size > buffer.shape[d] - lo) {
      fail(kernel, "an access of " + std::to_string(size) + " elements from " +
                       std::to_string(lo) + " on lies outside dimension " + std::to_string(d) +
                       " of buffer '" + buffer.name + "', which is " + range_text(0, buffer.shape[d]));
    }
    result.lo[d] = lo;
    result.hi[d] = lo + size;
  }
  return result;
}

std::int64_t elements_of(const Rectangle& rectangle) {
  std::int64_t elements = 1;  // no more than its buffer has, which 64 bits hold
  for (std::size_t d = 0; d < rectangle.rank; ++d) elements *= rectangle.hi[d] - rectangle.lo[d];
  return elements;
}

[[noreturn]] void fail_elements(const Rectangle& rectangle, const std::string& what,
                                const std::string& expected, const KernelSpec& kernel) {
  fail(kernel, what + ", but its rectangle of buffer '" + kernel.buffers[rectangle.buffer].name +
                   "' holds " + std::to_string(elements_of(rectangle)) + "; expected " + expected);
}

// `what` moves `expected` elements, each of which has its place in the rectangle.
void check_elements(const Rectangle& rectangle, std::int64_t expected, const std::string& what,
                    const KernelSpec& kernel) {
  if (elements_of(rectangle) != expected) fail_elements(rectangle, what, "as many", kernel);
}

// Rows may stand apart and may overlap, but no two are the same: each adds an element at least.
void check_rows(const Rectangle& rectangle, const Weights& weights, std::int64_t rows,
                const std::string& what, const KernelSpec& kernel) {
  const std::int64_t least = rows + weights.rows - 1;
  if (elements_of(rectangle) >= least) return;
  fail_elements(rectangle, what, "at least " + std::to_string(least), kernel);
}

void check_transfer(const Node& node, const Instruction& instruction, std::int64_t moved,
                    const KernelSpec& kernel) {
  const char* what = node.op == Opcode::Load ? "a load moves " : "a store moves ";
  check_elements(instruction.rectangles.front(), moved, what + std::to_string(moved) + " elements",
                 kernel);
}

void check_preload(const Instruction& instruction, const KernelSpec& kernel) {
  check_elements(instruction.rectangles.front(), instruction.rows * instruction.cols,
                 "a preload brings " + std::to_string(instruction.rows) + " x " +
                     std::to_string(instruction.cols) + " weights",
                 kernel);
}

// What is outside the walk's bounds has its place in the rectangle, but asks nothing of the DRAM.
void transfer(const Node& node, Ivs ivs, const LaunchContext& launch, const DecodeLimits& limits,
              Instruction& instruction) {
  const TensorSpec& tensor = launch.tensors[node.tensor];
  const Walk walk = walk_of(node, ivs, *launch.kernel, launch.indices.get());
  if (!walk.empty() && (walk.begin < 0 || walk.end > tensor.bytes)) {
    fail(*launch.kernel, "a DMA transfer of bytes " + range_text(walk.begin, walk.end) +
                             " lies outside argument " + std::to_string(node.tensor) +
                             ", which has bytes " + range_text(0, tensor.bytes));
  }
  check_transfer(node, instruction, walk.elements, *launch.kernel);
  instruction.partition = tensor.partition;
  instruction.bytes = walk.inside * node.element_bytes;
  const std::int64_t address = walk.empty() ? tensor.address : tensor.address + walk.begin;
  instruction.requests = RequestStream(address, {walk.dims.data(), walk.rank}, node.element_bytes,
                                       limits.block_bytes, walk.indexed, walk.offsets);
  if (node.combines) instruction.reads_first = instruction.requests;
}

std::int64_t vector_cycles(const Node& node, Ivs ivs, const KernelSpec& kernel) {
  const FunctionSpec& function = kernel.functions[node.function];
  std::vector<std::int64_t> sizes;
  for (const Expr& size : node.sizes) sizes.push_back(size.evaluate(ivs));
  const auto found = function.cases.find(sizes);
  if (found != function.cases.end()) return found->second;
  std::string text;
  for (const std::int64_t size : sizes) text += (text.empty() ? "" : ", ") + std::to_string(size);
  fail(kernel, "tile function '" + function.name + "' has no cycles for sizes (" + text +
                   "); every case that occurs needs a figure");
}

std::int64_t within_array(const Expr& expr, Ivs ivs, const char* what, const KernelSpec& kernel,
                          std::int64_t array_size) {
  const std::int64_t value = expr.evaluate(ivs);
  if (value < 1 || value > array_size) {
    fail(kernel, "a preload of " + std::to_string(value) + " " + what +
                     " does not fit an array; expected 0 to " + std::to_string(array_size));
  }
  return value;
}

}  // namespace

bool is_empty(const Node& node, Ivs ivs) {
  if (node.op == Opcode::Preload) return node.rows.evaluate(ivs) == 0 || node.cols.evaluate(ivs) == 0;
  if (node.op != Opcode::Matmul) return false;
  if (node.rows.evaluate(ivs) == 0) return true;
  for (const AccessSpec& access : node.accesses) {
    for (const Expr& size : access.size) {
      if (size.evaluate(ivs) == 0) return true;
    }
  }
  return false;
}

void decode(const Node& node, Ivs ivs, const LaunchContext& launch, const DecodeLimits& limits,
            Instruction& instruction) {
  const KernelSpec& kernel = *launch.kernel;
  instruction.op = node.op;
  for (const AccessSpec& access : node.accesses) {
    instruction.rectangles.push_back(rectangle(access, ivs, kernel));
  }
  if (node.op == Opcode::Load || node.op == Opcode::Store) {
    transfer(node, ivs, launch, limits, instruction);
  } else if (node.op == Opcode::Preload) {
    instruction.passes = node.passes;
    instruction.rows = within_array(node.rows, ivs, "rows", kernel, limits.array_size);
    instruction.bytes = kernel.buffers[node.accesses.front().buffer].element_bytes;
    instruction.cols = within_array(node.cols, ivs, "columns", kernel, limits.array_size);
    check_preload(instruction, kernel);
  } else if (node.op == Opcode::Matmul) {
    instruction.rows = node.rows.evaluate(ivs);
    if (instruction.rows < 1 || instruction.rows > kMaxNumber) {
      fail(kernel, "a matmul has " + std::to_string(instruction.rows) +
                       " rows; expected 0 to " + std::to_string(kMaxNumber));
    }
  } else if (node.op == Opcode::Vector) {
    instruction.cycles = vector_cycles(node, ivs, kernel);
  }
}

void check_matmul(const Instruction& instruction, const Weights& weights,
                  const KernelSpec& kernel) {
  const std::int64_t rows = instruction.rows;
  for (const Rectangle& rectangle : instruction.rectangles) {
    const std::int64_t cols = rectangle.write ? weights.cols : weights.rows;
    const std::string what = std::string(rectangle.write ? "a matmul writes " : "a matmul reads ") +
                             std::to_string(rows) + " rows of " + std::to_string(cols) + " elements";
    if (rectangle.write) {
      check_elements(rectangle, checked_mul(rows, cols, "the size of a matmul"), what, kernel);
    } else {
      check_rows(rectangle, weights, rows, what, kernel);
    }
  }
}

}  // namespace npu::togsim
