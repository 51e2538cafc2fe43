#include "dma_combine.h"

#include <cmath>
#include <cstring>

namespace npu {
namespace {

template <typename Word, typename Operation>
void each(char* old, const char* brought, std::size_t words, Operation operation) {
    for (std::size_t i = 0; i < words; ++i) {
        Word a, b;
        std::memcpy(&a, old + sizeof(Word) * i, sizeof(Word));
        std::memcpy(&b, brought + sizeof(Word) * i, sizeof(Word));
        const Word result = operation(a, b);
        std::memcpy(old + sizeof(Word) * i, &result, sizeof(Word));
    }
}

float greater(float a, float b) { return std::isnan(a) || a > b ? a : b; }
float lesser(float a, float b) { return std::isnan(a) || a < b ? a : b; }

}  // namespace

void combine_words(std::uint64_t combine, char* old, const char* brought, std::size_t words) {
    using Signed = std::int32_t;
    using Bits = std::uint32_t;  // wraps around
    switch (combine) {
        case 1: return each<float>(old, brought, words, [](float a, float b) { return a + b; });
        case 2: return each<float>(old, brought, words, [](float a, float b) { return a * b; });
        case 3: return each<float>(old, brought, words, greater);
        case 4: return each<float>(old, brought, words, lesser);
        case 5: return each<Bits>(old, brought, words, [](Bits a, Bits b) { return a + b; });
        case 6: return each<Bits>(old, brought, words, [](Bits a, Bits b) { return a * b; });
        case 7: return each<Signed>(old, brought, words, [](Signed a, Signed b) { return a > b ? a : b; });
        case 8: return each<Signed>(old, brought, words, [](Signed a, Signed b) { return a < b ? a : b; });
        default: return;
    }
}

}  // namespace npu
