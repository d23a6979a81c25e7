// The shard's side of a log on a thread of its own. A participant of a real queue plays the log.
#include "chat/log/lane_log.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stentor::chat {
namespace {

constexpr std::uint32_t kShard = 0;
constexpr std::uint32_t kLog = 1;
constexpr RoomKey kKey = 7;
constexpr auto kAppend = static_cast<std::uint32_t>(Rank::kAppend);

struct Sink final : LogSink {
    void on_log_opened(LogOpened&& opened) override {
        epochs.push_back(opened.epoch);
        opened_firsts.push_back(opened.first);
    }
    void on_log_stored(LogStored&& stored) override { seqs.push_back(stored.publish->seq); }
    void on_log_refused(LogRefused&& refused) override { refusals.push_back(refused.code); }
    void on_log_read(LogRead&&) override {}
    void on_log_trimmed(LogTrimmed trimmed) override { firsts.push_back(trimmed.first); }

    std::vector<std::string> epochs;
    std::vector<std::uint64_t> seqs;
    std::vector<ErrorCode> refusals;
    std::vector<std::uint64_t> opened_firsts;
    std::vector<std::uint64_t> firsts;
};

std::unique_ptr<Publish> publish_of(std::size_t content_bytes) {
    auto publish = std::make_unique<Publish>();
    publish->content.assign(content_bytes, 'x');
    return publish;
}

class LaneLogTest : public testing::Test {
protected:
    // What the log has got since the last call.
    std::vector<Envelope> arrived() {
        queue.port(kShard).publish();
        std::vector<Envelope> all;
        queue.port(kLog).drain(
            kAppend, 100, [] { return true; },
            [&](std::uint32_t, Envelope&& envelope) { all.push_back(std::move(envelope)); });
        return all;
    }

