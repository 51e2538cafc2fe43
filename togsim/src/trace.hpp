// What a run remembers for a picture of it: instructions and unit states inside a window of cycles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace npu::togsim {

// Which cycles are kept. The window is [begin, end); with `every` N > 1 it comes again: of every N
// stretches of its length, from `begin` on, the first one is kept.
struct TraceSpec {
  TraceSpec() = default;
  TraceSpec(bool all) : enabled(all) {}  // everything, or nothing

  bool enabled = false;
  std::int64_t begin = 0;  // core cycles
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
  std::int64_t every = 1;
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();  // records and spans together
};

// One instruction's way through a core, in core cycles. 0 where the kind has no such moment.
struct TraceRecord {
  std::int64_t launch = 0;
  std::int64_t core = 0;
  std::int64_t node = 0;        // position in the kernel's code
  std::int64_t op = 0;          // an Opcode
  std::int64_t array = -1;      // preload, matmul
  std::int64_t rows = 0;        // preload k, matmul m
  std::int64_t requests = 0;    // load, store
  std::int64_t decoded = 0;
  std::int64_t dispatched = 0;  // execute queue: when it left the head
  std::int64_t started = 0;
  std::int64_t issued = 0;      // load, store: the cycle after its last request
  std::int64_t completed = 0;
};

// The units of a core, as the states of a trace number them; array i is kFirstArray + i.
enum class TraceUnit : std::int64_t { Front, Execute, Vector, Dma, FirstArray };

// A unit was in one state, not idle, in the cycles [begin, end).
struct StateSpan {
  std::int64_t core = 0;
  std::int64_t unit = 0;   // a TraceUnit
  std::int64_t state = 0;  // of the unit's own enumeration
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// Holds at most `limit` entries. What comes later is counted, and complete_until() is the cycle up
// to which nothing is missing.
class Trace {
 public:
  explicit Trace(const TraceSpec& spec) : spec_(spec) {}

  [[nodiscard]] bool enabled() const { return spec_.enabled; }

  void add(const TraceRecord& record);

  // The unit of the core was in `state` in the cycles [begin, end), which follow those of the
  // unit's last call. `idle` ends a span without beginning another.
  void in_state(const StateSpan& span, bool idle);

  // Ends the spans that are open.
  void finish();

  [[nodiscard]] const std::vector<TraceRecord>& records() const { return records_; }
  [[nodiscard]] const std::vector<StateSpan>& spans() const { return spans_; }
  [[nodiscard]] std::int64_t left_out() const { return left_out_; }
  [[nodiscard]] std::int64_t complete_until() const { return complete_until_; }

 private:
  [[nodiscard]] bool in_window(std::int64_t begin, std::int64_t end) const;
  [[nodiscard]] bool has_room(std::int64_t begin);
  StateSpan& open_span(std::int64_t core, std::int64_t unit);
  void close(StateSpan& span);

  TraceSpec spec_;
  std::vector<TraceRecord> records_;
  std::vector<StateSpan> spans_;                // in the order in which they ended
  std::vector<std::vector<StateSpan>> open_;    // of each core and unit; begin == end: none
  std::int64_t left_out_ = 0;
  std::int64_t complete_until_ = std::numeric_limits<std::int64_t>::max();
};

}  // namespace npu::togsim
