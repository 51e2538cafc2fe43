// Every rule of every table by itself, tightly: a tick before its latency the following command is
// blocked, at its latency it may issue; where the rule does not reach it is never blocked.
#include "check.hpp"
#include "dram/fast/device.hpp"
#include "dram/plain/device.hpp"
#include "dram_specs.hpp"

using namespace npu::togsim;
using namespace npu::togsim::dram;

namespace {

constexpr std::int64_t kIssued = 1000;

bool for_all_banks(const Roles& roles, std::int64_t command) {
  return command == roles.pre_all || command == roles.ref;
}

std::size_t act_of(const Roles& roles, std::int64_t command) {
  const auto commands = commands_of(roles);
  for (std::size_t act = 0; act < kActs; ++act) {
    if (commands[act] == command) return act;
  }
  return kActs;
}

// One rule alone in both devices.
class Pair {
 public:
  Pair(Spec spec, const ConstraintSpec& rule)
      : spec_(with(spec, rule)), shape_(spec_), roles_(spec_), plain_(spec_, shape_, roles_),
        fast_(spec_, shape_, roles_) {}

  void issue(std::int64_t command, std::size_t bank, std::int64_t now) {
    const auto act = static_cast<Act>(act_of(roles_, command));
    plain_.issue(static_cast<std::int32_t>(command), where(command, bank), now);
    if (for_all_banks(roles_, command)) fast_.issue_to_node(act, fast_.node_of(bank), now);
    else fast_.issue(act, bank, 0, now);
  }

  // The first tick at which the command may issue; both devices must agree on it.
  std::int64_t earliest(std::int64_t command, std::size_t bank) {
    const auto act = static_cast<Act>(act_of(roles_, command));
    const std::int64_t tick = for_all_banks(roles_, command)
                                  ? fast_.earliest_of_node(act, fast_.node_of(bank))
                                  : fast_.earliest(act, bank);
    const auto index = static_cast<std::int32_t>(command);
    CHECK(plain_.ready(index, where(command, bank), tick));
    CHECK(tick == 0 || !plain_.ready(index, where(command, bank), tick - 1));
    return tick;
  }

 private:
  static Spec with(Spec spec, const ConstraintSpec& rule) {
    // Without refresh both devices would take the channel for the node of all-bank commands.
    if (spec.refresh_interval == 0) spec.refresh_interval = 1000, spec.refresh_level = 1;
    spec.constraints = {rule};
    return spec;
  }
  [[nodiscard]] Address where(std::int64_t command, std::size_t bank) const {
    const auto level = static_cast<std::size_t>(spec_.refresh_level);
    if (for_all_banks(roles_, command)) {
      return shape_.node_address(level, shape_.node_of(bank, level));
    }
    Address address = shape_.node_address(shape_.bank_level(), bank);
    address[shape_.bank_level() + 1] = address[shape_.bank_level() + 2] = 0;
    return address;
  }

  Spec spec_;
  Shape shape_;
  Roles roles_;
  PlainDevice plain_;
  FastDevice fast_;
};

// A bank in the same node of `level` as bank 0, in another one of the level below; and one outside.
std::size_t inside(const Shape& shape, std::size_t level) {
  return level == shape.bank_level() ? 0 : shape.banks_in(level) - 1;
}

void check_rule(const Spec& spec, const ConstraintSpec& rule, std::int64_t before,
                std::int64_t after) {
  const Shape shape(spec);
  const auto level = static_cast<std::size_t>(rule.level);
  const std::size_t same = inside(shape, level);
  const bool outside_exists = shape.nodes(level) > 1;
  const std::size_t outside = outside_exists ? shape.banks_in(level) : 0;
  Pair pair(spec, {rule.level, {before}, {after}, rule.latency, rule.window, rule.sibling});
  // The window-th last one counts: the others are issued at the same tick or after it.
  for (std::int64_t i = 0; i < rule.window; ++i) {
    CHECK_EQUAL(pair.earliest(after, same), 0);
    pair.issue(before, i % 2 == 0 ? 0 : same, kIssued + 2 * i);
  }
  const std::int64_t expected = kIssued + rule.latency;
  if (rule.sibling) {
    CHECK_EQUAL(pair.earliest(after, same), 0);
    if (outside_exists) CHECK_EQUAL(pair.earliest(after, outside), expected);
    return;
  }
  CHECK_EQUAL(pair.earliest(after, same), expected);
  const Roles roles(spec);
  const bool wide = for_all_banks(roles, before) || for_all_banks(roles, after);
  if (outside_exists && !wide) CHECK_EQUAL(pair.earliest(after, outside), 0);
  // A later command moves it on.
  pair.issue(before, same, kIssued + 500);
  CHECK(pair.earliest(after, 0) >= (rule.window == 1 ? expected + 500 : expected + 1));
}

}  // namespace

int main() {
  std::int64_t checked = 0;
  for (const dram_specs::Named& named : dram_specs::all()) {
    Spec spec = named.spec;
    if (spec.level_names[1] == "rank") {  // two, so that rules between ranks have a place to hold
      spec.level_counts[1] = 2;
      for (std::size_t i = 0; i < spec.mapping.size(); ++i) {
        if (spec.mapping[i] == 1) spec.mapping_bits[i] = 1;
      }
    }
    const Roles roles(spec);
    for (const ConstraintSpec& rule : spec.constraints) {
      for (const std::int64_t before : rule.preceding) {
        for (const std::int64_t after : rule.following) {
          if (act_of(roles, before) == kActs || act_of(roles, after) == kActs) continue;
          check_rule(spec, rule, before, after);
          ++checked;
        }
      }
    }
  }
  CHECK(checked > 150);
  return failed_checks == 0 ? 0 : 1;
}
