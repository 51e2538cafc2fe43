// The Python module npu.togsim._togsim: one session over plain structs.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>
#include <type_traits>

#include "module/dram_module.hpp"
#include "core/activity.hpp"
#include "error.hpp"
#include "module/l2_module.hpp"
#include "module/noc_module.hpp"
#include "python_listening.hpp"
#include "simulator.hpp"
#include "module/unpack.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace npu::togsim;

namespace {

std::vector<std::int64_t> words_of(const nb::bytes& packed) {
  std::vector<std::int64_t> words(packed.size() / sizeof(std::int64_t));
  std::memcpy(words.data(), packed.c_str(), words.size() * sizeof(std::int64_t));
  return words;
}

// A simulator with the machine it runs on.
class Session {
 public:
  Session(const MachineSpec& machine, const TraceSpec& trace, bool plain)
      : machine_(machine), simulator_(machine_, trace, plain) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // `planned` are the numbers of the tensors that the plan names.
  void submit(const nb::bytes& packed, const std::vector<std::string>& names,
              const std::vector<std::size_t>& planned) {
    const std::vector<std::int64_t> words = words_of(packed);
    const LongWork work;
    ProgramSpec program = unpack(words, names);
    for (const std::size_t tensor : planned) program.tensors.at(tensor).planned = true;
    simulator_.submit(std::move(program));
  }

  // Launches of a program that was submitted before; programs are numbered from 0.
  void submit_again(std::size_t program, const nb::bytes& packed) {
    const std::vector<std::int64_t> words = words_of(packed);
    const LongWork work;
    simulator_.submit_again(program, unpack_launches(words, simulator_.program(program)));
  }

  std::int64_t run() {
    const LongWork work;
    return simulator_.run().n;
  }

  SimulationResult result() {
    const LongWork work;
    return simulator_.result();
  }

 private:
  MachineSpec machine_;
  Simulator simulator_;
};

// The cycles of every state, in the order of the enumeration.
template <class State>
std::vector<std::int64_t> cycles_of(const StateCycles<State>& cycles) {
  std::vector<std::int64_t> result;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(State::Idle); ++i) {
    result.push_back(cycles[static_cast<State>(i)]);
  }
  return result;
}

void bind_machine(nb::module_& module) {
  nb::class_<MachineSpec>(module, "MachineSpec")
      .def(nb::init<>())
      .def_rw("num_cores", &MachineSpec::num_cores)
      .def_rw("core_freq_mhz", &MachineSpec::core_freq_mhz)
      .def_rw("core_issue_width", &MachineSpec::core_issue_width)
      .def_rw("num_systolic_array_per_core", &MachineSpec::num_systolic_array_per_core)
      .def_rw("sa_weight_buffer_depth", &MachineSpec::sa_weight_buffer_depth)
      .def_rw("vpu_num_lanes", &MachineSpec::vpu_num_lanes)
      .def_rw("l2d_model", &MachineSpec::l2d_model)
      .def_rw("l2d_hit_latency", &MachineSpec::l2d_hit_latency)
      .def_rw("dram_channels", &MachineSpec::dram_channels)
      .def_rw("dram_num_partitions", &MachineSpec::dram_num_partitions)
      .def_rw("dram_freq_mhz", &MachineSpec::dram_freq_mhz)
      .def_rw("dram_latency", &MachineSpec::dram_latency)
      .def_rw("dram_req_size_byte", &MachineSpec::dram_req_size_byte)
      .def_rw("dram_refresh_interval_ns", &MachineSpec::dram_refresh_interval_ns)
      .def_rw("dram_refresh_ns", &MachineSpec::dram_refresh_ns)
      .def_rw("dram_read_to_write_cycles", &MachineSpec::dram_read_to_write_cycles)
      .def_rw("dram_write_to_read_cycles", &MachineSpec::dram_write_to_read_cycles)
      .def_rw("dram_channel_bytes_per_second", &MachineSpec::dram_channel_bytes_per_second)
      .def_rw("icnt_latency_cycles", &MachineSpec::icnt_latency_cycles)
      .def_rw("icnt_freq_mhz", &MachineSpec::icnt_freq_mhz)
      .def_rw("icnt_injection_ports_per_core", &MachineSpec::icnt_injection_ports_per_core)
      .def_rw("dram_model", &MachineSpec::dram_model, nb::arg().none())
      .def_rw("icnt_model", &MachineSpec::icnt_model, nb::arg().none())
      .def_rw("icnt_flit_bytes", &MachineSpec::icnt_flit_bytes)
      .def_rw("dram_stats_print_period_cycles", &MachineSpec::dram_stats_print_period_cycles)
      .def_rw("icnt_stats_print_period_cycles", &MachineSpec::icnt_stats_print_period_cycles)
      .def_rw("core_stats_print_period_cycles", &MachineSpec::core_stats_print_period_cycles)
      .def_rw("num_partition", &MachineSpec::num_partition)
      .def_rw("partition", &MachineSpec::partition)
      .def_rw("scheduler", &MachineSpec::scheduler);
}

