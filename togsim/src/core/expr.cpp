#include "core/expr.hpp"

#include <algorithm>
#include <array>

#include "checked.hpp"

namespace npu::togsim {
namespace {

constexpr const char* kExpression = "an expression";

bool is_leaf(ExprOp op) { return op == ExprOp::Const || op == ExprOp::Iv; }
bool is_binary(ExprOp op) {
  return op == ExprOp::Add || op == ExprOp::Min || op == ExprOp::Product;
}

std::int64_t binary(ExprOp op, std::int64_t a, std::int64_t b) {
  switch (op) {
    case ExprOp::Add: return checked_add(a, b, kExpression);
    case ExprOp::Product: return checked_mul(a, b, kExpression);
    default: return std::min(a, b);
  }
}

std::int64_t floor_mod(std::int64_t a, std::int64_t divisor) {
  const std::int64_t rest = a % divisor;
  return rest < 0 ? rest + divisor : rest;
}

std::int64_t floor_div(std::int64_t a, std::int64_t divisor) {
  return a / divisor - (a % divisor < 0 ? 1 : 0);
}

std::int64_t unary(ExprStep step, std::int64_t value) {
  switch (step.op) {
    case ExprOp::Mul: return checked_mul(value, step.immediate, kExpression);
    case ExprOp::FloorDiv: return floor_div(value, step.immediate);
    default: return floor_mod(value, step.immediate);
  }
}

void check_step(const ExprStep& step, std::int64_t num_ivs) {
  const bool divides = step.op == ExprOp::FloorDiv || step.op == ExprOp::Mod;
  if (divides && step.immediate < 1) throw Error("an expression divides by less than one");
  if (step.op == ExprOp::Iv && (step.immediate < 0 || step.immediate >= num_ivs)) {
    throw Error("an expression names an unknown induction variable");
  }
}

}  // namespace

Expr::Expr(std::vector<ExprStep> steps, std::int64_t num_ivs) : steps_(std::move(steps)) {
  std::size_t depth = 0;
  for (const ExprStep& step : steps_) {
    check_step(step, num_ivs);
    const std::size_t needed = is_leaf(step.op) ? 0 : is_binary(step.op) ? 2 : 1;
    if (depth < needed) throw Error("an expression lacks an operand");
    depth = depth - needed + 1;
    if (depth > kMaxDepth) throw Error("an expression is nested too deeply");
  }
  if (depth != 1) throw Error("an expression does not leave one value");
}

std::int64_t Expr::evaluate(std::span<const std::int64_t> ivs) const {
  std::array<std::int64_t, kMaxDepth> stack;
  std::size_t depth = 0;
  for (const ExprStep& step : steps_) {
    if (step.op == ExprOp::Const) {
      stack[depth++] = step.immediate;
    } else if (step.op == ExprOp::Iv) {
      stack[depth++] = ivs[static_cast<std::size_t>(step.immediate)];
    } else if (is_binary(step.op)) {
      const std::int64_t b = stack[--depth];
      stack[depth - 1] = binary(step.op, stack[depth - 1], b);
    } else {
      stack[depth - 1] = unary(step, stack[depth - 1]);
    }
  }
  return stack[0];
}

}  // namespace npu::togsim
