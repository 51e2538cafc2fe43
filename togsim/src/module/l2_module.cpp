// The L2 part of the Python module: a slice's specification, its counts, and a slice to drive.
#include "module/l2_module.hpp"

#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <tuple>

#include "l2/slice.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace npu::togsim::l2 {
namespace {

using Ids = std::vector<std::uint64_t>;
using Requests = std::vector<DramRequest>;

// One call of a slice: its outcome (a number of Outcome), whom it answered, what it asked for.
using Reply = std::tuple<int, Ids, Requests>;

Reply access(Slice& slice, std::int64_t now, std::uint64_t block, bool write, std::uint64_t id) {
  Ids answered;
  Requests to_dram;
  const Outcome outcome = slice.access({now}, block, write, id, answered, to_dram);
  return {static_cast<int>(outcome), answered, to_dram};
}

std::tuple<Ids, Requests> fill(Slice& slice, std::int64_t now, std::uint64_t block) {
  Ids answered;
  Requests to_dram;
  slice.fill({now}, block, answered, to_dram);
  return {answered, to_dram};
}

Requests release(Slice& slice, std::int64_t now, std::uint64_t first, std::uint64_t end) {
  Requests to_dram;
  slice.release({now}, {first, end}, to_dram);
  return to_dram;
}

std::optional<std::int64_t> next_offer(const Slice& slice) {
  const std::optional<IcntCycle> cycle = slice.next_offer();
  return cycle ? std::optional(cycle->n) : std::nullopt;
}

// Policies are handed over as the numbers of their enumerations, in the order of configs/l2d/__init__.py.
template <class Enumeration, Enumeration Spec::*Member>
void set_policy(Spec& spec, int number) {
  spec.*Member = static_cast<Enumeration>(number);
}

void bind_spec(nb::module_& module) {
  nb::class_<Spec>(module, "L2Spec")
      .def(nb::init<>())
      .def_rw("sets", &Spec::sets)
      .def_rw("ways", &Spec::ways)
      .def_rw("line_blocks", &Spec::line_blocks)
      .def_rw("sector_blocks", &Spec::sector_blocks)
      .def_rw("block_bytes", &Spec::block_bytes)
      .def_rw("mshr_entries", &Spec::mshr_entries)
      .def_rw("mshr_merges", &Spec::mshr_merges)
      .def_rw("miss_queue", &Spec::miss_queue)
      .def_rw("port_bytes", &Spec::port_bytes)
      .def_rw("planned", &Spec::planned)
      .def("set_eviction", &set_policy<Eviction, &Spec::eviction>)
      .def("set_write", &set_policy<WritePolicy, &Spec::write>)
      .def("set_allocation", &set_policy<Allocation, &Spec::allocation>)
      .def("set_write_allocate", &set_policy<WriteAllocate, &Spec::write_allocate>)
      .def("set_index", &set_policy<SetIndex, &Spec::index>);
}

void bind_stats(nb::module_& module) {
  nb::class_<AccessStats>(module, "L2AccessStats")
      .def_ro("hits", &AccessStats::hits)
      .def_ro("hits_reserved", &AccessStats::hits_reserved)
      .def_ro("misses", &AccessStats::misses)
      .def_ro("sector_misses", &AccessStats::sector_misses)
      .def_ro("bypassed", &AccessStats::bypassed);
  nb::class_<SliceStats>(module, "L2SliceStats")
      .def_ro("reads", &SliceStats::reads)
      .def_ro("writes", &SliceStats::writes)
      .def_ro("stall_cycles", &SliceStats::stall_cycles)
      .def_ro("evictions", &SliceStats::evictions)
      .def_ro("write_backs", &SliceStats::write_backs)
      .def_ro("writes_through", &SliceStats::writes_through)
      .def_ro("fetches", &SliceStats::fetches)
      .def_ro("fills", &SliceStats::fills)
      .def_ro("dropped_sectors", &SliceStats::dropped_sectors)
      .def_ro("dirty_blocks", &SliceStats::dirty_blocks);
}

void bind_slice(nb::module_& module) {
  nb::class_<DramRequest>(module, "L2DramRequest")
      .def_ro("block", &DramRequest::block)
      .def_prop_ro("purpose", [](const DramRequest& r) { return static_cast<int>(r.purpose); })
      .def_ro("id", &DramRequest::id)
      .def_prop_ro("leaves", [](const DramRequest& r) { return r.leaves.n; });
  nb::class_<Slice>(module, "L2Slice")
      .def(nb::init<const Spec&>())
      .def("access", &access, "now"_a, "block"_a, "write"_a, "number"_a)
      .def("fill", &fill, "now"_a, "block"_a)
      .def("activate",
           [](Slice& slice, std::uint64_t first, std::uint64_t end) {
             slice.activate({first, end});
           })
      .def("release", &release, "now"_a, "first"_a, "end"_a)
      .def("next_offer", &next_offer)
      .def("stats", &Slice::stats)
      .def("idle", &Slice::idle);
}

}  // namespace

void bind(nb::module_& module) {
  bind_spec(module);
  bind_stats(module);
  bind_slice(module);
}

}  // namespace npu::togsim::l2
