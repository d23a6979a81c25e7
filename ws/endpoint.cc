// Parser, UTF-8, assembler and close handshake put together (RFC 6455 5 to 8; endpoint.h has the
// contract). A frame goes begin_frame -> begin_data -> take_in_place or take_chunk -> on_message.
// Thread: owner reactor.
// Invariant: assembler_ exists only in kOpen, while a message is assembled; in_place_bytes_ is not
// 0 only while parser_ is in a frame that stays in the input.
#include "ws/endpoint.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "core/check.h"
#include "ws/assembler.h"
#include "ws/frame_writer.h"
#include "ws/inflation.h"

namespace stentor::ws {
namespace {

// So that no sum of lengths can wrap.
constexpr std::size_t kMessageBytesMax = std::size_t{1} << 62;

// A whole control frame, built on the stack.
class ControlFrame {
public:
    ControlFrame(Opcode opcode, std::size_t payload_bytes) {
        octets_[0] = static_cast<std::byte>(kFinBit | static_cast<std::uint8_t>(opcode));
        octets_[1] = static_cast<std::byte>(payload_bytes);
    }
    void append(const void* bytes, std::size_t count) {
        STENTOR_CHECK(count <= octets_.size() - size_);
        if (count != 0) std::memcpy(octets_.data() + size_, bytes, count);
        size_ += count;
    }
    std::span<const std::byte> bytes() const { return std::span(octets_).first(size_); }

private:
    std::array<std::byte, 2 + kControlPayloadBytesMax> octets_;
    std::size_t size_ = 2;
};

std::string_view cut_reason(std::string_view reason) {
    if (reason.size() <= kCloseReasonBytesMax) return reason;
    std::size_t end = kCloseReasonBytesMax;
    while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xc0) == 0x80) --end;
    return reason.substr(0, end);
}

}  // namespace

Endpoint::Endpoint(const EndpointLimits& limits, DeflateParameters deflate)
    : limits_(&limits), server_window_bits_(deflate.on ? deflate.server_window_bits & 0xf : 0) {
    STENTOR_CHECK(limits.in_place_bytes_max <= std::numeric_limits<std::uint32_t>::max());
    STENTOR_CHECK(limits.message_bytes_max <= kMessageBytesMax);
}
Endpoint::Endpoint(Endpoint&&) noexcept = default;
Endpoint& Endpoint::operator=(Endpoint&&) noexcept = default;
Endpoint::~Endpoint() = default;

std::size_t Endpoint::consume(std::span<std::byte> input, EndpointHandler& handler) {
    std::size_t done = 0;
    Step step{.done = 0, .go_on = true};
    while (step.go_on && state_ != EndpointState::kClosed) {
        const std::span<std::byte> rest = input.subspan(done);
        if (!parser_.in_frame()) {
            step = begin_frame(rest, handler);
        } else if (in_place_bytes_ != 0) {
            step = take_in_place(rest, handler);
        } else {
            step = take_chunk(rest, handler);
        }
        done += step.done;
    }
    return state_ == EndpointState::kClosed ? input.size() : done;
}

Endpoint::Step Endpoint::begin_frame(std::span<std::byte> input, EndpointHandler& handler) {
    const auto parsed = parse_frame_header(input, rules());
    if (!parsed) return broken(parsed.error(), handler);
    const auto& header = *parsed;
    const bool whole = header && (!is_control(header->opcode) ||
                                  header->payload_bytes <= input.size() - header->header_bytes);
    half_frame_ = !whole && !input.empty();
    if (!whole) return {.done = 0, .go_on = false};
    if (!is_control(header->opcode)) return begin_data(*header, input.size(), handler);
    if (header->opcode == Opcode::kPing) {
        const PingVerdict verdict = handler.on_ping();
        if (verdict == PingVerdict::kFlood) return broken(Violation::kTooManyPings, handler);
        const bool now = verdict == PingVerdict::kAnswer && state_ != EndpointState::kClosed;
        if (!now) return {.done = 0, .go_on = false};
    }
    const auto payload =
        input.subspan(header->header_bytes, static_cast<std::size_t>(header->payload_bytes));
    apply_mask(payload, header->mask);
    return handle_control(*header, payload, handler);
}

