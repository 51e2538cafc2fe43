#include "memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace npu {
namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t wfi = 0x10500073;
constexpr std::uint64_t stubs_bytes = page;

std::uint64_t whole_pages(std::uint64_t bytes) { return (bytes + page - 1) / page * page; }

}  // namespace

Region::~Region() {
    if (memory_ != nullptr) munmap(memory_, capacity_);
}

bool Region::reserve() {
    capacity_ = whole_pages(capacity_);
    void* p = mmap(nullptr, capacity_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
    0); if (p == MAP_FAILED) return false;
    memory_ = static_cast<char*>(p);
    return true;
}

bool Region::grow(std::uint64_t size) {
    const std::uint64_t wanted = whole_pages(size);
    if (wanted > capacity_) return false;
    if (wanted <= size_) return true;
    if (mprotect(memory_ + size_, wanted - size_, PROT_READ | PROT_WRITE) != 0) return false;
    size_ = wanted;
    return true;
}

Memory::Memory(const MemoryMap& map)
    : map_(map),
      stubs_(return_stub, stubs_bytes),
      image_(map.image_base, map.image_capacity),
      stack_(map.stack_base, map.stack_bytes),
      spad_(map.spad_base, map.spad_bytes),
      dram_(map.dram_base, map.dram_capacity) {}

std::string Memory::allocate() {
    for (Region* region : {&stubs_, &image_, &stack_, &spad_, &dram_}) {
        if (!region->reserve()) return "the host refuses the address space of the program's memory";
    }
    const bool grown = stubs_.grow(stubs_bytes) && stack_.grow(map_.stack_bytes) &&
                       spad_.grow(map_.spad_bytes);
    if (!grown) return "the host refuses memory for the stack and the scratchpad";
    std::memcpy(stubs_.host(return_stub), &wfi, 4);
    std::memcpy(stubs_.host(trap_stub), &wfi, 4);
    return "";
}

char* Memory::find(std::uint64_t first, std::uint64_t bytes) const {
    for (const Region* region : {&image_, &spad_, &dram_, &stack_, &stubs_}) {
        if (region->contains(first, bytes)) return region->host(first);
    }
    return nullptr;
}

char* Memory::ensure(std::uint64_t first, std::uint64_t bytes) {
    for (Region* region : {&image_, &dram_}) {
        if (!region->reserves(first, bytes)) continue;
        if (!region->grow(first - region->base() + bytes)) return nullptr;
    }
    return find(first, bytes);
}

bool Memory::contains(DmaSide side, std::uint64_t first, std::uint64_t bytes) {
    if (side == DmaSide::dram) return dram_.contains(first, bytes);
    const std::uint64_t end = map_.spad_base + map_.spad_bytes;
    return spad_.contains(first, bytes) && first + bytes <= end;
}

char* Memory::host(DmaSide side, std::uint64_t first, std::uint64_t) {
    return side == DmaSide::dram ? dram_.host(first) : spad_.host(first);
}

void Memory::copy(DmaDirection direction, std::uint64_t dram, std::uint64_t spad,
                  std::uint64_t bytes) {
    char* to = direction == DmaDirection::load ? spad_.host(spad) : dram_.host(dram);
    const char* from = direction == DmaDirection::load ? dram_.host(dram) : spad_.host(spad);
    std::memmove(to, from, bytes);
}

void Memory::read(DmaSide side, std::uint64_t first, char* to, std::uint64_t bytes) {
    std::memcpy(to, host(side, first, bytes), bytes);
}

void Memory::write(DmaSide side, std::uint64_t first, const char* from, std::uint64_t bytes) {
    std::memcpy(host(side, first, bytes), from, bytes);
}

void Memory::fill(std::uint64_t spad, const char* element, std::uint64_t element_bytes,
                  std::uint64_t bytes) {
    // What is filled is copied on in doubling lengths: a run costs a few calls, however long.
    char* to = spad_.host(spad);
    std::memcpy(to, element, element_bytes);
    for (std::uint64_t done = element_bytes; done < bytes; done *= 2) {
        std::memcpy(to + done, to, std::min(done, bytes - done));
    }
}

}  // namespace npu
