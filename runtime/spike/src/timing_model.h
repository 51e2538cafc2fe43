// The in-order, multi-issue scoreboard that counts the cycles of a tile function.
// The rules and their sources are in docs/timing-model-vector.md.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "decoded.h"
#include "isa_generated.h"

namespace npu {

// What the vector unit moves in a cycle.
struct Datapath {
    std::uint64_t bits;   // all lanes together
    std::uint64_t lanes;  // strided and indexed accesses move one element a lane
};

// The vector state an instruction executes under.
struct VectorState {
    std::uint64_t vl;
    std::uint64_t sew;
    std::uint64_t vlen;
    bool mask_agnostic;
};

class TimingModel {
public:
    TimingModel(const CoreTiming& timing, Datapath datapath);

    void reset();
    // Accounts for the next instruction of the program; `taken` if it changed the flow of control.
    void issue(const Decoded& instruction, const VectorState& state, bool taken);
    // Cycles from the first issue until every result is there.
    std::uint64_t cycles() const { return end_; }

private:
    enum Unit : std::uint8_t {
        unit_integer,
        unit_multiply,
        unit_divide,
        unit_float,
        unit_scalar_memory,
        unit_vector_config,
        unit_vector_misc,
        unit_vector_memory,
        unit_vector_add,
        unit_vector_multiply,
        unit_vector_divide,
        unit_vector_reduce,
        unit_special_function,
        unit_count
    };

    struct Rule {
        Unit unit = unit_integer;
        std::uint64_t latency = 1;
        bool blocking = false;  // the unit is busy for the whole latency
        bool memory = false;    // counts against the memory issue width
    };

    // How the elements of one vector instruction pass through its unit.
    struct Flow {
        std::uint64_t elements = 0;   // 0 for a scalar instruction
        std::uint64_t per_cycle = 1;
        std::uint64_t busy = 1;       // cycles at the unit
    };

    Flow flow_of(const Decoded& instruction, const VectorState& state) const;
    std::uint64_t sources_ready(const Decoded& d, const VectorState& state, const Flow& flow) const;
    std::uint64_t vector_ready(const VectorOperand& operand, const Decoded& d,
                               const VectorState& state, const Flow& flow) const;
    std::uint64_t slot(std::uint64_t cycle, bool memory);
    void write_results(const Decoded& d, const VectorState& state, const Flow& flow,
                       std::uint64_t cycle, std::uint64_t latency);

    CoreTiming timing_;
    Datapath datapath_;
    std::array<Rule, static_cast<std::size_t>(Kind::count)> rules_{};
    std::array<std::vector<std::uint64_t>, unit_count> free_{};  // when each unit is free again
    std::array<std::uint64_t, 64> scalar_ready_{};
    std::array<std::uint64_t, 32> vector_ready_{};
    std::uint64_t vl_ready_ = 0;
    std::uint64_t cycle_ = 0;          // of the latest issue
    std::uint64_t issued_ = 0;         // in that cycle
    std::uint64_t memory_issued_ = 0;  // in that cycle
    std::uint64_t end_ = 0;
};

}  // namespace npu
