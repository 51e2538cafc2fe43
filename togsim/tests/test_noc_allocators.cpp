// Allocators by hand: who is granted what, and where the pointers go.
#include <string>

#include "check.hpp"
#include "noc/knuth_random.hpp"
#include "noc/switch_allocator.hpp"
#include "noc/vc_allocator.hpp"

using namespace npu::togsim::noc;

namespace {

// The matching as text: "input>output ..." in order of the inputs.
std::string matched(SwitchAllocator& allocator) {
  const auto& matches = allocator.allocate();
  std::string text;
  for (std::uint32_t input = 0; input < 8; ++input) {
    for (const auto& match : matches) {
      if (match.input != input) continue;
      text += std::to_string(input) + ">" + std::to_string(match.output) + " ";
    }
  }
  return text;
}

#define CHECK_TEXT(found, expected) \
  do { \
    const std::string text = (found); \
    if (text != (expected)) report_failure(__FILE__, __LINE__, "is '" + text + "'"); \
  } while (false)

// Input 0 asks for outputs 0 and 1, input 1 for output 0. Pointers start at 0.
void islip_moves_pointers_past_matches_only() {
  SwitchAllocator allocator({AllocatorKind::Islip, 1}, 3, 3);
  allocator.request(0, 0);
  allocator.request(0, 1);
  allocator.request(1, 0);
  // Both outputs grant input 0, which accepts output 0: pointers of that pair move to 1.
  CHECK_TEXT(matched(allocator), "0>0 ");
  // Output 0 grants input 1. Output 1 still points to 0.
  CHECK_TEXT(matched(allocator), "0>1 1>0 ");
  // Output 0 points to 2, wraps to input 0; output 1 points to 1, wraps to 0. Input 0 points to 2,
  // wraps to output 0.
  CHECK_TEXT(matched(allocator), "0>0 ");
  allocator.withdraw(0, 0);
  CHECK_TEXT(matched(allocator), "0>1 1>0 ");
  allocator.withdraw(0, 1);
  allocator.withdraw(1, 0);
  CHECK(allocator.idle());
  CHECK_TEXT(matched(allocator), "");
}

// Both inputs ask for both outputs.
void later_rounds_of_islip_leave_pointers_alone() {
  SwitchAllocator allocator({AllocatorKind::Islip, 2}, 2, 2);
  for (std::size_t input : {0U, 1U}) {
    for (std::size_t output : {0U, 1U}) allocator.request(input, output);
  }
  // Round 1: 0>0. Round 2: output 1 grants input 1; its pointers stay at 0.
  CHECK_TEXT(matched(allocator), "0>0 1>1 ");
  // Output 0 points to 1 and grants input 1; output 1 grants input 0.
  CHECK_TEXT(matched(allocator), "0>1 1>0 ");
}

// As in the first test, but inputs choose first: both propose output 0.
void separable_input_first_proposes_one_output() {
  SwitchAllocator allocator({AllocatorKind::SeparableInputFirst, 1}, 3, 3);
  allocator.request(0, 0);
  allocator.request(0, 1);
  allocator.request(1, 0);
  CHECK_TEXT(matched(allocator), "0>0 ");
  CHECK_TEXT(matched(allocator), "0>1 1>0 ");
}

std::string matched(VcAllocator& allocator, std::uint64_t free) {
  std::string text;
  for (const auto& match : allocator.allocate({free})) {
    text += std::to_string(match.requester) + ">" + std::to_string(match.vc) + " ";
  }
  return text;
}

// Requesters 1 and 2 wait for the two channels of one output.
void channels_are_granted_to_one_packet_a_round() {
  for (const std::int64_t rounds : {1, 2}) {
    VcAllocator allocator({AllocatorKind::Islip, rounds}, 2, 1, 2);
    allocator.wait(2, 0, 3);
    allocator.wait(1, 0, 3);
    // Both channels grant requester 1, which accepts channel 0.
    CHECK_TEXT(matched(allocator, 3), rounds == 1 ? "1>0 " : "1>0 2>1 ");
    CHECK_TEXT(matched(allocator, 2), rounds == 1 ? "2>1 " : "");
    CHECK(allocator.idle());
    // Requester 1 points past channel 0 now, so it takes channel 1 of two free ones.
    allocator.wait(1, 0, 3);
    CHECK_TEXT(matched(allocator, 3), "1>1 ");
  }
}

void packets_get_channels_of_their_route_only() {
  VcAllocator allocator({AllocatorKind::Islip, 1}, 2, 1, 2);
  allocator.wait(0, 0, 2);
  allocator.wait(3, 0, 1);
  CHECK_TEXT(matched(allocator, 2), "0>1 ");
  CHECK_TEXT(matched(allocator, 2), "");
  CHECK_TEXT(matched(allocator, 1), "3>0 ");
}

// Knuth's own check of both generators: seed 310952, the first of block 2009 of 1009 numbers, of
// which 100 are used.
void random_numbers_are_knuths() {
  KnuthRandom<false> whole(310952);
  KnuthRandom<true> fraction(310952);
  for (int i = 0; i < 2009 * 100; ++i) {
    whole.next();
    fraction.next();
  }
  CHECK_EQUAL(whole.next(), std::uint64_t{995235265});
  CHECK(static_cast<double>(fraction.next()) / 4503599627370496.0 == 0.36410514377569680455);
}

}  // namespace

int main() {
  islip_moves_pointers_past_matches_only();
  later_rounds_of_islip_leave_pointers_alone();
  separable_input_first_proposes_one_output();
  channels_are_granted_to_one_packet_a_round();
  packets_get_channels_of_their_route_only();
  random_numbers_are_knuths();
  return failed_checks == 0 ? 0 : 1;
}
