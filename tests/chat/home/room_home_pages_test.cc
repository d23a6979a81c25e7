// Pages out of memory and out of a log that keeps more; positions that such a log proves wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chat/support/homes_fixture.h"
#include "tests/chat/support/reading_log.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct OwnLog {
    ReadingLog log;
};

class RoomHomePages : public testing::Test, public OwnLog, public HomesFixture {
protected:
    RoomHomePages() : HomesFixture(log) { log.add(500); }
    static std::uint64_t count(const EventsPage& page) {
        std::uint64_t events = 0;
        for (std::string_view rest = page.events.text();;) {
            const std::size_t at = rest.find(R"("type":)");
            if (at == std::string_view::npos) return events;
            rest.remove_prefix(at + 1);
            ++events;
        }
    }
};

TEST_F(RoomHomePages, AJoinShowsWhatTheLogGaveAndWhatItKeeps) {
    // `first` is the log's, and `more` says that the client can page.
    auto joined = join(1);
    EXPECT_EQ(count(joined->page), 10u);
    EXPECT_EQ(joined->page.first, 1u);
    EXPECT_EQ(joined->page.head, 500u);
    EXPECT_TRUE(joined->page.more);
    joined = resume(2, "e1", 300);
    EXPECT_TRUE(joined->recovered);
    EXPECT_EQ(count(joined->page), 0u);
    EXPECT_TRUE(joined->page.more);
    joined = resume(2, "e1", 490);
    EXPECT_EQ(count(joined->page), 10u);
    EXPECT_FALSE(joined->page.more);
    EXPECT_TRUE(log.reads.empty());
}

TEST_F(RoomHomePages, AThousandWhoAskAlikeShareOneReadAndOneText) {
    // Those who come while it is read, and those who come later.
    for (std::uint32_t n = 1; n <= 1000; ++n) join(n);
    told(1);
    for (std::uint32_t n = 1; n <= 1000; ++n) ask(history_of(n, 300));
    ASSERT_EQ(log.reads.size(), 1u);
    EXPECT_EQ(log.reads[0].after, 300u);
    EXPECT_EQ(log.reads[0].before, 401u);
    log.answer_read(homes);
    const auto answers = all<Box<HistoryRead>>();
    ASSERT_EQ(answers.size(), 1000u);
    for (const auto& answer : answers) {
        EXPECT_EQ(answer->page.events.data(), answers[0]->page.events.data());
        EXPECT_TRUE(answer->page.more);
        EXPECT_EQ(answer->page.first, 1u);
    }
    EXPECT_EQ(count(answers[0]->page), 100u);
    send(1, "more");  // what comes later does not change that page
    EXPECT_EQ(history(1, 300)->page.events.data(), answers[0]->page.events.data());
    EXPECT_TRUE(log.reads.empty());
}

TEST_F(RoomHomePages, PagesOutOfMemoryAreSharedToo) {
    // Of joins and of history, until the next event.
    join(1);
    const auto first = join(2), second = join(3);
    EXPECT_EQ(first->page.events.data(), second->page.events.data());
    const auto page = history(1, 492), again = history(2, 492);
    EXPECT_EQ(page->page.events.data(), again->page.events.data());
    EXPECT_EQ(count(page->page), 8u);
    send(1, "more");
    EXPECT_EQ(count(history(1, 492)->page), 9u);
}

TEST_F(RoomHomePages, AChangeMakesAPageAnewEvenUnderWay) {
    // Nobody is given a state that is older than what it was told live.
    join(1);
    ask(history_of(1, 100));
    ask(publish_of(1, EventKind::kEdited, "new text", 150));
    told(1);
    log.answer_read(homes);
    EXPECT_EQ(last<Box<HistoryRead>>(), nullptr);
    turn();
    ASSERT_EQ(log.reads.size(), 1u);
    log.answer_read(homes);
    EXPECT_EQ(count(last<Box<HistoryRead>>()->page), 100u);
    ask(history_of(1, 100));
    EXPECT_TRUE(log.reads.empty());  // it is kept …
    ask(publish_of(1, EventKind::kReacted, "+1", 150));
    ask(history_of(1, 100));
    EXPECT_EQ(log.reads.size(), 1u);  // … until it is another
}

TEST_F(RoomHomePages, AReadThatFailsIsUnavailable) {
    // For each who waits, and the next one is tried again.
    join(1);
    ask(history_of(1, 100));
    log.answer_read(homes, true);
    const auto refused = last<Box<Refused>>();
    EXPECT_EQ(refused->code, ErrorCode::kUnavailable);
    EXPECT_TRUE(refused->page);
    ask(history_of(1, 100));
    EXPECT_EQ(log.reads.size(), 1u);
}

TEST_F(RoomHomePages, ARoomStaysOpenWhileItIsRead) {
    // Though everybody left: who asked is answered.
    limits.history_bytes_per_shard_max = 0;
    join(1);
    ask(history_of(1, 100));
    ask(Leave{connection(1, 1), 0, false, false, "lobby", {}});
    EXPECT_EQ(log.closed, 0);
    told(1);
    log.answer_read(homes);
    EXPECT_NE(last<Box<HistoryRead>>(), nullptr);
    turn();
    EXPECT_EQ(log.closed, 1);
}

