// Deliveries to the sessions of a shard: of direct rooms, to all but one, and kicks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

#include "chat/direct_room.h"
#include "chat/local_rooms.h"
#include "tests/chat/support/heard.h"
#include "tests/chat/support/small_cluster.h"
#include "ws/frame_writer.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;
using testing::Not;

// Two users on one shard, and what the home of their room would tell it.
class DirectDeliveries : public testing::Test {
protected:
    explicit DirectDeliveries(const ClusterPlan& plan = {.limits = small_outbox()})
        : cluster(plan) {
        ann_id = user_of(ann.log_in("ann"));
        bob_id = user_of(bob.log_in("bob"));
        carl.log_in("carl");
        room = DirectRoom::of(ann_id, bob_id).to_string();
        ann.heard();
        bob.heard();
    }
    static Limits small_outbox() {
        Limits limits;
        limits.outbox_bytes = kOutboxBytesMin;
        limits.joins_per_second = 0;
        limits.sends_per_second = 0;
        return limits;
    }
    void tell(Envelope&& envelope, const std::function<void()>& turn = {}) {
        Port& control = cluster.queue.port(cluster.plan.shards);
        control.push(0, Context::rank(Rank::kTell), std::move(envelope));
        control.publish();
        turn ? turn() : cluster.settle();
    }
    // More than half of an outbox, of two rooms that say no more.
    void fill(std::initializer_list<Client*> readers) {
        for (const char* quiet : {"calm", "quiet"}) {
            carl.join(quiet);
            for (Client* reader : readers) {
                reader->join(quiet);
                reader->heard();
            }
        }
        for (Client* reader : readers) {
            reader->heard();
        }
        for (const char* quiet : {"calm", "quiet"}) {
            for (int i = 0; i < 4; ++i) {
                carl.ask(Client::send_command(quiet, "z" + std::to_string(++sent),
                                              std::string(1000, 'z')));
            }
        }
    }
    // The event `seq`, or (0) a frame that is kept nowhere.
    void deliver(std::uint64_t seq, std::size_t size = 1, UserId except = {},
                 const std::function<void()>& turn = {}) {
        std::string frames;
        std::string json;
        append_message(json, {.room = room,
                              .seq = seq,
                              .at_ms = 1,
                              .user = bob_id,
                              .from = "bob",
                              .content = std::string(size, 'x'),
                              .client_id = {},
                              .reply_to = 0});
        ws::append_frame(frames, ws::Opcode::kText, json);
        auto told = std::make_unique<DeliverDirect>();
        const DirectRoom both = DirectRoom::of(ann_id, bob_id);
        told->room = room;
        told->epoch = "e1";
        told->users[0] = both.lower;
        told->users[1] = both.higher;
        told->except = except;
        told->first_seq = seq;
        told->last_seq = seq;
        told->frames = core::SharedBytes::copy_of(frames);
        tell(std::move(told), turn);
    }
    // Ann's room becomes one whose home is the other of two shards.
    void move_away() {
        while (core::siphash_1_3({3, 4}, room) % 2 != 1) {
            others.push_back(std::make_unique<Client>(cluster));
            bob_id = user_of(others.back()->log_in("bob" + std::to_string(others.size())));
            room = DirectRoom::of(ann_id, bob_id).to_string();
        }
    }
    std::string seq(std::uint64_t number) { return R"("seq":)" + std::to_string(number) + ","; }

    SmallCluster cluster;
    Client ann{cluster};
    Client bob{cluster};
    Client carl{cluster};
    std::vector<std::unique_ptr<Client>> others;
    int sent = 0;
    UserId ann_id;
    UserId bob_id;
    std::string room;
};

TEST_F(DirectDeliveries, ReachBothUsersOnceAndNobodyElse) {
    // Without any join; what is kept nowhere goes to all but who it is about.
    carl.heard();
    deliver(1);
    EXPECT_EQ(count_of(ann.heard(), seq(1)), 1u);
    EXPECT_EQ(count_of(bob.heard(), seq(1)), 1u);
    deliver(0, 1, bob_id);
    EXPECT_EQ(count_of(ann.heard(), seq(0)), 1u);
    EXPECT_EQ(bob.heard(), "");
    EXPECT_EQ(carl.heard(), "");
    EXPECT_EQ(cluster.gauge(ShardGauge::kMemberships), 0);
}

TEST_F(DirectDeliveries, LeaveNothingBehindOnceTheyWereRead) {
    // A room that nobody joined is known only as long as an outbox may hold what it said.
    deliver(1);
    EXPECT_EQ(cluster.gauge(ShardGauge::kLocalRooms), 1);
    ann.heard();
    bob.heard();
    cluster.turn(0);
    EXPECT_EQ(cluster.gauge(ShardGauge::kLocalRooms), 0);
    EXPECT_EQ(cluster.nodes[0]->link.parcels.live(), 0u);
}

