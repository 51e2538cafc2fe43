// The DRAM of the fast controllers: for every node the earliest tick of each command that is ever
// issued, and per bank what its requests need next.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dram/engine.hpp"
#include "dram/shape.hpp"

namespace npu::togsim::dram {

// The commands that a controller issues, whatever the standard calls them.
enum class Act : std::uint8_t {
  Open, Open2, Close, CloseAll, Read, Write, CasRead, CasWrite, Refresh
};
constexpr std::size_t kActs = 9;

// Their indices in Spec::commands, kNoCommand where the standard has none.
std::array<std::int32_t, kActs> commands_of(const Roles& roles);

enum class RowState : std::uint8_t { Closed, Activating, Open };

class FastDevice {
 public:
  FastDevice(const Spec& spec, const Shape& shape, const Roles& roles);

  // The first tick at which a command of one bank may issue.
  [[nodiscard]] std::int64_t earliest(Act act, std::size_t bank) const {
    const auto index = static_cast<std::size_t>(act);
    std::int64_t tick = 0;
    const std::uint32_t* path = &paths_[bank * kMaxLevels];
    for (std::size_t i = 0; i < depth_[index]; ++i) {
      tick = std::max(tick, earliest_[path[levels_of_[index][i]] * kActs + index]);
    }
    return tick;
  }
  // ... and of CloseAll or Refresh of all banks of a refresh node.
  [[nodiscard]] std::int64_t earliest_of_node(Act act, std::size_t node) const;

  void issue(Act act, std::size_t bank, std::int32_t row, std::int64_t now);
  void issue_to_node(Act act, std::size_t node, std::int64_t now);

  [[nodiscard]] RowState state(std::size_t bank) const { return banks_[bank].state; }
  [[nodiscard]] bool is_open_on(std::size_t bank, std::int32_t row) const {
    const Bank& state = banks_[bank];
    return state.state == RowState::Open && (state.row == row || state.first_row == row);
  }
  [[nodiscard]] bool any_open(std::size_t node) const { return not_closed_[node] > 0; }
  [[nodiscard]] std::size_t node_of(std::size_t bank) const {
    return shape_.node_of(bank, refresh_level_);
  }
  [[nodiscard]] std::size_t banks_per_node() const { return banks_per_node_; }

  [[nodiscard]] const Opening& opened(std::size_t bank) const { return banks_[bank].opened; }
  void set_opened(std::size_t bank, const Opening& opened) { banks_[bank].opened = opened; }

 private:
  struct Rule {
    std::size_t level;
    std::size_t following;
    std::int64_t latency;
    std::size_t window;   // > 1: the rule has histories
    std::size_t history;  // index of the first node's in histories_
    bool sibling;
  };
  // A rule of one tick and one node: what issue() mostly applies.
  struct QuickRule {
    std::uint32_t level;
    std::uint32_t following;
    std::int64_t latency;
  };
  struct History {  // the last `window` issues, in a ring; -1 = not that many yet
    std::vector<std::int64_t> ticks;
    std::size_t oldest = 0;
  };
  struct Bank {
    RowState state = RowState::Closed;
    std::int32_t row = 0;
    std::int32_t first_row = 0;
    Opening opened;
  };

  void add_rules(const Spec& spec, const Roles& roles);
  [[nodiscard]] bool follows_from_others(const Rule& rule, const std::vector<Rule>& rules) const;
  void drop_needless_rules();
  void find_levels();
  void number_nodes(const Spec& spec);
  void apply(const Rule& rule, std::size_t node, std::int64_t now);
  void apply_to_siblings(const Rule& rule, std::size_t node, std::int64_t now);
  void raise(std::size_t level, std::size_t node, std::size_t following, std::int64_t tick) {
    std::int64_t& earliest = earliest_[(first_[level] + node) * kActs + following];
    earliest = std::max(earliest, tick);
  }
  void set_state(std::size_t bank, RowState state);

  const Shape& shape_;
  const bool two_commands_;                    // a row is opened by two commands
  std::vector<std::size_t> counts_;            // children of each level in one of the level above
  std::array<std::vector<Rule>, kActs> rules_;  // by preceding command
  std::array<std::vector<QuickRule>, kActs> quick_rules_;  // of these the quick ones ...
  std::array<std::vector<Rule>, kActs> other_rules_;       // ... and the others
  std::vector<History> histories_;
  std::vector<std::size_t> first_;             // of each level: its first node in earliest_
  std::vector<std::int64_t> earliest_;         // by node, then command
  std::vector<std::uint32_t> paths_;           // by bank, then level: the node in earliest_
  std::array<std::array<std::uint8_t, kMaxLevels>, kActs> levels_of_{};  // levels with a rule for it
  std::array<std::size_t, kActs> depth_{};                               // how many
  std::vector<Bank> banks_;
  std::size_t refresh_level_;
  std::size_t banks_per_node_;
  std::vector<std::int64_t> not_closed_;       // banks, by refresh node
};

}  // namespace npu::togsim::dram
