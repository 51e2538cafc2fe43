#include "memory/requests.hpp"

#include "error.hpp"

namespace npu::togsim {

std::string Requests::describe() const {
  std::string text;
  for (std::size_t i = 0; i < by_channel_.size(); ++i) {
    if (by_channel_[i] == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(by_channel_[i]) + " of channel " +
            std::to_string(i);
  }
  return text.empty() ? "" : "\n  memory: requests without a response: " + text;
}

void Requests::report_lost() const {
  throw Error("deadlock: nothing is on its way that could answer the requests" + describe());
}

}  // namespace npu::togsim
