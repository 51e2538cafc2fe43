// Which elements of a walk exist, and where they are: as element by element.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "check.hpp"
#include "core/walk.hpp"

using namespace npu::togsim;

namespace {

constexpr std::int64_t kElementBytes = 4;

class Random {
 public:
  // From lo to hi.
  std::int64_t between(std::int64_t lo, std::int64_t hi) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return lo + static_cast<std::int64_t>((state_ >> 33) % static_cast<std::uint64_t>(hi - lo + 1));
  }

 private:
  std::uint64_t state_ = 1;
};

Node transfer_of(std::int64_t offset, std::vector<DmaDimSpec> dims) {
  Node node;
  node.op = Opcode::Load;
  node.offset = Expr(offset);
  node.element_bytes = kElementBytes;
  node.dims = std::move(dims);
  return node;
}

Walk walk(std::int64_t offset, std::vector<DmaDimSpec> dims) {
  return walk_of(transfer_of(offset, std::move(dims)), {}, KernelSpec{});
}

DmaDimSpec dim_of(std::int64_t size, std::int64_t stride, std::int64_t first, std::int64_t extent,
                  std::int64_t step) {
  return {Expr(size), stride, BoundsSpec{Expr(first), extent, step}};
}

void counts_what_exists() {
  Random random;
  for (int trial = 0; trial < 20'000; ++trial) {
    const std::int64_t size = random.between(0, 9);
    const std::int64_t first = random.between(-20, 20);
    const std::int64_t extent = random.between(1, 12);
    const std::int64_t step = random.between(-4, 4);
    const Inside inside = inside_of(size, first, extent, step);
    CHECK(0 <= inside.lo && inside.lo <= inside.hi && inside.hi <= size);
    for (std::int64_t i = 0; i < size; ++i) {
      const std::int64_t index = first + i * step;
      CHECK_EQUAL(inside.lo <= i && i < inside.hi, 0 <= index && index < extent);
    }
  }
}

// The places of all elements that exist, from `dim` on.
void places(std::int64_t at, const std::vector<DmaDimSpec>& dims, std::size_t dim,
            std::vector<std::int64_t>& found) {
  if (dim == dims.size()) {
    found.push_back(at);
    return;
  }
  const std::int64_t size = dims[dim].size.evaluate({});
  for (std::int64_t i = 0; i < size; ++i) {
    const auto& bounds = dims[dim].bounds;
    const std::int64_t index = bounds ? bounds->first.evaluate({}) + i * bounds->step : 0;
    if (bounds && (index < 0 || index >= bounds->extent)) continue;
    places(at + i * dims[dim].stride_bytes, dims, dim + 1, found);
  }
}

void walks_what_exists_from_its_lowest_byte_on() {
  Random random;
  for (int trial = 0; trial < 5'000; ++trial) {
    std::vector<DmaDimSpec> dims;
    for (std::int64_t rank = random.between(0, 4); rank > 0; --rank) {
      const std::int64_t step = random.between(-2, 2);
      dims.push_back(dim_of(random.between(1, 4), step * random.between(0, 9),
                            random.between(-6, 8), random.between(1, 6), step));
      if (random.between(0, 2) == 0) dims.back().bounds.reset();
    }
    const std::int64_t offset = random.between(-50, 50);
    std::vector<std::int64_t> expected;
    places(offset, dims, 0, expected);
    std::ranges::sort(expected);

    const Walk found = walk(offset, dims);
    std::vector<DmaDimSpec> clipped;
    for (std::size_t d = 0; d < found.rank; ++d) {
      CHECK(found.dims[d].stride_bytes >= 0);
      clipped.push_back({Expr(found.dims[d].size), found.dims[d].stride_bytes});
    }
    std::vector<std::int64_t> walked;
    places(found.begin, clipped, 0, walked);
    std::ranges::sort(walked);
    CHECK(walked == expected);
    CHECK_EQUAL(found.inside, static_cast<std::int64_t>(expected.size()));
    CHECK_EQUAL(found.empty(), expected.empty());
    if (expected.empty()) continue;
    CHECK_EQUAL(found.begin, expected.front());
    CHECK_EQUAL(found.end, expected.back() + kElementBytes);
  }
}

void counts_elements_outside_for_the_rectangle() {
  const Walk found = walk(-8, {dim_of(10, 4, -2, 6, 1)});
  CHECK_EQUAL(found.elements, 10);
  CHECK_EQUAL(found.inside, 6);
  CHECK_EQUAL(found.begin, 0);
  CHECK_EQUAL(found.end, 24);
}

void says_what_64_bits_do_not_hold() {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  CHECK_THROWS((void)walk(0, {dim_of(4, 4, kLeast, 8, 1)}), "the index of an element");
  CHECK_THROWS((void)walk(0, {dim_of(4, -4, kLeast, 8, -1)}), "the index of an element");
  CHECK_THROWS((void)walk(0, {{Expr(kHuge), -8}}), "begins beyond 64-bit addresses");
  CHECK_THROWS((void)walk(0, {{Expr(kHuge), 8}}), "ends beyond 64-bit addresses");
  CHECK_THROWS((void)walk(0, {{Expr(kHuge), 0}}), "more bytes than 64 bits count");
  CHECK_THROWS((void)walk(0, {{Expr(-1), 4}}), "negative size");
}

}  // namespace

int main() {
  counts_what_exists();
  walks_what_exists_from_its_lowest_byte_on();
  counts_elements_outside_for_the_rectangle();
  says_what_64_bits_do_not_hold();
  return failed_checks == 0 ? 0 : 1;
}
