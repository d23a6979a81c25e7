// Steps towards the homes: their order, and what a full lane does to them.
#include "chat/backward_steps.h"

#include <gtest/gtest.h>

#include "tests/chat/support/home_fixture.h"

namespace stentor::chat {
namespace {

class BackwardStepsTest : public testing::Test {
protected:
    static constexpr std::uint32_t kShards = 2;

    void run() {
        steps.run([this](ConnectionId connection) {
            taken.push_back(connection.slot);
            return true;
        });
        context.port.publish();
    }
    // Takes what was asked of a shard, a letter each: Claim, Release, Leave, Detach.
    std::string asked(std::uint32_t shard, std::size_t count_max = 1000) {
        std::string letters;
        queue.port(shard).drain(
            Context::rank(Rank::kAsk), count_max, [] { return true; },
            [&](std::uint32_t, Envelope&& ask) {
                letters += std::holds_alternative<Box<ClaimName>>(ask)     ? 'C'
                           : std::holds_alternative<Box<ReleaseName>>(ask) ? 'R'
                           : std::holds_alternative<Box<Leave>>(ask)       ? 'L'
                           : std::holds_alternative<DetachUser>(ask)       ? 'D'
                                                                           : '?';
            });
        return letters;
    }
    std::string all_asked() {
        std::string all;
        for (int i = 0; i < 100; ++i) {
            run();
            all += asked(0) + asked(1);
        }
        return all;
    }
    Departure departure(std::uint32_t slot) {
        return {.connection = HomeFixture::connection(0, slot),
                .dropped = true,
                .takes_twin = false,
                .rooms = {"one", "two", "three", "four"},
                .attached = UserId{7},
                .skeleton = "ann"};
    }

    core::ManualClock clock;
    SeededRandom random{7};
    Limits limits;
    BroadcastQueue queue{
        {.participants = kShards, .ranks = kRanks, .lane_slots = 1, .pending_max = 1}};
    Context context{.index = 0,
                    .shards = kShards,
                    .port = queue.port(0),
                    .clock = clock,
                    .random = random,
                    .limits = limits,
                    .home_key = {1, 2},
                    .timers = core::TimerWheel(clock.now()),
                    .now = clock.now(),
                    .metrics = {}};
    BackwardSteps steps{context};
    std::vector<std::uint32_t> taken;
};

TEST_F(BackwardStepsTest, ADepartureLeavesEveryRoomOnceThroughFullLanes) {
    // Then it gives its name back and detaches, each once, wherever the lanes were full between.
    steps.add(departure(1));
    const std::string all = all_asked();
    EXPECT_EQ(std::ranges::count(all, 'L'), 4);
    EXPECT_EQ(std::ranges::count(all, 'R'), 1);
    EXPECT_EQ(std::ranges::count(all, 'D'), 1);
    EXPECT_EQ(steps.size(), 0u);
    EXPECT_EQ(context.metrics.gauges[ShardGauge::kBackwardSteps].value(), 0);
}

TEST_F(BackwardStepsTest, StepsKeepTheirOrder) {
    // A login step behind a departure that waits for a lane waits too.
    steps.add(departure(1));
    steps.add(WalkStep{HomeFixture::connection(0, 2)});
    run();
    EXPECT_TRUE(taken.empty());
    all_asked();
    EXPECT_EQ(taken, std::vector<std::uint32_t>{2});
}

TEST_F(BackwardStepsTest, AClaimGoesBeforeTheReleaseThatItReplaces) {
    // So that a user whose name moves is never without one.
    steps.add(MoveClaims{UserId{7}, 2, "ann", 3, "bob"});
    const std::string all = all_asked();
    EXPECT_EQ(std::ranges::count(all, 'C'), 1);
    EXPECT_EQ(std::ranges::count(all, 'R'), 1);
}

TEST_F(BackwardStepsTest, AStepWhoseLaneHasRoomAgainIsReady) {
    // A publish at the end of a turn may make the room; nobody rings for it, so the shard must not
    // sleep over it.
    steps.add(departure(1));
    run();
    ASSERT_GT(steps.size(), 0u);
    EXPECT_FALSE(steps.ready());
    for (int i = 0; i < 10; ++i) {
        asked(0);
        asked(1);
        context.port.publish();
    }
    EXPECT_TRUE(steps.ready());
}

}  // namespace
}  // namespace stentor::chat
