// Tests of the endpoint where permessage-deflate was agreed (RFC 7692 6 to 8): what is compressed
// arrives, what breaks a rule is named, and what attacks is bounded.
#include <gtest/gtest.h>

#include <string>

#include "tests/ws/deflate_texts.h"
#include "tests/ws/endpoint_harness.h"

namespace stentor::ws {
namespace {

using namespace test;  // NOLINT: the harness is written for these tests
using std::string_literals::operator""s;

constexpr EndpointLimits kLimits;
constexpr DeflateParameters kDeflate{.on = true};
const std::string kHello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;

std::string squeezed(std::string_view text) {
    static Deflater deflater(15);
    return deflated(deflater, text);
}

std::string close_frame(Violation violation) {
    const ViolationRow& row = row_of(violation);
    return "out " + server_frame(Opcode::kClose, close_payload(row.close_code, row.reason));
}

void expect_arrives(const std::string& bytes, std::vector<std::string> heard,
                    const EndpointLimits& limits = kLimits) {
    expect_however_split(bytes, {.heard = std::move(heard)}, limits, kDeflate);
}

void expect_violation(Violation violation, const std::string& bytes,
                      const EndpointLimits& limits = kLimits) {
    SCOPED_TRACE(name_of(violation));
    expect_however_split(
        client_frame(Opcode::kText, "before") + bytes + client_frame(Opcode::kText, "after"),
        {.heard = {"text before", close_frame(violation)},
         .state = EndpointState::kClosed,
         .violation = violation},
        limits, kDeflate);
}

TEST(EndpointDeflate, CompressedMessagesArriveBesidePlainOnes) {
    // Property: RSV1 says for each message whether it is compressed; text and binary, one frame.
    expect_arrives(
        compressed_frame(Opcode::kText, kHello) + client_frame(Opcode::kText, "plain") +
            compressed_frame(Opcode::kBinary, squeezed("\xff\xfe")) +
            compressed_frame(Opcode::kText, squeezed("")) +
            compressed_frame(Opcode::kText, squeezed(chat_text(900))),
        {"text Hello", "text plain", "binary \xff\xfe", "text ", "text " + chat_text(900)});
}

TEST(EndpointDeflate, FragmentsOfTheStandard) {
    // Property: 7.2.3.1: a compressed message may be cut anywhere, RSV1 stands on its first frame
    // alone, and control frames, never compressed, pass between.
    expect_arrives(compressed_frame(Opcode::kText, kHello.substr(0, 3), false) +
                       client_frame(Opcode::kPing, "p") +
                       client_frame(Opcode::kContinuation, kHello.substr(3)),
                   {"out " + server_frame(Opcode::kPong, "p"), "text Hello"});
    expect_arrives(compressed_frame(Opcode::kText, "", false) +
                       client_frame(Opcode::kContinuation, kHello, false) +
                       client_frame(Opcode::kPong, "") + client_frame(Opcode::kContinuation, "") +
                       client_frame(Opcode::kText, "pl", false) +
                       client_frame(Opcode::kContinuation, "ain"),
                   {"pong ", "text Hello", "text plain"});
}

TEST(EndpointDeflate, EachHeaderRuleIsNamed) {
    // Property: RSV1 where it may not stand is the violation of its rule, RSV2 and RSV3 stay
    // reserved, and so does RSV1 where nothing was agreed.
    const auto with = [](unsigned bits, std::string frame) {
        frame[0] = static_cast<char>(static_cast<unsigned char>(frame[0]) | bits);
        return frame;
    };
    const std::string begun = compressed_frame(Opcode::kText, kHello.substr(0, 3), false);
    const std::string rest = client_frame(Opcode::kContinuation, kHello.substr(3));
    expect_violation(Violation::kRsv1OnControl, with(0x40, client_frame(Opcode::kPing, "")));
    expect_violation(Violation::kRsv1OnControl, with(0x40, client_frame(Opcode::kPong, "x")));
    expect_violation(Violation::kRsv1OnControl,
                     with(0x40, client_frame(Opcode::kClose, close_payload(1000))));
    expect_violation(Violation::kRsv1OnContinuation, begun + with(0x40, rest));
    expect_violation(Violation::kRsv1OnContinuation,
                     client_frame(Opcode::kText, "x", false) + with(0x40, rest));
    expect_violation(Violation::kRsv1OnContinuation, with(0x40, rest));
    expect_violation(Violation::kReservedBitsSet, with(0x20, begun));
    expect_violation(Violation::kReservedBitsSet, with(0x10, begun));
    expect_violation(Violation::kReservedBitsSet, with(0x20, client_frame(Opcode::kText, "")));
    expect_violation(Violation::kReservedOpcode, compressed_frame(static_cast<Opcode>(3), ""));
    expect_violation(Violation::kReservedOpcode, compressed_frame(static_cast<Opcode>(11), ""));
    expect_violation(Violation::kMessageInsideMessage, begun + begun);
    const Outcome not_agreed = feed_in_pieces(compressed_frame(Opcode::kText, kHello), {}, kLimits);
    EXPECT_EQ(not_agreed.violation, Violation::kReservedBitsSet);
}

TEST(EndpointDeflate, BrokenStreamsCloseWith1007) {
    // Property: what does not inflate, or not to its end, is named however it is split.
    for (const std::string& broken :
         {"\x06"s, "\xf2\x48\xcd"s, "\x00\x05\x00\xfa\xfeHello\x00"s, "\x02"s,
          kHello + "\x00\x00\xff\xff"s, "\xf3\x48\xcd\xc9\xc9\x07\x00garbage"s}) {
        expect_violation(Violation::kBrokenDeflate, compressed_frame(Opcode::kBinary, broken));
    }
    expect_violation(Violation::kBrokenDeflate, compressed_frame(Opcode::kText, kHello, false) +
                                                    client_frame(Opcode::kContinuation, "\x06"));
}

TEST(EndpointDeflate, DecodedTextIsCheckedInTheMiddle) {
    // Property: text that is not UTF-8 once decoded closes with 1007, and as soon as the octet that
    // shows it is decoded, though its frame is not complete.
    for (const std::string& bad : {"good \xc0\x80"s, "\xed\xa0\x80"s, "cut \xe2\x82"s}) {
        expect_violation(Violation::kInvalidUtf8InText,
                         compressed_frame(Opcode::kText, squeezed(bad)));
        expect_arrives(compressed_frame(Opcode::kBinary, squeezed(bad)), {"binary " + bad});
    }
    expect_arrives(compressed_frame(Opcode::kText, squeezed("\xe2\x82\xac"), false) +
                       client_frame(Opcode::kContinuation, ""),
                   {"text \xe2\x82\xac"});
    Endpoint endpoint(kLimits, kDeflate);
    Recorder recorder;
    const std::string stored = "\x00\x20\x00\xdf\xff"s + "bad \xff" + std::string(27, 'x') + "\0"s;
    Feeder feeder(endpoint, recorder);
    feeder.give(compressed_frame(Opcode::kText, stored).substr(0, 6 + 5 + 4));
    EXPECT_EQ(endpoint.state(), EndpointState::kOpen);
    feeder.give(compressed_frame(Opcode::kText, stored).substr(6 + 5 + 4, 1));
    EXPECT_EQ(endpoint.violation(), Violation::kInvalidUtf8InText);
    EXPECT_EQ(endpoint.held_bytes(), 0U);
}

TEST(EndpointDeflate, LimitCountsDecodedBytes) {
    // Property: a message of exactly message_bytes_max passes in any form, one octet more is 1009;
    // wire bytes decide nothing as long as the message could still fit.
    const EndpointLimits tight{.message_bytes_max = 1000};
    for (const std::string& text : {std::string(1000, 'x'), chat_text(1000)}) {
        expect_arrives(compressed_frame(Opcode::kText, squeezed(text)), {"text " + text}, tight);
        for (const char* more : {"y", "\xff"}) {  // the limit is judged before what is beyond it
            expect_violation(Violation::kMessageTooLarge,
                             compressed_frame(Opcode::kText, squeezed(text + more)), tight);
        }
    }
    const std::string noise = random_octets(1000, 3);
    std::string flushed;  // an octet a block: more on the wire than decoded
    for (const char octet : noise) flushed += "\x00\x01\x00\xfe\xff"s + octet;
    EXPECT_GT(flushed.size(), tight.message_bytes_max);
    expect_arrives(compressed_frame(Opcode::kBinary, flushed + "\0"s), {"binary " + noise}, tight);
    expect_violation(Violation::kMessageTooLarge,
                     compressed_frame(Opcode::kBinary, flushed + squeezed("x")), tight);
}

TEST(EndpointDeflate, WireBytesAreBoundedToo) {
    // Property: blocks without content end at the bound of what a message may need, in one frame by
    // its header alone, and in many by their sum; a sender that flushes at every frame stays below.
    const EndpointLimits tight{.message_bytes_max = 1000};
    const std::uint64_t bound = compressed_bytes_max(1000);
    std::string header;
    append_masked_frame(header, Opcode::kText, std::string(bound + 1, '\0'), kKey,
                        kFinBit | kRsv1Bit);
    EXPECT_EQ(feed_in_pieces(header.substr(0, 4), {}, tight, false, kDeflate).violation,
              Violation::kMessageTooLarge);
    std::string empty_blocks;
    while (empty_blocks.size() < 500) empty_blocks += "\x00\x00\x00\xff\xff"s;
    std::string endless = compressed_frame(Opcode::kText, empty_blocks, false);
    for (std::uint64_t sent = 500; sent + 500 <= bound; sent += 500) {
        endless += client_frame(Opcode::kContinuation, empty_blocks, false);
    }
    EXPECT_EQ(feed_in_pieces(endless, {}, tight, false, kDeflate).state, EndpointState::kOpen);
    endless += client_frame(Opcode::kContinuation, empty_blocks, false);
    EXPECT_EQ(feed_in_pieces(endless, {}, tight, false, kDeflate).violation,
              Violation::kMessageTooLarge);

    std::string flushing =
        compressed_frame(Opcode::kText, squeezed("x") + "\x00\x00\xff\xff"s, false);
    for (int i = 1; i < 1000; ++i) {
        flushing += client_frame(Opcode::kContinuation, squeezed("x") + "\x00\x00\xff\xff"s, false);
    }
    flushing += client_frame(Opcode::kContinuation, "\0"s);
    const Outcome passed = feed_in_pieces(flushing, {}, tight, false, kDeflate);
    ASSERT_EQ(passed.heard.size(), 1U);
    EXPECT_EQ(passed.heard[0], "text " + std::string(1000, 'x'));
}

TEST(EndpointDeflate, FragmentFloodsDieCompressedToo) {
    // Property: the 4097th empty frame of a compressed message closes with 1008.
    std::string flood = compressed_frame(Opcode::kText, "", false);
    for (int i = 1; i < 4096; ++i) flood += client_frame(Opcode::kContinuation, "", false);
    EXPECT_EQ(feed_in_pieces(flood, {}, kLimits, false, kDeflate).state, EndpointState::kOpen);
    flood += client_frame(Opcode::kContinuation, "", false);
    EXPECT_EQ(feed_in_pieces(flood, {}, kLimits, false, kDeflate).violation,
              Violation::kTooManyFrames);
}

// Feeds in pieces of `piece` bytes and asserts at each that no more than `bytes_max` is held.
Outcome feed_bounded(const std::string& bytes, std::size_t piece, const EndpointLimits& limits,
                     std::size_t bytes_max) {
    Endpoint endpoint(limits, kDeflate);
    Recorder recorder;
    Feeder feeder(endpoint, recorder);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        feeder.give(std::string_view(bytes).substr(at, piece));
        EXPECT_LE(endpoint.held_bytes(), bytes_max);
    }
    EXPECT_EQ(endpoint.held_bytes(), 0U);
    return outcome_of(endpoint, recorder);
}

TEST(EndpointDeflate, BombsCostTheirLimitAndNoMore) {
    // Property: 100 MB in 100 KB end in 1009 when the limit is passed; at no time more is held than
    // a message of the limit and an inflater; and the inflater is not used again.
    constexpr std::size_t kInflaterBytes = 41'000;
    const std::string bomb = squeezed(std::string(100'000'000, 'x'));
    EXPECT_LT(bomb.size(), 500'000U);
    InflaterPool pool(1);
    for (const std::size_t limit : {1'000UL, 64UL * 1024, 1'000'000UL}) {
        const EndpointLimits limits{.message_bytes_max = limit, .inflaters = &pool};
        const std::string cut = bomb.substr(0, compressed_bytes_max(limit));
        for (const std::size_t piece : {1'000UL, 64UL * 1024}) {
            const Outcome outcome = feed_bounded(compressed_frame(Opcode::kText, cut), piece,
                                                 limits, limit + kInflaterBytes + 1000);
            EXPECT_EQ(outcome.violation, Violation::kMessageTooLarge);
            EXPECT_EQ(outcome.heard.size(), 1U);
            EXPECT_EQ(pool.borrowed(), 0U);
            EXPECT_EQ(pool.held_bytes(), 0U);
        }
    }
}

TEST(EndpointDeflate, LargeMessagesOfOneLetterHaveAnAllowance) {
    // Property: where large messages are allowed, each megabyte behind the first one that is more
    // than 200 times what came is taken from the connection's allowance; behind its last one the
    // connection ends, at the same place however the bytes are cut, and honest text takes nothing.
    InflaterPool pool(4);
    const EndpointLimits roomy{.message_bytes_max = 16 << 20, .inflaters = &pool};
    const std::string bomb = compressed_frame(Opcode::kText, squeezed(std::string(9 << 20, 'x')));
    std::string text;  // about 70:1
    while (text.size() < 8U << 20) text += random_octets(30, 1) + std::string(4000, 'x');
    const std::string honest = compressed_frame(Opcode::kBinary, squeezed(text));
    constexpr int kBombs = kInflateAllowanceMegabytes / 8;
    std::string bytes;
    for (int i = 0; i < kBombs; ++i) bytes += bomb;
    for (const std::size_t piece : {1009UL, 1UL << 20}) {
        const Outcome passed = feed_bounded(bytes + honest, piece, roomy, (17U << 20) + 100'000);
        EXPECT_EQ(passed.violation, Violation::kNone);
        EXPECT_EQ(passed.heard.size(), kBombs + 1U);
        const Outcome ended = feed_bounded(bytes + bomb, piece, roomy, (17U << 20) + 100'000);
        EXPECT_EQ(ended.violation, Violation::kInflatesTooMuch);
        ASSERT_EQ(ended.heard.size(), kBombs + 1U);
        EXPECT_EQ(ended.heard.back(), close_frame(Violation::kInflatesTooMuch));
    }
    EXPECT_EQ(pool.borrowed(), 0U);
}

TEST(EndpointDeflate, WhoHoldsAllInflatersKeepsWholeMessagesFromNobody) {
    // Property: with the pool lent out to messages that never end, a compressed message that comes
    // whole still arrives, one more that does not is refused with 1013, and all comes back.
    InflaterPool pool(2);
    const EndpointLimits limits{.inflaters = &pool};
    Recorder recorder;
    {
        Endpoint first(limits, kDeflate);
        Endpoint second(limits, kDeflate);
        Feeder(first, recorder).give(compressed_frame(Opcode::kText, kHello, false));
        Feeder(second, recorder).give(compressed_frame(Opcode::kText, kHello).substr(0, 9));
        EXPECT_EQ(pool.borrowed(), 2U);
        Endpoint honest(limits, kDeflate);
        Feeder feeder(honest, recorder);
        feeder.give(compressed_frame(Opcode::kText, kHello));
        EXPECT_EQ(recorder.heard, std::vector<std::string>{"text Hello"});
        EXPECT_EQ(pool.borrowed(), 2U);
        feeder.give(compressed_frame(Opcode::kText, kHello, false));
        EXPECT_EQ(honest.violation(), Violation::kTooManyInflating);
        EXPECT_EQ(recorder.heard.back(), close_frame(Violation::kTooManyInflating));
        first.close(1000, "", recorder);
        EXPECT_EQ(pool.borrowed(), 1U);
        EXPECT_EQ(first.held_bytes(), 0U);
    }
    EXPECT_EQ(pool.borrowed(), 0U);
}

TEST(EndpointDeflate, IdleConnectionOwnsNothing) {
    // Property: between messages no memory is held, and the pool has all inflaters.
    InflaterPool pool(8);
    const EndpointLimits limits{.inflaters = &pool};
    Endpoint endpoint(limits, {.on = true, .server_window_bits = 10});
    EXPECT_EQ(endpoint.deflate(), (DeflateParameters{.on = true, .server_window_bits = 10}));
    EXPECT_FALSE(Endpoint(limits).deflate().on);
    Recorder recorder;
    Feeder feeder(endpoint, recorder);
    const std::string bytes = compressed_frame(Opcode::kText, kHello.substr(0, 4), false) +
                              client_frame(Opcode::kContinuation, kHello.substr(4));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        feeder.give(bytes.substr(i, 1));
        EXPECT_EQ(endpoint.mid_message(), i + 1 < bytes.size());
        const bool begun = i >= 5 && i + 1 < bytes.size();
        EXPECT_EQ(pool.borrowed(), begun ? 1U : 0U) << i;
        EXPECT_EQ(endpoint.held_bytes() > 7'000, begun) << "its inflater counts";
    }
    EXPECT_EQ(endpoint.held_bytes(), 0U);
    EXPECT_EQ(feeder.held(), "");
}

TEST(EndpointDeflate, AfterOurCloseCompressedMessagesAreDropped) {
    // Property: behind our close frame nothing is inflated any more: what was half received and
    // what comes is passed over, broken streams too, to the peer's close frame.
    const std::string stream =
        compressed_frame(Opcode::kText, kHello.substr(0, 3), false) +
        client_frame(Opcode::kContinuation, std::string(3000, '\x06'), false) +
        client_frame(Opcode::kContinuation, "") + compressed_frame(Opcode::kText, "\x06") +
        compressed_frame(Opcode::kText, std::string(3000, '\x06')) +
        client_frame(Opcode::kClose, close_payload(1000));
    const EndpointLimits tight{.message_bytes_max = 1000};
    for (std::size_t before = 0; before < 15; ++before) {
        Endpoint endpoint(tight, kDeflate);
        Recorder recorder;
        Feeder feeder(endpoint, recorder);
        feeder.give(stream.substr(0, before));
        endpoint.close(1001, "", recorder);
        EXPECT_EQ(endpoint.held_bytes(), 0U);
        feeder.give(stream.substr(before));
        EXPECT_EQ(endpoint.state(), EndpointState::kClosed);
        EXPECT_EQ(endpoint.violation(), Violation::kNone);
        EXPECT_EQ(recorder.heard.size(), 1U);
    }
}

}  // namespace
}  // namespace stentor::ws
