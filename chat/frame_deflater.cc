// See frame_deflater.h.
// Thread: owner reactor.
// Invariant: see frame_deflater.h.
#include "chat/frame_deflater.h"

namespace stentor::chat {
namespace {

// A message of /echo may have taken more; that is not kept.
constexpr std::size_t kKeptBytesMax = 256 * 1024;

}  // namespace

std::span<const std::byte> FrameDeflater::compressed(std::span<const std::byte> payload,
                                                     std::uint8_t window_bits) {
    if (compressed_.capacity() > kKeptBytesMax) compressed_ = {};
    compressed_.clear();
    deflaters_.with_window(window_bits).compress(payload, compressed_);
    metrics_.counters[ShardCounter::kDeflated].add();
    metrics_.counters[ShardCounter::kDeflateInBytes].add(payload.size());
    metrics_.counters[ShardCounter::kDeflateOutBytes].add(compressed_.size());
    return std::as_bytes(std::span(compressed_));
}

std::optional<std::span<const std::byte>> FrameDeflater::smaller(std::span<const std::byte> payload,
                                                                 std::uint8_t window_bits) {
    if (payload.empty()) return std::nullopt;
    const std::span<const std::byte> result = compressed(payload, window_bits);
    if (result.size() >= payload.size()) return std::nullopt;
    return result;
}

std::optional<std::span<const std::byte>> FrameDeflater::smaller_event(std::string_view json,
                                                                       std::uint8_t window_bits) {
    if (json.size() < kDeflateEventBytesMin) return std::nullopt;
    return smaller(std::as_bytes(std::span(json)), window_bits);
}

}  // namespace stentor::chat
