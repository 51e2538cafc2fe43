// Which blocks a descriptor requests, and in which order.
#include <vector>

#include "check.hpp"
#include "request_stream.hpp"

using namespace npu::togsim;

namespace {

std::vector<std::uint64_t> blocks(std::int64_t address, std::vector<DmaDim> dims,
                                  std::int64_t element_bytes) {
  std::vector<std::uint64_t> result;
  for (RequestStream stream(address, dims, element_bytes, 32); !stream.done(); stream.advance()) {
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

void moves_nothing_for_a_size_of_zero() {
  CHECK(blocks(0, {{4, 64}, {0, 4}}, 4).empty());
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
  moves_nothing_for_a_size_of_zero();
  walks_four_dimensions();
  return failed_checks == 0 ? 0 : 1;
}
