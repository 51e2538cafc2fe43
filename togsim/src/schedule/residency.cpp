#include "schedule/residency.hpp"

#include <algorithm>

namespace npu::togsim {

void Residency::submit(const ProgramSpec& program, const LaunchSpec& launch) {
  std::vector<std::size_t>& uses = uses_.emplace_back();
  for (const std::size_t tensor : launch.tensors) {
    if (!program.tensors[tensor].planned) continue;
    const std::size_t place = place_of(program, tensor);
    if (std::find(uses.begin(), uses.end(), place) != uses.end()) continue;
    uses.push_back(place);
    ++planned_[place].launches;
  }
}

void Residency::started(std::size_t launch, Picoseconds now) {
  for (const std::size_t place : uses_[launch]) {
    Planned& planned = planned_[place];
    if (planned.resident) continue;
    planned.resident = true;
    memory_.set_cached(now, planned.blocks, true);
  }
}

void Residency::completed(std::size_t launch, Picoseconds now) {
  for (const std::size_t place : uses_[launch]) {
    Planned& planned = planned_[place];
    if (--planned.launches > 0 || !planned.resident) continue;
    planned.resident = false;
    memory_.set_cached(now, planned.blocks, false);
  }
}

std::size_t Residency::place_of(const ProgramSpec& program, std::size_t tensor) {
  for (std::size_t i = 0; i < planned_.size(); ++i) {
    if (planned_[i].program == &program && planned_[i].tensor == tensor) return i;
  }
  const TensorSpec& spec = program.tensors[tensor];
  const auto block = [&](std::int64_t byte) { return static_cast<std::uint64_t>(byte / block_bytes_); };
  const std::int64_t end = spec.address + spec.bytes;
  planned_.push_back({&program, tensor, {block(spec.address), block(end + block_bytes_ - 1)}});
  return planned_.size() - 1;
}

}  // namespace npu::togsim
