// What every fuzz target shares: the bytes of one run as a stream in chunks, or as a script of
// small choices, and blocks that end where they say. Thread: one. Invariant: what is read behind
// the end is zero, so every input means something.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "core/check.h"
#include "core/mirrored_ring.h"

namespace stentor::fuzz {

inline std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

class Input {
public:
    Input(const std::uint8_t* data, std::size_t size)
        : left_(reinterpret_cast<const std::byte*>(data), size) {}

    bool empty() const { return left_.empty(); }
    std::size_t size() const { return left_.size(); }
    std::uint8_t byte() {
        if (left_.empty()) return 0;
        const auto first = static_cast<std::uint8_t>(left_.front());
        left_ = left_.subspan(1);
        return first;
    }
    std::uint32_t below(std::uint32_t bound) { return byte() % bound; }
    std::span<const std::byte> take(std::size_t count) {
        const auto taken = left_.first(std::min(count, left_.size()));
        left_ = left_.subspan(taken.size());
        return taken;
    }
    std::span<const std::byte> rest() { return take(left_.size()); }
    // The first byte of a stream's input: 0 is all at once, then 1..200 bytes, then kilobytes.
    std::size_t chunk_bytes() {
        const std::size_t first = byte();
        if (first == 0) return SIZE_MAX;
        return first <= 200 ? first : (first - 200) * 1024;
    }

private:
    std::span<const std::byte> left_;
};

template <typename Give>
void for_each_chunk(std::span<const std::byte> bytes, std::size_t chunk_bytes, Give give) {
    while (!bytes.empty()) {
        const auto chunk = bytes.first(std::min(chunk_bytes, bytes.size()));
        bytes = bytes.subspan(chunk.size());
        give(chunk);
    }
}

// A copy in a block of its own with the padding of a ring behind it, and nothing behind that:
// reading further is an error that AddressSanitizer sees.
class Block {
public:
    explicit Block(std::span<const std::byte> bytes, std::byte filler = std::byte{'"'})
        : size_(bytes.size()),
          bytes_(std::make_unique<std::byte[]>(size_ + core::kReadablePaddingBytes)) {
        if (size_ > 0) std::memcpy(bytes_.get(), bytes.data(), size_);
        std::fill_n(bytes_.get() + size_, core::kReadablePaddingBytes, filler);
    }
    std::span<std::byte> span() { return {bytes_.get(), size_}; }

private:
    std::size_t size_;
    std::unique_ptr<std::byte[]> bytes_;
};

// A copy with nothing at all behind it.
class TightBlock {
public:
    explicit TightBlock(std::span<const std::byte> bytes)
        : size_(bytes.size()),
          bytes_(std::make_unique<std::byte[]>(std::max<std::size_t>(size_, 1))) {
        if (size_ > 0) std::memcpy(bytes_.get(), bytes.data(), size_);
    }
    std::span<const std::byte> span() const { return {bytes_.get(), size_}; }
    std::string_view text() const { return text_of(span()); }

private:
    std::size_t size_;
    std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace stentor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