TEST_F(RoomHomePages, RetentionMovesWhatIsFirst) {
    // Positions in front of it are recovered no more, pages begin there.
    join(1);
    homes.on_log_trimmed({log.last_key, 496});
    turn();
    EXPECT_FALSE(resume(2, "e1", 490)->recovered);
    EXPECT_TRUE(resume(2, "e1", 495)->recovered);
    const auto page = history(1, 0);
    EXPECT_EQ(page->page.first, 496u);
    EXPECT_EQ(count(page->page), 5u);
    EXPECT_TRUE(log.reads.empty());
}

TEST_F(RoomHomePages, APositionAboveTheHeadRenewsAnEpochInDoubt) {
    // Once nothing is in the log any more; asks behind it wait, and its own is not recovered.
    join(1);
    log.slow = true;
    send(1, "under way");
    told(1);
    EXPECT_EQ(resume(2, "e1", 501), nullptr);
    ask(history_of(1, 499));
    EXPECT_EQ(log.renewals, 0);
    log.slow = false;
    log.append(log.last_key, std::move(log.waiting.front()), homes);
    turn();
    EXPECT_EQ(log.renewals, 1);
    EXPECT_EQ(last<Box<Joined>>(), nullptr);
    log.answer_renewal(homes);
    turn();
    const auto tells = told(1);
    ASSERT_GE(tells.size(), 3u);
    const auto& joined = std::get<Box<Joined>>(tells[1]);
    EXPECT_FALSE(joined->recovered);
    EXPECT_EQ(joined->page.epoch, "e2");
    EXPECT_EQ(joined->page.head, 501u);
    EXPECT_EQ(std::get<Box<HistoryRead>>(tells[2])->page.epoch, "e2");
    EXPECT_FALSE(resume(3, "e2", 900)->recovered);  // made here: no proof of anything
    EXPECT_EQ(log.renewals, 1);
}

TEST_F(RoomHomePages, ARenewalIsToldToEveryShardInFrontOfTheAnswer) {
    // Those who are in the room go on under the new epoch, wherever they are connected.
    join(1);
    EXPECT_EQ(resume(2, "e1", 501), nullptr);
    log.answer_renewal(homes);
    turn();
    for (const std::uint32_t shard : {0U, 1U}) {
        const auto tells = told(shard);
        ASSERT_FALSE(tells.empty());
        const auto* renewed = std::get_if<Box<EpochRenewed>>(&tells[0]);
        ASSERT_NE(renewed, nullptr);
        EXPECT_EQ((*renewed)->room, "lobby");
        EXPECT_EQ((*renewed)->epoch, "e2");
    }
}

TEST_F(RoomHomePages, APositionAboveTheHeadOfALogThatIsSureIsALie) {
    // It is not recovered, and nobody else loses anything by it.
    log.in_doubt = false;
    join(1);
    EXPECT_FALSE(resume(2, "e1", 501)->recovered);
    EXPECT_EQ(log.renewals, 0);
    EXPECT_TRUE(resume(3, "e1", 500)->recovered);
}

TEST_F(RoomHomePages, ARenewalThatFailsOrLastsIsUnavailable) {
    // Who waits is refused, and the room goes on as it was.
    join(1);
    EXPECT_EQ(resume(2, "e1", 501), nullptr);
    log.answer_renewal(homes, true);
    turn();
    EXPECT_EQ(last<Box<JoinRefused>>()->code, ErrorCode::kUnavailable);
    EXPECT_EQ(resume(2, "e1", 501), nullptr);
    pass(kRoomOpenTimeout + std::chrono::milliseconds{20});
    turn();
    EXPECT_EQ(last<Box<JoinRefused>>()->code, ErrorCode::kUnavailable);
    log.answer_renewal(homes);
    turn();
    EXPECT_EQ(count(history(1, 490)->page), 10u);
    EXPECT_EQ(gauge(ShardGauge::kWaitingAsks), 0);
}

TEST_F(RoomHomePages, WhoLeavesWhileARenewalFailsIsGone) {
    // And so is who was in the room and whose second join is refused: its shard lets go of it.
    for (std::uint32_t n = 1; n <= 3; ++n) join(n);
    EXPECT_EQ(resume(4, "e1", 501), nullptr);
    ask(Leave{connection(1, 2), 0, false, false, "lobby", {}});
    Join again = join_of(3, "lobby");
    again.number = 2;
    ask(std::move(again));
    log.answer_renewal(homes, true);
    turn();
    told(1);
    EXPECT_EQ(join(1)->members.count, 1u);
}

TEST_F(RoomHomePages, APageThatRetentionOvertookSaysWhereHistoryBegins) {
    // The reader may see a trimmed room before the home hears of it.
    join(1);
    ask(history_of(1, 15));
    ASSERT_EQ(log.reads.size(), 1u);
    log.reads.front().after = 40;
    log.answer_read(homes);
    turn();
    EXPECT_EQ(last<Box<HistoryRead>>()->page.first, 41u);
}

