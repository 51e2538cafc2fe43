// A transfer is complete when it is closed and answered; its last response is kept.
#include "check.hpp"
#include "core/transfers.hpp"

using namespace npu::togsim;

namespace {

Timeline back_at(std::int64_t cycle, std::uint64_t age) {
  Timeline timeline;
  timeline.back = {cycle};
  timeline.age = age;
  return timeline;
}

void answer(Transfers& transfers, TransferId id, const Timeline& way) {
  if (transfers.is_last(id, way.back, way.age)) transfers.set_last(id, way);
  transfers.answered(id);
}

void completes_when_closed_and_answered() {
  Transfers transfers;
  const TransferId id = transfers.open(3, 7, 1);
  CHECK_EQUAL(transfers.partition(id), 1U);
  transfers.sent(id);
  answer(transfers, id, back_at(10, 0));
  CHECK(transfers.completed().empty());  // more requests may come
  transfers.sent(id);
  transfers.close(id);
  CHECK(transfers.completed().empty());
  CHECK_EQUAL(transfers.unanswered(), 1);
  answer(transfers, id, back_at(5, 1));
  CHECK_EQUAL(transfers.completed().size(), std::size_t{1});
  CHECK_EQUAL(transfers.completed()[0].core, 3U);
  CHECK_EQUAL(transfers.completed()[0].instruction, 7U);
  CHECK_EQUAL(transfers.completed()[0].last.back.n, 10);  // not the last one told
}

void of_equals_the_younger_is_the_last() {
  for (const bool in_order : {true, false}) {
    Transfers transfers;
    const TransferId id = transfers.open(0, 0, 0);
    transfers.sent(id);
    transfers.sent(id);
    transfers.close(id);
    answer(transfers, id, back_at(10, in_order ? 0 : 1));
    answer(transfers, id, back_at(10, in_order ? 1 : 0));
    CHECK_EQUAL(transfers.completed()[0].last.age, 1U);
  }
}

void an_empty_transfer_completes_when_closed() {
  Transfers transfers;
  transfers.close(transfers.open(0, 0, 0));
  CHECK(transfers.completed()[0].empty);
  transfers.clear_completed();
  CHECK(transfers.completed().empty());
}

}  // namespace

int main() {
  completes_when_closed_and_answered();
  of_equals_the_younger_is_the_last();
  an_empty_transfer_completes_when_closed();
  return failed_checks == 0 ? 0 : 1;
}
