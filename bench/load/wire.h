// The client's side of RFC 6455, as little of it as measuring needs: the upgrade, the head of a
// server's frame, a masked frame of our own.
// Thread: any; pure.
// Invariant: the request always bears the same key, so a server may answer with a constant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ws/frame.h"
#include "ws/mask.h"

namespace stentor::bench {

// The example of RFC 6455 1.3 and its answer.
inline constexpr std::string_view kWebSocketKey = "dGhlIHNhbXBsZSBub25jZQ==";
inline constexpr std::string_view kWebSocketAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string upgrade_request(std::string_view host, std::string_view path);

// Empty when `head` (up to and with the empty line) is a good 101; else what is wrong with it.
std::string upgrade_fault(std::string_view head);

struct FrameHead {
    enum class State : std::uint8_t { kIncomplete, kGood, kBad };
    State state = State::kIncomplete;
    bool fin = false;
    ws::Opcode opcode = ws::Opcode::kText;
    std::size_t head_bytes = 0;
    std::uint64_t payload_bytes = 0;
};

// Of a server's frame: unmasked, no extension.
FrameHead parse_server_head(std::string_view bytes);

// Appends head and key of a client's frame and leaves room for its payload, which the caller
// writes where the answer points and then masks. The pointer lives until `out` grows.
char* append_client_head(std::string& out, ws::Opcode opcode, std::size_t payload_bytes,
                         ws::MaskKey key);
void mask_payload(char* payload, std::size_t bytes, ws::MaskKey key);
void append_client_frame(std::string& out, ws::Opcode opcode, std::string_view payload,
                         ws::MaskKey key);

}  // namespace stentor::bench
