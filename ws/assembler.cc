// The growing buffer behind assembler.h (RFC 6455 5.4).
// Thread: owner reactor.
// Invariant: capacity_ <= bytes_max_, and capacity_ < 2 * size_ + kFirstBytes.
#include "ws/assembler.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "core/mirrored_ring.h"

namespace stentor::ws {
namespace {

constexpr std::size_t kFirstBytes = 256;
constexpr std::size_t kAroundMessageBytes = kMessageHeadroomBytes + kMessagePaddingBytes;

static_assert(kMessagePaddingBytes == core::kReadablePaddingBytes,
              "in place or assembled, a message is read the same way");

}  // namespace

bool Assembler::count_frame(std::uint64_t payload_bytes) {
    STENTOR_CHECK(payload_bytes <= wire_bytes_left_);
    ++frames_;
    wire_bytes_ += payload_bytes;
    wire_bytes_left_ -= payload_bytes;
    return frames_ <= kFramesFree + wire_bytes_ / kBytesPerFurtherFrame;
}

Violation Assembler::take(std::span<const std::byte> chunk, Utf8Validator* text) {
    if (inflation_) return inflation_->take(chunk, *this, text);
    if (text != nullptr && !text->feed(chunk)) return Violation::kInvalidUtf8InText;
    append(chunk);
    return Violation::kNone;
}

Violation Assembler::finish(Utf8Validator* text) {
    if (inflation_) {
        const Violation broken = inflation_->finish(*this, text);
        if (broken != Violation::kNone) return broken;
    }
    const bool text_ends = text == nullptr || text->at_boundary();
    return text_ends ? Violation::kNone : Violation::kInvalidUtf8InText;
}

void Assembler::append(std::span<const std::byte> chunk) {
    STENTOR_CHECK(chunk.size() <= bytes_left());
    if (chunk.empty()) return;
    if (chunk.size() > capacity_ - size_) grow(size_ + chunk.size());
    std::memcpy(at(size_), chunk.data(), chunk.size());
    size_ += chunk.size();
}

std::span<std::byte> Assembler::message() {
    if (buffer_ == nullptr) grow(0);
    std::memset(at(size_), 0, kMessagePaddingBytes);
    return {at(0), size_};
}

std::size_t Assembler::held_bytes() const {
    return sizeof(*this) + (buffer_ == nullptr ? 0 : capacity_ + kAroundMessageBytes) +
           (inflation_ ? inflation_->held_bytes() : 0);
}

// Doubling keeps the copies linear in the message; what came is at least half of what is held.
void Assembler::grow(std::size_t needed) {
    const std::size_t doubled = size_ <= bytes_max_ / 2 ? size_ * 2 : bytes_max_;
    const std::size_t first = std::min(kFirstBytes, bytes_max_);
    const std::size_t capacity = std::max({needed, doubled, first});
    auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity + kAroundMessageBytes);
    if (size_ != 0) std::memcpy(larger.get() + kMessageHeadroomBytes, at(0), size_);
    buffer_ = std::move(larger);
    capacity_ = capacity;
}

}  // namespace stentor::ws
