// What the network adds to the Python module.
#pragma once

#include <nanobind/nanobind.h>

namespace npu::togsim::noc {

void bind(nanobind::module_& module);

}  // namespace npu::togsim::noc
