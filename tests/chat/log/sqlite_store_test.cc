// The store with its threads, between a shard's LaneLog and a database.
#include "chat/log/sqlite_store.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <fstream>
#include <semaphore>

#include "chat/log/lane_log.h"
#include "tests/chat/log/forgetful_vfs.h"
#include "tests/chat/log/store_fixture.h"

namespace stentor::chat {
namespace {

constexpr std::uint32_t kShards = 2;
constexpr std::uint32_t kWriter = kShards;
constexpr std::uint32_t kReader = kShards + 1;

// A shard that does nothing but ask and hear.
class Asker final : public LogSink {
public:
    Asker(BroadcastQueue& queue, std::uint32_t index)
        : port_(queue.port(index)), log(port_, kWriter, kReader, limits_), key{index + 1} {}

    void on_log_opened(LogOpened&& what) override { opened.push_back(std::move(what)); }
    void on_log_stored(LogStored&& what) override { seqs.push_back(what.publish->seq); }
    void on_log_refused(LogRefused&& what) override { refusals.push_back(what.code); }
    void on_log_read(LogRead&& what) override { pages.push_back(std::move(what)); }
    void on_log_trimmed(LogTrimmed) override {}

    // Says what there is to say, sleeps until there is an answer, and hears it.
    void turn() {
        port_.publish();
        if (port_.prepare_sleep()) {
            pollfd readable{port_.doorbell().fd(), POLLIN, 0};
            ::poll(&readable, 1, 10'000);
        }
        port_.awake();
        port_.drain(
            static_cast<std::uint32_t>(Rank::kStored), 1000, [] { return true; },
            [this](std::uint32_t, Envelope&& answer) { log.on_answer(std::move(answer), *this); });
    }
    void open(const std::string& room) {
        log.open(key, room, *this);
        while (opened.empty()) turn();
    }
    void publish(std::uint64_t count) {
        const std::uint64_t end = sent_ + count;
        while (seqs.size() + refusals.size() < end) {
            while (sent_ < end && sent_ < seqs.size() + refusals.size() + 30) {
                log.append(key, publish_of({.id = "id" + std::to_string(++sent_)}), *this);
            }
            turn();
        }
    }

private:
    const Limits limits_;
    Port& port_;
    std::uint64_t sent_ = 0;

public:
    LaneLog log;
    const RoomKey key;
    std::vector<LogOpened> opened;
    std::vector<std::uint64_t> seqs;
    std::vector<ErrorCode> refusals;
    std::vector<LogRead> pages;
};

class SqliteStoreTest : public testing::Test {
protected:
    std::unique_ptr<SqliteStore> start(BroadcastQueue& queue) {
        auto store = SqliteStore::open(config, clock);
        EXPECT_TRUE(store.has_value()) << store.error().message();
        EXPECT_TRUE((*store)->start(queue.port(kWriter), queue.port(kReader)).has_value());
        return std::move(*store);
    }
    StoreFolder folder;
    core::SystemClock clock;
    StoreConfig config{.file = folder.file()};
    const core::BroadcastQueueConfig of_queue{
        .participants = kShards + 2, .ranks = kRanks, .lane_slots = 16, .pending_max = 64};
};

TEST_F(SqliteStoreTest, ShardsPublishAndReadAtOnceThroughNarrowLanes) {
    // Two shards publish into rooms of their own through lanes of a few slots: every append is
    // answered once and in order, and pages are there while more is written.
    BroadcastQueue queue(of_queue);
    const auto store = start(queue);
    std::vector<std::thread> shards;
    for (std::uint32_t index = 0; index < kShards; ++index) {
        shards.emplace_back([&queue, index] {
            Asker shard(queue, index);
            shard.open("room" + std::to_string(index));
            for (std::uint64_t round = 1; round <= 10; ++round) {
                shard.publish(200);
                shard.log.read({.key = shard.key,
                                .request = round,
                                .from_oldest = true,
                                .after = 0,
                                .before = 0,
                                .events_max = 50,
                                .bytes_max = 1 << 20});
            }
            while (shard.pages.size() < 10) shard.turn();
            EXPECT_TRUE(shard.refusals.empty());
            ASSERT_EQ(shard.seqs.size(), 2000u);
            for (std::uint64_t i = 0; i < 2000; ++i) EXPECT_EQ(shard.seqs[i], i + 1);
            for (const LogRead& page : shard.pages) EXPECT_EQ(page.events.size(), 50u);
        });
    }
    for (std::thread& shard : shards) shard.join();
    EXPECT_EQ(store->metrics().counters[StoreCounter::kRows].value(), 4000u);
    store->stop();
}

TEST_F(SqliteStoreTest, ARoomOpensWithItsNewestPage) {
    // What the last process stored is there when the room is open, encoded, up to its head.
    {
        BroadcastQueue queue(of_queue);
        const auto store = start(queue);
        Asker shard(queue, 0);
        shard.open("lobby");
        EXPECT_TRUE(shard.opened[0].recent.empty());
        shard.publish(130);
        store->stop();
    }
    BroadcastQueue queue(of_queue);
    const auto store = start(queue);
    Asker shard(queue, 0);
    shard.open("lobby");
    const LogOpened& opened = shard.opened[0];
    EXPECT_EQ(opened.head, 130u);
    EXPECT_EQ(opened.first, 1u);
    ASSERT_EQ(opened.recent.size(), 100u);
    EXPECT_EQ(opened.recent.front().seq, 31u);
    EXPECT_EQ(opened.recent.back().seq, 130u);
    EXPECT_NE(opened.recent.back().json().find(R"("seq":130)"), std::string_view::npos);
    store->stop();
}

TEST_F(SqliteStoreTest, AnswersDoNotWaitForCheckpoints) {
    // A message that makes the WAL large is answered while its checkpoint has not come back: here
    // it fails, and who is told of that waits until the shard has heard.
    ForgetfulDisk disk("checkpoints");
    const core::ManualClock still;  // no checkpoint for want of work
    std::binary_semaphore heard{0};
    std::atomic<bool> was_heard{false};
    config.file = "chat.db";
    config.vfs = disk.name();
    config.on_failed = [&](const core::Error&) {
        was_heard = heard.try_acquire_for(std::chrono::seconds{10});
    };
    BroadcastQueue queue(of_queue);
    const auto store = std::move(*SqliteStore::open(config, still));
    disk.fail(ForgetfulDisk::Fault::kSyncError, 0);
    ASSERT_TRUE(store->start(queue.port(kWriter), queue.port(kReader)).has_value());
    Asker shard(queue, 0);
    shard.open("lobby");
    shard.log.append(shard.key, publish_of({.content = std::string(17 << 20, 'x')}), shard);
    while (shard.seqs.empty() && shard.refusals.empty()) shard.turn();
    heard.release();
    EXPECT_EQ(shard.seqs.size(), 1u);
    shard.log.append(shard.key, publish_of({}), shard);
    while (shard.seqs.size() + shard.refusals.size() < 2) shard.turn();
    EXPECT_EQ(shard.refusals, std::vector{ErrorCode::kNotStored});
    EXPECT_TRUE(store->failed() && was_heard);
    store->stop();
}

TEST_F(SqliteStoreTest, AStoreIsBusyUntilItsAnswersAreOut) {
    // While a batch is being written nothing of it is in any lane, and still it is under way. Who
    // is told that the disk failed looks in that moment.
    ForgetfulDisk disk("busy");
    const core::ManualClock still;
    std::unique_ptr<SqliteStore> store;
    std::atomic<bool> was_busy{false};
    config.file = "chat.db";
    config.vfs = disk.name();
    config.on_failed = [&](const core::Error&) { was_busy = store->busy(); };
    BroadcastQueue queue(of_queue);
    store = std::move(*SqliteStore::open(config, still));
    EXPECT_FALSE(store->busy());
    disk.fail(ForgetfulDisk::Fault::kWriteError, 0);
    ASSERT_TRUE(store->start(queue.port(kWriter), queue.port(kReader)).has_value());
    Asker shard(queue, 0);
    shard.open("lobby");
    shard.publish(1);
    EXPECT_EQ(shard.refusals, std::vector{ErrorCode::kNotStored});
    EXPECT_TRUE(was_busy);
    while (store->busy()) std::this_thread::yield();
    store->stop();
    EXPECT_FALSE(store->busy());
}

TEST_F(SqliteStoreTest, WhatIsBrokenAtTheStartStopsIt) {
    // Pages that nobody needed for opening the file are looked at before anybody is served.
    std::uint64_t failures = 0;
    config.on_failed = [&](const core::Error&) { ++failures; };
    BroadcastQueue queue(of_queue);
    {
        const auto store = start(queue);
        Asker shard(queue, 0);
        shard.open("lobby");
        shard.publish(10);
        store->stop();
    }
    {
        auto reader =
            SqliteConnection::open(config.file, SqliteConnection::Access::kReadOnly, nullptr);
        ASSERT_TRUE(reader);
        const auto root =
            reader->integer("SELECT rootpage FROM sqlite_master WHERE name = 'events'");
        ASSERT_TRUE(root);
        reader->close();
        std::fstream file(config.file, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp((*root - 1) * 4096);
        file << std::string(4096, 'x');
    }
    auto store = SqliteStore::open(config, clock);
    ASSERT_TRUE(store) << store.error().message();
    const auto started = (*store)->start(queue.port(kWriter), queue.port(kReader));
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message().find(config.file), std::string::npos);
    EXPECT_EQ(failures, 1u);
}

TEST_F(SqliteStoreTest, TheSecondOneIsToldThatTheFirstRuns) {
    // A store is one process's; the error names it; and it is free when that one has ended.
    {
        const auto first = SqliteStore::open(config, clock);
        ASSERT_TRUE(first.has_value());
        const auto second = SqliteStore::open(config, clock);
        ASSERT_FALSE(second.has_value());
        EXPECT_NE(second.error().message().find("already runs"), std::string::npos);
        EXPECT_NE(second.error().message().find(std::to_string(::getpid())), std::string::npos);
    }
    EXPECT_TRUE(SqliteStore::open(config, clock).has_value());
}

TEST_F(SqliteStoreTest, OneRunsOnAStoreByWhateverNameItWasOpened) {
    // A symbolic link, one to the folder, and a hard link are the same store: refused while it is
    // open by its first name, and opened when it is free.
    const std::string file = folder.file();
    const std::filesystem::path parent = std::filesystem::path(file).parent_path();
    auto first = SqliteStore::open(config, clock);
    ASSERT_TRUE(first.has_value()) << first.error().message();
    std::filesystem::create_symlink(file, file + ".symlink");
    std::filesystem::create_directory_symlink(parent, parent / "folder");
    std::filesystem::create_hard_link(file, file + ".hardlink");
    const std::string names[] = {file + ".symlink", parent / "folder" / "chat.db",
                                 file + ".hardlink"};
    for (const std::string& name : names) {
        StoreConfig other = config;
        other.file = name;
        const auto second = SqliteStore::open(other, clock);
        ASSERT_FALSE(second.has_value()) << name;
        EXPECT_NE(second.error().message().find("already runs"), std::string::npos)
            << second.error().message();
    }
    first->reset();
    for (const std::string& name : names) {
        StoreConfig other = config;
        other.file = name;
        const auto opened = SqliteStore::open(other, clock);
        EXPECT_TRUE(opened.has_value()) << opened.error().message();
    }
}

TEST_F(SqliteStoreTest, TheLockOfALinkIsThatOfItsFile) {
    // Before the file is there too, and the owner is named.
    const std::string link = folder.file() + ".symlink";
    std::filesystem::create_symlink(folder.file(), link);
    StoreConfig by_link = config;
    by_link.file = link;
    {
        ASSERT_TRUE(SqliteStore::open(by_link, clock).has_value());
    }
    const auto first = SqliteStore::open(by_link, clock);
    ASSERT_TRUE(first.has_value()) << first.error().message();
    const auto second = SqliteStore::open(config, clock);
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().message().find(std::to_string(::getpid())), std::string::npos)
        << second.error().message();
}

TEST_F(SqliteStoreTest, AnOlderCopyThatComesBackHasNewEpochs) {
    // What stands beside the file names the copy that was in use last. Where nobody knows, the
    // store is in doubt, until its epochs are others.
    const auto opened = [&] {
        BroadcastQueue queue(of_queue);
        const auto store = start(queue);
        Asker shard(queue, 0);
        shard.open("lobby");
        shard.publish(1);
        store->stop();
        return std::move(shard.opened.front());
    };
    const auto copy = [](const std::string& from, const std::string& to) {
        std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
    };
    const LogOpened first = opened();
    copy(config.file, config.file + ".copy");
    const LogOpened second = opened();
    EXPECT_EQ(second.epoch, first.epoch);
    EXPECT_FALSE(first.in_doubt || second.in_doubt);
    copy(config.file + ".copy", config.file);
    const LogOpened restored = opened();
    EXPECT_NE(restored.epoch, first.epoch);
    EXPECT_FALSE(restored.in_doubt);
    EXPECT_EQ(opened().epoch, restored.epoch);
    std::filesystem::remove(config.file + ".lock");
    for (int i = 0; i < 2; ++i) {
        const LogOpened alone = opened();
        EXPECT_EQ(alone.epoch, restored.epoch);
        EXPECT_TRUE(alone.in_doubt);
    }
    copy(config.file + ".copy", config.file);
    EXPECT_FALSE(opened().in_doubt);
}

TEST_F(SqliteStoreTest, TheSessionKeyIsAsOldAsTheStore) {
    // Tokens of the last process are good in this one; another store has another key.
    const auto key_of = [&](const StoreConfig& of) {
        return (*SqliteStore::open(of, clock))->session_key();
    };
    const auto key = key_of(config);
    EXPECT_EQ(key_of(config), key);
    StoreConfig other = config;
    other.file += "2";
    EXPECT_NE(key_of(other), key);
}

}  // namespace
}  // namespace stentor::chat
