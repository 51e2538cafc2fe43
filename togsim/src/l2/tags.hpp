// The lines of a slice: which are there, in which order they go.
#pragma once

#include <cstdint>
#include <vector>

#include "memory/channel_hash.hpp"
#include "index_map.hpp"
#include "spec.hpp"

namespace npu::togsim::l2 {

// A bit of a mask is a block of the line. Sectors are whole in `dirty` and `pending`; in `present`
// a sector that was written but never fetched may be partial.
struct Line {
  std::uint64_t number = 0;
  std::uint64_t present = 0;
  std::uint64_t dirty = 0;
  std::uint64_t pending = 0;  // on the way from the DRAM
  std::uint32_t older = kNone;
  std::uint32_t newer = kNone;
};

// Lines exist once they are allocated, so memory follows what a program touches.
class Tags {
 public:
  explicit Tags(const Spec& spec);

  [[nodiscard]] std::uint32_t find(std::uint64_t number) const { return slots_.find(number); }
  [[nodiscard]] Line& operator[](std::uint32_t slot) { return lines_[slot]; }
  [[nodiscard]] const Line& operator[](std::uint32_t slot) const { return lines_[slot]; }

  // Whether the set of line `number` has a way that holds nothing.
  [[nodiscard]] bool has_room(std::uint64_t number) const;
  // The line of that set which goes first, by the eviction policy; a line with sectors on their way
  // cannot go. kNone if no line can.
  [[nodiscard]] std::uint32_t victim(std::uint64_t number) const;

  // A new line, the last one to go. Its set must have room.
  std::uint32_t allocate(std::uint64_t number);
  // A use: under LRU the line becomes the last one to go.
  void touch(std::uint32_t slot);
  void free(std::uint32_t slot);

  // The numbers of the lines that are there, from `first` to `last`, in their order. The work is
  // bounded by the lines there are, however many numbers are asked for.
  [[nodiscard]] std::vector<std::uint64_t> held(std::uint64_t first, std::uint64_t last) const;

  // Visits every line; the order is that of the slots.
  template <class Visit>
  void each(Visit visit) const {
    for (const Line& line : lines_) visit(line);
  }

 private:
  struct Set {
    std::uint32_t oldest = kNone;
    std::uint32_t newest = kNone;
    std::int64_t lines = 0;
  };

  [[nodiscard]] std::size_t set_of(std::uint64_t number) const;
  void append(Set& set, std::uint32_t slot);
  void unlink(Set& set, std::uint32_t slot);

  SetIndex index_;
  Eviction eviction_;
  std::int64_t ways_;
  std::uint64_t set_mask_;
  int set_bits_;
  ChannelHash polynomial_;
  std::vector<Set> sets_;
  std::vector<Line> lines_;
  std::vector<std::uint32_t> unused_;  // slots of lines that were freed
  IndexMap slots_;
};

}  // namespace npu::togsim::l2
