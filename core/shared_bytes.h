// Immutable bytes that many owners on many threads share: count, size and bytes in one allocation.
// See docs/life-of-a-message.md, copy 2.
// Thread: any; the count is atomic, the bytes never change once shared.
// Invariant: whoever holds a SharedBytes may read data()[0, size()) until it lets go.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace stentor::core {

class SharedBytes {
public:
    SharedBytes() = default;
    // One allocation, one copy. An empty span gives an empty handle without an allocation.
    static SharedBytes copy_of(std::span<const std::byte> bytes);
    static SharedBytes copy_of(std::string_view text) {
        return copy_of(std::as_bytes(std::span(text)));
    }

    SharedBytes(const SharedBytes& other) noexcept : block_(other.block_) { retain(); }
    SharedBytes(SharedBytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    SharedBytes& operator=(SharedBytes other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~SharedBytes() { release(); }

    const std::byte* data() const {
        return block_ == nullptr ? nullptr : reinterpret_cast<const std::byte*>(block_ + 1);
    }
    std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
    bool empty() const { return size() == 0; }
    std::span<const std::byte> bytes() const { return {data(), size()}; }
    std::string_view text() const { return {reinterpret_cast<const char*>(data()), size()}; }
    // How many handles exist; a snapshot, exact only when the caller knows that no other thread
    // holds one.
    std::uint32_t use_count_for_test() const;

private:
    struct Block {
        std::atomic<std::uint32_t> references;
        std::uint32_t size;
        // the bytes follow
    };
    void retain() noexcept;
    void release() noexcept;

    Block* block_ = nullptr;
};

}  // namespace stentor::core
