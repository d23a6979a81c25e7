// Feeds an Endpoint the way a reactor does, and writes down what it hears. For every endpoint test.
// Thread: the test's. Invariant: bytes that were not consumed are handed in again first, with the
// content that the endpoint left, at another address, in a block that ends right behind its
// padding.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ws/assembler.h"
#include "ws/endpoint.h"
#include "ws/frame_writer.h"

namespace stentor::ws::test {

inline MaskKey key_of(std::string_view octets) {
    return MaskKey::from_wire(std::as_bytes(std::span(octets)).data());
}
inline const MaskKey kKey = key_of("\x37\xfa\x21\x3d");

inline std::string client_frame(Opcode opcode, std::string_view payload, bool fin = true) {
    std::string out;
    append_masked_frame(out, opcode, payload, kKey, fin ? kFinBit : std::uint8_t{0});
    return out;
}
// The first frame of a compressed message.
inline std::string compressed_frame(Opcode opcode, std::string_view payload, bool fin = true) {
    std::string out;
    append_masked_frame(out, opcode, payload, kKey, fin ? kFinBit | kRsv1Bit : kRsv1Bit);
    return out;
}
inline std::string server_frame(Opcode opcode, std::string_view payload) {
    std::string out;
    append_frame(out, opcode, payload);
    return out;
}
inline std::string close_payload(unsigned code, std::string_view reason = {}) {
    std::string out{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    return out.append(reason);
}

inline std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What happened, in order: "text hello", "binary …", "pong …", "out " and the frame's bytes.
struct Outcome {
    std::vector<std::string> heard;
    EndpointState state = EndpointState::kOpen;
    Violation violation = Violation::kNone;
    std::uint16_t peer_close_code = 0;
    bool mid_message = false;

    bool operator==(const Outcome&) const = default;
};
inline void PrintTo(const Outcome& outcome, std::ostream* out) {
    for (const std::string& line : outcome.heard) {
        *out << testing::PrintToString(line.substr(0, 200)) << '\n';
    }
    *out << "state " << static_cast<int>(outcome.state) << ", violation \""
         << describe(outcome.violation) << "\", peer code " << outcome.peer_close_code
         << (outcome.mid_message ? ", mid message" : "");
}

class Recorder : public EndpointHandler {
public:
    bool on_message(Opcode opcode, std::span<std::byte> payload) override {
        heard.push_back((opcode == Opcode::kText ? "text " : "binary ") + text_of(payload));
        unsigned sum = 0;  // the padding is readable: ASan looks on
        for (std::size_t i = 0; i < kMessagePaddingBytes; ++i) {
            sum += static_cast<unsigned>(payload.data()[payload.size() + i]);
        }
        padding_sum = sum;
        // A server's header fits in front, and no byte of what comes next is lost by that.
        std::memset(payload.data() - frame_header_bytes(payload.size()), 0xff,
                    frame_header_bytes(payload.size()));
        stopped = stop_after_message;
        return !stop_after_message;
    }
    void on_control_output(std::span<const std::byte> frame) override {
        heard.push_back("out " + text_of(frame));
    }
    void on_pong(std::span<const std::byte> payload) override {
        heard.push_back("pong " + text_of(payload));
    }

    std::vector<std::string> heard;
    bool stop_after_message = false;
    bool stopped = false;
    unsigned padding_sum = 0;
};

class Feeder {
public:
    Feeder(Endpoint& endpoint, Recorder& recorder) : endpoint_(endpoint), recorder_(recorder) {}

    void give(std::string_view bytes) {
        held_.append(bytes);
        do {
            recorder_.stopped = false;
            hand_in();
        } while (recorder_.stopped);
    }
    const std::string& held() const { return held_; }

private:
    void hand_in() {
        const std::size_t size = held_.size();
        const auto block = std::make_unique<std::byte[]>(size + kMessagePaddingBytes);
        std::copy_n(std::as_bytes(std::span(held_)).begin(), size, block.get());
        const std::size_t done = endpoint_.consume({block.get(), size}, recorder_);
        ASSERT_LE(done, size);
        held_ = text_of({block.get() + done, size - done});
    }

    Endpoint& endpoint_;
    Recorder& recorder_;
    std::string held_;
};

inline Outcome outcome_of(const Endpoint& endpoint, Recorder& recorder) {
    return {std::move(recorder.heard), endpoint.state(), endpoint.violation(),
            endpoint.peer_close_code(), endpoint.mid_message()};
}

// Feeds `bytes` in pieces of the given sizes, the last one taking the rest.
inline Outcome feed_in_pieces(std::string_view bytes, const std::vector<std::size_t>& pieces,
                              const EndpointLimits& limits, bool stop_after_message = false,
                              DeflateParameters deflate = {}) {
    Endpoint endpoint(limits, deflate);
    Recorder recorder;
    recorder.stop_after_message = stop_after_message;
    Feeder feeder(endpoint, recorder);
    for (const std::size_t piece : pieces) {
        feeder.give(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    feeder.give(bytes);
    if (endpoint.state() == EndpointState::kClosed) {
        EXPECT_EQ(feeder.held(), "");
    }
    return outcome_of(endpoint, recorder);
}

// Feeds `bytes` whole, split in two at every place, byte by byte, and stopping behind each message;
// each must come out as `expected`.
inline void expect_however_split(std::string_view bytes, const Outcome& expected,
                                 const EndpointLimits& limits = EndpointLimits(),
                                 DeflateParameters deflate = {}) {
    const EndpointLimits kept = limits;
    EXPECT_EQ(feed_in_pieces(bytes, {}, kept, false, deflate), expected) << "whole";
    EXPECT_EQ(feed_in_pieces(bytes, {}, kept, true, deflate), expected) << "stopping";
    const std::vector<std::size_t> single(bytes.size(), 1);
    EXPECT_EQ(feed_in_pieces(bytes, single, kept, false, deflate), expected) << "byte by byte";
    EXPECT_EQ(feed_in_pieces(bytes, single, kept, true, deflate), expected)
        << "byte by byte, stopping";
    const std::size_t stride = bytes.size() < 2000 ? 1 : bytes.size() / 997;
    for (std::size_t cut = 1; cut < bytes.size(); cut += stride) {
        const Outcome got = feed_in_pieces(bytes, {cut}, kept, false, deflate);
        EXPECT_EQ(got, expected) << "split at " << cut;
        if (got != expected) return;
    }
}

}  // namespace stentor::ws::test
