// Rooms as a session sees them: attempts to join, leaves, gaps.
#include "chat/local_rooms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t count_of(const std::string& heard, std::string_view what) {
    std::size_t count = 0;
    for (std::size_t at = heard.find(what); at != std::string::npos;
         at = heard.find(what, at + 1)) {
        ++count;
    }
    return count;
}
Limits small_outbox() {
    Limits limits;
    limits.outbox_bytes = kOutboxBytesMin;
    limits.sends_per_second = 0;
    limits.joins_per_second = 0;
    return limits;
}
const std::string kLong(1000, 'x');

// The outbox of a client that does not read: more than half full of what two rooms said, then
// `loud` is in a gap from its first event on.
void speak_past(SmallCluster& cluster, Client& fast, int loud_count) {
    for (const std::string_view room : {"calm", "quiet"}) {
        for (int i = 0; i < 4; ++i) {
            fast.ask(Client::send_command(room, "m" + std::to_string(i), kLong));
        }
    }
    for (int i = 1; i <= loud_count; ++i) {
        fast.ask(Client::send_command("loud", "m" + std::to_string(i), kLong));
    }
    cluster.settle();
}
void enter(Client& client, std::string_view name) {
    client.log_in(name);
    for (const std::string_view room : {"calm", "quiet", "loud"}) {
        client.join(room);
    }
}

TEST(LocalRooms, EveryMemberHearsEveryEventOnceAndTheAckComesFirst) {
    // On all shards, the sender's too; the sender's ack stands before its own message.
    SmallCluster cluster({.shards = 3});
    std::vector<std::unique_ptr<Client>> clients;
    for (std::uint32_t shard = 0; shard < 3; ++shard) {
        clients.push_back(std::make_unique<Client>(cluster, shard));
        clients.back()->log_in("user-" + std::to_string(shard));
        clients.back()->join("lobby");
    }
    for (const auto& client : clients) {
        client->heard();
    }
    const std::string own = clients[1]->ask(Client::send_command("lobby", "m", "hello"));
    EXPECT_LT(own.find(R"("type":"ack","id":"m")"), own.find(R"("type":"message")"));
    EXPECT_EQ(count_of(own, R"("type":"message")"), 1u);
    for (const auto& client : {clients[0].get(), clients[2].get()}) {
        EXPECT_EQ(count_of(client->heard(), R"("seq":1)"), 1u);
    }
}

TEST(LocalRooms, AnOldAttemptBringsNoDelivery) {
    // join, leave, join, pipelined: three answers in order, and each later event once.
    SmallCluster cluster({.shards = 2});
    Client ann(cluster, 0);
    ann.log_in("ann");
    for (const std::string_view command : {"join", "leave", "join", "leave", "join"}) {
        ann.say(R"({"type":")" + std::string(command) + R"(","id":"a","room":"lobby"})");
    }
    ann.say(Client::send_command("lobby", "m", "hello"));
    cluster.settle();
    const std::string heard = ann.heard();
    EXPECT_EQ(count_of(heard, R"("type":"joined")"), 3u);
    EXPECT_EQ(count_of(heard, R"("type":"left")"), 2u);
    EXPECT_EQ(count_of(heard, R"("type":"message")"), 1u);
    EXPECT_EQ(cluster.gauge(ShardGauge::kMemberships), 1);
}

TEST(LocalRooms, ARejoinInOneRoomCostsNoEventAndDoublesNone) {
    // A session that joins anew from its position gets what it has not, by the page or live.
    SmallCluster cluster({.shards = 2});
    Client ann(cluster, 0);
    Client bob(cluster, 1);
    ann.log_in("ann");
    bob.log_in("bob");
    ann.join("lobby");
    bob.join("lobby");
    bob.say(Client::send_command("lobby", "1", "first"));
    ann.say(R"({"type":"join","id":"j","room":"lobby","history":10})");
    bob.say(Client::send_command("lobby", "2", "second"));
    cluster.settle();
    const std::string heard = ann.heard();
    const std::string last = heard.substr(heard.rfind(R"("type":"joined")"));
    EXPECT_EQ(count_of(last, R"("content":"first")"), 1u);
    EXPECT_EQ(count_of(last, R"("content":"second")"), 1u);
}

TEST(LocalRooms, WhoLeftHearsNothingMoreAndOthersDo) {
    // The order of a dense list of members changes when one goes; the others stay in it.
    SmallCluster cluster;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(std::make_unique<Client>(cluster));
        clients.back()->log_in("user-" + std::to_string(i));
        clients.back()->join("lobby");
    }
    clients[1]->ask(R"({"type":"leave","id":"x","room":"lobby"})");
    clients[3]->leave_without_a_word();
    cluster.settle();
    for (const int i : {0, 1, 2, 4}) {
        clients[static_cast<std::size_t>(i)]->heard();
    }
    clients[4]->ask(Client::send_command("lobby", "m", "hello"));
    EXPECT_THAT(clients[0]->heard(), HasSubstr("hello"));
    EXPECT_THAT(clients[1]->heard(), Not(HasSubstr("hello")));
    EXPECT_THAT(clients[2]->heard(), HasSubstr("hello"));
}

