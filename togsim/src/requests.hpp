// The requests in flight, for the memory models that find their responses later.
#pragma once

#include <cstdint>
#include <vector>

#include "dram/controller.hpp"
#include "transfers.hpp"
#include "units.hpp"

namespace npu::togsim {

using RequestId = std::uint32_t;  // place in the pool; used again after the response

struct Request {
  std::uint64_t age = 0;
  std::uint64_t block = 0;
  IcntCycle injected;
  IcntCycle reached;  // once it has left the network
  TransferId transfer = 0;
  std::uint32_t core_port = 0;  // core * ports + port
  std::uint32_t channel = 0;
  bool write = false;
};

// What a channel has done with a request.
struct Answer {
  RequestId id = 0;
  IcntCycle returned;        // when the response enters the network
  bool dram = true;          // false: a cache answered by itself, `served` means nothing
  dram::Completion served;
};

// The way of a request whose response its port has accepted in cycle `back`.
[[nodiscard]] inline Timeline timeline_of(const Request& request, const Answer& answer,
                                          IcntCycle back) {
  const dram::Completion& served = answer.served;
  return {request.age,    request.injected, request.reached,     served.arrival,
          served.accepted, served.first_command, served.column,  served.tick,
          answer.returned, back,            served.refresh_wait, served.bank_wait,
          served.column_wait, answer.dram};
}

class Requests {
 public:
  RequestId add(const Request& request) {
    if (free_.empty()) {
      free_.push_back(static_cast<RequestId>(pool_.size()));
      pool_.emplace_back();
    }
    const RequestId id = free_.back();
    free_.pop_back();
    pool_[id] = request;
    return id;
  }

  void release(RequestId id) { free_.push_back(id); }

  [[nodiscard]] Request& operator[](RequestId id) { return pool_[id]; }
  [[nodiscard]] const Request& operator[](RequestId id) const { return pool_[id]; }
  [[nodiscard]] std::size_t in_flight() const { return pool_.size() - free_.size(); }

 private:
  std::vector<Request> pool_;
  std::vector<RequestId> free_;
};

}  // namespace npu::togsim
