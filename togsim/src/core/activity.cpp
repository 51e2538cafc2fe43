#include "core/activity.hpp"

namespace npu::togsim {
namespace {

template <class State>
void append(Activity& row, const StateCycles<State>& cycles) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(State::Idle); ++i) {
    row.push_back(cycles[static_cast<State>(i)]);
  }
}

void append_arrays(Activity& row, const std::vector<ArrayStats>& arrays) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(ArrayState::Idle); ++i) {
    std::int64_t sum = 0;
    for (const ArrayStats& array : arrays) sum += array.cycles[static_cast<ArrayState>(i)];
    row.push_back(sum);
  }
}

}  // namespace

Activity activity_of(const CoreStats& stats) {
  Activity row;
  append(row, stats.front);
  append(row, stats.execute);
  append_arrays(row, stats.arrays);
  append(row, stats.vector);
  append(row, stats.dma);
  row.insert(row.end(), stats.memory_wait.begin(), stats.memory_wait.end());
  const InstructionCounts& counts = stats.counts;
  for (const std::int64_t count : {counts.movin, counts.movout, counts.matmul, counts.preload,
                                   counts.vector, counts.bar}) {
    row.push_back(count);
  }
  row.insert(row.end(), stats.work.macs.begin(), stats.work.macs.end());
  for (const std::int64_t count :
       {stats.work.load_bytes, stats.work.store_bytes, stats.work.spad_read_bytes,
        stats.work.spad_write_bytes, stats.read_requests, stats.write_requests,
        stats.remote_requests}) {
    row.push_back(count);
  }
  return row;
}

Activity difference(Activity later, const Activity& earlier) {
  for (std::size_t i = 0; i < later.size(); ++i) later[i] -= earlier[i];
  return later;
}

}  // namespace npu::togsim
