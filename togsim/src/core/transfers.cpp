#include "core/transfers.hpp"

namespace npu::togsim {

TransferId Transfers::open(std::uint32_t core, InstructionId instruction,
                           std::uint32_t partition) {
  if (free_.empty()) {
    free_.push_back(static_cast<TransferId>(pool_.size()));
    pool_.emplace_back();
  }
  const TransferId id = free_.back();
  free_.pop_back();
  pool_[id] = {};
  pool_[id].completed.core = core;
  pool_[id].completed.instruction = instruction;
  pool_[id].partition = partition;
  return id;
}

void Transfers::close(TransferId id) {
  pool_[id].closed = true;
  if (pool_[id].unanswered == 0) complete(id);
}

void Transfers::complete(TransferId id) {
  completed_.push_back(pool_[id].completed);
  free_.push_back(id);
}

}  // namespace npu::togsim
