// The server's side of one WebSocket connection (RFC 6455) as a pure function of bytes: parser, UTF-8,
// assembler and close handshake put together. No socket, no clock.
// Thread: owner reactor. Invariant: bytes are handled strictly in order; after kClosed or a violation
// nothing is handed up any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "ws/frame.h"
#include "ws/violation.h"

namespace stentor::ws {

struct EndpointLimits {
    std::size_t message_bytes_max = 64 * 1024;
    // A message that needs more than this of the input span (header included) is assembled in a buffer
    // of its own instead of waiting in the span; less than the ring that feeds us.
    std::size_t in_place_bytes_max = 64 * 1024;
    bool accept_binary = true;  // false: a binary message is a violation (1003)
};

class EndpointHandler {
public:
    virtual ~EndpointHandler() = default;
    // A whole message; the span is valid during the call, may be changed in place, and has
    // core-size padding (64 readable bytes) behind it. Text is valid UTF-8. Return false to stop
    // handling input behind this message; consume() then returns and is called again later.
    virtual bool on_message(Opcode opcode, std::span<std::byte> payload) = 0;
    // Bytes to send now: pongs, the close frame. Valid during the call.
    virtual void on_control_output(std::span<const std::byte> frame) = 0;
    // A pong arrived (its payload), for liveness.
    virtual void on_pong(std::span<const std::byte> payload) = 0;
};

enum class EndpointState : std::uint8_t {
    kOpen,
    kCloseSent,  // we began: messages are dropped, the peer's close frame is awaited
    kClosed,     // both close frames passed, or a violation was answered: finish the connection
};

class Endpoint {
public:
    explicit Endpoint(const EndpointLimits& limits);

    // Handles what `input` holds; it begins where the last call stopped consuming, with the same bytes.
    // Returns how many bytes are done with. A frame that is not complete may stay in the input (already
    // unmasked and checked as far as it came, which the endpoint remembers).
    std::size_t consume(std::span<std::byte> input, EndpointHandler& handler);

    // Begins the close handshake; sends nothing when it was begun before. The reason is cut to 123
    // bytes at a code point boundary.
    void close(std::uint16_t code, std::string_view reason, EndpointHandler& handler);

    EndpointState state() const;
    // The rule that the peer broke, if one was; kNone otherwise.
    Violation violation() const;
    // What the peer's close frame said; 1005 when it had no code, 0 before it came.
    std::uint16_t peer_close_code() const;
    // Is a frame or a fragmented message half received? (memory and slow-frame rules)
    bool mid_message() const;
    // Memory held beyond sizeof(*this).
    std::size_t held_bytes() const;
};

}  // namespace stentor::ws
