// Feeds an Endpoint the way a reactor does and writes down what it says (ws/endpoint.h), with what
// must hold after every call. For the targets whose bytes are frames.
// Thread: one.
// Invariant: bytes that were not consumed are handed in again first, with the content that the
// endpoint left, in a block that ends right behind its padding.
#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/fuzz_input.h"
#include "ws/endpoint.h"
#include "ws/frame_writer.h"
#include "ws/inflater.h"
#include "ws/utf8.h"

namespace stentor::fuzz {

struct EndpointPlan {
    ws::EndpointLimits limits;
    ws::DeflateParameters deflate;
    bool stops_at_messages = false;  // the handler wants to be called again for what follows
    bool puts_off_pings = false;     // every ping is answered at the second asking
    std::size_t closes_behind = 0;   // messages; 0: never
};

// What came of a stream, in order.
struct Heard {
    std::vector<std::string> events;  // "text …", "binary …", "pong …", "out " and a frame
    ws::EndpointState state = ws::EndpointState::kOpen;
    ws::Violation violation = ws::Violation::kNone;
    std::uint16_t peer_close_code = 0;
    bool mid_message = false;

    bool operator==(const Heard&) const = default;
};

class EndpointDriver final : public ws::EndpointHandler {
public:
    explicit EndpointDriver(const EndpointPlan& plan)
        : plan_(plan), limits_(plan.limits), endpoint_(limits_, plan.deflate) {
        limits_.inflaters = &inflaters_;
    }

    Heard over(std::span<const std::byte> stream, std::size_t chunk_bytes) {
        for_each_chunk(stream, chunk_bytes,
                       [this](std::span<const std::byte> chunk) { give(chunk); });
        return {std::move(events_), endpoint_.state(), endpoint_.violation(),
                endpoint_.peer_close_code(), endpoint_.mid_message()};
    }

    bool on_message(ws::Opcode opcode, std::span<std::byte> payload) override {
        STENTOR_CHECK(endpoint_.state() == ws::EndpointState::kOpen);
        STENTOR_CHECK(payload.size() <= limits_.message_bytes_max);
        STENTOR_CHECK(opcode == ws::Opcode::kText || limits_.accept_binary);
        STENTOR_CHECK(opcode != ws::Opcode::kText || ws::is_valid_utf8(payload));
        events_.push_back((opcode == ws::Opcode::kText ? "text " : "binary ") +
                          std::string(text_of(payload)));
        // The padding is readable, and the payload is the handler's to change.
        for (std::size_t i = 0; i < core::kReadablePaddingBytes; ++i) {
            sum_ += std::to_integer<unsigned>(payload.data()[payload.size() + i]);
        }
        std::ranges::fill(payload, std::byte{0xff});
        if (++messages_ == plan_.closes_behind) endpoint_.close(1001, "enough", *this);
        stopped_ = plan_.stops_at_messages;
        return !stopped_;
    }
    // One close frame; pongs go on behind ours, until the peer's (5.5.1 forbids data alone).
    void on_control_output(std::span<const std::byte> frame) override {
        STENTOR_CHECK(frame.size() >= 2 && frame.size() <= 2 + ws::kControlPayloadBytesMax);
        const bool is_close = std::to_integer<unsigned>(frame[0]) == 0x88;
        STENTOR_CHECK(is_close ? !said_close_ : std::to_integer<unsigned>(frame[0]) == 0x8a);
        STENTOR_CHECK(!was_closed_);
        said_close_ = said_close_ || is_close;
        events_.push_back("out " + std::string(text_of(frame)));
    }
    ws::PingVerdict on_ping() override {
        asked_again_ = plan_.puts_off_pings && !asked_again_;
        stopped_ = asked_again_;
        return stopped_ ? ws::PingVerdict::kLater : ws::PingVerdict::kAnswer;
    }
    void on_pong(std::span<const std::byte> payload) override {
        events_.push_back("pong " + std::string(text_of(payload)));
    }

private:
    void give(std::span<const std::byte> chunk) {
        held_.append(text_of(chunk));
        do {
            stopped_ = false;
            hand_in();
        } while (stopped_);
    }
    void hand_in() {
        Block block(bytes_of(held_));
        was_closed_ = endpoint_.state() == ws::EndpointState::kClosed;
        const std::size_t done = endpoint_.consume(block.span(), *this);
        STENTOR_CHECK(done <= held_.size());
        held_ = text_of(block.span().subspan(done));
        expect_consistent();
    }
    void expect_consistent() const {
        const bool closed = endpoint_.state() == ws::EndpointState::kClosed;
        STENTOR_CHECK(!closed || (held_.empty() && said_close_));
        STENTOR_CHECK(endpoint_.violation() == ws::Violation::kNone || closed);
        STENTOR_CHECK(said_close_ == (endpoint_.state() != ws::EndpointState::kOpen));
        // What waits in the input, and what is held beside it.
        STENTOR_CHECK(stopped_ || held_.size() <= std::max(limits_.in_place_bytes_max,
                                                           ws::kClientControlFrameBytesMax));
        constexpr std::size_t kInflaterBytes = std::size_t{64} * 1024;
        STENTOR_CHECK(endpoint_.held_bytes() <= limits_.message_bytes_max + 1024 + kInflaterBytes);
        STENTOR_CHECK(!closed || endpoint_.held_bytes() == 0);
        STENTOR_CHECK(inflaters_.borrowed() <= 1);
    }

    const EndpointPlan plan_;
    ws::EndpointLimits limits_;
    ws::InflaterPool inflaters_{1};
    ws::Endpoint endpoint_;
    std::vector<std::string> events_;
    std::string held_;
    std::size_t messages_ = 0;
    unsigned sum_ = 0;
    bool stopped_ = false;
    bool asked_again_ = false;
    bool said_close_ = false;
    bool was_closed_ = false;
};

inline Heard hear(const EndpointPlan& plan, std::span<const std::byte> stream,
                  std::size_t chunk_bytes) {
    return EndpointDriver(plan).over(stream, chunk_bytes);
}

// The close frame that answers a violation comes last, and says which.
inline void expect_answered(const Heard& heard) {
    if (heard.violation == ws::Violation::kNone) return;
    STENTOR_CHECK(!heard.events.empty());
    const ws::ViolationRow& row = ws::row_of(heard.violation);
    std::string payload{static_cast<char>(row.close_code >> 8),
                        static_cast<char>(row.close_code & 0xff)};
    std::string frame;
    ws::append_frame(frame, ws::Opcode::kClose, payload.append(row.reason));
    const bool was_closing = heard.events.back() != "out " + frame;
    STENTOR_CHECK(!was_closing || heard.state == ws::EndpointState::kClosed);
}

}  // namespace stentor::fuzz
