// What is thrown when a graph or a machine cannot be simulated; Python turns it into a UserError.
#pragma once

#include <stdexcept>

namespace npu::togsim {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace npu::togsim
