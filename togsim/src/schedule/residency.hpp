// Which planned tensors the L2 holds: from the first launch that uses one to the end of the last.
#pragma once

#include <cstddef>
#include <vector>

#include "graph.hpp"
#include "l2/ranges.hpp"
#include "memory/memory.hpp"
#include "units.hpp"

namespace npu::togsim {

// A later submission makes a tensor that was released resident again.
class Residency {
 public:
  Residency(Memory& memory, std::int64_t block_bytes)
      : memory_(memory), block_bytes_(block_bytes) {}

  // The next launch, by number, and the tensors that it uses; those not planned are left out.
  void submit(const ProgramSpec& program, const LaunchSpec& launch);

  // A core begins a launch; all cores have ended it.
  void started(std::size_t launch, Picoseconds now);
  void completed(std::size_t launch, Picoseconds now);

 private:
  struct Planned {
    const ProgramSpec* program = nullptr;
    std::size_t tensor = 0;
    l2::BlockRange blocks{0, 0};
    std::int64_t launches = 0;  // that use it and are not completed
    bool resident = false;
  };

  std::size_t place_of(const ProgramSpec& program, std::size_t tensor);

  Memory& memory_;
  std::int64_t block_bytes_;
  std::vector<Planned> planned_;
  std::vector<std::vector<std::size_t>> uses_;  // of each launch, in `planned_`
};

}  // namespace npu::togsim
