#include "dram/controller.hpp"

#include "dram/engine.hpp"
#include "dram/make_engine.hpp"
#include "error.hpp"

namespace npu::togsim::dram {

Controller::Controller(const Spec& spec, bool plain, bool log_commands)
    : engine_(plain ? make_plain_engine(spec, log_commands)
                    : make_fast_engine(spec, log_commands)) {}

Controller::~Controller() = default;
Controller::Controller(Controller&&) noexcept = default;
Controller& Controller::operator=(Controller&&) noexcept = default;

void Controller::push(DramCycle arrival, std::uint64_t address, bool write, std::uint64_t id) {
  engine_->push(arrival.n, address, write, id);
}

void Controller::advance(DramCycle until, std::vector<Completion>& out) {
  if (until > now()) engine_->run(until.n, false, out);
}

DramCycle Controller::drain(std::vector<Completion>& out) {
  if (!idle()) engine_->run(kNever, true, out);
  return now();
}

bool Controller::idle() const { return engine_->idle(); }
DramCycle Controller::next() const { return {engine_->next()}; }
DramCycle Controller::now() const { return {engine_->now()}; }
const ControllerStats& Controller::stats() const { return engine_->stats(); }
const std::vector<CommandRecord>& Controller::commands() const { return engine_->commands(); }

}  // namespace npu::togsim::dram
