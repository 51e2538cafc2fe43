// Packed words of any content end in a program or in an Error, never in undefined behaviour.
#include <random>

#include "check.hpp"
#include "module/unpack.hpp"

using namespace npu::togsim;

namespace {

// One tensor, one kernel (a wait that runs once, a loop of 2 around a wait), one launch.
const std::vector<std::int64_t> kWords{1, 4096, 64, 3,        // tensors
                                       1, 1, 1, 1, 0, 0, 0,   // kernel: 1 argument, iv, token
                                       1, 4, 4, 0, 0, 0, 0, 2, 1, 4, 0, 1,  // once, code
                                       1, 0, 1, 0, 0, 0, 7, -2, 0};  // launch
const std::vector<std::string> kNames{"k"};

// One tensor, a buffer of 8 elements and two loads of it, backwards from index 9 of 8 on; the second
// one after the first.
const std::vector<std::int64_t> kLoads{
    1, 4096, 64, 0,                                   // tensors
    1, 1, 0, 2, 1, 1, 4, 0, 1, 8, 0, 0, 0, 2,         // kernel: 1 argument, 2 tokens, a buffer, code
    2, 0, 0, 1, 0, 36, 4,                             // a load: offset 36, elements of 4 bytes,
    1, 1, 0, 8, -4, 1, 1, 0, 9, 8, -1, 0,             // its dimension, after nothing,
    1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 8,         // its rectangle
    2, 1, 0, 1, 0, 36, 4, 1, 1, 0, 8, -4, 0, 1, 0,    // another: no bounds, after token 0
    1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 8, 0};
const std::vector<std::string> kLoadNames{"k", "b"};

void reads_transfers() {
  const ProgramSpec program = unpack(kLoads, kLoadNames);
  const Node& first = program.kernels.at(0).code.at(0);
  const Node& second = program.kernels.at(0).code.at(1);
  CHECK_EQUAL(first.dims.at(0).stride_bytes, -4);
  CHECK(first.dims[0].bounds.has_value());
  CHECK_EQUAL(first.dims[0].bounds->first.evaluate({}), 9);
  CHECK_EQUAL(first.dims[0].bounds->extent, 8);
  CHECK_EQUAL(first.dims[0].bounds->step, -1);
  CHECK(first.after.empty());
  CHECK(!second.dims.at(0).bounds.has_value());
  CHECK_EQUAL(second.after.at(0), std::size_t{0});
}

void reads_what_was_packed() {
  const ProgramSpec program = unpack(kWords, kNames);
  CHECK_EQUAL(program.tensors.at(0).bytes, 64);
  CHECK_EQUAL(program.tensors.at(0).partition, std::uint32_t{3});
  CHECK_EQUAL(program.kernels.at(0).code.size(), std::size_t{4});
  CHECK_EQUAL(program.kernels.at(0).once, std::size_t{1});
  CHECK_EQUAL(program.kernels.at(0).code[1].loop.partner, std::size_t{3});
  CHECK_EQUAL(program.launches.at(0).tensors.at(0), std::size_t{0});
  CHECK_EQUAL(program.launches.at(0).arrival_ns, 7);
  CHECK_EQUAL(program.launches.at(0).priority, -2);
}

void refuses_every_prefix() {
  for (std::size_t length = 0; length < kWords.size(); ++length) {
    const std::vector<std::int64_t> part(kWords.begin(),
                                         kWords.begin() + static_cast<std::ptrdiff_t>(length));
    CHECK_THROWS((void)unpack(part, kNames), "packed program");
  }
  CHECK_THROWS((void)unpack(kWords, {}), "lacks a name");
}

// The launches of a program that is known already come alone, and must suit it.
void reads_launches_alone() {
  const ProgramSpec program = unpack(kWords, kNames);
  const std::vector<std::int64_t> two{2, 0, 1, 0, 0, 3, 0, 0, 0, 0, 1, 0, 1, 0, 3, 5, 1, 1,
                                      1, 1, 0, 2, 6, 7};  // indices of the second one
  const std::vector<LaunchSpec> launches = unpack_launches(two, program);
  CHECK_EQUAL(launches.at(0).queue, std::size_t{3});
  CHECK_EQUAL(launches.at(1).after.at(0), std::size_t{0});
  CHECK_EQUAL(launches.at(1).request, std::size_t{1});
  CHECK(launches.at(0).indices == nullptr);
  CHECK(launches.at(1).indices->at(0) == (std::vector<std::int64_t>{6, 7}));
  CHECK_THROWS((void)unpack_launches({{1, 1, 0, 0, 0, 0, 0, 0}}, program), "out of range");
  CHECK_THROWS((void)unpack_launches({{1, 0, 0, 0, 0, 0, 0, 0}}, program), "number of tensors");
  CHECK_THROWS((void)unpack_launches({{1, 0, 1, 0, 0, 0, -1, 0, 0}}, program), "expected 0 to");
  CHECK_THROWS((void)unpack_launches({{0, 0, 0}}, program), "go on after their end");
  CHECK_THROWS((void)unpack_launches({{0, 1, 0, 0, 0}}, program), "out of range");
}

// Of the four code entries the first is a wait and the others are a loop.
void refuses_to_run_part_of_a_loop_once() {
  constexpr std::size_t kOnce = 11;
  for (const std::int64_t once : {0, 1, 2, 3, 4, 5}) {
    std::vector<std::int64_t> words = kWords;
    words.at(kOnce) = once;
    if (once == 2 || once == 3) {
      CHECK_THROWS((void)unpack(words, kNames), "a loop runs once in part");
    } else if (once == 5) {
      CHECK_THROWS((void)unpack(words, kNames), "more code runs once than there is");
    } else {
      CHECK_EQUAL(unpack(words, kNames).kernels.at(0).once, static_cast<std::size_t>(once));
    }
  }
}

void survives_any_change() {
  std::mt19937_64 random(3);
  for (int i = 0; i < 40'000; ++i) {
    std::vector<std::int64_t> words = i % 2 == 0 ? kWords : kLoads;
    const std::size_t at = random() % words.size();
    words[at] = static_cast<std::int64_t>(random() % 2 == 0 ? random() : random() % 9);
    try {
      (void)unpack(words, i % 2 == 0 ? kNames : kLoadNames);
    } catch (const Error&) {
      continue;  // refused: as good as accepted, for words changed at random
    }
  }
}

// A kernel of one buffer of 2^20 x 2^20 x 2^20 x 2^20 elements.
void refuses_a_buffer_that_64_bits_do_not_count() {
  constexpr std::int64_t k = std::int64_t{1} << 20;
  const std::vector<std::int64_t> huge{0, 1, 0, 0, 0, 1, 1, 4, 0, 4, k, k, k, k, 0, 0, 0, 0, 0};
  CHECK_THROWS((void)unpack(huge, {"k", "b"}), "a buffer's size overflows 64 bits");
  const std::vector<std::int64_t> large{0, 1, 0, 0, 0, 1, 1, 4, 0, 2, k, k, 0, 0, 0, 0, 0};
  CHECK_THROWS((void)unpack(large, {"k", "b"}), "more than 2^40 bytes");
}

}  // namespace

int main() {
  refuses_a_buffer_that_64_bits_do_not_count();
  reads_what_was_packed();
  reads_transfers();
  reads_launches_alone();
  refuses_every_prefix();
  refuses_to_run_part_of_a_loop_once();
  survives_any_change();
  return failed_checks == 0 ? 0 : 1;
}
