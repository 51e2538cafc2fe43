// What the DRAM models add to the Python module.
#pragma once

#include <nanobind/nanobind.h>

namespace npu::togsim::dram {

void bind(nanobind::module_& module);

}  // namespace npu::togsim::dram
