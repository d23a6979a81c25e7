// Property tests of the endpoint with permessage-deflate: how a client compresses, cuts and mixes
// its messages does not matter, and how broken ones are read does not either (RFC 7692).
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/ws/deflate_texts.h"
#include "tests/ws/endpoint_harness.h"

namespace stentor::ws {
namespace {

using namespace test;  // NOLINT: the harness is written for these tests

constexpr DeflateParameters kDeflate{.on = true};

// A stream of messages from one seed, some compressed, and what must be heard of it.
class Script {
public:
    explicit Script(std::uint32_t seed) : client_(seed) {
        for (std::size_t messages = 1 + below(6); messages > 0; --messages) add_message();
    }

    std::size_t below(std::size_t bound) { return client_.below(bound); }
    std::vector<std::size_t> pieces() {
        std::vector<std::size_t> sizes;
        // What waits in the input is handed in again with each piece: long ones in larger pieces.
        const std::size_t size_max = 1 + below(below(2) == 0 ? 8 : 400) + bytes.size() / 200;
        for (std::size_t left = bytes.size(); left > 0;) {
            sizes.push_back(std::min(left, 1 + below(size_max)));
            left -= sizes.back();
        }
        return sizes;
    }

    std::string bytes;
    Outcome expected;

private:
    void add_message() {
        const auto seed = static_cast<std::uint32_t>(below(1'000'000));
        const bool text = below(3) != 0;
        const std::size_t size = below(8) == 0 ? below(40'000) : below(600);
        const std::string payload = text ? chat_text(size, seed) : random_octets(size, seed);
        const bool compressed = below(4) != 0;
        add_frames(text ? Opcode::kText : Opcode::kBinary,
                   compressed ? client_.message(payload) : payload, compressed);
        expected.heard.push_back((text ? "text " : "binary ") + payload);
    }
    void add_frames(Opcode opcode, std::string_view left, bool compressed) {
        std::uint8_t rsv = compressed ? kRsv1Bit : std::uint8_t{0};
        for (std::size_t more = below(2) == 0 ? 0 : below(6); more > 0; --more) {
            const std::size_t size = below(left.size() + 1);
            frame(opcode, left.substr(0, size), rsv);
            left.remove_prefix(size);
            opcode = Opcode::kContinuation;
            rsv = 0;
            while (below(3) == 0) add_ping();
        }
        frame(opcode, left, static_cast<std::uint8_t>(kFinBit | rsv));
    }
    void add_ping() {
        const std::string payload = random_octets(below(126), 1);
        frame(Opcode::kPing, payload, kFinBit);
        expected.heard.push_back("out " + server_frame(Opcode::kPong, payload));
    }
    void frame(Opcode opcode, std::string_view payload, std::uint8_t first_bits) {
        append_masked_frame(bytes, opcode, payload,
                            MaskKey{static_cast<std::uint32_t>(below(1U << 31))}, first_bits);
    }

    AnyClient client_;
};

TEST(EndpointDeflateProperty, AnyCompressionAndFragmentationEqualsPlain) {
    // Property: for any zlib settings, flushes, frames and reads, what is heard is what was meant,
    // as if nothing had been compressed; and every inflater comes back.
    InflaterPool pool(1);
    for (std::uint32_t seed = 1; seed <= 1500; ++seed) {
        Script script(seed);
        const EndpointLimits limits{
            .in_place_bytes_max = script.below(2) == 0 ? script.below(600) : 64 * 1024,
            .inflaters = script.below(2) == 0 ? &pool : nullptr};
        ASSERT_EQ(
            feed_in_pieces(script.bytes, script.pieces(), limits, script.below(2) == 0, kDeflate),
            script.expected)
            << "seed " << seed;
        ASSERT_EQ(pool.borrowed(), 0U);
    }
}

TEST(EndpointDeflateProperty, AnyCorruptionIsJudgedTheSameHoweverItIsRead) {
    // Property: with random bits turned, whole and in pieces come to the same end, the limit
    // holds, and a violation is answered by its close frame, last.
    for (std::uint32_t seed = 1; seed <= 2000; ++seed) {
        Script script(seed);
        for (std::size_t turns = 1 + script.below(3); turns > 0; --turns) {
            char& octet = script.bytes[script.below(script.bytes.size())];
            octet = static_cast<char>(static_cast<unsigned char>(octet) ^ 1U << script.below(8));
        }
        EndpointLimits limits;
        if (script.below(2) == 0) limits.message_bytes_max = 500 + script.below(30'000);
        const Outcome whole = feed_in_pieces(script.bytes, {}, limits, false, kDeflate);
        ASSERT_EQ(feed_in_pieces(script.bytes, script.pieces(), limits, false, kDeflate), whole)
            << "seed " << seed;
        for (const std::string& line : whole.heard) {
            ASSERT_LE(line.size(), limits.message_bytes_max + sizeof("binary"));
        }
        if (whole.violation == Violation::kNone) continue;
        const ViolationRow& row = row_of(whole.violation);
        ASSERT_EQ(whole.heard.back(),
                  "out " + server_frame(Opcode::kClose, close_payload(row.close_code, row.reason)));
    }
}

TEST(EndpointDeflateProperty, OctetsAtRandomAreJudgedTheSameHoweverTheyAreRead) {
    // Property: random payloads that call themselves compressed never pass the limit, and their
    // verdict does not depend on the reads; some inflate, most do not.
    constexpr EndpointLimits kTight{.message_bytes_max = 2000};
    std::size_t inflated = 0;
    for (std::uint32_t seed = 1; seed <= 15000; ++seed) {
        const std::string payload = random_octets(seed % 60, seed);
        const std::string bytes = compressed_frame(Opcode::kBinary, payload);
        const Outcome whole = feed_in_pieces(bytes, {}, kTight, false, kDeflate);
        const std::vector<std::size_t> single(bytes.size(), 1 + seed % 3);
        ASSERT_EQ(feed_in_pieces(bytes, single, kTight, false, kDeflate), whole) << "seed " << seed;
        if (whole.violation == Violation::kNone) ++inflated;
    }
    EXPECT_GT(inflated, 30U);
}

TEST(EndpointDeflateProperty, WhatOurDeflatersMakeOurEndpointReads) {
    // Property: any window, any text: deflater and endpoint are inverse.
    Deflaters deflaters;
    const EndpointLimits roomy{.message_bytes_max = 1 << 20};
    for (std::uint8_t bits = kWindowBitsMin; bits <= kWindowBitsMax; ++bits) {
        for (const std::string& text : sample_texts()) {
            const Outcome heard = feed_in_pieces(
                compressed_frame(Opcode::kBinary, deflated(deflaters.with_window(bits), text)), {},
                roomy, false, kDeflate);
            ASSERT_EQ(heard.heard, std::vector{"binary " + text});
        }
    }
}

}  // namespace
}  // namespace stentor::ws