void bind_counts(nb::module_& module) {
  nb::class_<InstructionCounts>(module, "InstructionCounts")
      .def_ro("movin", &InstructionCounts::movin)
      .def_ro("movout", &InstructionCounts::movout)
      .def_ro("matmul", &InstructionCounts::matmul)
      .def_ro("preload", &InstructionCounts::preload)
      .def_ro("vector", &InstructionCounts::vector)
      .def_ro("bar", &InstructionCounts::bar);
  nb::class_<ArrayStats>(module, "ArrayStats")
      .def_prop_ro("cycles", [](const ArrayStats& stats) { return cycles_of(stats.cycles); })
      .def_ro("macs", &ArrayStats::macs);
  nb::class_<CoreSample>(module, "CoreSample")
      .def_ro("cycle", &CoreSample::cycle)
      .def_ro("array_active", &CoreSample::array_active)
      .def_ro("vector_active", &CoreSample::vector_active)
      .def_ro("dma_active", &CoreSample::dma_active);
  nb::class_<ChannelStats>(module, "ChannelStats")
      .def_ro("reads", &ChannelStats::reads)
      .def_ro("writes", &ChannelStats::writes)
      .def_ro("refresh_wait_cycles", &ChannelStats::refresh_wait_cycles)
      .def_ro("turnaround_wait_cycles", &ChannelStats::turnaround_wait_cycles)
      .def_prop_ro(
          "controller", [](const ChannelStats& stats) { return stats.controller.get(); },
          nb::rv_policy::reference_internal)
      .def_ro("reads_by_period", &ChannelStats::reads_by_period)
      .def_ro("writes_by_period", &ChannelStats::writes_by_period);
  nb::class_<NetworkTraffic>(module, "NetworkTraffic")
      .def_ro("read_requests", &NetworkTraffic::read_requests)
      .def_ro("write_requests", &NetworkTraffic::write_requests)
      .def_ro("read_responses", &NetworkTraffic::read_responses)
      .def_ro("write_responses", &NetworkTraffic::write_responses);
  nb::class_<LaunchStats>(module, "LaunchStats")
      .def_ro("queue", &LaunchStats::queue)
      .def_ro("request", &LaunchStats::request)
      .def_ro("arrival", &LaunchStats::arrival)
      .def_ro("ready", &LaunchStats::ready)
      .def_ro("start", &LaunchStats::start)
      .def_ro("end", &LaunchStats::end);
}

