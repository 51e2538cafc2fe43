// The plain C interface that Python loads with ctypes (api.py mirrors the structs).
#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include "core.h"

#define NPU_API extern "C" __attribute__((visibility("default")))

namespace {

struct Handle {
    explicit Handle(const npu::CoreParameters& parameters) : core(parameters) {}
    npu::Core core;
};

void say(char* text, std::size_t size, const std::string& message) {
    if (size == 0) return;
    const std::size_t length = std::min(size - 1, message.size());
    std::memcpy(text, message.data(), length);
    text[length] = '\0';
}

}  // namespace

// Sizes of the two structs, so that Python can check its own picture of them.
NPU_API std::uint64_t npu_spike_parameters_bytes() { return sizeof(npu::CoreParameters); }
NPU_API std::uint64_t npu_spike_result_bytes() { return sizeof(npu::CallResult); }

// A new core, or null with an explanation in `text`.
NPU_API Handle* npu_spike_create(const npu::CoreParameters* parameters, char* text,
                                 std::size_t size) {
    try {
        auto handle = std::make_unique<Handle>(*parameters);
        const std::string refused = handle->core.start();
        if (refused.empty()) return handle.release();
        say(text, size, refused);
    } catch (const std::exception& error) {
        say(text, size, error.what());
    }
    return nullptr;
}

NPU_API void npu_spike_destroy(Handle* handle) { delete handle; }

// The host address of `bytes` bytes at `address`, null if they do not exist. With `ensure` the
// image or the DRAM grows to hold them. The address stays valid until the core is destroyed.
NPU_API char* npu_spike_pointer(Handle* handle, std::uint64_t address, std::uint64_t bytes,
                                int ensure) {
    npu::Memory& memory = handle->core.memory();
    return ensure != 0 ? memory.ensure(address, bytes) : memory.find(address, bytes);
}

// To be called after instructions were written.
NPU_API void npu_spike_flush(Handle* handle) { handle->core.flush(); }

NPU_API void npu_spike_call(Handle* handle, std::uint64_t address, const std::uint64_t* arguments,
                            std::uint64_t count, std::uint64_t budget, int timed,
                            npu::CallResult* result) {
    *result = handle->core.call(address, arguments, count, budget, timed != 0);
}

// From another thread: ends the call that runs.
NPU_API void npu_spike_stop(Handle* handle) { handle->core.stop(); }

// Why the last custom trap was raised; valid until the next call.
NPU_API const char* npu_spike_last_error(Handle* handle, int timed) {
    return handle->core.last_error(timed != 0);
}

NPU_API std::uint64_t npu_spike_dma_bytes(Handle* handle) { return handle->core.dma_bytes(); }
NPU_API std::uint64_t npu_spike_multiply_accumulates(Handle* handle) {
    return handle->core.multiply_accumulates();
}
