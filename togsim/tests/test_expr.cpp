// Expressions evaluate as their Python twins do, and malformed ones are refused.
#include <array>
#include <limits>

#include "check.hpp"
#include "core/expr.hpp"

using namespace npu::togsim;

int main() {
  const std::array<std::int64_t, 2> ivs{516, -7};
  const auto value = [&](std::vector<ExprStep> steps) {
    return Expr(std::move(steps), 2).evaluate(ivs);
  };
  CHECK_EQUAL(Expr(5).evaluate({}), 5);
  CHECK_EQUAL(value({{ExprOp::Iv, 0}, {ExprOp::Mul, 4}}), 2064);
  CHECK_EQUAL(value({{ExprOp::Iv, 0}, {ExprOp::Iv, 1}, {ExprOp::Add, 0}}), 509);
  CHECK_EQUAL(value({{ExprOp::Iv, 0}, {ExprOp::Const, 256}, {ExprOp::Min, 0}}), 256);
  CHECK_EQUAL(value({{ExprOp::Iv, 0}, {ExprOp::Iv, 1}, {ExprOp::Product, 0}}), -3612);
  CHECK_EQUAL(value({{ExprOp::Iv, 1}, {ExprOp::FloorDiv, 2}}), -4);
  CHECK_EQUAL(value({{ExprOp::Iv, 1}, {ExprOp::Mod, 4}}), 1);
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  CHECK_EQUAL(value({{ExprOp::Const, least}, {ExprOp::FloorDiv, 3}}), least / 3 - 1);

  CHECK_THROWS(Expr({{ExprOp::Add, 0}}, 0), "lacks an operand");
  CHECK_THROWS(Expr({{ExprOp::Const, 1}, {ExprOp::Const, 2}}, 0), "one value");
  CHECK_THROWS(Expr({}, 0), "one value");
  CHECK_THROWS(Expr({{ExprOp::Iv, 2}}, 2), "unknown induction variable");
  CHECK_THROWS(Expr({{ExprOp::Const, 1}, {ExprOp::Mod, 0}}, 0), "less than one");
  CHECK_THROWS(Expr({{ExprOp::Const, 1}, {ExprOp::Product, 0}}, 0), "lacks an operand");
  const ExprStep half{ExprOp::Const, std::int64_t{1} << 32};
  CHECK_THROWS((void)value({half, half, {ExprOp::Product, 0}}), "overflows");
  const Expr large({{ExprOp::Const, std::int64_t{1} << 62}, {ExprOp::Mul, 4}}, 0);
  CHECK_THROWS((void)large.evaluate({}), "overflows");
  return failed_checks == 0 ? 0 : 1;
}
