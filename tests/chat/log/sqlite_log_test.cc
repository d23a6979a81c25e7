// The durable log, driven without threads: what it numbers, knows again and refuses.
#include "chat/log/sqlite_log.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

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

TEST_F(SqliteLogTest, AFileThatWasMovedOrDeletedIsWrittenNoMore) {
    // Within a second nothing is acknowledged any more, also when there is a file by that name
    // again.
    const std::string file = folder.file();
    const std::string moved = file + ".moved";
    const std::function<void()> kWays[] = {
        [&] { std::filesystem::rename(file, moved); },
        [&] { std::filesystem::remove(file); },
        [&] {
            std::filesystem::copy_file(file, moved);
            std::filesystem::rename(moved, file);
        },
    };
    for (const auto& way : kWays) {
        int failures = 0;
        config.on_failed = [&](const core::Error&) { ++failures; };
        start().open(kKey, "lobby");
        process().stored(kKey, {.id = "a"});
        clock.advance(std::chrono::seconds{1});
        process().stored(kKey, {.id = "b"});
        way();
        clock.advance(std::chrono::seconds{1});
        EXPECT_EQ(process().refused(kKey, {.id = "c"}), ErrorCode::kNotStored);
        EXPECT_EQ(process().refused(kKey, {.id = "d"}), ErrorCode::kNotStored);
        EXPECT_TRUE(process().health().failed());
        EXPECT_EQ(failures, 1);
        process_.reset();
        for (const std::string& left : {file, file + "-wal", file + "-shm", moved}) {
            std::filesystem::remove(left);
        }
    }
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

TEST_F(SqliteLogTest, OnlyTheAuthorChangesAMessageThatIsThere) {
    // Edits and deletions are the author's, reactions everybody's; what is no message, or gone,
    // cannot be changed.
    start().open(kKey, "lobby");
    process().stored(kKey, {.content = "one"});
    const Said edit{.content = "x", .user = 2, .kind = EventKind::kEdited, .target = 1};
    EXPECT_EQ(process().refused(kKey, edit), ErrorCode::kForbidden);
    EXPECT_EQ(process().refused(
                  kKey, {.content = "", .user = 2, .kind = EventKind::kDeleted, .target = 1}),
              ErrorCode::kForbidden);
    EXPECT_EQ(process().refused(kKey, {.kind = EventKind::kEdited, .target = 9}),
              ErrorCode::kNoSuchMessage);
    process().stored(kKey, {.id = "d", .content = "", .kind = EventKind::kDeleted, .target = 1});
    EXPECT_EQ(process().refused(kKey, {.kind = EventKind::kEdited, .target = 1}),
              ErrorCode::kNoSuchMessage);
    EXPECT_EQ(process().refused(kKey, {.kind = EventKind::kEdited, .target = 2}),
              ErrorCode::kNoSuchMessage);
    // But the retry of the deletion is answered as the first.
    EXPECT_TRUE(
        process()
            .stored(kKey, {.id = "d", .content = "", .kind = EventKind::kDeleted, .target = 1})
            .duplicate);
}

TEST_F(SqliteLogTest, AMessageHasAtMostTwentyDifferentEmoji) {
    // The twenty-first is refused; one that is there already may be added by others, and one that
    // was taken back makes room.
    start().open(kKey, "lobby");
    process().stored(kKey, {});
    Said react{.content = "", .kind = EventKind::kReacted, .target = 1};
    for (std::size_t i = 0; i < kReactionEmojiMax; ++i) {
        react.content = "e" + std::to_string(i);
        process().stored(kKey, react);
    }
    react.content = "one more";
    EXPECT_EQ(process().refused(kKey, react), ErrorCode::kForbidden);
    process().stored(kKey, {.content = "e3", .user = 2, .kind = EventKind::kReacted, .target = 1});
    process().stored(kKey,
                     {.content = "e4", .kind = EventKind::kReacted, .target = 1, .on = false});
    process().stored(kKey, react);
}

TEST_F(SqliteLogTest, AMessageHasAtMostFiveHundredReactions) {
    // Whatever their emoji. One more is refused; one that is there may be said again, and one that
    // was taken back makes room.
    start().open(kKey, "lobby");
    process().stored(kKey, {});
    const auto reaction = [](std::uint64_t user, bool on = true) {
        return Said{.content = user % 2 == 0 ? "+1" : "-1",
                    .user = user,
                    .kind = EventKind::kReacted,
                    .target = 1,
                    .on = on};
    };
    for (std::uint64_t user = 1; user <= kReactionsMax; ++user) {
        process().stored(kKey, reaction(user));
    }
    EXPECT_EQ(process().refused(kKey, reaction(kReactionsMax + 1)), ErrorCode::kForbidden);
    process().stored(kKey, reaction(7));
    process().stored(kKey, reaction(7, false));
    process().stored(kKey, reaction(kReactionsMax + 1));
    EXPECT_EQ(process().refused(kKey, reaction(7)), ErrorCode::kForbidden);
}

TEST_F(SqliteLogTest, ADeletedTextIsGoneFromTheFiles) {
    // Neither database nor WAL holds a byte of it a second later, whatever moved in between, and
    // later commits do not bring it back.
    start();
    for (RoomKey key = 1; key <= 5; ++key) process().open(key, "room" + std::to_string(key));
    SeededRandom random{5};
    const auto secret = [](std::uint64_t number) {
        return "<secret " + std::to_string(number) + ">";
    };
    const auto text = [&](std::uint64_t number) {
        return secret(number) + std::string(random.next() % 900, 'x');
    };
    std::vector<std::pair<RoomKey, std::uint64_t>> said;
    for (int batch = 0; batch < 40; ++batch) {
        std::vector<Envelope> work;
        for (int i = 0; i < 50; ++i) {
            said.emplace_back(1 + random.next() % 5, 0);
            work.emplace_back(
                AppendToLog{said.back().first, publish_of({.content = text(said.size() - 1)})});
        }
        const auto answers = process().apply(std::move(work));
        for (std::size_t i = 0; i < answers.size(); ++i) {
            said[said.size() - answers.size() + i].second =
                std::get<LogStored>(answers[i]).publish->seq;
        }
        if (batch % 10 == 5) {
            process().stored(said[7].first, {.content = text(7) + "longer",
                                             .kind = EventKind::kEdited,
                                             .target = said[7].second});
        }
    }
    std::vector<std::uint64_t> deleted;
    for (std::uint64_t i = 7; i < said.size(); i += 3) {
        process().stored(said[i].first,
                         {.content = "", .kind = EventKind::kDeleted, .target = said[i].second});
        deleted.push_back(i);
    }
    const auto expect_gone = [&] {
        for (const char* const ending : {"", "-wal"}) {
            std::ifstream file(folder.file() + ending, std::ios::binary | std::ios::ate);
            std::string bytes(static_cast<std::size_t>(file.tellg()), '\0');
            file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
            for (const std::uint64_t one : deleted) {
                ASSERT_EQ(bytes.find(secret(one)), std::string::npos) << one << ending;
            }
        }
    };
    process().tend(clock, std::chrono::seconds{1});
    expect_gone();
    for (RoomKey key = 1; key <= 5; ++key) process().stored(key, {.content = "later"});
    expect_gone();
    for (std::uint64_t i = 8; i < 60; i += 3) {
        process().stored(
            said[i].first,
            {.content = "other", .kind = EventKind::kEdited, .target = said[i].second});
    }
    expect_gone();
}

TEST_F(SqliteLogTest, PagesGoBothWaysAndEndAtTheirBounds) {
    // Oldest first whichever end they begin at; `more` says that the range holds more.
    start().open(kKey, "lobby");
    for (int i = 1; i <= 10; ++i) process().stored(kKey, {.content = std::to_string(i)});
    EXPECT_EQ(page(3, 6).size(), 2u);
    EXPECT_FALSE(more);
    const auto newest = page(0, 0, false, 4);
    ASSERT_EQ(newest.size(), 4u);
    EXPECT_TRUE(more);
    EXPECT_NE(newest[0].find(R"("seq":7)"), std::string::npos);
    EXPECT_NE(newest[3].find(R"("seq":10)"), std::string::npos);
    EXPECT_EQ(page(0, 0, true, 100, 1).size(), 1u);
    EXPECT_TRUE(more);
    EXPECT_TRUE(page(10, 0).empty());
}

TEST_F(SqliteLogTest, RetentionLetsTheOldestGoByAgeAndByCount) {
    // Open rooms are told what is left; numbers go on, ids go with their messages.
    config.retain_events = 50;
    config.retain_days = 1;
    start().open(kKey, "lobby");
    process().stored(kKey, {.id = "first"});
    for (int i = 0; i < 70; ++i) process().stored(kKey, {});
    process().tend(clock, std::chrono::minutes{20});
    auto notices = process().log().take_notices();
    ASSERT_FALSE(notices.empty());
    EXPECT_EQ(std::get<LogTrimmed>(notices.back().what).first, 22u);
    EXPECT_FALSE(process().stored(kKey, {.id = "first"}).duplicate);
    clock.advance(std::chrono::hours{25});
    process().stored(kKey, {.content = "young"});
    process().tend(clock, std::chrono::minutes{20});
    EXPECT_EQ(page(0, 0).size(), 1u);
    const LogOpened again = start().open(kKey, "lobby");
    EXPECT_EQ(again.first, 73u);
    EXPECT_EQ(again.head, 73u);
    clock.advance(std::chrono::hours{25});
    process().tend(clock, std::chrono::minutes{20});
    EXPECT_TRUE(page(0, 0).empty());
    const LogOpened empty = start().open(kKey, "lobby");
    EXPECT_EQ(empty.first, 0u);
    EXPECT_EQ(empty.head, 73u);
    EXPECT_EQ(empty.epoch, again.epoch);
}

TEST_F(SqliteLogTest, AnOpenRoomIsToldThatRetentionLeftItEmpty) {
    // The oldest kept is then the one that comes next; a later opening says that none is.
    config.retain_days = 1;
    start().open(kKey, "lobby");
    for (int i = 0; i < 3; ++i) process().stored(kKey, {});
    clock.advance(std::chrono::hours{25});
    process().tend(clock, std::chrono::minutes{20});
    EXPECT_TRUE(page(0, 0).empty());
    const auto notices = process().log().take_notices();
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_EQ(std::get<LogTrimmed>(notices[0].what).first, 4u);
    EXPECT_EQ(process().open(kKey + 1, "lobby").first, 0u);
    EXPECT_EQ(process().stored(kKey, {}).seq, 4u);
    EXPECT_EQ(process().open(kKey + 2, "lobby").first, 4u);
}

TEST_F(SqliteLogTest, ARoomWithoutEventsLeavesNothingInTheFile) {
    // Its epoch is as lasting as that of others, and the one under which its first event is stored.
    const auto rows = [&] {
        auto connection =
            SqliteConnection::open(config.file, SqliteConnection::Access::kReadOnly, nullptr);
        return *connection->integer("SELECT count(*) FROM rooms");
    };
    start();
    for (RoomKey key = 100; key < 200; ++key) {
        EXPECT_EQ(process().open(key, "room" + std::to_string(key)).head, 0u);
        process().apply_one(CloseLog{key});
    }
    const std::string epoch = process().open(kKey, "lobby").epoch;
    EXPECT_EQ(process().refused(kKey, {.kind = EventKind::kDeleted, .target = 1}),
              ErrorCode::kNoSuchMessage);
    EXPECT_EQ(rows(), 0);
    process().vanish();
    EXPECT_EQ(start().open(kKey, "lobby").epoch, epoch);
    EXPECT_NE(process().open(kKey + 1, "another").epoch, epoch);
    EXPECT_EQ(process().stored(kKey, {.id = "m1"}).epoch, epoch);
    EXPECT_TRUE(process().stored(kKey, {.id = "m1"}).duplicate);
    EXPECT_EQ(page(0, 0).size(), 1u);
    EXPECT_EQ(rows(), 1);
    EXPECT_EQ(start().open(kKey, "lobby").epoch, epoch);
}

TEST_F(SqliteLogTest, ARoomThatIsGoneBeginsUnderAnotherEpoch) {
    // Once its row went, after its events. Who was in a room without a row meanwhile goes on in it.
    config.retain_days = 1;
    const std::string epoch = start().open(kKey, "lobby").epoch;
    process().stored(kKey, {});
    process().apply_one(CloseLog{kKey});
    const std::string quiet = process().open(kKey + 1, "quiet").epoch;
    for (const int days : {2, 8}) {
        clock.advance(std::chrono::days{days});
        process().tend(clock, std::chrono::minutes{20});
    }
    const LogOpened again = process().open(kKey, "lobby");
    EXPECT_EQ(again.head, 0u);
    EXPECT_NE(again.epoch, epoch);
    EXPECT_EQ(process().stored(kKey + 1, {}).epoch, quiet);
    const std::string second = process().stored(kKey, {}).epoch;
    EXPECT_EQ(second, again.epoch);
    EXPECT_EQ(start().open(kKey, "lobby").epoch, second);
    EXPECT_EQ(process().open(kKey + 1, "quiet").epoch, quiet);
}

TEST_F(SqliteLogTest, EpochsStayWhileThePastCanBeBelieved) {
    // Same boot or a clean end or synced: the same epoch. Else, and when asked for, another one.
    const std::string first = start().open(kKey, "lobby").epoch;
    process().vanish();
    EXPECT_EQ(start().open(kKey, "lobby").epoch, first);
    process().close();
    config.boot_id = "boot-2";
    EXPECT_EQ(start().open(kKey, "lobby").epoch, first);
    process().vanish();
    config.boot_id = "boot-3";
    const std::string second = start().open(kKey, "lobby").epoch;
    EXPECT_NE(second, first);
    const Envelope answer = process().apply_one(RenewEpoch{kKey});
    const std::string third = std::get<Box<LogOpened>>(answer)->epoch;
    EXPECT_NE(third, second);
    EXPECT_EQ(process().stored(kKey, {}).epoch, third);
    EXPECT_EQ(start().open(kKey, "lobby").epoch, third);
    process().close();
    config.durability = Durability::kSynced;
    EXPECT_EQ(start().open(kKey, "lobby").epoch, third);
    process().vanish();
    config.boot_id = "boot-4";
    EXPECT_EQ(start().open(kKey, "lobby").epoch, third);
}

}  // namespace
}  // namespace stentor::chat
