// The tile-operation graph in the form the simulator walks: flat code with loops still rolled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/expr.hpp"

namespace npu::togsim {

constexpr std::size_t kMaxRank = 6;  // dimensions of a buffer, slots not counted

// Loop bounds, strides, cycles and rows beyond this are refused, so that no sum of them overflows.
constexpr std::int64_t kMaxNumber = std::int64_t{1} << 40;

// Numbers of requests beyond this are refused: they are handed out in order, from 0.
constexpr std::size_t kMaxRequests = std::size_t{1} << 40;

// A CombiningStore is packed as one, and a Store that combines from then on.
enum class Opcode : std::int64_t {
  LoopBegin, LoopEnd, Load, Store, Wait, Preload, Matmul, Vector, CombiningStore
};

struct BufferSpec {
  std::int64_t slots = 0;
  std::int64_t element_bytes = 0;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape;
  std::string name;
};

struct AccessSpec {
  std::size_t buffer = 0;
  bool write = false;
  Expr slot;
  std::vector<Expr> lo;
  std::vector<Expr> size;
};

// Where a dimension of a walk lies in the tensor: element i is index first + i * step, and exists
// where that is from 0 up to `extent`.
struct BoundsSpec {
  Expr first;
  std::int64_t extent = 0;
  std::int64_t step = 1;
};

// The indices of a dimension of a walk are data: element i is index values[first + i] of `extent`,
// of the values that a launch has for the argument.
struct IndicesSpec {
  std::size_t argument = 0;
  Expr first;
  std::int64_t extent = 0;
};

struct DmaDimSpec {
  Expr size;
  std::int64_t stride_bytes = 0;  // from an element, or index, to the next one; may be negative
  std::optional<BoundsSpec> bounds{};
  std::optional<IndicesSpec> indices{};
};

// The indices in an argument of a kernel, by the argument.
using IndexValues = std::map<std::size_t, std::vector<std::int64_t>>;

struct LoopSpec {
  std::size_t iv = 0;
  std::int64_t lower = 0;
  std::int64_t upper = 0;
  std::int64_t step = 1;
  std::size_t partner = 0;  // of a begin: its end; of an end: its begin
  bool empty = false;       // of a begin: no iteration reaches an operation
};

struct Node {
  Opcode op = Opcode::Wait;
  LoopSpec loop;                  // loops
  std::size_t token = 0;          // loads, stores, waits
  std::size_t tensor = 0;         // loads, stores: which argument
  Expr offset;                    // loads, stores
  std::vector<DmaDimSpec> dims;   // loads, stores
  std::int64_t element_bytes = 0; // loads, stores
  std::vector<std::size_t> after; // loads, stores: tokens
  bool combines = false;          // stores: what is there is read, too
  Expr rows;                      // preload k, matmul m
  Expr cols;                      // preload n
  std::int64_t passes = 1;        // preload: of the arrays, for weights of its type
  std::size_t function = 0;       // vector
  std::vector<Expr> sizes;        // vector
  std::vector<AccessSpec> accesses;
};

struct FunctionSpec {
  std::string name;
  std::map<std::vector<std::int64_t>, std::int64_t> cases;
};

struct KernelSpec {
  std::string name;
  std::size_t num_arguments = 0;
  std::size_t num_ivs = 0;
  std::size_t num_tokens = 0;
  std::vector<LoopSpec> parallel;  // the leading parallel loops, outermost first
  std::vector<BufferSpec> buffers;
  std::vector<FunctionSpec> functions;
  std::size_t once = 0;            // code entries ahead of the first work item, run once a core
  std::vector<Node> code;          // without the parallel loops
  bool items_are_empty = false;    // no operation is in what every work item does
};

struct TensorSpec {
  std::int64_t address = 0;
  std::int64_t bytes = 0;
  bool planned = false;  // the plan of the L2 names it
  std::uint32_t partition = 0;  // NUMA partition that holds it
};

struct LaunchSpec {
  std::size_t kernel = 0;
  std::vector<std::size_t> tensors;
  std::vector<std::size_t> after;
  std::size_t queue = 0;
  std::int64_t arrival_ns = 0;
  std::int64_t priority = 0;
  std::size_t request = 0;  // which of the program's requests it belongs to
  std::shared_ptr<const IndexValues> indices = nullptr;  // null where no transfer has any
};

// Whether a transfer has a dimension whose indices are data.
[[nodiscard]] inline bool is_indexed(const Node& node) {
  for (const DmaDimSpec& dim : node.dims) {
    if (dim.indices) return true;
  }
  return false;
}

// The work items of a launch that one core does: first, first + stride, ...
struct Share {
  std::int64_t first = 0;
  std::int64_t stride = 1;
};

struct ProgramSpec {
  std::vector<TensorSpec> tensors;
  std::vector<KernelSpec> kernels;
  std::vector<LaunchSpec> launches;
};

// Iterations of a loop.
[[nodiscard]] inline std::int64_t trip_count(const LoopSpec& loop) {
  return loop.upper <= loop.lower ? 0 : (loop.upper - loop.lower + loop.step - 1) / loop.step;
}

// Notes which loops, and whether the work items, hold no operation, however often they run: bounds
// are constants, so this is known. Loops of `kernel` must know their partners.
void find_empty_loops(KernelSpec& kernel);

// Work items of a kernel: the product of its parallel trip counts, 1 without parallel loops.
// Throws Error when that is more than 64 bits hold.
[[nodiscard]] std::int64_t work_items(const KernelSpec& kernel);

}  // namespace npu::togsim
