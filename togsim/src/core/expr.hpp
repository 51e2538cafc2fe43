// Expressions over induction variables, as postfix code.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace npu::togsim {

enum class ExprOp : std::int64_t { Const, Iv, Add, Mul, FloorDiv, Mod, Min, Product };

struct ExprStep {
  ExprOp op = ExprOp::Const;
  std::int64_t immediate = 0;  // the constant, the induction variable's number, factor or divisor
};

class Expr {
 public:
  // The largest number of values the evaluation may hold at once.
  static constexpr std::size_t kMaxDepth = 32;

  Expr() : Expr(0) {}
  explicit Expr(std::int64_t value) : steps_{{ExprOp::Const, value}} {}

  // Throws Error when the steps do not leave exactly one value, need more than kMaxDepth,
  // divide by less than one, or name an induction variable outside [0, num_ivs).
  Expr(std::vector<ExprStep> steps, std::int64_t num_ivs);

  // Throws Error on overflow of 64 bits.
  [[nodiscard]] std::int64_t evaluate(std::span<const std::int64_t> ivs) const;

 private:
  std::vector<ExprStep> steps_;
};

}  // namespace npu::togsim
