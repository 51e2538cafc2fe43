#include "dram/plain/device.hpp"

#include <algorithm>

namespace npu::togsim::dram {

PlainDevice::PlainDevice(const Spec& spec, const Shape& shape, const Roles& roles)
    : spec_(spec), shape_(shape), roles_(roles), banks_(shape.banks()),
      clock_expiry_(shape.nodes(1), -1) {
  const std::size_t commands = spec.commands.size();
  for (std::size_t level = 0; level <= shape.bank_level(); ++level) {
    rules_.emplace_back(commands);
    Node node{std::vector<std::int64_t>(commands, -1),
              std::vector<std::deque<std::int64_t>>(commands)};
    nodes_.emplace_back(shape.nodes(level), node);
  }
  for (const ConstraintSpec& rule : spec.constraints) {
    for (const std::int64_t before : rule.preceding) {
      for (const std::int64_t after : rule.following) {
        rules_[static_cast<std::size_t>(rule.level)][static_cast<std::size_t>(before)].push_back(
            {static_cast<std::int32_t>(after), rule.latency,
             static_cast<std::size_t>(rule.window), rule.sibling});
      }
    }
  }
}

bool PlainDevice::is_open_on(const Bank& bank, std::int32_t row) const {
  return bank.state == BankState::Open && (bank.row == row || bank.first_row == row);
}

std::int32_t PlainDevice::next_command(bool write, std::size_t bank, std::int32_t row,
                                       std::int64_t now) const {
  const Bank& state = banks_[bank];
  if (state.state == BankState::Closed) return roles_.act;
  if (state.state == BankState::Activating) return roles_.act2;
  if (!is_open_on(state, row)) return roles_.pre;
  // 2.0 has the CAS as a command of the request; 2.1's controller inserts it.
  if (spec_.controller == "Generic" && clock_expired(bank, now)) {
    return write ? roles_.cas_wr : roles_.cas_rd;
  }
  return write ? roles_.wr : roles_.rd;
}

std::int32_t PlainDevice::next_refresh_command(const Address& node) const {
  for (std::size_t bank = 0; bank < banks_.size(); ++bank) {
    if (!matches(shape_.bank_level(), bank, node)) continue;
    if (banks_[bank].state != BankState::Closed) return roles_.pre_all;
  }
  return roles_.ref;
}

bool PlainDevice::matches(std::size_t level, std::size_t node, const Address& address) const {
  for (std::size_t above = 1; above <= level; ++above) {
    if (address[above] == kAll) continue;
    const std::size_t ancestor = node / (shape_.nodes(level) / shape_.nodes(above));
    const auto count = static_cast<std::size_t>(spec_.level_counts[above]);
    if (ancestor % count != static_cast<std::size_t>(address[above])) return false;
  }
  return true;
}

bool PlainDevice::ready(std::int32_t command, const Address& address, std::int64_t now) const {
  for (std::size_t level = 0; level < nodes_.size(); ++level) {
    for (std::size_t node = 0; node < nodes_[level].size(); ++node) {
      if (!matches(level, node, address)) continue;
      if (now < nodes_[level][node].earliest[static_cast<std::size_t>(command)]) return false;
    }
  }
  return true;
}

RowOutcome PlainDevice::outcome(std::size_t bank, std::int32_t row) const {
  if (is_open_on(banks_[bank], row)) return RowOutcome::Hit;
  return banks_[bank].state == BankState::Open ? RowOutcome::Conflict : RowOutcome::Miss;
}

void PlainDevice::issue(std::int32_t command, const Address& address, std::int64_t now) {
  for (std::size_t level = 0; level < nodes_.size(); ++level) {
    const std::size_t children =
        level == 0 ? 1 : nodes_[level].size() / nodes_[level - 1].size();
    for (std::size_t node = 0; node < nodes_[level].size(); ++node) {
      if (level > 0 && !matches(level - 1, node / children, address)) continue;
      update_node(nodes_[level][node], level, command, matches(level, node, address), now);
    }
  }
  update_banks(command, address);
  if (spec_.controller == "Generic" && spec_.standard == "LPDDR5") {
    update_clock(command, address, now);
  }
}

// `target`: the command addresses this node, not a sibling of it.
void PlainDevice::update_node(Node& node, std::size_t level, std::int32_t command, bool target,
                              std::int64_t now) {
  const auto index = static_cast<std::size_t>(command);
  if (target) node.history[index].push_front(now);
  for (const Rule& rule : rules_[level][index]) {
    if (rule.sibling == target) continue;
    if (target && node.history[index].size() < rule.window) continue;
    const std::int64_t since = target ? node.history[index][rule.window - 1] : now;
    std::int64_t& earliest = node.earliest[static_cast<std::size_t>(rule.following)];
    earliest = std::max(earliest, since + rule.latency);
  }
  if (node.history[index].size() > 64) node.history[index].pop_back();
}

void PlainDevice::update_banks(std::int32_t command, const Address& address) {
  for (std::size_t index = 0; index < banks_.size(); ++index) {
    if (!matches(shape_.bank_level(), index, address)) continue;
    Bank& bank = banks_[index];
    if (roles_.is_closing(command)) bank.state = BankState::Closed;
    if (command == roles_.act) {
      bank.state = roles_.act2 == kNoCommand ? BankState::Open : BankState::Activating;
      bank.row = bank.first_row = shape_.row_of(address);
    }
    if (command == roles_.act2) {
      bank.state = BankState::Open;
      bank.row = shape_.row_of(address);
    }
  }
}

// 2.0 LPDDR5: a CAS keeps the clock one tick longer than its column command would; the latest
// command sets the expiry, though it be sooner than before.
void PlainDevice::update_clock(std::int32_t command, const Address& address, std::int64_t now) {
  std::int64_t& expiry = clock_expiry_[static_cast<std::size_t>(address[1])];
  if (command == roles_.cas_rd) expiry = now + spec_.wck_read + 1;
  if (command == roles_.cas_wr) expiry = now + spec_.wck_write + 1;
  if (command == roles_.rd) expiry = now + spec_.wck_read;
  if (command == roles_.wr) expiry = now + spec_.wck_write;
}

bool PlainDevice::clock_expired(std::size_t bank, std::int64_t now) const {
  if (spec_.standard != "LPDDR5" || spec_.wck_always_on) return false;
  const bool by_rank = spec_.controller == "Generic";
  return now >= clock_expiry_[by_rank ? shape_.node_of(bank, 1) : 0];
}

void PlainDevice::extend_clock(std::int32_t command, std::int64_t now) {
  const std::int64_t ticks = command == roles_.rd ? spec_.wck_read : spec_.wck_write;
  clock_expiry_[0] = std::max(clock_expiry_[0], now + ticks);
}

}  // namespace npu::togsim::dram
