// The DRAM part of the Python module: the channel's specification, its controller, and whole traces.
#include "module/dram_module.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "dram/controller.hpp"
#include "dram/trace.hpp"
#include "error.hpp"
#include "python_listening.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace npu::togsim::dram {
namespace {

void bind_spec(nb::module_& module) {
  nb::class_<ConstraintSpec>(module, "DramConstraint")
      .def(nb::init<std::int64_t, std::vector<std::int64_t>, std::vector<std::int64_t>,
                    std::int64_t, std::int64_t, bool>(),
           "level"_a, "preceding"_a, "following"_a, "latency"_a, "window"_a = 1,
           "sibling"_a = false)
      .def_rw("level", &ConstraintSpec::level)
      .def_rw("preceding", &ConstraintSpec::preceding)
      .def_rw("following", &ConstraintSpec::following)
      .def_rw("latency", &ConstraintSpec::latency)
      .def_rw("window", &ConstraintSpec::window)
      .def_rw("sibling", &ConstraintSpec::sibling);
  nb::class_<Spec>(module, "DramSpec")
      .def(nb::init<>())
      .def_rw("standard", &Spec::standard)
      .def_rw("controller", &Spec::controller)
      .def_rw("level_names", &Spec::level_names)
      .def_rw("level_counts", &Spec::level_counts)
      .def_rw("mapping", &Spec::mapping)
      .def_rw("mapping_bits", &Spec::mapping_bits)
      .def_rw("mapping_xor", &Spec::mapping_xor)
      .def_rw("commands", &Spec::commands)
      .def_rw("command_ticks", &Spec::command_ticks)
      .def_rw("constraints", &Spec::constraints)
      .def_rw("read_latency", &Spec::read_latency)
      .def_rw("burst_ticks", &Spec::burst_ticks)
      .def_rw("refresh_interval", &Spec::refresh_interval)
      .def_rw("refresh_level", &Spec::refresh_level)
      .def_rw("read_queue", &Spec::read_queue)
      .def_rw("write_queue", &Spec::write_queue)
      .def_rw("priority_queue", &Spec::priority_queue)
      .def_rw("write_high_entries", &Spec::write_high_entries)
      .def_rw("write_low_entries", &Spec::write_low_entries)
      .def_rw("tx_bytes", &Spec::tx_bytes)
      .def_rw("tick_num", &Spec::tick_num)
      .def_rw("tick_den", &Spec::tick_den)
      .def_rw("aad", &Spec::aad)
      .def_rw("wck_read", &Spec::wck_read)
      .def_rw("wck_write", &Spec::wck_write)
      .def_rw("wck_always_on", &Spec::wck_always_on);
}

void bind_stats(nb::module_& module) {
  nb::class_<LatencyHistogram>(module, "DramLatencies")
      .def_prop_ro("count", &LatencyHistogram::count)
      .def_prop_ro("sum", &LatencyHistogram::sum)
      .def_prop_ro("min", &LatencyHistogram::min)
      .def_prop_ro("max", &LatencyHistogram::max)
      .def_prop_ro("counts", &LatencyHistogram::counts)
      .def("percentile", &LatencyHistogram::percentile, "percent"_a);
  nb::class_<RowCounts>(module, "DramRowCounts")
      .def_ro("hits", &RowCounts::hits)
      .def_ro("misses", &RowCounts::misses)
      .def_ro("conflicts", &RowCounts::conflicts);
  nb::class_<WaitTicks>(module, "DramWaitTicks")
      .def_ro("accept", &WaitTicks::accept)
      .def_ro("bank", &WaitTicks::bank)
      .def_ro("column", &WaitTicks::column)
      .def_ro("refresh", &WaitTicks::refresh)
      .def_ro("data", &WaitTicks::data)
      .def_ro("total", &WaitTicks::total);
  nb::class_<ControllerStats>(module, "DramStats")
      .def_ro("reads", &ControllerStats::reads)
      .def_ro("writes", &ControllerStats::writes)
      .def_ro("forwarded_reads", &ControllerStats::forwarded_reads)
      .def_ro("absorbed_writes", &ControllerStats::absorbed_writes)
      .def_ro("read_rows", &ControllerStats::read_rows)
      .def_ro("write_rows", &ControllerStats::write_rows)
      .def_ro("read_wait", &ControllerStats::read_wait)
      .def_ro("write_wait", &ControllerStats::write_wait)
      .def_ro("read_latency", &ControllerStats::read_latency)
      .def_ro("commands", &ControllerStats::commands)
      .def_ro("activations", &ControllerStats::activations)
      .def_ro("read_queue_peak", &ControllerStats::read_queue_peak)
      .def_ro("write_queue_peak", &ControllerStats::write_queue_peak)
      .def_ro("data_bus_ticks", &ControllerStats::data_bus_ticks);
}

void bind_completion(nb::module_& module) {
  nb::enum_<RowOutcome>(module, "DramRowOutcome")
      .value("HIT", RowOutcome::Hit)
      .value("MISS", RowOutcome::Miss)
      .value("CONFLICT", RowOutcome::Conflict)
      .value("FORWARDED", RowOutcome::Forwarded)
      .value("ABSORBED", RowOutcome::Absorbed);
  nb::class_<Completion>(module, "DramCompletion")
      .def_ro("id", &Completion::id)
      .def_prop_ro("tick", [](const Completion& done) { return done.tick.n; })
      .def_prop_ro("arrival", [](const Completion& done) { return done.arrival.n; })
      .def_prop_ro("accepted", [](const Completion& done) { return done.accepted.n; })
      .def_prop_ro("first_command", [](const Completion& done) { return done.first_command.n; })
      .def_prop_ro("column", [](const Completion& done) { return done.column.n; })
      .def_ro("bank_wait", &Completion::bank_wait)
      .def_ro("column_wait", &Completion::column_wait)
      .def_ro("refresh_wait", &Completion::refresh_wait)
      .def_ro("write", &Completion::write)
      .def_ro("row", &Completion::row);
  nb::class_<CommandRecord>(module, "DramCommand")
      .def_ro("tick", &CommandRecord::tick)
      .def_ro("command", &CommandRecord::command)
      .def_prop_ro("request",
                   [](const CommandRecord& record) { return std::string(1, record.request); })
      .def_prop_ro("address", [](const CommandRecord& record) {
        return std::vector<std::int32_t>(record.address.begin(), record.address.end());
      });
}

void bind_controller(nb::module_& module) {
  nb::class_<Controller>(module, "DramController")
      .def(nb::init<const Spec&, bool, bool>(), "spec"_a, "plain"_a = false,
           "log_commands"_a = false)
      .def(
          "push",
          [](Controller& controller, std::int64_t arrival, std::uint64_t address, bool write,
             std::uint64_t id) { controller.push({arrival}, address, write, id); },
          "arrival"_a, "address"_a, "write"_a, "request"_a)
      .def(
          "advance",
          [](Controller& controller, std::int64_t until) {
            std::vector<Completion> done;
            controller.advance({until}, done);
            return done;
          },
          "until"_a)
      .def("drain",
           [](Controller& controller) {
             std::vector<Completion> done;
             controller.drain(done);
             return done;
           })
      .def("idle", &Controller::idle)
      .def("next", [](const Controller& controller) { return controller.next().n; })
      .def("now", [](const Controller& controller) { return controller.now().n; })
      .def("stats", [](const Controller& controller) { return controller.stats(); })
      .def("commands", [](const Controller& controller) { return controller.commands(); });
}

TraceResult trace(const Spec& spec, const std::vector<std::int64_t>& cycles,
                  const std::vector<std::uint64_t>& addresses, const std::vector<bool>& writes,
                  bool plain, bool log_commands) {
  if (cycles.size() != addresses.size() || cycles.size() != writes.size()) {
    throw Error("dram_trace: cycles, addresses and writes differ in length");
  }
  std::vector<TraceRequest> requests;
  requests.reserve(cycles.size());
  for (std::size_t i = 0; i < cycles.size(); ++i) {
    requests.push_back({cycles[i], addresses[i], writes[i]});
  }
  const LongWork work;
  return run_trace(spec, requests, plain, log_commands);
}

template <class Get>
auto of_completions(Get get) {
  return [get](const TraceResult& result) {
    std::vector<std::int64_t> values;
    values.reserve(result.completions.size());
    for (const Completion& completion : result.completions) values.push_back(get(completion));
    return values;
  };
}

void bind_trace(nb::module_& module) {
  nb::class_<TraceResult>(module, "DramTrace")
      .def_ro("total_ticks", &TraceResult::total_ticks)
      .def_ro("completions", &TraceResult::completions)
      .def_prop_ro("accepted", of_completions([](const Completion& c) { return c.accepted.n; }))
      .def_prop_ro("completed", of_completions([](const Completion& c) { return c.tick.n; }))
      .def_ro("stats", &TraceResult::stats)
      .def_ro("commands", &TraceResult::commands);
  module.def("dram_trace", &trace, "spec"_a, "cycles"_a, "addresses"_a, "writes"_a,
             "plain"_a = false, "log_commands"_a = false);
}

}  // namespace

void bind(nb::module_& module) {
  bind_spec(module);
  bind_stats(module);
  bind_completion(module);
  bind_controller(module);
  bind_trace(module);
}

}  // namespace npu::togsim::dram