    BroadcastQueue queue{{.participants = 2, .ranks = kRanks, .lane_slots = 8, .pending_max = 8}};
    const Limits limits{.store_queue_bytes = 4096};
    LaneLog log{queue.port(kShard), kLog, limits};
    Sink sink;
};

TEST_F(LaneLogTest, WhatAShardWantsArrivesInOrder) {
    // Open, append and close of a room reach the log in the order in which they were said.
    log.open(kKey, "lobby", sink);
    log.append(kKey, publish_of(10), sink);
    log.close(kKey);
    const auto all = arrived();
    ASSERT_EQ(all.size(), 3u);
    const auto* open = std::get_if<Box<OpenLog>>(&all[0]);
    ASSERT_NE(open, nullptr);
    EXPECT_EQ((*open)->room, "lobby");
    EXPECT_TRUE(std::holds_alternative<AppendToLog>(all[1]));
    EXPECT_TRUE(std::holds_alternative<CloseLog>(all[2]));
    EXPECT_TRUE(sink.epochs.empty() && sink.seqs.empty() && sink.refusals.empty());
}

TEST_F(LaneLogTest, AnAppendThatDoesNotFitIsRefusedAtOnceAndTheOthersWait) {
    // Over store_queue_bytes an append is answered `unavailable`; what was queued is not touched.
    log.append(kKey, publish_of(3000), sink);
    log.append(kKey, publish_of(3000), sink);
    EXPECT_EQ(sink.refusals, std::vector{ErrorCode::kUnavailable});
    EXPECT_EQ(arrived().size(), 1u);
}

TEST(LaneLogStallTest, AStalledWriterLeavesRoomToOpenRooms) {
    // However many small appends come while the writer takes nothing, the rest is refused before
    // the pending list is full; opens go behind them, and all are there when it goes on.
    constexpr std::size_t kPendingMax = 64;
    BroadcastQueue queue{
        {.participants = 2, .ranks = kRanks, .lane_slots = 8, .pending_max = kPendingMax}};
    const Limits limits;
    Port& port = queue.port(kShard);
    LaneLog log{port, kLog, limits};
    Sink sink;
    std::size_t taken = 0;
    for (int i = 0; i < 3000; ++i) {
        const std::size_t refused = sink.refusals.size();
        log.append(kKey, publish_of(10), sink);
        port.publish();
        if (sink.refusals.size() == refused) ++taken;
    }
    EXPECT_EQ(taken, 8 + kPendingMax / 2);
    EXPECT_EQ(sink.refusals.size(), 3000 - taken);
    EXPECT_EQ(sink.refusals.back(), ErrorCode::kUnavailable);
    for (RoomKey key = kKey + 1; key < kKey + kPendingMax / 2; ++key) {
        ASSERT_TRUE(port.has_room(kAppend));
        log.open(key, "lobby", sink);
    }
    std::size_t arrived = 0;
    while (port.publish() || queue.port(kLog).has_work()) {
        arrived += queue.port(kLog).drain(
            kAppend, 100, [] { return true; }, [](std::uint32_t, Envelope&&) {});
    }
    EXPECT_EQ(arrived, taken + kPendingMax / 2 - 1);
    const std::size_t refused = sink.refusals.size();
    log.append(kKey, publish_of(10), sink);
    EXPECT_EQ(sink.refusals.size(), refused);
}

TEST_F(LaneLogTest, OneThatIsAloneIsAlwaysTaken) {
    // A small queue still stores a large message.
    log.append(kKey, publish_of(10'000), sink);
    EXPECT_TRUE(sink.refusals.empty());
    EXPECT_EQ(arrived().size(), 1u);
}

TEST_F(LaneLogTest, EachAnswerMakesRoom) {
    // Stored or refused, what is answered is in flight no longer; a foreign event never was.
    log.append(kKey, publish_of(1500), sink);
    log.append(kKey, publish_of(1500), sink);
    const std::size_t both = log.bytes_in_flight();
    auto all = arrived();
    auto stored = std::move(std::get<AppendToLog>(all[0]).publish);
    stored->seq = 1;
    stored->epoch = "an epoch that was not there when it was counted";
    log.on_answer(LogStored{kKey, std::move(stored), true}, sink);
    EXPECT_EQ(log.bytes_in_flight(), both / 2);
    log.on_answer(LogStored{kKey, publish_of(2000), false}, sink);
    EXPECT_EQ(log.bytes_in_flight(), both / 2);
    log.on_answer(
        LogRefused{kKey, ErrorCode::kNotStored, std::move(std::get<AppendToLog>(all[1]).publish)},
        sink);
    EXPECT_EQ(log.bytes_in_flight(), 0u);
    EXPECT_EQ(sink.seqs, (std::vector<std::uint64_t>{1, 0}));
    EXPECT_EQ(sink.refusals, std::vector{ErrorCode::kNotStored});
}

TEST_F(LaneLogTest, AnOpenedRoomIsToldToTheSink) {
    // The answer to open() goes through as it is.
    log.on_answer(std::make_unique<LogOpened>(LogOpened{kKey, false, "e1", 5}), sink);
    EXPECT_EQ(sink.epochs, std::vector<std::string>{"e1"});
}

TEST_F(LaneLogTest, ARoomWithAPastIsOpenWhenItsNewestPageIsThere) {
    // With a reader the page is asked for behind the writer's answer, and the sink hears of both at
    // once; a page that cannot be read fails the opening, and the writer hears of that.
    LaneLog with_reader(queue.port(kShard), kLog, kLog, limits);
    const auto opened = [] {
        return std::make_unique<LogOpened>(
            LogOpened{.key = kKey, .failed = false, .epoch = "e1", .head = 5, .first = 2});
    };
    with_reader.on_answer(opened(), sink);
    EXPECT_TRUE(sink.epochs.empty());
    auto all = arrived();
    ASSERT_EQ(all.size(), 1u);
    const ReadLog& wanted = *std::get<Box<ReadLog>>(all[0]);
    EXPECT_EQ(wanted.before, 6u);
    with_reader.on_answer(
        std::make_unique<LogRead>(LogRead{kKey, wanted.request, false, {}, false}), sink);
    EXPECT_EQ(sink.epochs, std::vector<std::string>{"e1"});
    with_reader.on_answer(opened(), sink);
    arrived();
    with_reader.on_answer(std::make_unique<LogRead>(LogRead{kKey, wanted.request, true, {}, false}),
                          sink);
    EXPECT_EQ(sink.epochs, (std::vector<std::string>{"e1", ""}));
    all = arrived();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<CloseLog>(all[0]));
}

TEST_F(LaneLogTest, ARoomThatIsEmptiedWhileItOpensKeepsNothing) {
    // What retention says before the newest page is there becomes part of the opening.
    LaneLog with_reader(queue.port(kShard), kLog, kLog, limits);
    with_reader.on_answer(std::make_unique<LogOpened>(LogOpened{
                              .key = kKey, .failed = false, .epoch = "e1", .head = 5, .first = 2}),
                          sink);
    const auto all = arrived();
    ASSERT_EQ(all.size(), 1u);
    with_reader.on_answer(LogTrimmed{kKey, 6}, sink);
    EXPECT_TRUE(sink.firsts.empty());
    with_reader.on_answer(std::make_unique<LogRead>(LogRead{
                              kKey, std::get<Box<ReadLog>>(all[0])->request, false, {}, false}),
                          sink);
    EXPECT_EQ(sink.opened_firsts, std::vector<std::uint64_t>{0});
}

TEST_F(LaneLogTest, ARenewedRoomNeedsNoPage) {
    // Its home holds the newest events: the answer goes through as it is, and so does what
    // retention says in the meantime; the next opening asks for its page again.
    LaneLog with_reader(queue.port(kShard), kLog, kLog, limits);
    with_reader.renew_epoch(kKey, sink);
    ASSERT_EQ(arrived().size(), 1u);
    with_reader.on_answer(LogTrimmed{kKey, 3}, sink);
    EXPECT_EQ(sink.firsts, std::vector<std::uint64_t>{3});
    const auto opened = [](RoomKey key) {
        return std::make_unique<LogOpened>(
            LogOpened{.key = key, .failed = false, .epoch = "e2", .head = 5, .first = 3});
    };
    with_reader.on_answer(opened(kKey), sink);
    EXPECT_EQ(sink.epochs, std::vector<std::string>{"e2"});
    EXPECT_TRUE(arrived().empty());
    with_reader.on_answer(opened(kKey + 1), sink);
    EXPECT_EQ(sink.epochs.size(), 1u);
    EXPECT_EQ(arrived().size(), 1u);
}

}  // namespace
}  // namespace stentor::chat