TEST(LocalRooms, ASlowReaderGetsOneGapWithTheRightEndsAndOtherRoomsGoOn) {
    // The heaviest room goes: one gap from its first event let go to its last, live behind it. The
    // other rooms lose nothing, and answers are never let go.
    SmallCluster cluster({.shards = 2, .limits = small_outbox()});
    Client slow(cluster, 0);
    Client fast(cluster, 1);
    enter(slow, "slow");
    enter(fast, "fast");
    slow.heard();
    speak_past(cluster, fast, 40);
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 1);
    slow.say(R"({"type":"ping","id":"p"})");
    cluster.settle();
    std::string heard = slow.heard();
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 0);
    fast.ask(Client::send_command("loud", "m41", "tail"));
    heard += slow.heard();
    EXPECT_EQ(count_of(heard, R"("type":"gap")"), 1u);
    EXPECT_THAT(heard, HasSubstr(R"("type":"pong","id":"p")"));
    EXPECT_EQ(count_of(heard, R"("type":"message","room":"calm")"), 4u);
    EXPECT_EQ(count_of(heard, R"("type":"message","room":"quiet")"), 4u);
    EXPECT_EQ(count_of(heard, R"("type":"message","room":"loud")"), 1u);
    EXPECT_THAT(heard, HasSubstr(R"("from":1,"to":40)"));
    EXPECT_LT(heard.find(R"("type":"gap")"), heard.find(R"("seq":41,)"));
}

TEST(LocalRooms, ALeaveOrADeathInAGapLeavesNothingBehind) {
    // The gauges return, and nobody is told of a gap in a room that it left.
    SmallCluster cluster({.shards = 1, .limits = small_outbox()});
    Client leaver(cluster);
    Client dier(cluster);
    Client fast(cluster);
    enter(leaver, "leaver");
    enter(dier, "dier");
    enter(fast, "fast");
    leaver.heard();
    dier.heard();
    speak_past(cluster, fast, 40);
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 2);
    leaver.say(R"({"type":"leave","id":"x","room":"loud"})");
    dier.leave_without_a_word();
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 0);
    EXPECT_EQ(cluster.gauge(ShardGauge::kMemberships), 5);
    std::string heard = leaver.heard();
    cluster.settle();
    heard += leaver.heard();
    EXPECT_THAT(heard, HasSubstr(R"("type":"left")"));
    EXPECT_THAT(heard, Not(HasSubstr(R"("type":"gap")")));
    fast.heard();
    EXPECT_EQ(cluster.nodes[0]->link.parcels.live(), 0u);
}

TEST(LocalRooms, AConnectionCanBeInAHundredRooms) {
    // One more is refused, until one is left.
    SmallCluster cluster({.limits = small_outbox()});
    Client ann(cluster);
    ann.log_in("ann");
    for (std::uint32_t i = 0; i < kRoomsPerConnectionMax; ++i) {
        EXPECT_THAT(ann.join("room-" + std::to_string(i)), HasSubstr(R"("type":"joined")"));
    }
    EXPECT_THAT(ann.join("one-more"), HasSubstr("too_many_rooms"));
    EXPECT_THAT(ann.join("room-7"), HasSubstr(R"("type":"joined")"));
    ann.ask(R"({"type":"leave","id":"x","room":"room-7"})");
    EXPECT_THAT(ann.join("one-more"), HasSubstr(R"("type":"joined")"));
    ann.leave_without_a_word();
    cluster.pass(kDroppedUserStays * 2);
    EXPECT_EQ(cluster.gauge(ShardGauge::kLocalRooms), 0);
    EXPECT_EQ(cluster.gauge(ShardGauge::kHomeRooms), 0);
    EXPECT_EQ(cluster.gauge(ShardGauge::kHomeRoomMembers), 0);
}

TEST(LocalRooms, ARoomIsFoundHoweverItIsWritten) {
    // In few rooms and in many, composed as the room has it and with the accent by itself.
    const auto composed = [](int number) { return "caf\u00e9-" + std::to_string(number); };
    const auto decomposed = [](int number) { return "cafe\u0301-" + std::to_string(number); };
    SmallCluster cluster;
    Client ann(cluster);
    ann.log_in("ann");
    for (int rooms = 1; rooms <= 8; ++rooms) {
        ann.join(composed(rooms));
        for (const std::string& name :
             {composed(1), decomposed(1), composed(rooms), decomposed(rooms)}) {
            EXPECT_THAT(ann.ask(Client::send_command(name, "to " + name, "x")),
                        HasSubstr(R"("type":"ack")"));
        }
        EXPECT_THAT(ann.ask(Client::send_command(decomposed(9), "no", "x")),
                    HasSubstr("not_in_room"));
    }
    EXPECT_THAT(ann.ask(R"({"type":"leave","id":"x","room":")" + decomposed(8) + R"("})"),
                HasSubstr(R"("type":"left")"));
}

