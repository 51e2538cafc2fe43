// The DRAM part of the Python module: the channel's specification, its controller, and whole traces.
#include "dram_module.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "dram/spec.hpp"

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

}  // namespace

void bind(nb::module_& module) { bind_spec(module); }

}  // namespace npu::togsim::dram
