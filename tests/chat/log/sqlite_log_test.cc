// The durable log, driven without threads: what it numbers, knows again and refuses.
#include "chat/log/sqlite_log.h"

#include "tests/chat/log/store_fixture.h"

namespace stentor::chat {
namespace {

class SqliteLogTest : public StoreTest {};

TEST_F(SqliteLogTest, SeqRisesByOneAndGoesOnAfterARestart) {
    // A room goes on where it was, in the same epoch, after a clean end.
    const std::string epoch = start().open(kKey, "lobby").epoch;
    EXPECT_EQ(process().stored(kKey, {.id = "a"}).seq, 1u);
    EXPECT_EQ(process().stored(kKey, {}).seq, 2u);
    EXPECT_EQ(process().stored(kKey, {}).epoch, epoch);
    const LogOpened again = start().open(kKey, "lobby");
    EXPECT_EQ(again.epoch, epoch);
    EXPECT_EQ(again.head, 3u);
    EXPECT_EQ(again.first, 1u);
    EXPECT_EQ(process().stored(kKey, {}).seq, 4u);
}

TEST_F(SqliteLogTest, ARepeatedIdIsAnsweredByTheFirstForEver) {
    // The first ack comes back after a restart too; another content is id_reused.
    start().open(kKey, "lobby");
    const Publish first = process().stored(kKey, {.id = "a"});
    clock.advance(std::chrono::seconds{5});
    start().open(kKey, "lobby");
    const Publish again = process().stored(kKey, {.id = "a"});
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.seq, first.seq);
    EXPECT_EQ(again.at_ms, first.at_ms);
    EXPECT_EQ(process().refused(kKey, {.id = "a", .content = "other"}), ErrorCode::kIdReused);
    EXPECT_EQ(process().refused(kKey, {.id = "a", .reply_to = 1}), ErrorCode::kIdReused);
    EXPECT_EQ(process().stored(kKey, {.id = "a", .user = 2}).seq, 2u);
}

TEST_F(SqliteLogTest, PagesShowThePresentState) {
    // Edited, reacted to, deleted: the message says so where it stands.
    start().open(kKey, "lobby");
    process().stored(kKey, {.id = "a", .content = "one"});
    process().stored(kKey, {.content = "two"});
    process().stored(kKey, {.content = "uno", .kind = EventKind::kEdited, .target = 1});
    process().stored(kKey, {.content = "+", .user = 2, .kind = EventKind::kReacted, .target = 1});
    process().stored(kKey, {.content = "", .kind = EventKind::kDeleted, .target = 2});
    const auto events = page(0, 0);
    ASSERT_EQ(events.size(), 5u);
    EXPECT_NE(events[0].find(R"("content":"uno")"), std::string::npos) << events[0];
    EXPECT_NE(events[0].find(R"("edited_at":)"), std::string::npos) << events[0];
    EXPECT_NE(events[0].find(R"("reactions":{"+":["user2"]})"), std::string::npos) << events[0];
    EXPECT_NE(events[1].find(R"("deleted":true)"), std::string::npos) << events[1];
    EXPECT_NE(events[3].find(R"("type":"reacted")"), std::string::npos) << events[3];
}

}  // namespace
}  // namespace stentor::chat
