// Tests of the inflater and its pool (RFC 7692 7.2.2 and 7.2.3).
#include "ws/inflater.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/ws/deflate_texts.h"

namespace stentor::ws {
namespace {

using namespace test;  // NOLINT: the texts are written for these tests
using std::string_literals::operator""s;

constexpr std::string_view kBroken = "(broken)";

// Runs one message through, `in` bytes of input and `out` of output at a time.
std::string inflated(Inflater& inflater, std::string_view compressed, std::size_t in,
                     std::size_t out) {
    std::string text;
    std::vector<std::byte> room(out);
    const auto add = [&](const Inflater::Step& step) {
        text.append(reinterpret_cast<const char*>(room.data()), step.made);
        return step.status;
    };
    auto left = std::as_bytes(std::span(compressed));
    while (!left.empty()) {
        auto piece = left.first(std::min(in, left.size()));
        left = left.subspan(piece.size());
        while (true) {
            const Inflater::Step step = inflater.inflate(piece, room);
            piece = piece.subspan(step.taken);
            const InflateStatus status = add(step);
            if (status == InflateStatus::kBroken) return text.append(kBroken);
            if (status == InflateStatus::kInputTaken) break;
        }
        EXPECT_TRUE(piece.empty());
    }
    InflateStatus status = InflateStatus::kOutputFull;
    while (status == InflateStatus::kOutputFull) status = add(inflater.finish(room));
    return status == InflateStatus::kBroken ? text.append(kBroken) : text;
}

void expect_inflates(std::string_view compressed, const std::string& expected) {
    Inflater inflater;
    for (const std::size_t in :
         {std::size_t{1}, std::size_t{2}, std::size_t{7}, compressed.size() + 1}) {
        for (const std::size_t out : {1U, 3U, 64U, 100'000U}) {
            ASSERT_EQ(inflated(inflater, compressed, in, out), expected)
                << testing::PrintToString(std::string(compressed)) << " in " << in << " out "
                << out;
            // As an endpoint does: what broke is not used again, but zlib could.
            inflater.reset();
        }
    }
}

// The tail may be taken for data by a message that was cut short: what it makes is not looked at.
void expect_broken(std::string_view compressed, std::string_view behind = {}) {
    Inflater inflater;
    const std::string whole = inflated(inflater, compressed, 1000, 1000);
    EXPECT_TRUE(whole.starts_with(behind)) << whole;
    EXPECT_TRUE(whole.ends_with(kBroken)) << whole;
    expect_inflates(compressed, whole);
}

TEST(Inflater, ExamplesOfTheStandard) {
    // Property: the payloads printed in RFC 7692 7.2.3 inflate to what is written there.
    expect_inflates("\xf2\x48\xcd\xc9\xc9\x07\x00"s, "Hello");                          // 7.2.3.1
    expect_inflates("\x00\x05\x00\xfa\xffHello\x00"s, "Hello");                         // 7.2.3.3
    expect_inflates("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s, "Hello");                      // 7.2.3.4
    expect_inflates("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s, "Hello");  // 7.2.3.5
    expect_inflates("\x00"s, "");                                                       // 7.2.3.6
}

TEST(Inflater, SharedWindowOfTheStandardIsBrokenHere) {
    // Property: the second message of 7.2.3.2 refers to the first; we agreed that none does.
    Inflater inflater;
    EXPECT_EQ(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s, 100, 100), "Hello");
    inflater.reset();
    EXPECT_EQ(inflated(inflater, "\xf2\x00\x11\x00\x00"s, 100, 100), "H(broken)");
}

TEST(Inflater, BlocksThatEndTheStreamAreFollowedByAnother) {
    // Property: BFINAL ends a stream and not the message; ends of every form are complete.
    const std::string last_hello = "\xf3\x48\xcd\xc9\xc9\x07\x00"s;
    expect_inflates(last_hello, "Hello");
    expect_inflates(last_hello + "\x01"s, "Hello");
    expect_inflates(last_hello + last_hello + "\x00"s, "HelloHello");
    expect_inflates(last_hello + "\xf2\x48\xcd\xc9\xc9\x07\x00"s, "HelloHello");
    expect_inflates("\x01\x00\x00\xff\xff"s + last_hello, "Hello");
    expect_inflates("", "");
}

TEST(Inflater, WhatIsNoWholeStreamIsBroken) {
    // Property: bad blocks, bad distances, and messages cut short are found however they come.
    expect_broken("\x06\x00"s);                        // block type 3
    expect_broken("\x00\x05\x00\xfa\xfeHello\x00"s);   // length and its complement
    expect_broken("\xf2\x48\xcd"s, "He");              // cut in a block
    expect_broken("\x00\x05\x00\xfa\xff"s);            // cut in front of stored octets
    expect_broken("\x00\x05\x00\xfa\xffHel"s, "Hel");  // cut in them
    expect_broken("\xf3\x48\xcd\xc9\xc9\x07\x00garbage"s, "Hello");
    expect_broken("\x02"s);  // a fixed block that does not end
    expect_broken("\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"s, "Hello");  // the tail left on
}

TEST(Inflater, TailThatIsTakenForDataIsNoEnd) {
    // Property: where the tail itself ends a block, but not an empty stored one, the message was
    // cut short: here its 32 bits are 16 literals, the code that ends a block, and one bit too
    // many.
    expect_broken(
        "\x04\xfd\x81\x96\x24\x49\x92\x24\x49\x7e\x2b\x20\xb1\xa8\x79\x64\xf5\xec\xfd\xff\x7b\xef"
        "\xbd\x77\xf0\x25"s,
        std::string(16, 'a'));
}

TEST(Inflater, EverythingThatAClientMayMakeInflates) {
    // Property: any zlib settings, flushes and ends come out as the text, in any pieces.
    AnyClient client(7692);
    Inflater inflater;
    for (int round = 0; round < 1500; ++round) {
        const std::string text =
            client.below(4) == 0 ? random_octets(client.below(5000), static_cast<unsigned>(round))
                                 : chat_text(client.below(5000), static_cast<unsigned>(round));
        const std::string compressed = client.message(text);
        ASSERT_EQ(inflated(inflater, compressed, 1 + client.below(300), 1 + client.below(3000)),
                  text)
            << "round " << round;
        inflater.reset();
    }
}

TEST(Inflater, MemoryIsBounded) {
    // Property: an inflater holds about 40 KiB, whatever came through it.
    Inflater inflater;
    EXPECT_LT(inflater.held_bytes(), 9'000U);
    Deflater deflater(15);
    for (int round = 0; round < 3; ++round) {
        inflated(inflater, deflated(deflater, std::string(10'000'000, 'x')), 1 << 20, 1 << 14);
        inflater.reset();
        EXPECT_LT(inflater.held_bytes(), 41'000U);
    }
}

TEST(InflaterPool, LendsAsManyAsItMayAndKeepsFew) {
    // Property: the bound is exact, a whole message always gets one, and idle memory is bounded.
    InflaterPool pool(3, 2);
    std::vector<std::unique_ptr<Inflater>> out;
    for (int i = 0; i < 3; ++i) {
        out.push_back(pool.borrow());
        ASSERT_NE(out.back(), nullptr);
    }
    EXPECT_EQ(pool.borrow(), nullptr);
    EXPECT_EQ(pool.borrowed(), 3U);
    auto extra = pool.borrow_for_call();
    ASSERT_NE(extra, nullptr);
    pool.give_back(std::move(extra));
    EXPECT_EQ(pool.borrow(), nullptr);
    for (auto& inflater : out) pool.give_back(std::move(inflater));
    EXPECT_EQ(pool.borrowed(), 0U);
    EXPECT_GT(pool.held_bytes(), 0U);
    EXPECT_LT(pool.held_bytes(), 2 * 41'000U);
    auto gone = pool.borrow();
    gone.reset();
    pool.forget();
    EXPECT_EQ(pool.borrowed(), 0U);
}

TEST(InflaterPool, WhatComesBackIsAsNew) {
    // Property: an inflater given back in the middle of a message knows nothing of it.
    InflaterPool pool(1);
    for (const std::string_view begun : {"\xf2\x48\xcd", "\x06", "\x00\x05"}) {
        auto inflater = pool.borrow();
        std::array<std::byte, 64> room;
        inflater->inflate(std::as_bytes(std::span(begun)), room);
        pool.give_back(std::move(inflater));
        inflater = pool.borrow();
        EXPECT_EQ(inflated(*inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s, 1, 1), "Hello");
        pool.give_back(std::move(inflater));
    }
}

}  // namespace
}  // namespace stentor::ws
