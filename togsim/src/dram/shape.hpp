// What follows from a Spec once: the roles of commands, the tree of nodes, the address map.
//
// The nodes of a level are numbered through the whole channel, so node n of a level with `count`
// siblings is child n % count of node n / count above. Banks are the last level with nodes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dram/controller.hpp"
#include "dram/spec.hpp"

namespace npu::togsim::dram {

constexpr std::int32_t kNoCommand = -1;
constexpr std::int32_t kAll = -1;  // in an address: every node of the level

using Address = std::array<std::int32_t, kMaxLevels>;

// Indices in Spec::commands; kNoCommand where the standard has none.
struct Roles {
  explicit Roles(const Spec& spec);

  std::int32_t act;   // ACT, or the first of two
  std::int32_t act2;
  std::int32_t pre;
  std::int32_t pre_all;
  std::int32_t rd;
  std::int32_t wr;
  std::int32_t cas_rd;
  std::int32_t cas_wr;
  std::int32_t ref;

  [[nodiscard]] bool is_column(std::int32_t command) const {
    return command == rd || command == wr;
  }
  [[nodiscard]] bool is_closing(std::int32_t command) const {
    return command == pre || command == pre_all;
  }
};

class Shape {
 public:
  explicit Shape(const Spec& spec);

  [[nodiscard]] std::size_t bank_level() const { return bank_level_; }
  [[nodiscard]] std::size_t nodes(std::size_t level) const { return nodes_[level]; }
  [[nodiscard]] std::size_t banks() const { return nodes_[bank_level_]; }
  [[nodiscard]] std::size_t banks_in(std::size_t level) const { return banks() / nodes_[level]; }
  // The node of `level` that holds `bank`.
  [[nodiscard]] std::size_t node_of(std::size_t bank, std::size_t level) const {
    return bank >> bank_shift_[level];
  }

  [[nodiscard]] Address decode(std::uint64_t address) const;
  [[nodiscard]] std::size_t bank_of(const Address& address) const;
  // What decode() says of the bank and the row, without the rest.
  struct Place {
    std::size_t bank;
    std::int32_t row;
  };
  [[nodiscard]] Place locate(std::uint64_t address) const;
  [[nodiscard]] std::int32_t row_of(const Address& address) const {
    return address[bank_level_ + 1];
  }
  // The address of a whole node: everything below it is kAll.
  [[nodiscard]] Address node_address(std::size_t level, std::size_t node) const;

 private:
  struct Field {
    std::size_t level;
    std::int64_t bits;
    std::int64_t shift;  // of these bits within the level's index
  };

  void add_parts();

  // A field's bits on their way to the bank's number or the row.
  struct Part {
    std::int64_t from;     // bit of the byte address
    std::uint64_t mask;
    std::int64_t to;
    bool row;
  };

  std::size_t levels_;
  std::size_t bank_level_;
  std::int64_t tx_shift_;
  std::vector<std::size_t> nodes_;
  std::vector<std::size_t> bank_shift_;
  std::vector<std::int64_t> bits_;
  std::vector<std::int64_t> xor_shift_;  // of each level, -1 = none
  std::vector<Field> fields_;
  std::vector<Part> parts_;     // empty if an XOR is needed
};

}  // namespace npu::togsim::dram
