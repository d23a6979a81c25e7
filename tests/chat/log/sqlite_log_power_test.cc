// The durable log on a disk that loses power, runs full or breaks.
#include <gtest/gtest.h>

#include <map>

#include "chat/log/lane_log.h"
#include "tests/chat/log/forgetful_vfs.h"
#include "tests/chat/log/store_fixture.h"

namespace stentor::chat {
namespace {

constexpr RoomKey kKey = 1;

struct Acked {
    std::string epoch;
    std::string content;
};

// A shard with one room, whose writer is a log without a thread.
class Shard final : public LogSink {
public:
    explicit Shard(StoreProcess& process) : process_(process) {}

    void on_log_opened(LogOpened&& what) override { opened.push_back(std::move(what)); }
    void on_log_stored(LogStored&& what) override { seqs.push_back(what.publish->seq); }
    void on_log_refused(LogRefused&& what) override { refusals.push_back(what.code); }
    void on_log_read(LogRead&&) override {}
    void on_log_trimmed(LogTrimmed) override {}

    // The writer does what was asked as one batch, the reader what that asks for.
    void settle() {
        deliver(process_.apply(asked(kWriter)));
        for (Envelope& wanted : asked(kReader)) {
            log.on_answer(process_.reader().answer(std::move(wanted)), *this);
        }
    }

private:
    static constexpr std::uint32_t kWriter = 1;
    static constexpr std::uint32_t kReader = 2;

    std::vector<Envelope> asked(std::uint32_t of) {
        queue_.port(0).publish();
        std::vector<Envelope> all;
        queue_.port(of).drain(
            static_cast<std::uint32_t>(Rank::kAppend), 100, [] { return true; },
            [&](std::uint32_t, Envelope&& envelope) { all.push_back(std::move(envelope)); });
        return all;
    }
    void deliver(std::vector<Envelope> answers) {
        for (Envelope& answer : answers) {
            if (!std::holds_alternative<std::monostate>(answer)) {
                log.on_answer(std::move(answer), *this);
            }
        }
    }

    StoreProcess& process_;
    const Limits limits_;
    BroadcastQueue queue_{{.participants = 3, .ranks = kRanks}};

public:
    LaneLog log{queue_.port(0), kWriter, kReader, limits_};
    std::vector<LogOpened> opened;
    std::vector<std::uint64_t> seqs;
    std::vector<ErrorCode> refusals;
};

class SqlitePowerTest : public testing::Test {
protected:
    static std::string content_of(std::uint64_t number) {
        return "message " + std::to_string(number) + std::string(number * 37 % 700, 'x');
    }
    // Publishes until something fails or `commits` are done; returns what was acknowledged.
    void publish(StoreProcess& process, int commits) {
        for (int i = 0; i < commits; ++i) {
            std::vector<Envelope> batch;
            for (int j = 0; j <= i % 3; ++j) {
                batch.emplace_back(AppendToLog{kKey, publish_of({.content = content_of(++sent)})});
            }
            for (const Envelope& answer : process.apply(std::move(batch))) {
                if (const auto* stored = std::get_if<LogStored>(&answer)) {
                    const Publish& event = *stored->publish;
                    acked[event.seq] = {event.epoch, event.content};
                } else {
                    ++refused;
                }
            }
            clock.advance(std::chrono::milliseconds{300});
            process.log().tend(i % 4 == 0);
        }
    }
    // Is every event that was acknowledged there, under the same (epoch, seq)?
    void expect_all_acked(StoreProcess& process, const LogOpened& opened) {
        const LogRead read = process.reader().read({.key = kKey,
                                                    .request = 1,
                                                    .from_oldest = true,
                                                    .after = 0,
                                                    .before = 0,
                                                    .events_max = 10'000,
                                                    .bytes_max = 1 << 28});
        ASSERT_FALSE(read.failed);
        std::map<std::uint64_t, std::string> kept;
        for (const EventFrame& event : read.events) kept[event.seq] = event.json();
        for (const auto& [seq, event] : acked) {
            EXPECT_EQ(event.epoch, opened.epoch) << seq;
            ASSERT_TRUE(kept.contains(seq)) << seq;
            EXPECT_NE(kept[seq].find("\"" + event.content + "\""), std::string::npos) << seq;
        }
    }

