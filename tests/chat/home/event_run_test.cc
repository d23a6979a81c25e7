// The events of a turn, plain and as their deflated twin.
#include "chat/home/event_run.h"

#include <gtest/gtest.h>

#include <vector>

#include "chat/limits.h"
#include "tests/chat/support/inflated.h"
#include "ws/frame.h"

namespace stentor::chat {
namespace {

// The messages in a run of server frames, inflated where RSV1 says so.
std::vector<std::string> messages(std::string_view frames) {
    std::vector<std::string> all;
    while (frames.size() >= 2) {
        const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(frames[at]); };
        std::size_t header = 2;
        std::size_t size = octet(1);
        if (size == 126) {
            header = 4;
            size = static_cast<std::size_t>(octet(2) << 8 | octet(3));
        }
        const std::string_view payload = frames.substr(header, size);
        const bool deflated = (octet(0) & ws::kRsv1Bit) != 0;
        all.push_back(deflated ? inflated(payload, kTwinWindowBits).value_or("BROKEN")
                               : std::string(payload));
        frames.remove_prefix(header + size);
    }
    return all;
}

class EventRunTest : public testing::Test {
protected:
    ShardMetrics metrics;
    FrameDeflater deflater{metrics};
    EventRun run;
};

TEST_F(EventRunTest, TheTwinSaysTheSameInTheSameOrder) {
    // Short events, which stand in it as they are, between long ones, which shrink.
    std::vector<std::string> said;
    for (const std::size_t size : {10u, 1000u, 20u, 30u, 2000u, 159u, 160u}) {
        said.push_back(std::string(size, static_cast<char>('a' + said.size())));
        run.append(said.back(), &deflater);
    }
    EXPECT_EQ(messages(run.plain()), said);
    EXPECT_EQ(messages(run.twin()), said);
    EXPECT_LT(run.twin().size(), run.plain().size());
    EXPECT_EQ(run.frames().size(), said.size());
}

TEST_F(EventRunTest, WhatDoesNotShrinkHasNoTwin) {
    // Everybody shares the plain run then; the first event that shrinks brings those before it.
    run.append("short", &deflater);
    run.append("shorter", &deflater);
    EXPECT_EQ(run.twin(), "");
    run.append(std::string(1000, 'x'), &deflater);
    EXPECT_EQ(messages(run.twin()), messages(run.plain()));
    run.append("short again", &deflater);
    EXPECT_EQ(messages(run.twin()), messages(run.plain()));
}

TEST_F(EventRunTest, AFrameSaysWhetherItIsCompressed) {
    // RSV1 with FIN, or FIN alone.
    const std::string text(1000, 'x');
    run.append(text, &deflater);
    const std::size_t size = run.twin().size();
    run.append("short", &deflater);
    EXPECT_EQ(static_cast<unsigned char>(run.twin()[0]), 0xc1);
    EXPECT_EQ(inflated(std::string_view(run.twin()).substr(2, size - 2), kTwinWindowBits), text);
    EXPECT_EQ(run.twin().substr(size), "\x81\x05short");
}

TEST_F(EventRunTest, NobodyWantsItNobodyPaysForIt) {
    // Without a deflater nothing is compressed.
    run.append(std::string(1000, 'x'), nullptr);
    EXPECT_EQ(run.twin(), "");
    EXPECT_EQ(metrics.counters[ShardCounter::kDeflated].value(), 0u);
}

TEST_F(EventRunTest, ARunIsBoundedAndAnEmptyOneTakesAnyEvent) {
    // In plain bytes, headers included.
    EXPECT_TRUE(run.takes(2 * kRunBytesMin, kRunBytesMin));
    run.append(std::string(1000, 'x'), nullptr);
    const std::size_t left = kRunBytesMin - run.plain().size();
    EXPECT_TRUE(run.takes(left - 4, kRunBytesMin));
    EXPECT_FALSE(run.takes(left - 3, kRunBytesMin));
    run.clear();
    EXPECT_TRUE(run.empty());
    EXPECT_TRUE(run.takes(2 * kRunBytesMin, kRunBytesMin));
    EXPECT_TRUE(run.frames().empty());
}

std::unique_ptr<EventRun> run_of(std::size_t bytes) {
    auto run = std::make_unique<EventRun>();
    run->append(std::string(bytes, 'x'), nullptr);
    return run;
}

TEST(EventRunPoolTest, WhatIsKeptIsBoundedAndFewOfItAreLarge) {
    // However many are given back, large ones crowd no small one out, and what is taken is empty.
    EventRunPool pool;
    for (std::size_t i = 0; i < 2 * EventRunPool::kKeptMax; ++i) {
        pool.give_back(run_of(EventRunPool::kLargeBytes));
    }
    EXPECT_EQ(pool.kept(), EventRunPool::kKeptLargeMax);
    for (std::size_t i = 0; i < 2 * EventRunPool::kKeptMax; ++i) pool.give_back(run_of(100));
    EXPECT_EQ(pool.kept(), EventRunPool::kKeptLargeMax + EventRunPool::kKeptMax);
    std::size_t large = 0;
    while (pool.kept() > 0) {
        const auto run = pool.take();
        EXPECT_TRUE(run->empty());
        large += run->held_bytes() > EventRunPool::kLargeBytes ? 1u : 0u;
    }
    EXPECT_EQ(large, EventRunPool::kKeptLargeMax);
    EXPECT_EQ(pool.take()->held_bytes(), EventRun().held_bytes());
}

}  // namespace
}  // namespace stentor::chat