FrameRules Endpoint::rules() const {
    FrameRules rules{.data_bytes_max = limits_->message_bytes_max,
                     .in_message = message_opcode_ != Opcode::kContinuation,
                     .accept_binary = limits_->accept_binary};
    if (assembler_) rules.data_bytes_max = assembler_->wire_bytes_left();
    if (server_window_bits_ == 0) return rules;
    rules.accept_compressed = true;
    rules.compressed_bytes_max = compressed_bytes_max(limits_->message_bytes_max);
    // What is dropped may be the rest of a compressed message.
    if (state_ != EndpointState::kOpen) rules.data_bytes_max = rules.compressed_bytes_max;
    return rules;
}

Endpoint::Step Endpoint::begin_data(const FrameHeader& header, std::size_t input_bytes,
                                    EndpointHandler& handler) {
    const bool starts = header.opcode != Opcode::kContinuation;
    if (starts) message_opcode_ = header.opcode;
    parser_.begin(header);
    // The sum cannot wrap: a length has 63 bits.
    const std::uint64_t frame_bytes = header.header_bytes + header.payload_bytes;
    if (state_ != EndpointState::kOpen) return {.done = header.header_bytes, .go_on = true};
    const bool alone = starts && header.fin;
    if (alone && !header.compressed && frame_bytes <= limits_->in_place_bytes_max) {
        in_place_header_bytes_ = header.header_bytes;
        in_place_bytes_ = header.header_bytes;
        return {.done = 0, .go_on = true};
    }
    const bool whole = alone && frame_bytes <= input_bytes;
    if (const Violation rule = begin_assembly(header, whole); rule != Violation::kNone) {
        return broken(rule, handler);
    }
    return {.done = header.header_bytes, .go_on = true};
}

Violation Endpoint::begin_assembly(const FrameHeader& header, bool whole) {
    if (header.compressed) {
        auto inflation = Inflation::begin(limits_->inflaters, whole, inflate_allowance_megabytes_);
        if (!inflation) return Violation::kTooManyInflating;
        assembler_ = std::make_unique<Assembler>(limits_->message_bytes_max, std::move(*inflation));
    } else if (!assembler_) {
        assembler_ = std::make_unique<Assembler>(limits_->message_bytes_max);
    }
    const bool few = assembler_->count_frame(header.payload_bytes);
    return few ? Violation::kNone : Violation::kTooManyFrames;
}

Endpoint::Step Endpoint::take_in_place(std::span<std::byte> input, EndpointHandler& handler) {
    STENTOR_CHECK(input.size() >= in_place_bytes_);
    if (state_ != EndpointState::kOpen) {
        // close() came while the frame waited: from here on it is dropped as it comes.
        return {.done = std::exchange(in_place_bytes_, 0), .go_on = true};
    }
    const Chunk chunk = parser_.take(input.subspan(in_place_bytes_));
    in_place_bytes_ += static_cast<std::uint32_t>(chunk.bytes.size());
    if (!text_goes_on(chunk)) return broken(Violation::kInvalidUtf8InText, handler);
    if (parser_.payload_bytes_left() != 0) return {.done = 0, .go_on = false};
    if (!text_may_end()) return broken(Violation::kInvalidUtf8InText, handler);

    // In front of the payload lies its header, which had a key that the server's has not.
    const std::size_t done = std::exchange(in_place_bytes_, 0);
    const Opcode opcode = end_message();
    const auto payload = input.first(done).subspan(in_place_header_bytes_);
    return {.done = done, .go_on = handler.on_message(opcode, payload)};
}

Endpoint::Step Endpoint::take_chunk(std::span<std::byte> input, EndpointHandler& handler) {
    const bool open = state_ == EndpointState::kOpen;
    const std::span<std::byte> chunk = parser_.take(input).bytes;
    Violation rule = open ? assembler_->take(chunk, text()) : Violation::kNone;
    if (rule != Violation::kNone) return broken(rule, handler);
    if (parser_.payload_bytes_left() != 0) return {.done = chunk.size(), .go_on = false};
    if (!parser_.fin()) {
        parser_.end();
        return {.done = chunk.size(), .go_on = true};
    }
    if (open) rule = assembler_->finish(text());
    if (rule != Violation::kNone) return broken(rule, handler);

    // Out of the member first: a close() by the handler must not free the span that it reads.
    const std::unique_ptr<Assembler> finished = std::move(assembler_);
    if (finished && finished->is_compressed()) {
        inflate_allowance_megabytes_ = finished->inflate_allowance_megabytes();
    }
    const Opcode opcode = end_message();
    if (!open) return {.done = chunk.size(), .go_on = true};
    return {.done = chunk.size(), .go_on = handler.on_message(opcode, finished->message())};
}

