// The network part of the Python module: its specification, single packets, and whole experiments.
#include "module/noc_module.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "error.hpp"
#include "noc/network.hpp"
#include "noc/traffic.hpp"
#include "python_listening.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace npu::togsim::noc {
namespace {

TrafficResult run_traffic(const Spec& spec, const TrafficSpec& traffic, bool plain) {
  const LongWork work;
  return TrafficRun(spec, traffic, plain).run();
}

void bind_spec(nb::module_& module) {
  nb::enum_<AllocatorKind>(module, "NocAllocatorKind")
      .value("islip", AllocatorKind::Islip)
      .value("separable_input_first", AllocatorKind::SeparableInputFirst)
      .value("separable_output_first", AllocatorKind::SeparableOutputFirst);
  nb::class_<AllocatorSpec>(module, "NocAllocator")
      .def(nb::init<AllocatorKind, std::int64_t>(), "kind"_a, "iterations"_a)
      .def_rw("kind", &AllocatorSpec::kind)
      .def_rw("iterations", &AllocatorSpec::iterations);
  nb::class_<RouterLink>(module, "NocRouterLink")
      .def(nb::init<std::int64_t, std::int64_t, std::int64_t>(), "source"_a, "destination"_a,
           "latency"_a);
  nb::class_<NodeLink>(module, "NocNodeLink")
      .def(nb::init<std::int64_t, std::int64_t>(), "router"_a, "latency"_a);
  nb::class_<Spec>(module, "NocSpec")
      .def(nb::init<>())
      .def_rw("topology", &Spec::topology)
      .def_rw("k", &Spec::k)
      .def_rw("n", &Spec::n)
      .def_rw("use_noc_latency", &Spec::use_noc_latency)
      .def_rw("nodes", &Spec::nodes)
      .def_rw("router_links", &Spec::router_links)
      .def_rw("routers", &Spec::routers)
      .def_rw("num_vcs", &Spec::num_vcs)
      .def_rw("vc_buf_size", &Spec::vc_buf_size)
      .def_rw("routing_delay", &Spec::routing_delay)
      .def_rw("st_prepare_delay", &Spec::st_prepare_delay)
      .def_rw("st_final_delay", &Spec::st_final_delay)
      .def_rw("credit_delay", &Spec::credit_delay)
      .def_rw("wait_for_tail_credit", &Spec::wait_for_tail_credit)
      .def_rw("vc_allocator", &Spec::vc_allocator)
      .def_rw("sw_allocator", &Spec::sw_allocator)
      .def_rw("seed", &Spec::seed);
}

void bind_network(nb::module_& module) {
  nb::class_<Arrival>(module, "NocArrival")
      .def_ro("packet", &Arrival::id)
      .def_ro("source", &Arrival::source)
      .def_ro("destination", &Arrival::destination)
      .def_ro("flits", &Arrival::flits)
      .def_ro("hops", &Arrival::hops)
      .def_prop_ro("injected", [](const Arrival& arrival) { return arrival.injected.n; })
      .def_prop_ro("entered", [](const Arrival& arrival) { return arrival.entered.n; })
      .def_prop_ro("first_arrived",
                   [](const Arrival& arrival) { return arrival.first_arrived.n; });
  nb::class_<NetworkStats>(module, "NocStats")
      .def_ro("packets", &NetworkStats::packets)
      .def_ro("flits", &NetworkStats::flits)
      .def_ro("flits_entered", &NetworkStats::flits_entered)
      .def_ro("latency_sum", &NetworkStats::latency_sum)
      .def_ro("latency_min", &NetworkStats::latency_min)
      .def_ro("latency_max", &NetworkStats::latency_max)
      .def_ro("hops", &NetworkStats::hops)
      .def_ro("link_flits", &NetworkStats::link_flits);
  nb::class_<Network>(module, "NocNetwork")
      .def(nb::init<const Spec&, bool>(), "spec"_a, "plain"_a = false)
      .def(
          "inject",
          [](Network& network, std::int64_t now, std::uint32_t source, std::uint32_t destination,
             std::int64_t flits, std::uint64_t id) {
            network.inject({now}, source, destination, flits, id);
          },
          "now"_a, "source"_a, "destination"_a, "flits"_a, "packet"_a)
      .def(
          "step",
          [](Network& network, std::int64_t now) {
            std::vector<Arrival> out;
            network.step({now}, out);
            return out;
          },
          "now"_a)
      .def("idle", &Network::idle)
      .def("nodes", &Network::nodes)
      .def("stats", [](const Network& network) { return network.stats(); });
}

void bind_traffic(nb::module_& module) {
  nb::enum_<TrafficMode>(module, "NocTrafficMode")
      .value("latency", TrafficMode::Latency)
      .value("throughput", TrafficMode::Throughput);
  nb::class_<TrafficSpec>(module, "NocTraffic")
      .def(nb::init<>())
      .def_rw("packet_flits", &TrafficSpec::packet_flits)
      .def_rw("chance", &TrafficSpec::chance)
      .def_rw("mode", &TrafficSpec::mode)
      .def_rw("seed", &TrafficSpec::seed)
      .def_rw("period", &TrafficSpec::period);
  nb::class_<TrafficResult>(module, "NocTrafficResult")
      .def_ro("stable", &TrafficResult::stable)
      .def_ro("cycles", &TrafficResult::cycles)
      .def_ro("measured", &TrafficResult::measured)
      .def_ro("packets", &TrafficResult::packets)
      .def_ro("latency_sum", &TrafficResult::latency_sum)
      .def_ro("latency_min", &TrafficResult::latency_min)
      .def_ro("latency_max", &TrafficResult::latency_max)
      .def_ro("network_sum", &TrafficResult::network_sum)
      .def_ro("fragmentation_sum", &TrafficResult::fragmentation_sum)
      .def_ro("hops", &TrafficResult::hops)
      .def_ro("flits_entered", &TrafficResult::flits_entered)
      .def_ro("flits_accepted", &TrafficResult::flits_accepted)
      .def_ro("latency_counts", &TrafficResult::latency_counts);
  module.def("noc_traffic", &run_traffic, "spec"_a, "traffic"_a, "plain"_a = false);
}

}  // namespace

void bind(nb::module_& module) {
  bind_spec(module);
  bind_network(module);
  bind_traffic(module);
}

}  // namespace npu::togsim::noc