TEST_F(DirectDeliveries, ASlowReaderThatDidNotJoinIsToldTheGap) {
    // From the first event let go to the last; then they come again, and no membership stays.
    fill({&ann});
    for (std::uint64_t number = 1; number <= 40; ++number) {
        deliver(number, 1000);
        bob.heard();
    }
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 1);
    std::string heard = ann.heard();
    cluster.settle();
    heard += ann.heard();
    EXPECT_EQ(count_of(heard, R"("type":"gap")"), 1u);
    EXPECT_THAT(heard, HasSubstr(R"("room":")" + room + R"(","epoch":"e1","from":)"));
    EXPECT_THAT(heard, HasSubstr(R"("to":40})"));
    deliver(41);
    heard += ann.heard();
    EXPECT_EQ(count_of(heard, seq(41)), 1u);
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 0);
    EXPECT_EQ(cluster.gauge(ShardGauge::kMemberships), 4);  // of calm and quiet
    bob.heard();
    cluster.turn(0);
    EXPECT_EQ(cluster.gauge(ShardGauge::kLocalRooms), 2);
}

TEST_F(DirectDeliveries, AGapThatARenewalEndsInIsOfTheNewEpoch) {
    // Its numbers go on, so nothing of the gap is forgotten for being of the old one.
    fill({&ann});
    for (std::uint64_t number = 1; number <= 40; ++number) {
        deliver(number, 1000);
    }
    tell(std::make_unique<EpochRenewed>(EpochRenewed{room, "e2"}));
    std::string heard = ann.heard();
    cluster.settle();
    heard += ann.heard();
    EXPECT_EQ(count_of(heard, R"("type":"gap")"), 1u);
    EXPECT_THAT(heard, HasSubstr(R"("room":")" + room + R"(","epoch":"e2","from":)"));
    EXPECT_THAT(heard, HasSubstr(R"("to":40})"));
}

TEST_F(DirectDeliveries, AnotherRoomThatWeighsMoreGoesFirst) {
    // The direct room keeps what it said while the loud one goes into a gap, and the other way
    // round.
    ann.join("loud");
    carl.join("loud");
    ann.heard();
    fill({&ann});
    deliver(1, 1000);
    for (int i = 0; i < 30; ++i) {
        carl.ask(Client::send_command("loud", std::to_string(i), std::string(1000, 'y')));
    }
    std::string heard = ann.heard();
    cluster.settle();
    heard += ann.heard();
    EXPECT_EQ(count_of(heard, R"("type":"gap","room":"loud")"), 1u);
    EXPECT_EQ(count_of(heard, R"("room":")" + room + R"(","seq":1,)"), 1u);

    fill({&ann});
    carl.ask(Client::send_command("loud", "last", "hush"));
    for (std::uint64_t number = 2; number <= 40; ++number) {
        deliver(number, 1000);
    }
    heard = ann.heard();
    cluster.settle();
    heard += ann.heard();
    EXPECT_THAT(heard, HasSubstr(R"("content":"hush")"));
    EXPECT_EQ(count_of(heard, R"("type":"gap","room":")" + room), 1u);
    EXPECT_THAT(heard, Not(HasSubstr(R"("type":"gap","room":"loud")")));
}

TEST_F(DirectDeliveries, AnImplicitGapCountsForNoLimitAndEndsWithItsConnection) {
    // No home hears of it, and nothing stays.
    fill({&ann, &bob});
    for (std::uint64_t number = 1; number <= 40; ++number) {
        deliver(number, 1000);
    }
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 2);
    ann.leave_without_a_word();
    bob.leave_without_a_word();
    cluster.settle();
    cluster.turn(0);
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 0);
    EXPECT_EQ(cluster.gauge(ShardGauge::kMemberships), 2);  // carl's
    EXPECT_EQ(cluster.gauge(ShardGauge::kLocalRooms), 2);
    carl.heard();
    EXPECT_EQ(cluster.nodes[0]->link.parcels.live(), 0u);
}

TEST_F(DirectDeliveries, WhoLeavesInAGapIsToldOfItFirst) {
    // What the room says comes to its users without a membership too, so nothing may be missed.
    ann.join(room);
    fill({&ann});
    for (std::uint64_t number = 1; number <= 40; ++number) {
        deliver(number, 1000);
    }
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 1);
    std::string heard = ann.ask(R"({"type":"leave","id":"v","room":")" + room + R"("})");
    EXPECT_EQ(count_of(heard, R"("type":"gap")"), 1u);
    EXPECT_THAT(heard, HasSubstr(R"("to":40})"));
    EXPECT_LT(heard.find(R"("type":"gap")"), heard.find(R"("type":"left")"));
    deliver(41);
    heard = ann.heard();
    EXPECT_EQ(count_of(heard, seq(41)), 1u);
    EXPECT_THAT(heard, Not(HasSubstr("gap")));
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 0);
}

// The homes have room for two rooms.
class RefusedJoins : public DirectDeliveries {
protected:
    explicit RefusedJoins(std::uint32_t shards = 1) : DirectDeliveries(plan_of(shards)) {}
    static ClusterPlan plan_of(std::uint32_t shards) {
        ClusterPlan plan{.shards = shards, .limits = small_outbox()};
        plan.limits.rooms_per_shard_max = shards == 1 ? 2 : 0;
        return plan;
    }
    std::string join_command() { return R"({"type":"join","id":"j","room":")" + room + R"("})"; }
};

