#include "dram/fast/device.hpp"

namespace npu::togsim::dram {
namespace {

// The place of a command among those that are issued; kActs if it never is.
std::size_t act_of(const Roles& roles, std::int64_t command) {
  const std::array<std::int32_t, kActs> commands = commands_of(roles);
  return static_cast<std::size_t>(std::find(commands.begin(), commands.end(), command) -
                                  commands.begin());
}

bool is_of_refresh(std::size_t act) {
  return act == static_cast<std::size_t>(Act::CloseAll) ||
         act == static_cast<std::size_t>(Act::Refresh);
}

}  // namespace

std::array<std::int32_t, kActs> commands_of(const Roles& roles) {
  return {roles.act, roles.act2, roles.pre, roles.pre_all, roles.rd,
          roles.wr, roles.cas_rd, roles.cas_wr, roles.ref};
}

FastDevice::FastDevice(const Spec& spec, const Shape& shape, const Roles& roles)
    : shape_(shape),
      two_commands_(roles.act2 != kNoCommand),
      banks_(shape.banks()),
      refresh_level_(spec.refresh_interval == 0 ? 0 : static_cast<std::size_t>(spec.refresh_level)),
      banks_per_node_(shape.banks_in(refresh_level_)),
      not_closed_(shape.nodes(refresh_level_), 0) {
  number_nodes(spec);
  add_rules(spec, roles);
  drop_needless_rules();
  find_levels();
}

void FastDevice::number_nodes(const Spec& spec) {
  std::size_t total = 0;
  for (std::size_t level = 0; level <= shape_.bank_level(); ++level) {
    counts_.push_back(static_cast<std::size_t>(spec.level_counts[level]));
    first_.push_back(total);
    total += shape_.nodes(level);
  }
  earliest_.assign(total * kActs, 0);
  paths_.assign(shape_.banks() * kMaxLevels, 0);
  for (std::size_t bank = 0; bank < shape_.banks(); ++bank) {
    for (std::size_t level = 0; level <= shape_.bank_level(); ++level) {
      paths_[bank * kMaxLevels + level] =
          static_cast<std::uint32_t>(first_[level] + shape_.node_of(bank, level));
    }
  }
}

void FastDevice::add_rules(const Spec& spec, const Roles& roles) {
  for (const ConstraintSpec& rule : spec.constraints) {
    const auto level = static_cast<std::size_t>(rule.level);
    const auto window = static_cast<std::size_t>(rule.window);
    for (const std::int64_t before : rule.preceding) {
      const std::size_t preceding = act_of(roles, before);
      for (const std::int64_t after : rule.following) {
        const std::size_t following = act_of(roles, after);
        if (preceding == kActs || following == kActs) continue;
        if (rule.sibling && counts_[level] == 1) continue;
        if (spec.refresh_interval == 0 && is_of_refresh(following)) continue;
        rules_[preceding].push_back(
            {level, following, rule.latency, window, histories_.size(), rule.sibling});
        if (window == 1 || rule.sibling) continue;
        histories_.resize(histories_.size() + shape_.nodes(level),
                          {std::vector<std::int64_t>(window, -1)});
      }
    }
  }
}

// Whether another rule, of a node that holds this one's, has the command wait as long at least.
bool FastDevice::follows_from_others(const Rule& rule, const std::vector<Rule>& rules) const {
  if (rule.window > 1 || rule.sibling) return false;
  for (const Rule& other : rules) {
    if (&other == &rule || other.following != rule.following) continue;
    if (other.window > 1 || other.sibling || other.level > rule.level) continue;
    const bool same = other.level == rule.level && other.latency == rule.latency;
    // Of equal ones the first stays.
    if (same ? &other < &rule : other.latency >= rule.latency) return true;
  }
  return false;
}

void FastDevice::drop_needless_rules() {
  for (std::size_t act = 0; act < kActs; ++act) {
    std::vector<Rule> needed;
    for (const Rule& rule : rules_[act]) {
      if (!follows_from_others(rule, rules_[act])) needed.push_back(rule);
    }
    rules_[act] = std::move(needed);
    for (const Rule& rule : rules_[act]) {
      if (rule.window > 1 || rule.sibling) {
        other_rules_[act].push_back(rule);
      } else {
        quick_rules_[act].push_back({static_cast<std::uint32_t>(rule.level),
                                     static_cast<std::uint32_t>(rule.following), rule.latency});
      }
    }
  }
}

// For each command the levels that can hold it back, so that the others need not be looked at.
void FastDevice::find_levels() {
  for (std::size_t act = 0; act < kActs; ++act) {
    for (std::size_t level = 0; level <= shape_.bank_level(); ++level) {
      bool constrains = false;
      for (const std::vector<Rule>& rules : rules_) {
        for (const Rule& rule : rules) {
          constrains = constrains || (rule.level == level && rule.following == act);
        }
      }
      if (constrains) levels_of_[act][depth_[act]++] = static_cast<std::uint8_t>(level);
    }
  }
}

std::int64_t FastDevice::earliest_of_node(Act act, std::size_t node) const {
  const auto index = static_cast<std::size_t>(act);
  const std::size_t bank = node * banks_per_node_;
  std::int64_t tick = 0;
  for (std::size_t i = 0; i < depth_[index]; ++i) {
    const std::size_t level = levels_of_[index][i];
    const std::size_t from = shape_.node_of(bank, level);
    const std::size_t to = shape_.node_of(bank + banks_per_node_ - 1, level);
    for (std::size_t n = from; n <= to; ++n) {
      tick = std::max(tick, earliest_[(first_[level] + n) * kActs + index]);
    }
  }
  return tick;
}

void FastDevice::issue(Act act, std::size_t bank, std::int32_t row, std::int64_t now) {
  const std::uint32_t* path = &paths_[bank * kMaxLevels];
  for (const QuickRule& rule : quick_rules_[static_cast<std::size_t>(act)]) {
    std::int64_t& earliest = earliest_[path[rule.level] * kActs + rule.following];
    earliest = std::max(earliest, now + rule.latency);
  }
  for (const Rule& rule : other_rules_[static_cast<std::size_t>(act)]) {
    const std::size_t node = shape_.node_of(bank, rule.level);
    if (rule.sibling) apply_to_siblings(rule, node, now);
    else apply(rule, node, now);
  }
  Bank& state = banks_[bank];
  if (act == Act::Close) set_state(bank, RowState::Closed);
  if (act == Act::Open) {
    set_state(bank, two_commands_ ? RowState::Activating : RowState::Open);
    state.row = state.first_row = row;
  }
  if (act == Act::Open2) {
    set_state(bank, RowState::Open);
    state.row = row;
  }
}

void FastDevice::issue_to_node(Act act, std::size_t node, std::int64_t now) {
  const std::size_t bank = node * banks_per_node_;
  for (const Rule& rule : rules_[static_cast<std::size_t>(act)]) {
    const std::size_t from = shape_.node_of(bank, rule.level);
    const std::size_t to = shape_.node_of(bank + banks_per_node_ - 1, rule.level);
    if (rule.sibling && rule.level <= refresh_level_) apply_to_siblings(rule, from, now);
    if (rule.sibling) continue;
    for (std::size_t n = from; n <= to; ++n) apply(rule, n, now);
  }
  if (act != Act::CloseAll) return;
  for (std::size_t n = bank; n < bank + banks_per_node_; ++n) set_state(n, RowState::Closed);
}

void FastDevice::apply(const Rule& rule, std::size_t node, std::int64_t now) {
  if (rule.window == 1) return raise(rule.level, node, rule.following, now + rule.latency);
  History& history = histories_[rule.history + node];
  history.ticks[history.oldest] = now;
  history.oldest = history.oldest + 1 == rule.window ? 0 : history.oldest + 1;
  const std::int64_t since = history.ticks[history.oldest];
  if (since >= 0) raise(rule.level, node, rule.following, since + rule.latency);
}

void FastDevice::apply_to_siblings(const Rule& rule, std::size_t node, std::int64_t now) {
  const std::size_t count = counts_[rule.level];
  const std::size_t first = node / count * count;
  for (std::size_t n = first; n < first + count; ++n) {
    if (n != node) raise(rule.level, n, rule.following, now + rule.latency);
  }
}

void FastDevice::set_state(std::size_t bank, RowState state) {
  std::int64_t& not_closed = not_closed_[node_of(bank)];
  not_closed += (state != RowState::Closed) - (banks_[bank].state != RowState::Closed);
  banks_[bank].state = state;
}

}  // namespace npu::togsim::dram
