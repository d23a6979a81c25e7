// Property test of the endpoint: how a stream is cut, into frames and into reads, does not matter.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/ws/endpoint_harness.h"

namespace stentor::ws {
namespace {

using namespace test;  // NOLINT: the harness is written for these tests

// A stream of messages from one seed, in two forms: as frames, and as what must be heard.
class Script {
public:
    explicit Script(std::uint32_t seed) : random_(seed) {
        const std::size_t messages = 1 + below(6);
        for (std::size_t i = 0; i < messages; ++i) add_message();
        if (below(2) == 0) {
            frame(Opcode::kClose, close_payload(1000), true);
            expected.heard.push_back("out " + server_frame(Opcode::kClose, close_payload(1000)));
            expected.state = EndpointState::kClosed;
            expected.peer_close_code = 1000;
        }
    }

    std::size_t below(std::size_t bound) { return random_() % bound; }
    std::vector<std::size_t> pieces() {
        std::vector<std::size_t> sizes;
        const std::size_t size_max = 1 + below(below(2) == 0 ? 8 : 400);
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
        const bool text = below(2) == 0;
        const std::string payload = text ? random_text() : random_octets(below(500));
        std::string_view left = payload;
        Opcode opcode = text ? Opcode::kText : Opcode::kBinary;
        const std::size_t fragments = below(3) == 0 ? 1 : 1 + below(6);
        for (std::size_t i = 1; i < fragments; ++i) {
            const std::size_t size = below(left.size() + 1);
            frame(opcode, left.substr(0, size), false);
            left.remove_prefix(size);
            opcode = Opcode::kContinuation;
            while (below(3) == 0) add_control();
        }
        frame(opcode, left, true);
        expected.heard.push_back((text ? "text " : "binary ") + payload);
        while (below(4) == 0) add_control();
    }
    void add_control() {
        const std::string payload = random_octets(below(126));
        if (below(3) == 0) {
            frame(Opcode::kPong, payload, true);
            expected.heard.push_back("pong " + payload);
        } else {
            frame(Opcode::kPing, payload, true);
            expected.heard.push_back("out " + server_frame(Opcode::kPong, payload));
        }
    }
    void frame(Opcode opcode, std::string_view payload, bool fin) {
        append_masked_frame(bytes, opcode, payload, MaskKey{static_cast<std::uint32_t>(random_())},
                            fin ? kFinBit : std::uint8_t{0});
    }
    std::string random_octets(std::size_t count) {
        std::string octets(count, '\0');
        for (char& octet : octets) octet = static_cast<char>(random_());
        return octets;
    }
    std::string random_text() {
        static const std::vector<std::string> kPoints{"a", "\xc3\xa9", "\xe2\x82\xac",
                                                      "\xf0\x9f\x98\x80", " "};
        std::string text;
        for (std::size_t i = below(300); i > 0; --i) text += kPoints[below(kPoints.size())];
        return text;
    }

    std::mt19937 random_;
};

TEST(EndpointProperty, AnyFragmentationWithInterleavedPingsEqualsUnfragmented) {
    // Property: for any frames, reads and room in the input, the messages are those that were
    // meant, control frames are answered in order between them, and nothing else happens.
    for (std::uint32_t seed = 1; seed <= 1500; ++seed) {
        Script script(seed);
        EndpointLimits limits;
        limits.in_place_bytes_max = script.below(2) == 0 ? script.below(600) : 64 * 1024;
        ASSERT_EQ(feed_in_pieces(script.bytes, script.pieces(), limits, script.below(2) == 0),
                  script.expected)
            << "seed " << seed;
    }
}

TEST(EndpointProperty, AnyCorruptionIsJudgedTheSameHoweverItIsRead) {
    // Property: with random bits turned, whole and in pieces come to the same end, and a violation
    // is always answered by its close frame, last.
    for (std::uint32_t seed = 1; seed <= 1500; ++seed) {
        Script script(seed);
        for (std::size_t turns = 1 + script.below(3); turns > 0; --turns) {
            char& octet = script.bytes[script.below(script.bytes.size())];
            octet = static_cast<char>(static_cast<unsigned char>(octet) ^ 1U << script.below(8));
        }
        EndpointLimits limits;
        limits.in_place_bytes_max = script.below(2) == 0 ? script.below(600) : 64 * 1024;
        const Outcome whole = feed_in_pieces(script.bytes, {}, limits);
        ASSERT_EQ(feed_in_pieces(script.bytes, script.pieces(), limits), whole) << "seed " << seed;
        if (whole.violation == Violation::kNone) continue;
        const ViolationRow& row = row_of(whole.violation);
        ASSERT_EQ(whole.heard.back(),
                  "out " + server_frame(Opcode::kClose, close_payload(row.close_code, row.reason)));
    }
}

}  // namespace
}  // namespace stentor::ws
