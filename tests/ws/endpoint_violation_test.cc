// Tests of the endpoint against peers that break the rules (RFC 6455 5, 7.4, 8.1, 10.4).
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/ws/endpoint_harness.h"

namespace stentor::ws {
namespace {

using namespace test;  // NOLINT: the harness is written for these tests
using std::string_literals::operator""s;

struct Case {
    Violation violation;
    std::string bytes;
};

std::string with_bits(unsigned bits, std::string frame) {
    frame[0] = static_cast<char>(static_cast<unsigned char>(frame[0]) | bits);
    return frame;
}

std::string in_message(const std::string& frame) {
    return client_frame(Opcode::kText, "begun", false) + frame;
}

constexpr EndpointLimits kStrict{
    .message_bytes_max = 1000, .in_place_bytes_max = 500, .accept_binary = false};

std::vector<Case> header_cases() {
    const std::string text = client_frame(Opcode::kText, "hello");
    const std::string ping = client_frame(Opcode::kPing, "hello");
    const std::string last = client_frame(Opcode::kContinuation, "x");
    return {
        {Violation::kReservedBitsSet, with_bits(0x40, text)},
        {Violation::kReservedBitsSet, with_bits(0x20, text)},
        {Violation::kReservedBitsSet, with_bits(0x10, ping)},
        {Violation::kReservedBitsSet, in_message(with_bits(0x40, last))},
        {Violation::kReservedOpcode, client_frame(static_cast<Opcode>(0x3), "")},
        {Violation::kReservedOpcode, client_frame(static_cast<Opcode>(0x7), "x")},
        {Violation::kReservedOpcode, client_frame(static_cast<Opcode>(0xb), "")},
        {Violation::kReservedOpcode, in_message(client_frame(static_cast<Opcode>(0xf), "x"))},
        {Violation::kFragmentedControl, client_frame(Opcode::kPing, "x", false)},
        {Violation::kFragmentedControl, client_frame(Opcode::kClose, "", false)},
        {Violation::kContinuationWithoutStart, client_frame(Opcode::kContinuation, "x")},
        {Violation::kContinuationWithoutStart, client_frame(Opcode::kContinuation, "", false)},
        {Violation::kMessageInsideMessage, in_message(text)},
        {Violation::kMessageInsideMessage, in_message(client_frame(Opcode::kBinary, ""))},
        {Violation::kBinaryRefused, client_frame(Opcode::kBinary, "x")},
        {Violation::kBinaryRefused, client_frame(Opcode::kBinary, "x", false)},
        {Violation::kUnmaskedFrame, server_frame(Opcode::kText, "hello")},
        {Violation::kUnmaskedFrame, in_message(server_frame(Opcode::kPing, ""))},
        {Violation::kControlTooLong, client_frame(Opcode::kPing, std::string(126, 'x'))},
        {Violation::kControlTooLong, client_frame(Opcode::kClose, std::string(200, 'x'))},
        {Violation::kLengthNotMinimal, "\x81\xfe\x00\x05keysxxxxx"s},
        {Violation::kLengthNotMinimal, "\x81\xff\0\0\0\0\0\0\0\x05keysxxxxx"s},
        {Violation::kLengthHighBitSet, "\x81\xff\x80\0\0\0\0\0\0\x05keysxxxxx"s},
        {Violation::kLengthHighBitSet, "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xffkeys"s},
        {Violation::kMessageTooLarge, "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xffkeys"s},
        {Violation::kMessageTooLarge, client_frame(Opcode::kText, std::string(1001, 'x'))},
        {Violation::kMessageTooLarge,
         in_message(client_frame(Opcode::kContinuation, std::string(996, 'x')))},
    };
}

std::vector<Case> payload_cases() {
    const auto close = [](std::string_view payload) {
        return client_frame(Opcode::kClose, payload);
    };
    std::vector<Case> cases{
        {Violation::kInvalidUtf8InText, client_frame(Opcode::kText, "\xc0\x80")},
        {Violation::kInvalidUtf8InText, client_frame(Opcode::kText, "cut \xe2\x82")},
        {Violation::kInvalidUtf8InText, client_frame(Opcode::kText, "\xed\xa0\x80", false)},
        {Violation::kInvalidUtf8InText,
         in_message(client_frame(Opcode::kContinuation, "\xf4\x90"))},
        {Violation::kInvalidUtf8InText, in_message(client_frame(Opcode::kContinuation, "\xe2"))},
        {Violation::kInvalidUtf8InText,
         client_frame(Opcode::kText, std::string(700, 'x') + "\xff" + std::string(99, 'x'))},
        {Violation::kClosePayloadOfOneByte, close("x")},
        {Violation::kInvalidUtf8InCloseReason, close(close_payload(1000, "\xff"))},
        {Violation::kInvalidUtf8InCloseReason, close(close_payload(1000, "cut \xe2\x82"))},
    };
    for (const unsigned code :
         {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U}) {
        cases.push_back({Violation::kBadCloseCode, close(close_payload(code, "reason"))});
    }
    return cases;
}

void expect_violation(const Case& tried) {
    const ViolationRow& row = row_of(tried.violation);
    SCOPED_TRACE(row.reason);
    expect_however_split(
        client_frame(Opcode::kText, "before") + tried.bytes + client_frame(Opcode::kText, "after"),
        {.heard = {"text before", "out " + server_frame(Opcode::kClose,
                                                        close_payload(row.close_code, row.reason))},
         .state = EndpointState::kClosed,
         .violation = tried.violation},
        kStrict);
}

TEST(EndpointViolation, EachBrokenHeaderRuleIsAnsweredByItsCode) {
    // Property: the rule that was broken is named, its code sent, and nothing behind it handed up.
    for (const Case& tried : header_cases()) expect_violation(tried);
}

TEST(EndpointViolation, EachBrokenPayloadRuleIsAnsweredByItsCode) {
    // Property: as above, for what stands in texts and close frames.
    for (const Case& tried : payload_cases()) expect_violation(tried);
}

TEST(EndpointViolation, TableOfCasesCoversEveryRule) {
    // Property: no enumerator is without a case; those of floods and of compression have tests of
    // their own.
    std::vector<bool> seen(kViolationCount);
    for (const Violation elsewhere :
         {Violation::kNone, Violation::kTooManyFrames, Violation::kTooManyPings,
          Violation::kMessageTooSlow, Violation::kRsv1OnControl, Violation::kRsv1OnContinuation,
          Violation::kInflatesTooMuch, Violation::kTooManyInflating, Violation::kBrokenDeflate}) {
        seen[static_cast<std::size_t>(elsewhere)] = true;
    }
    for (const Case& tried : header_cases()) seen[static_cast<std::size_t>(tried.violation)] = true;
    for (const Case& tried : payload_cases()) {
        seen[static_cast<std::size_t>(tried.violation)] = true;
    }
    for (std::size_t i = 0; i < kViolationCount; ++i) {
        EXPECT_TRUE(seen[i]) << describe(static_cast<Violation>(i));
    }
}

TEST(EndpointViolation, ImpossibleOctetFailsInTheMiddleOfAFrame) {
    // Property: the close frame is sent when the octet arrives, though its frame is not complete;
    // in the input, in the assembler, and across fragments.
    const std::string good = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";
    for (const std::size_t in_place_bytes : {0UL, 1000UL}) {
        EndpointLimits limits;
        limits.in_place_bytes_max = in_place_bytes;
        Endpoint endpoint(limits);
        Recorder recorder;
        Feeder feeder(endpoint, recorder);
        const std::string frame = client_frame(Opcode::kText, good + "\xf4\x90\x80\x80" + "edited");
        const std::size_t header_bytes = 6;
        for (std::size_t i = 0; i < header_bytes + good.size() + 1; ++i) {
            feeder.give(frame.substr(i, 1));
            ASSERT_EQ(endpoint.state(), EndpointState::kOpen) << i;
        }
        feeder.give(frame.substr(header_bytes + good.size() + 1, 1));
        EXPECT_EQ(endpoint.state(), EndpointState::kClosed);
        EXPECT_EQ(endpoint.violation(), Violation::kInvalidUtf8InText);
        EXPECT_EQ(endpoint.held_bytes(), 0U);
    }
}

TEST(EndpointViolation, OneImpossibleOctetFailsWhereverItStands) {
    // Property: in a text of whatever length and however it is cut, an octet that no text has fails
    // in the piece that brings it, and every piece before it passes.
    const EndpointLimits limits;
    for (const std::size_t length : {1u, 31u, 32u, 127u, 128u, 160u, 300u, 513u}) {
        for (std::size_t at = 0; at < length; ++at) {
            std::string text(length, 'a');
            text[at] = '\xff';
            const std::string frame = client_frame(Opcode::kText, text);
            const std::size_t header_bytes = frame.size() - length;
            for (const std::size_t piece : {std::size_t{7}, std::size_t{130}, frame.size()}) {
                Endpoint endpoint(limits);
                Recorder recorder;
                Feeder feeder(endpoint, recorder);
                for (std::size_t begin = 0; begin < frame.size(); begin += piece) {
                    feeder.give(std::string_view(frame).substr(begin, piece));
                    const bool came = begin + piece > header_bytes + at;
                    ASSERT_EQ(endpoint.state() == EndpointState::kClosed, came)
                        << at << " of " << length << ", in pieces of " << piece;
                    if (came) break;
                }
            }
        }
    }
}

TEST(EndpointViolation, BinaryMayHoldAnything) {
    // Property: bytes that are no UTF-8 pass in binary messages, and in pings.
    const std::string bytes = "\xff\xc0\x80\xed\xa0\x80"s;
    expect_however_split(
        client_frame(Opcode::kBinary, bytes) + client_frame(Opcode::kPing, bytes),
        {.heard = {"binary " + bytes, "out " + server_frame(Opcode::kPong, bytes)}});
}

TEST(EndpointViolation, LargestMessagePassesWholeAndFragmented) {
    // Property: message_bytes_max is allowed exactly, however it is cut into frames.
    const std::string payload(1000, 'x');
    expect_however_split(client_frame(Opcode::kText, payload) +
                             client_frame(Opcode::kText, payload.substr(1), false) +
                             client_frame(Opcode::kContinuation, "x", false) +
                             client_frame(Opcode::kContinuation, ""),
                         {.heard = {"text " + payload, "text " + payload}}, kStrict);
}

TEST(EndpointViolation, FragmentFloodIsClosedAndSmallFragmentsPass) {
    // Property: the 4097th empty frame closes with 1008; 65,536 fragments of 64 bytes are a
    // message.
    std::string flood = client_frame(Opcode::kText, "", false);
    const std::string empty = client_frame(Opcode::kContinuation, "", false);
    for (int i = 0; i < 4095; ++i) flood += empty + client_frame(Opcode::kPing, "");
    EXPECT_EQ(feed_in_pieces(flood, {}, kStrict).state, EndpointState::kOpen);
    const Outcome flooded = feed_in_pieces(flood + empty, {}, kStrict);
    EXPECT_EQ(flooded.violation, Violation::kTooManyFrames);
    EXPECT_EQ(flooded.heard.back(),
              "out " + server_frame(Opcode::kClose,
                                    close_payload(1008, describe(Violation::kTooManyFrames))));

    const EndpointLimits roomy{.message_bytes_max = 16 << 20};
    const std::string piece(64, 'x');
    std::string bytes = client_frame(Opcode::kText, piece, false);
    for (int i = 1; i < 65'535; ++i) bytes += client_frame(Opcode::kContinuation, piece, false);
    bytes += client_frame(Opcode::kContinuation, piece);
    const Outcome passed = feed_in_pieces(bytes, {}, roomy);
    ASSERT_EQ(passed.heard.size(), 1U);
    EXPECT_EQ(passed.heard[0].size(), 5 + 65'536U * 64U);
}

TEST(EndpointViolation, AfterOurCloseAViolationEndsItWithoutASecondCloseFrame) {
    // Property: one close frame is sent in all, the rule is still named.
    constexpr EndpointLimits kLimits;
    Endpoint endpoint(kLimits);
    Recorder recorder;
    endpoint.close(1001, "", recorder);
    Feeder(endpoint, recorder).give(server_frame(Opcode::kText, "unmasked"));
    const Outcome expected{.heard = {"out " + server_frame(Opcode::kClose, close_payload(1001))},
                           .state = EndpointState::kClosed,
                           .violation = Violation::kUnmaskedFrame};
    EXPECT_EQ(outcome_of(endpoint, recorder), expected);
}

}  // namespace
}  // namespace stentor::ws