    ForgetfulDisk disk{"forgetful"};
    core::ManualClock clock;
    StoreConfig config{.file = "chat.db",
                       .durability = Durability::kSynced,
                       .boot_id = "boot-1",
                       .vfs = disk.name()};
    std::map<std::uint64_t, Acked> acked;
    std::uint64_t sent = 0;
    std::uint64_t refused = 0;
};

TEST_F(SqlitePowerTest, WhatWasAckedAsSyncedOutlivesEveryPowerCut) {
    // After a cut at any point, whichever unsynced writes it took, each acked event is there with
    // its (epoch, seq); and the store goes on behind them.
    SeededRandom random{11};
    for (int cut = 0; cut < 60; ++cut) {
        config.boot_id = "boot-" + std::to_string(cut);
        StoreProcess process(config, clock);
        ASSERT_EQ(process.error(), "");
        const LogOpened opened = process.open(kKey, "lobby");
        ASSERT_FALSE(opened.failed);
        expect_all_acked(process, opened);
        ASSERT_GE(opened.head, acked.empty() ? 0 : acked.rbegin()->first);
        publish(process, cut % 9);
        // The disk as it is now: what comes later does not reach it.
        disk.fail(ForgetfulDisk::Fault::kWriteError, random.next() % 3);
        publish(process, static_cast<int>(random.next() % 3));
        disk.freeze();
        process.vanish();
        const std::uint64_t odds = random.next() % 5;
        disk.cut_power([&] { return odds == 4 || (odds > 0 && random.next() % 4 < odds); });
    }
    EXPECT_GT(acked.size(), 100u);
}

TEST_F(SqlitePowerTest, AfterAPowerCutAStoreThatDidNotSyncHasNewEpochs) {
    // With `commit`, another boot_id and no clean end mean that events may be gone.
    config.durability = Durability::kDisk;
    std::string epoch;
    {
        StoreProcess process(config, clock);
        epoch = process.open(kKey, "lobby").epoch;
        process.stored(kKey, {});
        disk.freeze();
        process.vanish();
    }
    disk.cut_power([] { return false; });
    config.boot_id = "boot-2";
    StoreProcess process(config, clock);
    ASSERT_EQ(process.error(), "");
    EXPECT_NE(process.open(kKey, "lobby").epoch, epoch);
}

TEST_F(SqlitePowerTest, FullAtAnyWriteRefusesWholeBatchesAndThenGoesOn) {
    // Whatever write finds no space: the batch is not_stored, seq has no hole, the store stays up
    // and takes the next batch when there is space.
    for (std::uint64_t nth = 0; nth < 40; ++nth) {
        StoreProcess process(config, clock);
        ASSERT_EQ(process.error(), "");
        const LogOpened opened = process.open(kKey, "lobby");
        ASSERT_FALSE(opened.failed);
        expect_all_acked(process, opened);
        const std::uint64_t refused_before = refused;
        disk.fail(ForgetfulDisk::Fault::kNoSpace, nth);
        publish(process, 12);
        EXPECT_GT(refused, refused_before) << nth;
        EXPECT_FALSE(process.health().failed()) << process.health().failure()->message();
        disk.fail(ForgetfulDisk::Fault::kNone, 0);
        const std::uint64_t head = acked.empty() ? 0 : acked.rbegin()->first;
        EXPECT_EQ(process.stored(kKey, {.content = "space again"}).seq, head + 1);
        EXPECT_EQ(process.metrics().gauges[StoreGauge::kFull].value(), 0);
        expect_all_acked(process, opened);
        acked[head + 1] = {opened.epoch, "space again"};
    }
}

TEST_F(SqlitePowerTest, WithoutSpaceRoomsOpenAllTheSame) {
    // In a batch with a message that is refused, before it and behind it, with a past and without.
    StoreProcess process(config, clock);
    ASSERT_EQ(process.error(), "");
    const std::string epoch = process.open(kKey, "lobby").epoch;
    process.stored(kKey, {});
    disk.fail(ForgetfulDisk::Fault::kNoSpace, 0);
    std::vector<Envelope> batch;
    batch.emplace_back(std::make_unique<OpenLog>(OpenLog{kKey + 1, "before"}));
    batch.emplace_back(AppendToLog{kKey, publish_of({})});
    batch.emplace_back(std::make_unique<OpenLog>(OpenLog{kKey + 2, "lobby"}));
    batch.emplace_back(CloseLog{kKey});
    const std::vector<Envelope> answers = process.apply(std::move(batch));
    EXPECT_EQ(std::get<LogRefused>(answers[1]).code, ErrorCode::kNotStored);
    EXPECT_FALSE(std::get<Box<LogOpened>>(answers[0])->failed);
    const LogOpened& lobby = *std::get<Box<LogOpened>>(answers[2]);
    EXPECT_FALSE(lobby.failed);
    EXPECT_EQ(lobby.epoch, epoch);
    EXPECT_EQ(process.refused(kKey + 1, {}), ErrorCode::kNotStored);
    disk.fail(ForgetfulDisk::Fault::kNone, 0);
    EXPECT_EQ(process.stored(kKey + 1, {}).epoch, std::get<Box<LogOpened>>(answers[0])->epoch);
    EXPECT_EQ(process.stored(kKey + 2, {}).seq, 2u);
}

TEST_F(SqlitePowerTest, ARoomWhoseRenewalFailedIsOpenAsItWas) {
    // Without space for the new epoch the old one stays; what is said then is stored under it, and
    // the next renewal has its own. The same when the store is broken, but nothing is stored.
    StoreProcess process(config, clock);
    ASSERT_EQ(process.error(), "");
    Shard shard(process);
    const auto say = [&] {
        shard.log.append(kKey, publish_of({}), shard);
        shard.settle();
    };
    const auto renew = [&] {
        shard.log.renew_epoch(kKey, shard);
        shard.settle();
    };
    shard.log.open(kKey, "lobby", shard);
    shard.settle();
    say();
    disk.fail(ForgetfulDisk::Fault::kNoSpace, 0);
    renew();
    ASSERT_EQ(shard.opened.size(), 2u);
    EXPECT_TRUE(shard.opened[1].failed);
    disk.fail(ForgetfulDisk::Fault::kNone, 0);
    say();
    EXPECT_EQ(shard.seqs, (std::vector<std::uint64_t>{1, 2}));
    renew();
    ASSERT_EQ(shard.opened.size(), 3u);
    EXPECT_FALSE(shard.opened[2].failed);
    EXPECT_NE(shard.opened[2].epoch, shard.opened[0].epoch);
    EXPECT_EQ(shard.opened[2].head, 2u);
    disk.fail(ForgetfulDisk::Fault::kWriteError, 0);
    renew();
    disk.fail(ForgetfulDisk::Fault::kNone, 0);
    EXPECT_TRUE(process.health().failed());
    renew();
    say();
    ASSERT_EQ(shard.opened.size(), 5u);
    EXPECT_TRUE(shard.opened[3].failed && shard.opened[4].failed);
    EXPECT_EQ(shard.refusals, std::vector{ErrorCode::kNotStored});
}

TEST_F(SqlitePowerTest, BrokenAtAnyWriteOrSyncAcksNeverAgain) {
    // One EIO, and nothing is acked any more, though the disk works again; whatever was acked
    // before is there at the next start.
    for (std::uint64_t nth = 0; nth < 60; ++nth) {
        int failures = 0;
        StoreConfig told = config;
        told.on_failed = [&](const core::Error&) { ++failures; };
        StoreProcess process(told, clock);
        ASSERT_EQ(process.error(), "");
        const LogOpened opened = process.open(kKey, "lobby");
        ASSERT_FALSE(opened.failed);
        expect_all_acked(process, opened);
        disk.fail(
            nth % 2 == 0 ? ForgetfulDisk::Fault::kWriteError : ForgetfulDisk::Fault::kSyncError,
            nth / 4, 1);
        publish(process, 30);
        ASSERT_TRUE(process.health().failed()) << nth;
        EXPECT_EQ(failures, 1);
        EXPECT_EQ(process.refused(kKey, {}), ErrorCode::kNotStored);
        EXPECT_TRUE(process.open(2, "other").failed);
        process.vanish();
        disk.fail(ForgetfulDisk::Fault::kNone, 0);
    }
}

}  // namespace
}  // namespace stentor::chat
