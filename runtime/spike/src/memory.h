// The memory of the RISC-V program: a few ranges of host memory at fixed simulated addresses.
#pragma once

#include <cstdint>
#include <string>

#include "dma.h"

namespace npu {

// One range: address space for `capacity` bytes is reserved at once and never moves, so host
// pointers and Spike's translations stay valid; the first `size` bytes exist and are zero until
// written.
class Region {
public:
    Region(std::uint64_t base, std::uint64_t capacity) : base_(base), capacity_(capacity) {}
    ~Region();
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;

    // Reserves the address space. False when the host refuses.
    bool reserve();
    // Makes the first `size` bytes exist; a region never shrinks. False when there is no room.
    bool grow(std::uint64_t size);
    bool contains(std::uint64_t first, std::uint64_t bytes) const {
        return first >= base_ && first - base_ <= size_ && bytes <= size_ - (first - base_);
    }
    bool reserves(std::uint64_t first, std::uint64_t bytes) const {
        return first >= base_ && first - base_ <= capacity_ && bytes <= capacity_ - (first - base_);
    }
    char* host(std::uint64_t address) const { return memory_ + (address - base_); }
    std::uint64_t base() const { return base_; }

private:
    std::uint64_t base_;
    std::uint64_t capacity_;
    std::uint64_t size_ = 0;  // whole pages, as Spike translates pages
    char* memory_ = nullptr;
};

// Base addresses and sizes in bytes of the ranges (docs/design.md, section 3).
struct MemoryMap {
    std::uint64_t image_base;
    std::uint64_t image_capacity;
    std::uint64_t stack_base;
    std::uint64_t stack_bytes;
    std::uint64_t spad_base;
    std::uint64_t spad_bytes;
    std::uint64_t dram_base;
    std::uint64_t dram_capacity;
};

class Memory : public DmaMemory {
public:
    explicit Memory(const MemoryMap& map);
    // An explanation when the host refuses the memory, else empty.
    std::string allocate();

    // The host address of the range if it exists, else nullptr.
    char* find(std::uint64_t first, std::uint64_t bytes) const;
    // As `find`, after making the range exist in the image or in DRAM.
    char* ensure(std::uint64_t first, std::uint64_t bytes);

    bool contains(DmaSide side, std::uint64_t first, std::uint64_t bytes) override;
    char* host(DmaSide side, std::uint64_t first, std::uint64_t bytes) override;
    void copy(DmaDirection direction, std::uint64_t dram, std::uint64_t spad,
              std::uint64_t bytes) override;
    void read(DmaSide side, std::uint64_t first, char* to, std::uint64_t bytes) override;
    void write(DmaSide side, std::uint64_t first, const char* from, std::uint64_t bytes) override;
    void fill(std::uint64_t spad, const char* element, std::uint64_t element_bytes,
              std::uint64_t bytes) override;
    const std::atomic<bool>& stopped() const override { return stop; }

    // Set from another thread to end the call that runs.
    std::atomic<bool> stop{false};

    // Where a call returns to, and where a trap goes: each holds a `wfi`, which stops the
    // processor.
    static constexpr std::uint64_t return_stub = 0x1000;
    static constexpr std::uint64_t trap_stub = 0x1100;

private:
    MemoryMap map_;
    Region stubs_, image_, stack_, spad_, dram_;
};

}  // namespace npu
