// The special functions of the vector unit.
#pragma once

#include <cmath>

namespace npu {

// Evaluated in double precision and rounded once to f32, so that a difference of the last place
// between two hosts' mathematics libraries does not show.
inline float special_exp(float x) { return static_cast<float>(std::exp(static_cast<double>(x))); }
inline float special_tanh(float x) { return static_cast<float>(std::tanh(static_cast<double>(x))); }
inline float special_erf(float x) { return static_cast<float>(std::erf(static_cast<double>(x))); }
inline float special_sin(float x) { return static_cast<float>(std::sin(static_cast<double>(x))); }
inline float special_cos(float x) { return static_cast<float>(std::cos(static_cast<double>(x))); }

}  // namespace npu
