// The requests in flight, for the memory models that find their responses later.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dram/controller.hpp"
#include "core/transfers.hpp"
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
  std::uint32_t answer = 0;     // once its channel has answered: where that stands
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

// Items in flight in one block of memory; their places are used again.
template <class Item>
class Pool {
 public:
  std::uint32_t add(const Item& item) {
    if (free_.empty()) {
      items_.push_back(item);
      return static_cast<std::uint32_t>(items_.size() - 1);
    }
    const std::uint32_t id = free_.back();
    free_.pop_back();
    items_[id] = item;
    return id;
  }

  void release(std::uint32_t id) { free_.push_back(id); }

  [[nodiscard]] Item& operator[](std::uint32_t id) { return items_[id]; }
  [[nodiscard]] const Item& operator[](std::uint32_t id) const { return items_[id]; }
  [[nodiscard]] std::size_t in_flight() const { return items_.size() - free_.size(); }

 private:
  std::vector<Item> items_;
  std::vector<std::uint32_t> free_;
};

// The requests without a response, and what is known of those that their channel has answered.
class Requests {
 public:
  RequestId add(const Request& request) {
    if (by_channel_.size() <= request.channel) by_channel_.resize(request.channel + 1);
    ++by_channel_[request.channel];
    return requests_.add(request);
  }
  [[nodiscard]] Request& operator[](RequestId id) { return requests_[id]; }
  [[nodiscard]] std::size_t in_flight() const { return requests_.in_flight(); }

  // How many requests of each channel have no response, and an Error that says so: nothing that is
  // on its way can answer them.
  [[nodiscard]] std::string describe() const;
  [[noreturn]] void report_lost() const;

  // The channel has answered.
  void answer(const Answer& answer) { requests_[answer.id].answer = answers_.add(answer); }

  // The port has taken the response in cycle `back`.
  void end(RequestId id, IcntCycle back, Transfers& transfers) {
    const Request& request = requests_[id];
    if (transfers.is_last(request.transfer, back, request.age)) {
      transfers.set_last(request.transfer, timeline_of(request, answers_[request.answer], back));
    }
    transfers.count_delivery(request.reached, back, request.write);
    transfers.answered(request.transfer);
    --by_channel_[request.channel];
    answers_.release(request.answer);
    requests_.release(id);
  }

 private:
  Pool<Request> requests_;
  std::vector<std::int64_t> by_channel_;
  Pool<Answer> answers_;  // few: most requests wait for their channel
};

}  // namespace npu::togsim
