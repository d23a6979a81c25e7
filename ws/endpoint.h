// The server's side of one WebSocket connection (RFC 6455) as a pure function of bytes: parser,
// inflation (RFC 7692), UTF-8, assembler and close handshake put together. No socket, no clock.
// Thread: owner reactor.
// Invariant: bytes are handled strictly in order; after kClosed or a violation nothing is handed up
// any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "ws/deflate_offer.h"
#include "ws/frame.h"
#include "ws/frame_parser.h"
#include "ws/inflation.h"
#include "ws/utf8.h"
#include "ws/violation.h"

namespace stentor::ws {

class Assembler;
class InflaterPool;

struct EndpointLimits {
    // Decoded, where a message comes compressed.
    std::size_t message_bytes_max = std::size_t{64} * 1024;
    // A message that needs more than this of the input span (header included) is assembled in a
    // buffer of its own instead of waiting in the span; less than the ring that feeds us, and at
    // most 4 GiB.
    std::size_t in_place_bytes_max = std::size_t{64} * 1024;
    bool accept_binary = true;  // false: a binary message is a violation (1003)
    // Of the reactor's thread; without one, each compressed message makes an inflater of its own.
    InflaterPool* inflaters = nullptr;
};

// What to do about a ping.
enum class PingVerdict : std::uint8_t {
    kAnswer,
    kLater,  // stop in front of it; consume() returns, and is called again when there is room
    kFlood,  // Violation::kTooManyPings
};

class EndpointHandler {
public:
    virtual ~EndpointHandler() = default;
    // A whole message; the span is valid during the call, may be changed in place, has core-size
    // padding (64 readable bytes) behind it and, in front, as many writable bytes as the header of
    // a server's frame around it takes (frame_header_bytes()). Text is valid UTF-8. Return false to
    // stop handling input behind this message; consume() then returns and is called again later.
    virtual bool on_message(Opcode opcode, std::span<std::byte> payload) = 0;
    // Bytes to send now: pongs, the close frame. Valid during the call.
    virtual void on_control_output(std::span<const std::byte> frame) = 0;
    // A ping stands whole in the input.
    virtual PingVerdict on_ping() { return PingVerdict::kAnswer; }
    // A pong arrived, for who wants more than that any byte did.
    virtual void on_pong(std::span<const std::byte> /*payload*/) {}
};

enum class EndpointState : std::uint8_t {
    kOpen,
    kCloseSent,  // we began: messages are dropped, the peer's close frame is awaited
    kClosed,     // both close frames passed, or a violation was answered: finish the connection
};

// A handler may call close() and fail() from any of its functions; it may not destroy or move the
// endpoint.
class Endpoint {
public:
    // The limits are shared by the connections of a thread; the caller keeps them alive. `deflate`
    // is what the handshake agreed.
    explicit Endpoint(const EndpointLimits& limits, DeflateParameters deflate = {});
    explicit Endpoint(EndpointLimits&&, DeflateParameters = {}) = delete;
    Endpoint(Endpoint&&) noexcept;
    Endpoint& operator=(Endpoint&&) noexcept;
    ~Endpoint();

    // Handles what `input` holds; it begins where the last call stopped consuming, with the same
    // bytes. Returns how many bytes are done with. A frame that is not complete may stay in the
    // input (already unmasked and checked as far as it came, which the endpoint remembers). A
    // control frame is handled when it is whole (at most kClientControlFrameBytesMax). Once
    // kClosed, all input is done with. Pings are answered in order and at once, until the peer's
    // close frame; how many pongs may wait to be sent is the handler's to bound, in on_ping().
    std::size_t consume(std::span<std::byte> input, EndpointHandler& handler);

    // Begins the close handshake; sends nothing when it was begun before. The reason is cut to 123
    // bytes at a code point boundary. Precondition: is_wire_close_code(code), the reason is UTF-8.
    void close(std::uint16_t code, std::string_view reason, EndpointHandler& handler);

    // The peer broke a rule that needs a clock or a count of the caller's: ends as for any other
    // violation. Nothing happens once kClosed. Precondition: not kNone.
    void fail(Violation violation, EndpointHandler& handler);

    // What the handshake agreed: may a frame to this peer bear kRsv1Bit, and with which window?
    DeflateParameters deflate() const;
    EndpointState state() const { return state_; }
    // The rule that the peer broke, if one was; kNone otherwise.
    Violation violation() const { return violation_; }
    // What the peer's close frame said; 1005 when it had no code, 0 before it came.
    std::uint16_t peer_close_code() const { return peer_close_code_; }
    // Is a frame or a fragmented message half received, the peer's bytes awaited? (memory and
    // slow-frame rules) Whole frames that wait because a handler said stop or kLater do not count.
    bool mid_message() const;
    // Memory held beyond sizeof(*this).
    std::size_t held_bytes() const;

private:
    // How far one step came: bytes done with, and whether the next step has something to work on.
    struct Step {
        std::size_t done;
        bool go_on;
    };
    Step begin_frame(std::span<std::byte> input, EndpointHandler& handler);
    Step take_in_place(std::span<std::byte> input, EndpointHandler& handler);
    Step take_chunk(std::span<std::byte> input, EndpointHandler& handler);
    Step begin_data(const FrameHeader& header, std::size_t input_bytes, EndpointHandler& handler);
    // kNone: where the message is to be assembled, it now is.
    Violation begin_assembly(const FrameHeader& header, bool whole);
    Step handle_control(const FrameHeader& header, std::span<std::byte> payload,
                        EndpointHandler& handler);
    Step handle_close(std::span<const std::byte> payload, EndpointHandler& handler);
    Step broken(Violation violation, EndpointHandler& handler);

    FrameRules rules() const;
    bool text_goes_on(const Chunk& chunk);
    bool text_may_end() const;
    Utf8Validator* text();
    Opcode end_message();
    void end(std::uint16_t code, std::string_view reason, EndpointHandler& handler);
    void send_close(std::uint16_t code, std::string_view reason, EndpointHandler& handler);

    const EndpointLimits* limits_;
    // Only while a message is assembled; holds the inflater, too.
    std::unique_ptr<Assembler> assembler_;
    FrameParser parser_;
    // In place: so many bytes at the start of the input are handled, header included, and wait for
    // the rest of their frame. 0: nothing waits in the input but what was not looked at.
    std::uint32_t in_place_bytes_ = 0;
    std::uint8_t in_place_header_bytes_ = 0;
    Opcode message_opcode_ = Opcode::kContinuation;  // kContinuation: between messages
    Utf8Validator utf8_;
    EndpointState state_ = EndpointState::kOpen;
    Violation violation_ = Violation::kNone;
    std::uint16_t peer_close_code_ = 0;
    bool half_frame_ : 1 = false;          // the input ended inside a header or a control frame
    std::uint8_t server_window_bits_ : 4;  // 0: no permessage-deflate
    std::uint8_t inflate_allowance_megabytes_ = kInflateAllowanceMegabytes;
};
static_assert(sizeof(Endpoint) <= 48, "one for each idle connection");

}  // namespace stentor::ws
