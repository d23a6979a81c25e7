// A frame as a ring lends it: its bytes, and behind them readable ones of any content.
// Thread: one. Invariant: nothing behind the padding is readable (ASan sees to it).
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "core/mirrored_ring.h"

namespace stentor::chat {

class Padded {
public:
    explicit Padded(std::string_view text, char filler = '"')
        : bytes_(text.size() + core::kReadablePaddingBytes, static_cast<std::byte>(filler)),
          size_(text.size()) {
        std::ranges::copy(std::as_bytes(std::span(text)), bytes_.begin());
    }
    std::span<const std::byte> span() const { return std::span(bytes_).first(size_); }

private:
    std::vector<std::byte> bytes_;
    std::size_t size_;
};

}  // namespace stentor::chat
