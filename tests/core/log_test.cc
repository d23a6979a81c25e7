// What log.h promises: one line an event, that nobody can forge.
// Thread: several. Invariant: none.
#include "core/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace log = stentor::core::log;
using log::Format;

// Every format carries the event and its fields, in their order.
TEST(Log, FieldsInEachFormat) {
    const log::Fields fields = {{"address", "127.0.0.1:8080"},
                                {"reactors", 4},
                                {"tls", false},
                                {"share", 0.5},
                                {"why", "two words"}};
    EXPECT_EQ(log::body_for_test(Format::kText, "listening", fields),
              "listening address=127.0.0.1:8080 reactors=4 tls=false share=0.5 why=\"two words\"");
    EXPECT_EQ(log::body_for_test(Format::kLogfmt, "now listening", fields),
              "event=\"now listening\" address=127.0.0.1:8080 reactors=4 tls=false share=0.5 "
              "why=\"two words\"");
    EXPECT_EQ(log::body_for_test(Format::kJson, "listening", fields),
              "\"event\":\"listening\",\"address\":\"127.0.0.1:8080\",\"reactors\":4,\"tls\":false,"
              "\"share\":0.5,\"why\":\"two words\"");
}

// Integers of every width arrive whole; JSON has no word for an infinity.
TEST(Log, NumbersArriveWhole) {
    EXPECT_EQ(log::body_for_test(Format::kText, "n",
                                 {{"low", std::numeric_limits<std::int64_t>::min()},
                                  {"high", std::numeric_limits<std::uint64_t>::max()},
                                  {"inf", std::numeric_limits<double>::infinity()}}),
              "n low=-9223372036854775808 high=18446744073709551615 inf=null");
}

// Line ends, escapes, C1 controls, quotes and bytes that are no UTF-8 never reach a terminal raw;
// other scripts do.
TEST(Log, NobodyForgesALine) {
    const std::string evil =
        "a\r\nb\x1b[2J\x7f\xc2\x9b\"\\\xff\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
    const std::string safe =
        "\"a\\u000d\\u000ab\\u001b["
        "2J\\u007f\\u009b\\\"\\\\\\u00ff\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"";
    for (const Format format : {Format::kText, Format::kLogfmt, Format::kJson}) {
        EXPECT_THAT(log::body_for_test(format, "x", {{"name", evil}}), testing::EndsWith(safe));
    }
}

// Truncated, overlong and surrogate sequences are escaped byte by byte.
TEST(Log, BrokenUtf8IsEscaped) {
    for (const char* broken :
         {"\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
          "\xf4\x90\x80\x80", "\xf8", "\xe2\x82", "\x9b"}) {
        const std::string line = log::body_for_test(Format::kJson, "x", {{"b", broken}});
        EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }))
            << line;
    }
}

// An endless value is cut, and says so.
TEST(Log, LongValuesAreCut) {
    const std::string line =
        log::body_for_test(Format::kText, "x", {{"long", std::string(100'000, 'a')}});
    EXPECT_LT(line.size(), 1100u);
    EXPECT_THAT(line, testing::HasSubstr("..."));
}

// A word that could be mistaken for two, or for none, is quoted.
TEST(Log, AmbiguousWordsAreQuoted) {
    EXPECT_EQ(log::body_for_test(Format::kText, "x", {{"a", ""}, {"b", "c=d"}, {"e", "f"}}),
              "x a=\"\" b=\"c=d\" e=f");
}

// Lines of several threads come out whole, below the level they do not come at all, and stop()
// loses none that was queued.
TEST(Log, StopWritesOutWhatIsQueued) {
    testing::internal::CaptureStderr();
    log::start({.level = log::Level::kInfo, .format = Format::kJson});
    EXPECT_FALSE(log::enabled(log::Level::kDebug));
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([i] {
            for (int n = 0; n < 100; ++n) {
                log::info("counted", {{"thread", i}, {"n", n}});
                log::debug("not seen");
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(log::lost(), 0u);
    log::stop();
    const std::string out = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(out, '\n'), 300);
    EXPECT_THAT(out, testing::StartsWith("{\"time\":\"2"));
    EXPECT_THAT(out, testing::HasSubstr("\"level\":\"info\",\"event\":\"counted\",\"thread\":2,"
                                        "\"n\":99}\n"));
    EXPECT_THAT(out, testing::Not(testing::HasSubstr("not seen")));
}

}  // namespace
