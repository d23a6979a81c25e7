// Files of other versions and of other programs.
#include "chat/log/sqlite_schema.h"

#include <fstream>

#include "tests/chat/log/store_fixture.h"

namespace stentor::chat {
namespace {

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
    execute("PRAGMA user_version = 1");
    EXPECT_EQ(refusal(), "");
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
