// The DRAM of the plain controllers: a tree of nodes, each with the earliest tick of every command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "dram/engine.hpp"
#include "dram/shape.hpp"

namespace npu::togsim::dram {

enum class BankState : std::uint8_t { Closed, Activating, Open };

class PlainDevice {
 public:
  PlainDevice(const Spec& spec, const Shape& shape, const Roles& roles);

  // The command that brings a read or write of this bank and row forward.
  [[nodiscard]] std::int32_t next_command(bool write, std::size_t bank, std::int32_t row,
                                          std::int64_t now) const;
  // The command that brings a refresh of the banks of a node forward.
  [[nodiscard]] std::int32_t next_refresh_command(const Address& node) const;
  [[nodiscard]] bool ready(std::int32_t command, const Address& address, std::int64_t now) const;
  [[nodiscard]] RowOutcome outcome(std::size_t bank, std::int32_t row) const;
  [[nodiscard]] const Opening& opened(std::size_t bank) const { return banks_[bank].opened; }

  void issue(std::int32_t command, const Address& address, std::int64_t now);
  void set_opened(std::size_t bank, const Opening& opened) { banks_[bank].opened = opened; }

  // Whether the first `level` + 1 levels of node `node` fit the address.
  [[nodiscard]] bool matches(std::size_t level, std::size_t node, const Address& address) const;
  // A column command that issues now finds the data clock (WCK) off.
  [[nodiscard]] bool clock_expired(std::size_t bank, std::int64_t now) const;
  void extend_clock(std::int32_t command, std::int64_t now);

 private:
  struct Rule {
    std::int32_t following;
    std::int64_t latency;
    std::size_t window;
    bool sibling;
  };
  struct Node {
    std::vector<std::int64_t> earliest;              // by command
    std::vector<std::deque<std::int64_t>> history;   // by command, the latest first
  };
  struct Bank {
    BankState state = BankState::Closed;
    std::int32_t row = 0;        // Open: of the (last) activate command
    std::int32_t first_row = 0;  // Activating and Open: of the first one; both rows count as open
    Opening opened;
  };

  void update_node(Node& node, std::size_t level, std::int32_t command, bool target,
                   std::int64_t now);
  void update_banks(std::int32_t command, const Address& address);
  void update_clock(std::int32_t command, const Address& address, std::int64_t now);
  [[nodiscard]] bool is_open_on(const Bank& bank, std::int32_t row) const;

  const Spec& spec_;
  const Shape& shape_;
  const Roles& roles_;
  std::vector<std::vector<std::vector<Rule>>> rules_;  // by level and preceding command
  std::vector<std::vector<Node>> nodes_;               // by level
  std::vector<Bank> banks_;
  std::vector<std::int64_t> clock_expiry_;             // by node of the second level
};

}  // namespace npu::togsim::dram
