// The functional DMA engine: checks a descriptor and copies at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "isa_generated.h"

namespace npu {

enum class DmaSide { dram, spad };
enum class DmaDirection { load, store };

// Memory behind simulated addresses, as the DMA engine needs it.
class DmaMemory {
public:
    virtual ~DmaMemory() = default;
    // Whether every byte of the range is in the memory of that side.
    virtual bool contains(DmaSide side, std::uint64_t first, std::uint64_t bytes) = 0;
    // The host address of the range when it is contiguous on the host, else nullptr.
    virtual char* host(DmaSide side, std::uint64_t first, std::uint64_t bytes) = 0;
    // Copies one run when `host` gives no pointer; may throw the processor's own trap.
    virtual void copy(DmaDirection direction, std::uint64_t dram, std::uint64_t spad,
                      std::uint64_t bytes) = 0;
    // Reads bytes of either side, and writes them, which `contains`; may throw the processor's trap.
    virtual void read(DmaSide side, std::uint64_t first, char* to, std::uint64_t bytes) = 0;
    virtual void write(DmaSide side, std::uint64_t first, const char* from, std::uint64_t bytes) = 0;
    // Writes one run of a load's fill, whole elements, to the scratchpad.
    virtual void fill(std::uint64_t spad, const char* element, std::uint64_t element_bytes,
                      std::uint64_t bytes) = 0;
    // Set when the call was told to end: what is not copied yet is not needed any more.
    virtual const std::atomic<bool>& stopped() const {
        static const std::atomic<bool> never{false};
        return never;
    }
};

// Nothing wrong when `text` is empty; else a trap cause, its mtval and its explanation.
struct DmaResult {
    std::string text;
    std::uint64_t cause = 0;
    std::uint64_t value = 0;
    std::uint64_t bytes = 0;  // moved
};

// What keeps a box, without indices, from being moved: a side that is not there.
DmaResult check_box(const DmaDescriptor& descriptor, DmaMemory& memory);

// Moves a checked box; its store combines with what is there if the descriptor says so.
DmaResult move_box(const DmaDescriptor& descriptor, DmaDirection direction, DmaMemory& memory);

// Runs `descriptor`, which was read from `address`. On an error nothing has been moved.
DmaResult run_dma(const DmaDescriptor& descriptor, std::uint64_t address, DmaDirection direction,
                  DmaMemory& memory);

}  // namespace npu
