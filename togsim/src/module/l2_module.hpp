// What the L2 cache adds to the Python module.
#pragma once

#include <nanobind/nanobind.h>

namespace npu::togsim::l2 {

void bind(nanobind::module_& module);

}  // namespace npu::togsim::l2