TEST_F(RefusedJoins, LoseNoGap) {
    // The gap that the join would have covered is told with the refusal, and all goes on.
    fill({&ann});
    for (std::uint64_t number = 1; number <= 40; ++number) {
        deliver(number, 1000);
        bob.heard();
    }
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 1);
    std::string heard = ann.ask(join_command());
    EXPECT_EQ(count_of(heard, R"("type":"gap")"), 1u);
    EXPECT_THAT(heard, HasSubstr(R"("to":40})"));
    EXPECT_THAT(heard, HasSubstr(R"("code":"unavailable")"));
    deliver(41);
    heard = ann.heard();
    EXPECT_EQ(count_of(heard, seq(41)), 1u);
    EXPECT_THAT(heard, Not(HasSubstr("gap")));
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 0);
}

class RefusedFarAway : public RefusedJoins {
protected:
    RefusedFarAway() : RefusedJoins(2) {}
};

TEST_F(RefusedFarAway, LoseNothingSaidMeanwhile) {
    // What was kept back for the answer is told as a gap when the answer is a refusal.
    move_away();
    ann.say(join_command());
    cluster.turn(0);
    deliver(7, 1, {}, [this] { cluster.turn(0); });
    EXPECT_EQ(ann.heard(), "");
    cluster.settle();
    const std::string heard = ann.heard();
    EXPECT_THAT(heard, HasSubstr(R"("from":7,"to":7})"));
    EXPECT_THAT(heard, HasSubstr(R"("code":"unavailable")"));
    deliver(8);
    EXPECT_EQ(count_of(ann.heard(), seq(8)), 1u);
}

TEST_F(RefusedFarAway, LoseNothingLetGoMeanwhile) {
    // What waited for the reader and was let go while the answer was under way, neither; nor what
    // was kept back behind it.
    move_away();
    deliver(5);
    deliver(6);
    ann.say(join_command());
    cluster.turn(0);
    deliver(7, 1, {}, [this] { cluster.turn(0); });
    tell(RelieveMemory{core::Duration{}}, [this] { cluster.turn(0); });
    cluster.settle();
    const std::string heard = ann.heard();
    EXPECT_EQ(count_of(heard, R"("type":"gap")"), 1u);
    EXPECT_THAT(heard, HasSubstr(R"("from":5,"to":7})"));
    EXPECT_THAT(heard, HasSubstr(R"("code":"unavailable")"));
    deliver(8);
    EXPECT_EQ(count_of(ann.heard(), seq(8)), 1u);
}

class FarAway : public DirectDeliveries {
protected:
    FarAway() : DirectDeliveries({.shards = 2, .limits = small_outbox()}) {
        move_away();
        ann.join(room);
        ann.heard();
        deliver(5);
        deliver(6);
        ann.say(leave_command());
        cluster.turn(0);
        tell(RelieveMemory{core::Duration{}}, [this] { cluster.turn(0); });
        deliver(7, 1, {}, [this] { cluster.turn(0); });
    }
    std::string leave_command() { return R"({"type":"leave","id":"v","room":")" + room + R"("})"; }
};

TEST_F(FarAway, WhoLeavesIsToldWhatWasLetGoMeanwhile) {
    // In front of the answer, and what came behind it meanwhile is in the same gap.
    cluster.settle();
    std::string heard = ann.heard();
    EXPECT_EQ(count_of(heard, R"("type":"gap")"), 1u);
    EXPECT_THAT(heard, HasSubstr(R"("from":5,"to":7})"));
    EXPECT_LT(heard.find(R"("type":"gap")"), heard.find(R"("type":"left")"));
    deliver(8);
    heard = ann.heard();
    EXPECT_EQ(count_of(heard, seq(8)), 1u);
    EXPECT_THAT(heard, Not(HasSubstr("gap")));
}

TEST_F(FarAway, WhoLeavesTwiceIsToldOfAGapOnce) {
    // And gets what comes behind it.
    ann.say(leave_command());
    cluster.turn(0);
    deliver(8, 1, {}, [this] { cluster.turn(0); });
    cluster.settle();
    const std::string heard = ann.heard();
    EXPECT_EQ(count_of(heard, R"("type":"gap")"), 1u);
    EXPECT_THAT(heard, HasSubstr(R"("from":5,"to":7})"));
    EXPECT_EQ(count_of(heard, seq(8)), 1u);
}

TEST_F(DirectDeliveries, AKickEndsEveryConnectionOfItsUser) {
    // With 4403; others stay.
    tell(KickUser{ann_id});
    EXPECT_THAT(ann.heard(), HasSubstr("close 4403"));
    cluster.settle();
    EXPECT_FALSE(ann.alive());
    EXPECT_TRUE(bob.alive());
}

}  // namespace
}  // namespace stentor::chat