TEST_F(RoomHomePages, APageOfWhatRetentionRemovedHidesNothingBehindIt) {
    // Cut by bytes, and trimmed whole before it came: what the log still keeps is not forgotten.
    join(1);
    ask(history_of(1, 0));
    ASSERT_EQ(log.reads.size(), 1u);
    const ReadLog wanted = log.reads.front();
    homes.on_log_trimmed({wanted.key, 50});
    homes.on_log_read({wanted.key, wanted.request, false, log.frames(1, 10), true});
    turn();
    const auto page = last<Box<HistoryRead>>();
    EXPECT_EQ(page->page.first, 50u);
    EXPECT_EQ(count(page->page), 0u);
    EXPECT_TRUE(page->page.more);
    ask(history_of(1, 0, 61));
    log.reads.erase(log.reads.begin());
    log.answer_read(homes);
    EXPECT_EQ(count(last<Box<HistoryRead>>()->page), 11u);
}

TEST_F(RoomHomePages, APageIsOfTheMomentOfAsking) {
    // What is stored while the log reads it comes live, and is not in what the page calls newest.
    limits.history_bytes_per_shard_max = 0;
    join(1);
    turn();
    ReadHistory newest = history_of(1, 0);
    newest.from_oldest = false;
    ask(newest);
    ASSERT_EQ(log.reads.size(), 1u);
    send(1, "meanwhile");
    log.answer_read(homes);
    const auto page = last<Box<HistoryRead>>();
    EXPECT_EQ(page->page.head, 500u);
    EXPECT_EQ(count(page->page), 100u);
    EXPECT_THAT(page->page.events.text(), HasSubstr(R"("seq":500,)"));
}

TEST_F(RoomHomePages, AKeptPageIsReadAgainBehindADeletion) {
    // An edit of the deleted message may stand in any page behind it, with the text.
    join(1);
    ask(history_of(1, 15));
    ASSERT_EQ(log.reads.size(), 1u);
    log.answer_read(homes);
    turn();
    ask(history_of(1, 15));
    EXPECT_TRUE(log.reads.empty());
    ask(publish_of(1, EventKind::kDeleted, "", 10));
    ask(history_of(1, 15));
    EXPECT_EQ(log.reads.size(), 1u);
}

TEST_F(RoomHomePages, ReactionsThatWereThereBeforeAreTakenBackByTheirUser) {
    // The log's JSON has their names alone; the events behind it say whose they are.
    ReactionView reaction{"+1", {}};
    const std::string_view names[] = {"n1", "n2"};
    reaction.names = names;
    std::string json;
    append_event(json, {.message = {.room = "lobby",
                                    .seq = 501,
                                    .at_ms = 1,
                                    .user = user(1),
                                    .from = "n1",
                                    .content = "text",
                                    .client_id = {},
                                    .reply_to = 0},
                        .reactions = std::span(&reaction, 1)});
    log.events.push_back(json);
    for (const std::uint32_t n : {1u, 2u}) {
        json.clear();
        append_event(json, {.kind = EventKind::kReacted,
                            .message = {.room = "lobby",
                                        .seq = 501 + n,
                                        .at_ms = 1,
                                        .user = user(n),
                                        .from = "n" + std::to_string(n),
                                        .content = "+1",
                                        .client_id = {},
                                        .reply_to = 0},
                            .target = 501});
        log.events.push_back(json);
    }
    join(1);
    Publish renamed = publish_of(1, EventKind::kReacted, "+1", 501, false);
    renamed.name = "other";
    ask(std::move(renamed));
    EXPECT_THAT(shown(501), HasSubstr(R"("reactions":{"+1":["n2"]})"));
}

TEST_F(RoomHomePages, AListOfRoomsIsMadeTrueByTheirHomes) {
    // Epoch, head, people and unread of what is open; the rest as the store knows it.
    join(1);
    send(1, "own");
    LookAtRooms ask_for{connection(1, 1), user(1), {}};
    ask_for.rooms.push_back({.room = "lobby", .epoch = "old", .seq = 1, .read = 495, .unread = 99});
    ask_for.rooms.push_back({.room = "elsewhere", .epoch = "k", .seq = 7, .read = 2, .unread = 5});
    ask_for.rooms.push_back({.room = "lobby", .epoch = "old", .seq = 1, .read = 5, .unread = 99});
    told(1);
    homes.handle(std::move(ask_for));
    const auto listed = last<Box<RoomsListed>>();
    ASSERT_EQ(listed->rooms.size(), 3u);
    EXPECT_EQ(listed->rooms[0].epoch, "e1");
    EXPECT_EQ(listed->rooms[0].seq, 501u);
    EXPECT_EQ(listed->rooms[0].count, 1u);
    EXPECT_EQ(listed->rooms[0].unread, 5u);  // not one's own
    EXPECT_EQ(listed->rooms[1].unread, 5u);
    EXPECT_EQ(listed->rooms[2].unread, 99u);  // not held so far back
}

}  // namespace
}  // namespace stentor::chat
