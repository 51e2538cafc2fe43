#include "dram/engine.hpp"

#include <algorithm>

#include "error.hpp"

namespace npu::togsim::dram {
namespace {

// The spec itself once it is known to be sound.
const Spec& checked(const Spec& spec) {
  check(spec);
  return spec;
}

// Ticks from a REFab to the first ACT after it: nRFC, less what ACT's own length takes off.
std::int64_t refresh_length(const Spec& spec, const Roles& roles) {
  const auto has = [](const std::vector<std::int64_t>& list, std::int32_t command) {
    return std::find(list.begin(), list.end(), command) != list.end();
  };
  std::int64_t length = 0;
  for (const ConstraintSpec& rule : spec.constraints) {
    if (!has(rule.preceding, roles.ref) || !has(rule.following, roles.act)) continue;
    length = std::max(length, rule.latency);
  }
  return length;
}

std::int64_t refresh_nodes_of(const Spec& spec, const Shape& shape) {
  if (spec.refresh_interval == 0) return 0;
  return static_cast<std::int64_t>(shape.nodes(static_cast<std::size_t>(spec.refresh_level)));
}

}  // namespace

Engine::Engine(const Spec& spec, bool log_commands)
    : spec_(checked(spec)),
      shape_(spec_),
      roles_(spec_),
      second_generation_(spec_.controller != "Generic"),
      logging_(log_commands),
      refresh_nodes_(refresh_nodes_of(spec_, shape_)),
      refresh_level_(refresh_nodes_ == 0 ? 0 : static_cast<std::size_t>(spec_.refresh_level)),
      ledger_(static_cast<std::size_t>(refresh_nodes_), refresh_length(spec_, roles_)) {
  stats_.commands.resize(spec_.commands.size());
  stats_.activations.resize(shape_.banks());
}

void Engine::push(std::int64_t arrival, std::uint64_t address, bool write, std::uint64_t id) {
  if (arrival < now_ || (!arrivals_.empty() && arrival < arrivals_.back().tick)) {
    throw Error("a DRAM request arrives before one that came earlier");
  }
  arrivals_.push({arrival, address, id, write});
}

Request Engine::accepted(const Arrival& arrival) {
  const auto [bank, row] = shape_.locate(arrival.address);
  ++(arrival.write ? stats_.writes : stats_.reads);
  Request request;
  request.address = arrival.address;
  request.id = arrival.id;
  request.arrival = arrival.tick;
  request.accepted = now_;
  request.refresh_passed = refresh_passed(bank);
  request.bank = static_cast<std::int32_t>(bank);
  request.row = row;
  request.write = arrival.write;
  return request;
}

void Engine::count_first_command(Request& request, RowOutcome outcome) {
  if (request.first_command >= 0) return;
  request.first_command = now_;
  request.outcome = outcome;
  RowCounts& rows = request.write ? stats_.write_rows : stats_.read_rows;
  if (outcome == RowOutcome::Hit) ++rows.hits;
  if (outcome == RowOutcome::Miss) ++rows.misses;
  if (outcome == RowOutcome::Conflict) ++rows.conflicts;
}

void Engine::count_queue(std::size_t reads, std::size_t writes) {
  stats_.read_queue_peak = std::max(stats_.read_queue_peak, static_cast<std::int64_t>(reads));
  stats_.write_queue_peak = std::max(stats_.write_queue_peak, static_cast<std::int64_t>(writes));
}

Completion Engine::finished(const Request& request, const Opening& opened) {
  const bool was_open = opened.tick <= request.accepted;
  const std::int64_t open = was_open ? request.accepted : opened.tick;
  const std::int64_t passed_at_open = was_open ? request.refresh_passed : opened.refresh_passed;
  const std::int64_t passed = refresh_passed(static_cast<std::size_t>(request.bank));
  Completion done;
  done.id = request.id;
  done.arrival = {request.arrival};
  done.accepted = {request.accepted};
  done.first_command = {request.first_command};
  done.column = {now_};
  done.bank_wait = open - request.accepted - (passed_at_open - request.refresh_passed);
  done.column_wait = now_ - open - (passed - passed_at_open);
  done.refresh_wait = passed - request.refresh_passed;
  done.write = request.write;
  done.row = request.outcome;
  stats_.data_bus_ticks += spec_.burst_ticks;
  return done;
}

Completion Engine::short_cut(const Arrival& arrival, RowOutcome outcome) {
  ++(arrival.write ? stats_.writes : stats_.reads);
  ++(outcome == RowOutcome::Forwarded ? stats_.forwarded_reads : stats_.absorbed_writes);
  Completion done;
  done.id = arrival.id;
  done.arrival = {arrival.tick};
  done.accepted = {now_};
  done.first_command = {now_};
  done.column = {now_};
  done.write = arrival.write;
  done.row = outcome;
  return done;
}

void Engine::complete(Completion& completion, std::int64_t tick) {
  completion.tick = {tick};
  WaitTicks& wait = wait_of(completion);
  wait.accept += (completion.accepted - completion.arrival).n;
  wait.bank += completion.bank_wait;
  wait.column += completion.column_wait;
  wait.refresh += completion.refresh_wait;
  wait.data += tick - completion.column.n;
  wait.total += tick - completion.arrival.n;
  if (!completion.write) stats_.read_latency.add(tick - completion.accepted.n);
}

void Engine::record(std::int32_t command, const Request& request) {
  ++stats_.commands[static_cast<std::size_t>(command)];
  if (!logging_) return;
  log_.push_back({now_, command, request.write ? 'W' : 'R', shape_.decode(request.address)});
}

void Engine::record_maintenance(std::int32_t command, std::size_t node) {
  ++stats_.commands[static_cast<std::size_t>(command)];
  if (!logging_) return;
  const auto level = static_cast<std::size_t>(spec_.refresh_level);
  log_.push_back({now_, command, 'M', shape_.node_address(level, node)});
}

}  // namespace npu::togsim::dram
