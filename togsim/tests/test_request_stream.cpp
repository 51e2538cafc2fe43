// Which blocks a descriptor requests, and in which order.
#include <vector>

#include "check.hpp"
#include "memory/request_stream.hpp"

using namespace npu::togsim;

namespace {

std::vector<std::uint64_t> blocks(std::int64_t address, std::vector<DmaDim> dims,
                                  std::int64_t element_bytes, std::size_t indexed = kMaxDmaRank,
                                  const std::vector<std::int64_t>& offsets = {}) {
  std::vector<std::uint64_t> result;
  RequestStream stream(address, dims, element_bytes, 32, indexed, offsets);
  for (; !stream.done(); stream.advance()) {
    result.push_back(stream.block());
  }
  return result;
}

using Blocks = std::vector<std::uint64_t>;

void coalesces_runs() {
  CHECK(blocks(0, {{16, 4}}, 4) == (Blocks{0, 1}));
  CHECK(blocks(28, {{2, 4}}, 4) == (Blocks{0, 1}));    // straddles a boundary
  CHECK(blocks(32, {{8, 4}}, 4) == (Blocks{1}));
  CHECK(blocks(0, {{2, 64}, {16, 4}}, 4) == (Blocks{0, 1, 2, 3}));  // rows continue: one run
  CHECK(blocks(0, {{2, 128}, {8, 4}}, 4) == (Blocks{0, 4}));
  CHECK(blocks(0, {}, 4) == (Blocks{0}));              // a scalar
}

// Rows of 40 bytes, 48 apart: the second starts in the block the first ended in, asked once.
void asks_for_a_shared_block_once() {
  CHECK(blocks(0, {{3, 48}, {10, 4}}, 4) == (Blocks{0, 1, 2, 3, 4}));
}

void gathers_strided_elements() {
  CHECK(blocks(0, {{4, 64}}, 4) == (Blocks{0, 2, 4, 6}));
  CHECK(blocks(0, {{4, 16}}, 4) == (Blocks{0, 1}));       // two elements a block
  CHECK(blocks(0, {{2, 4}, {2, 64}}, 4) == (Blocks{0, 2, 0, 2}));  // transposed: in this order
  CHECK(blocks(64, {{5, 0}}, 4) == (Blocks{2}));          // broadcast
}

// Rows 3, 0, 0 and 1 of 64 bytes, a block of each; the second 0 is asked for once.
void takes_rows_by_their_indices() {
  CHECK(blocks(0, {{4, 0}, {8, 4}}, 4, 0, {192, 0, 0, 64}) == (Blocks{6, 0, 2}));
  CHECK(blocks(0, {{2, 1024}, {2, 0}, {8, 4}}, 4, 1, {64, 0}) == (Blocks{2, 0, 34, 32}));
  CHECK(blocks(0, {{1, 0}, {8, 4}}, 4, 0, {320}) == (Blocks{10}));
}

void moves_nothing_for_a_size_of_zero() {
  CHECK(blocks(0, {{4, 64}, {0, 4}}, 4).empty());
}

// Every run, one by one: the blocks it covers, but for one that was asked for just before.
Blocks blocks_run_by_run(std::int64_t address, const std::vector<DmaDim>& dims,
                         std::int64_t element_bytes, std::size_t indexed = kMaxDmaRank,
                         const std::vector<std::int64_t>& offsets = {}, std::size_t dim = 0) {
  Blocks result;
  const auto ask = [&](std::uint64_t block) {
    if (result.empty() || result.back() != block) result.push_back(block);
  };
  if (dim == dims.size()) {
    for (std::int64_t byte = address; byte < address + element_bytes; ++byte) {
      ask(static_cast<std::uint64_t>(byte) / 32);
    }
    return result;
  }
  for (std::int64_t i = 0; i < dims[dim].size; ++i) {
    const std::int64_t way = dim == indexed ? offsets[static_cast<std::size_t>(i)]
                                            : i * dims[dim].stride_bytes;
    for (const std::uint64_t block :
         blocks_run_by_run(address + way, dims, element_bytes, indexed, offsets, dim + 1)) {
      ask(block);
    }
  }
  return result;
}

void asks_as_run_by_run_for_any_strides() {
  std::uint64_t state = 1;
  const auto below = [&](std::uint64_t limit) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::int64_t>((state >> 33) % limit);
  };
  for (int trial = 0; trial < 20'000; ++trial) {
    std::vector<DmaDim> dims(static_cast<std::size_t>(below(5)));
    for (DmaDim& dim : dims) dim = {1 + below(4), below(2) == 0 ? below(9) : below(70)};
    const std::int64_t address = below(100);
    const std::int64_t element_bytes = 1 + below(8);
    CHECK(blocks(address, dims, element_bytes) == blocks_run_by_run(address, dims, element_bytes));
    if (dims.empty()) continue;
    const auto indexed = static_cast<std::size_t>(below(dims.size()));
    std::vector<std::int64_t> offsets;
    for (std::int64_t i = 0; i < dims[indexed].size; ++i) offsets.push_back(below(6) * below(40));
    dims[indexed].stride_bytes = 0;
    CHECK(blocks(address, dims, element_bytes, indexed, offsets) ==
          blocks_run_by_run(address, dims, element_bytes, indexed, offsets));
  }
}

// Runs that ask for nothing new are not counted through, however many there are.
void passes_any_number_of_runs_in_a_block_at_once() {
  constexpr std::int64_t kMany = std::int64_t{1} << 50;
  CHECK(blocks(64, {{kMany, 0}}, 4) == (Blocks{2}));
  CHECK(blocks(0, {{2, 64}, {kMany, 0}, {kMany, 0}, {2, 4}}, 4) == (Blocks{0, 2}));
}

void walks_four_dimensions() {
  const Blocks found = blocks(0, {{2, 4096}, {2, 1024}, {2, 256}, {8, 4}}, 4);
  CHECK(found == (Blocks{0, 8, 32, 40, 128, 136, 160, 168}));
}

}  // namespace

int main() {
  coalesces_runs();
  asks_for_a_shared_block_once();
  gathers_strided_elements();
  takes_rows_by_their_indices();
  moves_nothing_for_a_size_of_zero();
  walks_four_dimensions();
  asks_as_run_by_run_for_any_strides();
  passes_any_number_of_runs_in_a_block_at_once();
  return failed_checks == 0 ? 0 : 1;
}
