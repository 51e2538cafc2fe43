// Work of Python's that may take long: other threads run meanwhile, and signals are heard.
#pragma once

#include <nanobind/nanobind.h>

#include "listening.hpp"

namespace npu::togsim {

class LongWork {
 public:
  LongWork() : listening_(&check_signals) {}

 private:
  // Runs Python's handlers; what they raise ends the work.
  static void check_signals() {
    const nanobind::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
  }

  nanobind::gil_scoped_release release_;
  Listening listening_;
};

}  // namespace npu::togsim