TEST(LocalRooms, OnlyMembersSpeak) {
    // send, members, history and leave want a join first, and say which room.
    SmallCluster cluster;
    Client ann(cluster);
    ann.log_in("ann");
    for (const std::string_view type : {"leave", "members", "history"}) {
        EXPECT_THAT(ann.ask(R"({"type":")" + std::string(type) + R"(","id":"1","room":"lobby"})"),
                    HasSubstr(R"("code":"not_in_room")"));
    }
    EXPECT_THAT(ann.ask(Client::send_command("lobby", "1", "x")), HasSubstr("not_in_room"));
}

TEST(LocalRooms, WhoAgreedGetsTheTwinAndEverybodyTheSame) {
    // Of two shards with members of both kinds; a window that is too small gets plain events.
    SmallCluster cluster({.shards = 2, .limits = small_outbox()});
    std::vector<std::unique_ptr<Client>> clients;
    for (const std::uint32_t shard : {0u, 1u}) {
        for (const char* extensions :
             {"", "permessage-deflate", "permessage-deflate; server_max_window_bits=10"}) {
            clients.push_back(std::make_unique<Client>(cluster, shard, "/ws", extensions));
            clients.back()->log_in("user-" + std::to_string(clients.size()));
            clients.back()->join("lobby");
        }
    }
    for (const auto& client : clients) {
        client->heard();
        client->deflated_frames = 0;
        client->frame_bytes = 0;
    }
    std::string first = clients[0]->ask(Client::send_command("lobby", "m", kLong));
    first.erase(0, first.find('\n') + 1);  // the ack
    for (std::size_t i = 1; i < clients.size(); ++i) {
        EXPECT_EQ(clients[i]->heard(), first) << i;
        EXPECT_EQ(clients[i]->deflated_frames, i % 3 == 1 ? 1u : 0u) << i;
    }
    EXPECT_LT(clients[1]->frame_bytes, 300u);
    EXPECT_GT(clients[2]->frame_bytes, 1000u);
}

TEST(LocalRooms, AListOfDeflatingMembersLosesWhoLeavesAndNobodyElse) {
    // Both lists change places independently when one goes.
    SmallCluster cluster({.limits = small_outbox()});
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(
            std::make_unique<Client>(cluster, 0, "/ws", i % 2 == 0 ? "" : "permessage-deflate"));
        clients.back()->log_in("user-" + std::to_string(i));
        clients.back()->join("lobby");
    }
    EXPECT_EQ(cluster.gauge(ShardGauge::kHomeTwinSessions), 4);
    clients[1]->ask(R"({"type":"leave","id":"x","room":"lobby"})");
    clients[2]->leave_without_a_word();
    clients[5]->leave_without_a_word();
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kHomeTwinSessions), 2);
    for (const int i : {0, 1, 3, 4, 6, 7}) {
        clients[static_cast<std::size_t>(i)]->heard();
    }
    clients[0]->ask(Client::send_command("lobby", "m", kLong));
    for (const int i : {3, 4, 6, 7}) {
        EXPECT_EQ(count_of(clients[static_cast<std::size_t>(i)]->heard(), R"("seq":1)"), 1u) << i;
    }
    EXPECT_EQ(clients[1]->heard(), "");
}

TEST(LocalRooms, ASlowReaderOfTheTwinGetsGapsLikeAnyOther) {
    // Each event comes once or is within a gap. Its outbox fills more slowly, and is empty sooner.
    SmallCluster cluster({.shards = 2, .limits = small_outbox()});
    Client slow(cluster, 0, "/ws", "permessage-deflate");
    Client fast(cluster, 1);
    enter(slow, "slow");
    enter(fast, "fast");
    slow.heard();
    speak_past(cluster, fast, 400);
    EXPECT_GT(cluster.counter(ShardCounter::kGaps), 0u);
    std::string heard = slow.heard();
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 0);
    heard += slow.heard();
    std::size_t told = count_of(heard, R"("type":"message","room":"loud")");
    EXPECT_GT(told, 0u);
    for (std::size_t at = heard.find(R"("from":)"); at != std::string::npos;
         at = heard.find(R"("from":)", at + 1)) {
        std::size_t to = 0;
        std::size_t from = 0;
        if (std::sscanf(heard.c_str() + at, R"("from":%zu,"to":%zu)", &from, &to) == 2) {
            told += to - from + 1;
        }
    }
    EXPECT_EQ(told, 400u);
    EXPECT_EQ(count_of(heard, R"("type":"message","room":"calm")"), 4u);
    EXPECT_EQ(cluster.nodes[0]->link.parcels.live(), 0u);
}

}  // namespace
}  // namespace stentor::chat