void bind_core(nb::module_& module) {
  nb::class_<LaunchShare>(module, "LaunchShare")
      .def_ro("launch", &LaunchShare::launch)
      .def_ro("begin", &LaunchShare::begin)
      .def_ro("end", &LaunchShare::end)
      .def_ro("activity", &LaunchShare::activity);
  nb::class_<CoreStats>(module, "CoreStats")
      .def_prop_ro("front", [](const CoreStats& stats) { return cycles_of(stats.front); })
      .def_prop_ro("execute", [](const CoreStats& stats) { return cycles_of(stats.execute); })
      .def_prop_ro("vector", [](const CoreStats& stats) { return cycles_of(stats.vector); })
      .def_prop_ro("dma", [](const CoreStats& stats) { return cycles_of(stats.dma); })
      .def_prop_ro("memory_wait", [](const CoreStats& stats) {
        return std::vector<std::int64_t>(stats.memory_wait.begin(), stats.memory_wait.end());
      })
      .def_ro("arrays", &CoreStats::arrays)
      .def_ro("counts", &CoreStats::counts)
      .def_ro("read_requests", &CoreStats::read_requests)
      .def_ro("write_requests", &CoreStats::write_requests)
      .def_ro("remote_requests", &CoreStats::remote_requests)
      .def_prop_ro("activity", [](const CoreStats& stats) { return activity_of(stats); })
      .def_prop_ro("macs_by_width", [](const CoreStats& stats) {
        return std::vector<std::int64_t>(stats.work.macs.begin(), stats.work.macs.end());
      })
      .def_prop_ro("load_bytes", [](const CoreStats& stats) { return stats.work.load_bytes; })
      .def_prop_ro("store_bytes", [](const CoreStats& stats) { return stats.work.store_bytes; })
      .def_prop_ro("spad_read_bytes",
                   [](const CoreStats& stats) { return stats.work.spad_read_bytes; })
      .def_prop_ro("spad_write_bytes",
                   [](const CoreStats& stats) { return stats.work.spad_write_bytes; })
      .def_ro("samples", &CoreStats::samples)
      .def_ro("shares", &CoreStats::shares);
}

// Structs of 64-bit words as their bytes: a trace is too long for an object an entry.
template <class Entry>
nb::bytes bytes_of(const std::vector<Entry>& entries) {
  static_assert(std::is_trivially_copyable_v<Entry>);
  return nb::bytes(reinterpret_cast<const char*>(entries.data()), entries.size() * sizeof(Entry));
}

void bind_trace(nb::module_& module) {
  nb::class_<TraceSpec>(module, "TraceSpec")
      .def(nb::init<>())
      .def_rw("enabled", &TraceSpec::enabled)
      .def_rw("begin", &TraceSpec::begin)
      .def_rw("end", &TraceSpec::end)
      .def_rw("every", &TraceSpec::every)
      .def_rw("limit", &TraceSpec::limit);
  nb::class_<Trace>(module, "Trace")
      .def_prop_ro("records", [](const Trace& trace) { return bytes_of(trace.records()); })
      .def_prop_ro("spans", [](const Trace& trace) { return bytes_of(trace.spans()); })
      .def_prop_ro("left_out", &Trace::left_out)
      .def_prop_ro("complete_until", &Trace::complete_until);
}

void bind_result(nb::module_& module) {
  nb::class_<SimulationResult>(module, "SimulationResult")
      .def_ro("total_cycles", &SimulationResult::total_cycles)
      .def_ro("events", &SimulationResult::events)
      .def_ro("launches", &SimulationResult::launches)
      .def_ro("cores", &SimulationResult::cores)
      .def_ro("channels", &SimulationResult::channels)
      .def_ro("slices", &SimulationResult::slices)
      .def_prop_ro(
          "network",
          [](const SimulationResult& result) {
            return result.network ? &*result.network : nullptr;
          },
          nb::rv_policy::reference_internal)
      .def_ro("network_traffic", &SimulationResult::network_traffic)
      .def_ro("trace", &SimulationResult::trace);
}

void bind_session(nb::module_& module) {
  nb::class_<Session>(module, "Session")
      .def(nb::init<const MachineSpec&, const TraceSpec&, bool>(), "machine"_a, "trace"_a,
           "plain"_a)
      .def("submit", &Session::submit, "packed"_a, "names"_a, "planned"_a)
      .def("submit_again", &Session::submit_again, "program"_a, "launches"_a)
      .def("run", &Session::run)
      .def("result", &Session::result);
}

}  // namespace

NB_MODULE(_togsim, module) {
  nb::exception<Error>(module, "SimulationError");
  bind_machine(module);
  bind_counts(module);
  bind_core(module);
  bind_trace(module);
  bind_result(module);
  dram::bind(module);
  bind_session(module);
  l2::bind(module);
  noc::bind(module);
}
