// Files of other versions and of other programs.
#include "chat/log/sqlite_schema.h"

#include <fstream>

#include "tests/chat/log/store_fixture.h"

namespace stentor::chat {
namespace {

// As the first version made it: one room with 3,000 messages of one user.
constexpr const char* kFileOfVersion1 = R"(
PRAGMA application_id = 1398031694;
PRAGMA user_version = 1;
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE rooms (room INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL,
  head INTEGER NOT NULL DEFAULT 0, last_at INTEGER NOT NULL DEFAULT 0);
CREATE TABLE events (room INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,
  at INTEGER NOT NULL, user INTEGER NOT NULL, name TEXT NOT NULL, client_id TEXT,
  hash INTEGER NOT NULL, target INTEGER NOT NULL, state INTEGER NOT NULL,
  edited_at INTEGER NOT NULL DEFAULT 0, content TEXT, PRIMARY KEY (room, seq)) WITHOUT ROWID;
CREATE UNIQUE INDEX event_ids ON events (room, user, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX edits ON events (room, target) WHERE kind = 1;
CREATE TABLE reactions (room INTEGER NOT NULL, seq INTEGER NOT NULL, emoji TEXT NOT NULL,
  user INTEGER NOT NULL, name TEXT NOT NULL, by_seq INTEGER NOT NULL,
  PRIMARY KEY (room, seq, emoji, user)) WITHOUT ROWID;
CREATE TABLE users (user INTEGER PRIMARY KEY, name TEXT NOT NULL, skeleton TEXT NOT NULL,
  seen_at INTEGER NOT NULL, connected INTEGER NOT NULL);
CREATE INDEX users_seen ON users (seen_at);
CREATE INDEX users_connected ON users (user) WHERE connected = 1;
CREATE TABLE positions (user INTEGER NOT NULL, room INTEGER NOT NULL, seq INTEGER NOT NULL,
  at INTEGER NOT NULL, direct INTEGER NOT NULL, PRIMARY KEY (user, room)) WITHOUT ROWID;
CREATE INDEX positions_of_room ON positions (room);
INSERT INTO rooms VALUES (1, 'lobby', 'abcdefghijkl', 0, 0);
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 3000)
INSERT INTO events SELECT 1, n, 0, 1000 + n, 1, 'user1', 'm' || n, n, 0, 1, 0, 'hello' FROM numbers;
)";

class SqliteSchemaTest : public StoreTest {
protected:
    void execute(const char* sql) {
        auto connection =
            SqliteConnection::open(config.file, SqliteConnection::Access::kReadWrite, nullptr);
        ASSERT_TRUE(connection.has_value());
        ASSERT_TRUE(connection->execute(sql).has_value());
    }
    std::string refusal() { return StoreProcess(config, clock).error(); }
};

TEST_F(SqliteSchemaTest, AFileOfANewerProgramIsRefused) {
    // In words that say so, and without a change to it.
    start().close();
    execute("PRAGMA user_version = 999");
    EXPECT_NE(refusal().find("newer stentor (schema 999"), std::string::npos) << refusal();
    const std::string version = "PRAGMA user_version = " + std::to_string(kSchemaVersion);
    execute(version.c_str());
    EXPECT_EQ(refusal(), "");
}

TEST_F(SqliteSchemaTest, AFileOfTheFirstVersionGoesOn) {
    // Under its epochs, after its last event, and with every message id known.
    execute(kFileOfVersion1);
    const LogOpened opened = start().open(kKey, "lobby");
    EXPECT_EQ(opened.head, 3000u);
    EXPECT_EQ(opened.first, 1u);
    for (const char* id : {"m1", "m1024", "m2048", "m3000"}) {
        EXPECT_EQ(process().refused(kKey, {.id = id, .content = "another text"}),
                  ErrorCode::kIdReused);
    }
    EXPECT_EQ(process().stored(kKey, {.id = "m3001"}).seq, 3001u);
    start();
    EXPECT_EQ(process().open(kKey, "lobby").epoch, opened.epoch);
    EXPECT_TRUE(process().stored(kKey, {.id = "m3001"}).duplicate);
    EXPECT_EQ(page(2998, 0).size(), 3u);
}

TEST_F(SqliteSchemaTest, AnEmptyFileBecomesAStore) {
    // As does one whose making was interrupted before the first step.
    std::ofstream(config.file).close();
    start();
    EXPECT_FALSE(process().open(kKey, "lobby").failed);
}

TEST_F(SqliteSchemaTest, WhatIsNoStoreOfOursIsNotTouched) {
    // Neither a database of another program nor a file that is none.
    execute("CREATE TABLE theirs (x)");
    EXPECT_NE(refusal().find("another program"), std::string::npos) << refusal();
    config.file += ".txt";
    std::ofstream(config.file) << std::string(8192, 'x');
    EXPECT_NE(refusal().find("not a database"), std::string::npos) << refusal();
}

}  // namespace
}  // namespace stentor::chat
