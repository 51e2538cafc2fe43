#include "timing_model.h"

#include <algorithm>

namespace npu {
namespace {

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

// Bits of an element; 0 for an operand that is one register whatever vl is.
std::uint64_t element_bits(const VectorOperand& operand, std::uint64_t sew) {
    if (operand.width == VectorOperand::Width::bits) {
        return static_cast<std::uint64_t>(operand.value);
    }
    if (operand.width != VectorOperand::Width::sew) return 0;
    return operand.value >= 0 ? sew << operand.value : sew >> -operand.value;
}

// Segment fields follow each other in registers, so they only lengthen the operand.
std::uint64_t registers_of(std::uint64_t elements, std::uint64_t width, std::uint64_t vlen) {
    return std::max<std::uint64_t>(1, ceil_div(elements * width, vlen));
}

}  // namespace

TimingModel::TimingModel(const CoreTiming& timing, Datapath datapath)
    : timing_(timing), datapath_(datapath) {
    const auto rule = [this](Kind kind, Unit unit, std::uint64_t latency, bool blocking = false,
                             bool memory = false) {
        rules_[static_cast<std::size_t>(kind)] = {unit, latency, blocking, memory};
    };
    const CoreTiming& t = timing_;
    rule(Kind::integer, unit_integer, t.integer_latency);
    rule(Kind::multiply, unit_multiply, t.multiply_latency);
    rule(Kind::divide, unit_divide, t.divide_latency, true);
    rule(Kind::float_add, unit_float, t.float_add_latency);
    rule(Kind::float_multiply, unit_float, t.float_multiply_latency);
    rule(Kind::float_divide, unit_float, t.float_divide_latency, true);
    rule(Kind::scalar_load, unit_scalar_memory, t.scalar_load_latency, false, true);
    rule(Kind::scalar_store, unit_scalar_memory, 1, false, true);
    rule(Kind::vector_config, unit_vector_config, t.vector_config_latency);
    rule(Kind::vector_misc, unit_vector_misc, t.vector_misc_latency);
    rule(Kind::vector_load, unit_vector_memory, t.vector_load_latency, false, true);
    rule(Kind::vector_store, unit_vector_memory, 1, false, true);
    rule(Kind::vector_add, unit_vector_add, t.vector_add_latency);
    rule(Kind::vector_multiply, unit_vector_multiply, t.vector_multiply_latency);
    rule(Kind::vector_divide, unit_vector_divide, t.vector_divide_latency);
    rule(Kind::vector_reduce, unit_vector_reduce, t.vector_reduce_latency);
    rule(Kind::special_function, unit_special_function, t.special_function_latency);
    free_[unit_integer].resize(t.integer_units);
    free_[unit_multiply].resize(t.multiply_units);
    free_[unit_divide].resize(t.divide_units);
    free_[unit_float].resize(t.float_units);
    free_[unit_scalar_memory].resize(t.memory_issue_width);
    free_[unit_vector_config].resize(t.vector_config_units);
    free_[unit_vector_misc].resize(t.vector_misc_units);
    free_[unit_vector_memory].resize(t.vector_memory_units);
    free_[unit_vector_add].resize(t.vector_add_units);
    free_[unit_vector_multiply].resize(t.vector_multiply_units);
    free_[unit_vector_divide].resize(t.vector_divide_units);
    free_[unit_vector_reduce].resize(t.vector_reduce_units);
    free_[unit_special_function].resize(t.special_function_units);
}

void TimingModel::reset() {
    for (auto& units : free_) std::fill(units.begin(), units.end(), 0);
    scalar_ready_.fill(0);
    vector_ready_.fill(0);
    vl_ready_ = cycle_ = issued_ = memory_issued_ = end_ = 0;
}

TimingModel::Flow TimingModel::flow_of(const Decoded& d, const VectorState& state) const {
    Flow flow;
    if (!d.vector || d.one_element) return flow;
    std::uint64_t width = element_bits(d.vector_destination, state.sew);
    for (const VectorOperand& source : d.vector_sources) {
        width = std::max(width, element_bits(source, state.sew));
    }
    width = std::max<std::uint64_t>(width, 1);  // masks only: a bit an element
    flow.elements = state.vl * d.segments;
    if (d.whole_registers != 0) flow.elements = d.whole_registers * state.vlen / width;
    flow.per_cycle = std::max<std::uint64_t>(1, datapath_.bits / width);
    if (d.per_lane) flow.per_cycle = std::min(flow.per_cycle, datapath_.lanes);
    flow.busy = std::max<std::uint64_t>(1, ceil_div(flow.elements, flow.per_cycle));
    return flow;
}

// The earliest issue at which register j of the operand is ready by the cycle its first element is
// used.
std::uint64_t TimingModel::vector_ready(const VectorOperand& operand, const Decoded& d,
                                        const VectorState& state, const Flow& flow) const {
    const std::uint64_t width = element_bits(operand, state.sew);
    if (width == 0 || flow.elements == 0) return vector_ready_[operand.number];
    const std::uint64_t count = registers_of(flow.elements, width, state.vlen);
    const std::uint64_t per_register = std::max<std::uint64_t>(1, state.vlen / width);
    std::uint64_t earliest = 0;
    for (std::uint64_t j = 0; j < count; ++j) {
        const std::uint64_t used = d.whole_source ? 0 : j * per_register / flow.per_cycle;
        const std::uint64_t ready = vector_ready_[(operand.number + j) % 32];
        if (ready > used) earliest = std::max(earliest, ready - used);
    }
    return earliest;
}

std::uint64_t TimingModel::sources_ready(const Decoded& d, const VectorState& state,
                                         const Flow& flow) const {
    std::uint64_t ready = 0;
    for (ScalarRegister source : d.sources) ready = std::max(ready, scalar_ready_[source]);
    if (!d.vector) return ready;
    ready = std::max(ready, vl_ready_);
    if (d.reads_mask) ready = std::max(ready, vector_ready_[0]);
    for (const VectorOperand& source : d.vector_sources) {
        if (source.width == VectorOperand::Width::none) continue;
        ready = std::max(ready, vector_ready(source, d, state, flow));
    }
    const bool keeps_old = d.mask_undisturbed && !state.mask_agnostic;
    if (keeps_old && d.vector_destination.width != VectorOperand::Width::none) {
        ready = std::max(ready, vector_ready(d.vector_destination, d, state, flow));
    }
    return ready;
}

// The first cycle from `cycle` on with an issue slot left, which it takes.
std::uint64_t TimingModel::slot(std::uint64_t cycle, bool memory) {
    const bool full = issued_ == timing_.issue_width ||
                      (memory && memory_issued_ == timing_.memory_issue_width);
    if (cycle <= cycle_) cycle = full ? cycle_ + 1 : cycle_;
    if (cycle > cycle_) {
        cycle_ = cycle;
        issued_ = memory_issued_ = 0;
    }
    ++issued_;
    if (memory) ++memory_issued_;
    return cycle_;
}

void TimingModel::write_results(const Decoded& d, const VectorState& state, const Flow& flow,
                                std::uint64_t cycle, std::uint64_t latency) {
    const VectorOperand& to = d.vector_destination;
    const bool to_vector = to.width != VectorOperand::Width::none;
    if (d.destination == 0 && !d.writes_vl && !to_vector) latency = 1;  // nothing to wait for
    const std::uint64_t all = cycle + flow.busy - 1 + latency;
    end_ = std::max(end_, all);
    // Results reach a register in program order, hence the maximum with the one under way.
    if (d.destination != 0) {
        std::uint64_t& ready = scalar_ready_[d.destination];
        ready = std::max(ready, all);
    }
    if (d.writes_vl) vl_ready_ = std::max(vl_ready_, all);
    if (!to_vector) return;
    const std::uint64_t width = element_bits(to, state.sew);
    if (width == 0 || flow.elements == 0) {
        vector_ready_[to.number] = std::max(vector_ready_[to.number], all);
        return;
    }
    const std::uint64_t count = registers_of(flow.elements, width, state.vlen);
    const std::uint64_t per_register = std::max<std::uint64_t>(1, state.vlen / width);
    for (std::uint64_t j = 0; j < count; ++j) {
        const std::uint64_t last = std::min((j + 1) * per_register, flow.elements) - 1;
        const bool at_end = d.result_at_end || d.segments > 1;
        const std::uint64_t ready = at_end ? all : cycle + last / flow.per_cycle + latency;
        std::uint64_t& old = vector_ready_[(to.number + j) % 32];
        old = std::max(old, ready);
    }
}

void TimingModel::issue(const Decoded& d, const VectorState& state, bool taken) {
    const Rule& rule = rules_[static_cast<std::size_t>(d.kind)];
    const Flow flow = flow_of(d, state);
    auto& units = free_[rule.unit];
    const auto unit = std::min_element(units.begin(), units.end());
    const std::uint64_t wanted = std::max(sources_ready(d, state, flow), *unit);
    const std::uint64_t cycle = slot(wanted, rule.memory);
    *unit = cycle + (rule.blocking ? rule.latency : flow.busy);
    write_results(d, state, flow, cycle, rule.latency);
    if (!taken) return;
    cycle_ = cycle + timing_.taken_branch_latency;
    issued_ = memory_issued_ = 0;
}

}  // namespace npu
