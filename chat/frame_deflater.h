// Payloads of a shard's own frames made smaller by permessage-deflate (RFC 7692). Each message is
// compressed by itself, from an empty window, so that nothing of one shows in the size of another
// (docs/protocol.md, "Compression").
// Thread: owner reactor.
// Invariant: what comes out is smaller than what went in, or was asked for whatever its size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "chat/limits.h"
#include "chat/metrics.h"
#include "ws/deflater.h"

namespace stentor::chat {

class FrameDeflater {
public:
    explicit FrameDeflater(ShardMetrics& metrics) : metrics_(metrics) {}
    FrameDeflater(const FrameDeflater&) = delete;
    FrameDeflater& operator=(const FrameDeflater&) = delete;

    // The compressed payload, valid until the next call; nothing if it is no smaller.
    std::optional<std::span<const std::byte>> smaller(std::span<const std::byte> payload,
                                                      std::uint8_t window_bits);
    // The same for an event; nothing for a short one.
    std::optional<std::span<const std::byte>> smaller_event(std::string_view json,
                                                            std::uint8_t window_bits);
    // As smaller(), whatever comes of it. Precondition: the payload is not empty.
    std::span<const std::byte> compressed(std::span<const std::byte> payload,
                                          std::uint8_t window_bits);

private:
    ShardMetrics& metrics_;
    ws::Deflaters deflaters_;
    std::string compressed_;  // kept for its capacity
};

}  // namespace stentor::chat