Endpoint::Step Endpoint::handle_control(const FrameHeader& header, std::span<std::byte> payload,
                                        EndpointHandler& handler) {
    if (header.opcode == Opcode::kClose) return handle_close(payload, handler);
    if (header.opcode == Opcode::kPing) {
        ControlFrame pong(Opcode::kPong, payload.size());
        pong.append(payload.data(), payload.size());
        handler.on_control_output(pong.bytes());
    } else {
        handler.on_pong(payload);
    }
    return {.done = header.header_bytes + payload.size(), .go_on = true};
}

Endpoint::Step Endpoint::handle_close(std::span<const std::byte> payload,
                                      EndpointHandler& handler) {
    std::uint16_t code = kCloseNoCode;
    if (payload.size() == 1) return broken(Violation::kClosePayloadOfOneByte, handler);
    if (payload.size() >= kCloseCodeBytes) {
        code = static_cast<std::uint16_t>(static_cast<unsigned>(payload[0]) << 8 |
                                          static_cast<unsigned>(payload[1]));
        if (!is_wire_close_code(code)) return broken(Violation::kBadCloseCode, handler);
        if (!is_valid_utf8(payload.subspan(kCloseCodeBytes))) {
            return broken(Violation::kInvalidUtf8InCloseReason, handler);
        }
    }
    peer_close_code_ = code;
    end(code, {}, handler);
    return {.done = 0, .go_on = false};
}

Endpoint::Step Endpoint::broken(Violation violation, EndpointHandler& handler) {
    fail(violation, handler);
    return {.done = 0, .go_on = false};
}

void Endpoint::fail(Violation violation, EndpointHandler& handler) {
    STENTOR_CHECK(violation != Violation::kNone);
    if (state_ == EndpointState::kClosed) return;
    violation_ = violation;
    end(close_code(violation), describe(violation), handler);
}

void Endpoint::close(std::uint16_t code, std::string_view reason, EndpointHandler& handler) {
    STENTOR_CHECK(is_wire_close_code(code));
    if (state_ != EndpointState::kOpen) return;
    state_ = EndpointState::kCloseSent;
    assembler_.reset();
    send_close(code, reason, handler);
}

// The last step: answers with a close frame unless one was sent. The state goes first, because the
// handler may call close().
void Endpoint::end(std::uint16_t code, std::string_view reason, EndpointHandler& handler) {
    const bool answers = state_ == EndpointState::kOpen;
    state_ = EndpointState::kClosed;
    assembler_.reset();
    parser_.end();
    in_place_bytes_ = 0;
    message_opcode_ = Opcode::kContinuation;
    half_frame_ = false;
    if (answers) send_close(code, reason, handler);
}

void Endpoint::send_close(std::uint16_t code, std::string_view reason, EndpointHandler& handler) {
    if (code == kCloseNoCode) {
        handler.on_control_output(ControlFrame(Opcode::kClose, 0).bytes());
        return;
    }
    reason = cut_reason(reason);
    const std::array<std::byte, kCloseCodeBytes> wire_code{static_cast<std::byte>(code >> 8),
                                                           static_cast<std::byte>(code & 0xff)};
    ControlFrame frame(Opcode::kClose, kCloseCodeBytes + reason.size());
    frame.append(wire_code.data(), wire_code.size());
    frame.append(reason.data(), reason.size());
    handler.on_control_output(frame.bytes());
}

bool Endpoint::text_goes_on(const Chunk& chunk) {
    if (message_opcode_ != Opcode::kText || (chunk.ascii && utf8_.at_boundary())) return true;
    return utf8_.feed(chunk.bytes);
}

bool Endpoint::text_may_end() const {
    return utf8_.at_boundary();
}

Utf8Validator* Endpoint::text() {
    return message_opcode_ == Opcode::kText ? &utf8_ : nullptr;
}

// utf8_ needs no reset: a text ends at a boundary only, which is where the next one begins.
Opcode Endpoint::end_message() {
    parser_.end();
    return std::exchange(message_opcode_, Opcode::kContinuation);
}

DeflateParameters Endpoint::deflate() const {
    if (server_window_bits_ == 0) return {};
    return {.on = true, .server_window_bits = server_window_bits_};
}

bool Endpoint::mid_message() const {
    return half_frame_ || parser_.in_frame() || message_opcode_ != Opcode::kContinuation;
}

std::size_t Endpoint::held_bytes() const {
    return assembler_ ? assembler_->held_bytes() : 0;
}

}  // namespace stentor::ws
