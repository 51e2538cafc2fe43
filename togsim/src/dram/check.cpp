// A Spec is checked once, so that the controllers need not look again. Python has told the user all
// of this better; here it keeps a mistaken caller from running over memory.
#include <bit>
#include <cstddef>
#include <string>
#include <vector>

#include "dram/shape.hpp"
#include "dram/spec.hpp"
#include "error.hpp"

namespace npu::togsim::dram {
namespace {

constexpr std::int64_t kMaxTicks = std::int64_t{1} << 30;
constexpr std::int64_t kMaxBanks = 1024;
constexpr std::int64_t kMaxIndexBits = 31;

void require(bool holds, const std::string& what) {
  if (!holds) throw Error("DRAM specification: " + what);
}

bool is_power_of_two(std::int64_t value) {
  return value > 0 && std::has_single_bit(static_cast<std::uint64_t>(value));
}

std::int64_t bits_of(std::int64_t power) {
  return std::countr_zero(static_cast<std::uint64_t>(power));
}

void check_levels(const Spec& spec) {
  const std::size_t levels = spec.level_counts.size();
  require(levels >= 4 && levels <= kMaxLevels, "level_counts needs 4 to 8 levels");
  require(spec.level_names.size() == levels, "level_names and level_counts differ in length");
  require(spec.level_counts[0] == 1, "level_counts is of one channel");
  require(spec.level_names[levels - 3] == "bank", "the third level from below must be the bank");
  std::int64_t banks = 1;
  for (std::size_t level = 0; level < levels; ++level) {
    const std::int64_t count = spec.level_counts[level];
    require(is_power_of_two(count), "level_counts must be powers of two");
    require(bits_of(count) <= kMaxIndexBits, "a level of level_counts is too large");
    if (level + 2 < levels) banks *= count;
    require(banks <= kMaxBanks, "more than 1024 banks");
  }
}

void check_mapping(const Spec& spec) {
  const std::size_t levels = spec.level_counts.size();
  require(spec.mapping.size() == spec.mapping_bits.size(),
          "mapping and mapping_bits differ in length");
  std::vector<std::int64_t> bits(levels, 0);
  for (std::size_t i = 0; i < spec.mapping.size(); ++i) {
    const std::int64_t level = spec.mapping[i];
    require(level >= 1 && level < static_cast<std::int64_t>(levels), "no such level in mapping");
    require(spec.mapping_bits[i] >= 0 && spec.mapping_bits[i] <= kMaxIndexBits,
            "mapping_bits must be 0 to 31");
    bits[static_cast<std::size_t>(level)] += spec.mapping_bits[i];
  }
  for (std::size_t level = 1; level < levels; ++level) {
    require(bits[level] == bits_of(spec.level_counts[level]),
            "mapping_bits do not make up the count of level " + spec.level_names[level]);
  }
  require(spec.mapping_xor.empty() || spec.mapping_xor.size() == levels,
          "mapping_xor needs one shift a level");
  for (const std::int64_t shift : spec.mapping_xor) {
    require(shift >= -1 && shift < 64, "a shift of mapping_xor must be -1 to 63");
  }
  require(spec.mapping_xor.empty() || spec.mapping_xor[levels - 1] == -1,
          "mapping_xor of the column itself");
}

void check_constraints(const Spec& spec) {
  const auto levels = static_cast<std::int64_t>(spec.level_counts.size());
  const auto commands = static_cast<std::int64_t>(spec.commands.size());
  for (const ConstraintSpec& rule : spec.constraints) {
    require(rule.level >= 0 && rule.level < levels - 2, "a constraint's level must be above the row");
    require(rule.latency >= 0 && rule.latency <= kMaxTicks, "a constraint's latency is out of range");
    require(rule.window >= 1 && rule.window <= 64, "a constraint's window must be 1 to 64");
    for (const auto& list : {rule.preceding, rule.following}) {
      for (const std::int64_t command : list) {
        require(command >= 0 && command < commands, "no such command in a constraint");
      }
    }
  }
}

void check_commands(const Spec& spec) {
  const Roles roles(spec);
  require(roles.act >= 0 && roles.pre >= 0 && roles.rd >= 0 && roles.wr >= 0,
          "commands needs an ACT, a PRE, a RD and a WR");
  const bool single = spec.controller == "Generic" || spec.controller == "GenericDDR" ||
                      spec.controller == "HBM12" || spec.controller == "HBM34";
  require(single || spec.controller == "LPDDR5", "no such controller: " + spec.controller);
  const bool low_power = spec.standard == "LPDDR5";
  require(low_power || (roles.act2 < 0 && roles.cas_rd < 0), "ACT2 and CAS are of LPDDR5");
  require(!low_power || (roles.act2 >= 0 && roles.cas_rd >= 0 && roles.cas_wr >= 0),
          "LPDDR5 needs ACT2, CAS_RD and CAS_WR");
  require(low_power == (spec.controller == "LPDDR5") || spec.controller == "Generic",
          "the controller does not fit the standard");
  require(!low_power || spec.aad >= 1 || spec.controller == "Generic", "LPDDR5 needs aad");
}

void check_figures(const Spec& spec) {
  require(spec.read_latency >= 1 && spec.read_latency <= kMaxTicks, "read_latency is out of range");
  require(spec.burst_ticks >= 1 && spec.burst_ticks <= kMaxTicks, "burst_ticks is out of range");
  require(spec.read_queue >= 1 && spec.read_queue <= 4096, "read_queue must be 1 to 4096");
  require(spec.write_queue >= 1 && spec.write_queue <= 4096, "write_queue must be 1 to 4096");
  // A write mode that never ends would leave reads waiting for ever.
  require(spec.write_low_entries >= 1, "write_low_entries must be at least 1");
  // A write mode that ends above where it begins would change with every look at it.
  require(spec.write_low_entries <= spec.write_high_entries + 1,
          "write_low_entries above write_high_entries");
  require(is_power_of_two(spec.tx_bytes), "tx_bytes must be a power of two");
  require(spec.tick_num >= 1 && spec.tick_den >= 1, "the tick must be positive");
  require(spec.refresh_interval >= 0 && spec.refresh_interval <= kMaxTicks,
          "refresh_interval is out of range");
  if (spec.refresh_interval == 0) return;
  require(spec.refresh_level >= 0 &&
              spec.refresh_level < static_cast<std::int64_t>(spec.level_counts.size()) - 2,
          "refresh_level must be above the row");
  const Roles roles(spec);
  require(roles.ref >= 0 && roles.pre_all >= 0, "refresh needs REFab and PREA");
  const auto level = static_cast<std::size_t>(spec.refresh_level);
  require(spec.priority_queue >= static_cast<std::int64_t>(Shape(spec).nodes(level)),
          "priority_queue is too small for one refresh of every node");
}

}  // namespace

void check(const Spec& spec) {
  check_levels(spec);
  require(is_power_of_two(spec.tx_bytes), "tx_bytes must be a power of two");
  check_mapping(spec);
  check_commands(spec);
  check_constraints(spec);
  check_figures(spec);
}

}  // namespace npu::togsim::dram
