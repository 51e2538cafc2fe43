#include "dram/shape.hpp"

#include <bit>
#include <initializer_list>
#include <string>
#include <string_view>

namespace npu::togsim::dram {
namespace {

std::int32_t find_command(const Spec& spec, std::initializer_list<std::string_view> names) {
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    for (const std::string_view name : names) {
      if (spec.commands[i] == name) return static_cast<std::int32_t>(i);
    }
  }
  return kNoCommand;
}

std::int64_t log2_of(std::int64_t power) {
  return std::countr_zero(static_cast<std::uint64_t>(power));
}

std::uint64_t low_bits(std::uint64_t value, std::int64_t bits) {
  return value & ((std::uint64_t{1} << bits) - 1);
}

}  // namespace

Roles::Roles(const Spec& spec)
    : act(find_command(spec, {"ACT", "ACT-1", "ACT1"})),
      act2(find_command(spec, {"ACT-2", "ACT2"})),
      pre(find_command(spec, {"PRE", "PREpb"})),
      pre_all(find_command(spec, {"PREA", "PREab"})),
      rd(find_command(spec, {"RD", "RD16"})),
      wr(find_command(spec, {"WR", "WR16"})),
      cas_rd(find_command(spec, {"CASRD", "CAS_RD"})),
      cas_wr(find_command(spec, {"CASWR", "CAS_WR"})),
      ref(find_command(spec, {"REFab"})) {}

Shape::Shape(const Spec& spec)
    : levels_(spec.level_counts.size()),
      bank_level_(levels_ - 3),
      tx_shift_(log2_of(spec.tx_bytes)),
      xor_shift_(spec.mapping_xor) {
  xor_shift_.resize(levels_, -1);
  std::size_t nodes = 1;
  for (std::size_t level = 0; level < levels_; ++level) {
    bits_.push_back(log2_of(spec.level_counts[level]));
    nodes *= static_cast<std::size_t>(spec.level_counts[level]);
    if (level <= bank_level_) nodes_.push_back(nodes);
  }
  for (std::size_t level = 0; level <= bank_level_; ++level) {
    bank_shift_.push_back(static_cast<std::size_t>(std::countr_zero(banks_in(level))));
  }
  std::vector<std::int64_t> taken(levels_, 0);
  for (std::size_t i = 0; i < spec.mapping.size(); ++i) {
    const auto level = static_cast<std::size_t>(spec.mapping[i]);
    fields_.push_back({level, spec.mapping_bits[i], taken[level]});
    taken[level] += spec.mapping_bits[i];
  }
  add_parts();
}

void Shape::add_parts() {
  for (const std::int64_t shift : xor_shift_) {
    if (shift >= 0) return;
  }
  std::int64_t from = tx_shift_;
  for (const Field& field : fields_) {
    const bool row = field.level == bank_level_ + 1;
    const std::uint64_t mask = low_bits(~std::uint64_t{0}, field.bits);
    const std::int64_t below =
        field.level <= bank_level_ ? static_cast<std::int64_t>(bank_shift_[field.level]) : 0;
    if (row || (field.level <= bank_level_ && field.bits > 0)) {
      parts_.push_back({from, mask, below + field.shift, row});
    }
    from += field.bits;
  }
}

Shape::Place Shape::locate(std::uint64_t address) const {
  if (parts_.empty()) {
    const Address all = decode(address);
    return {bank_of(all), row_of(all)};
  }
  std::uint64_t bank = 0;
  std::uint64_t row = 0;
  for (const Part& part : parts_) {
    const std::uint64_t bits = ((address >> part.from) & part.mask) << part.to;
    (part.row ? row : bank) |= bits;
  }
  return {bank, static_cast<std::int32_t>(row)};
}

Address Shape::decode(std::uint64_t address) const {
  std::array<std::uint64_t, kMaxLevels> index{};
  std::uint64_t rest = address >> tx_shift_;
  for (const Field& field : fields_) {
    index[field.level] |= low_bits(rest, field.bits) << field.shift;
    rest >>= field.bits;
  }
  const std::uint64_t column = index[levels_ - 1];
  Address result{};
  for (std::size_t level = 0; level < levels_; ++level) {
    std::uint64_t value = index[level];
    if (xor_shift_[level] >= 0) value ^= low_bits(column >> xor_shift_[level], bits_[level]);
    result[level] = static_cast<std::int32_t>(value);
  }
  return result;
}

std::size_t Shape::bank_of(const Address& address) const {
  std::size_t bank = 0;
  for (std::size_t level = 1; level <= bank_level_; ++level) {
    bank = (bank << bits_[level]) | static_cast<std::size_t>(address[level]);
  }
  return bank;
}

Address Shape::node_address(std::size_t level, std::size_t node) const {
  Address address{};
  for (std::size_t below = level + 1; below < levels_; ++below) address[below] = kAll;
  for (std::size_t above = level; above > 0; --above) {
    address[above] = static_cast<std::int32_t>(low_bits(node, bits_[above]));
    node >>= bits_[above];
  }
  return address;
}

}  // namespace npu::togsim::dram
