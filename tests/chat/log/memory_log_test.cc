// The log of memory rooms: numbers, times, ids.
#include "chat/log/memory_log.h"

#include <gtest/gtest.h>

namespace stentor::chat {
namespace {

class MemoryLogTest : public testing::Test, public LogSink {
protected:
    void on_log_opened(LogOpened&& opened) override { epochs.push_back(opened.epoch); }
    void on_log_stored(LogStored&& stored) override { last = std::move(stored.publish); }
    void on_log_refused(LogRefused&& refused) override {
        refused_code = refused.code;
        last = nullptr;
    }
    void on_log_read(LogRead&&) override { FAIL() << "nothing was asked"; }
    void on_log_trimmed(LogTrimmed) override { FAIL() << "nothing was kept"; }
    // The event, or nothing when it was refused.
    const Publish* append(const std::string& id, const std::string& content = "hello",
                          std::uint64_t user = 1, std::uint64_t reply_to = 0) {
        auto publish = std::make_unique<Publish>();
        publish->user = UserId{user};
        publish->command_id = id;
        publish->content = content;
        publish->reply_to = reply_to;
        log.append(1, std::move(publish), *this);
        return last.get();
    }
    // Was it accepted?
    bool react(std::uint64_t user, const std::string& emoji, bool on = true) {
        auto publish = std::make_unique<Publish>();
        publish->user = UserId{user};
        publish->kind = EventKind::kReacted;
        publish->target = 1;
        publish->content = emoji;
        publish->on = on;
        log.append(1, std::move(publish), *this);
        return last != nullptr;
    }

    core::ManualClock clock;
    SeededRandom random{3};
    MemoryLog log{clock, random};
    std::vector<std::string> epochs;
    std::unique_ptr<Publish> last;
    ErrorCode refused_code{};
};

TEST_F(MemoryLogTest, SeqRisesByOneFromOneOnInEachOpening) {
    // An opening has an epoch of its own, so that (epoch, seq) never names two events.
    log.open(1, "lobby", *this);
    EXPECT_EQ(append("a")->seq, 1u);
    EXPECT_EQ(append("")->seq, 2u);
    EXPECT_EQ(last->epoch, epochs[0]);
    log.close(1);
    log.open(1, "lobby", *this);
    EXPECT_EQ(append("a")->seq, 1u);
    EXPECT_NE(epochs[0], epochs[1]);
}

TEST_F(MemoryLogTest, ARepeatedIdIsAnsweredByTheFirst) {
    // seq and time are those of the first, no number is used up, and `duplicate` says so.
    log.open(1, "lobby", *this);
    const std::int64_t at_ms = append("a")->at_ms;
    clock.advance(std::chrono::seconds{5});
    const Publish* again = append("a");
    EXPECT_TRUE(again->duplicate);
    EXPECT_EQ(again->seq, 1u);
    EXPECT_EQ(again->at_ms, at_ms);
    EXPECT_EQ(append("b")->seq, 2u);
    EXPECT_FALSE(last->duplicate);
}

TEST_F(MemoryLogTest, AnIdWithAnotherTextIsReused) {
    // Another content or another reply_to; the id of another user is another id.
    log.open(1, "lobby", *this);
    append("a", "hello", 1, 0);
    EXPECT_EQ(append("a", "hullo"), nullptr);
    EXPECT_EQ(refused_code, ErrorCode::kIdReused);
    EXPECT_EQ(append("a", "hello", 1, 1), nullptr);
    EXPECT_EQ(append("a", "hello", 2)->seq, 2u);
}

TEST_F(MemoryLogTest, AnIdIsKnownAsLongAsItsMessageIsKept) {
    // Ids go with the events that the home lets go, and not before.
    log.open(1, "lobby", *this);
    append("first");
    append("");
    append("third");
    log.forget_before(1, 1);
    EXPECT_TRUE(append("first")->duplicate);
    log.forget_before(1, 3);
    EXPECT_TRUE(append("third")->duplicate);
    EXPECT_FALSE(append("first")->duplicate);
}

TEST_F(MemoryLogTest, ALongRoomKnowsIdsByUserToo) {
    // Forty events of four users with ten ids are forty; each is known again with its text alone,
    // and as long as it is kept.
    log.open(1, "lobby", *this);
    const auto id_of = [](std::uint64_t seq) { return "id " + std::to_string(seq % 10); };
    const auto user_of = [](std::uint64_t seq) { return 1 + (seq - 1) / 10; };
    const auto again = [&](std::uint64_t seq) { return append(id_of(seq), "hello", user_of(seq)); };
    for (std::uint64_t seq = 1; seq <= 40; ++seq) {
        ASSERT_EQ(again(seq)->seq, seq);
        EXPECT_FALSE(last->duplicate);
    }
    for (std::uint64_t seq = 1; seq <= 40; ++seq) {
        EXPECT_EQ(again(seq)->seq, seq);
        EXPECT_TRUE(last->duplicate);
        EXPECT_EQ(append(id_of(seq), "hullo", user_of(seq)), nullptr);
        EXPECT_EQ(refused_code, ErrorCode::kIdReused);
    }
    log.forget_before(1, 21);
    for (std::uint64_t seq = 21; seq <= 40; ++seq) {
        EXPECT_EQ(again(seq)->seq, seq);
    }
    for (std::uint64_t seq = 1; seq <= 20; ++seq) {
        EXPECT_EQ(again(seq)->seq, 40 + seq);
        EXPECT_FALSE(last->duplicate);
    }
}

TEST_F(MemoryLogTest, AMessageHasAtMostTwentyDifferentEmoji) {
    // The twenty-first is refused; one that is there already may be added by others, and one that
    // was taken back makes room.
    log.open(1, "lobby", *this);
    append("a");
    for (std::size_t i = 0; i < kReactionEmojiMax; ++i) {
        EXPECT_TRUE(react(1, "e" + std::to_string(i)));
    }
    EXPECT_FALSE(react(1, "one more"));
    EXPECT_EQ(refused_code, ErrorCode::kForbidden);
    EXPECT_TRUE(react(2, "e3"));
    EXPECT_TRUE(react(1, "e4", false));
    EXPECT_TRUE(react(1, "one more"));
}

TEST_F(MemoryLogTest, AMessageHasAtMostFiveHundredReactions) {
    // Whatever their emoji. One more is refused; one that is there may be said again, and one that
    // was taken back makes room.
    log.open(1, "lobby", *this);
    append("a");
    const auto emoji = [](std::uint64_t user) { return user % 2 == 0 ? "+1" : "-1"; };
    for (std::uint64_t user = 1; user <= kReactionsMax; ++user) {
        EXPECT_TRUE(react(user, emoji(user)));
    }
    EXPECT_FALSE(react(kReactionsMax + 1, emoji(kReactionsMax + 1)));
    EXPECT_EQ(refused_code, ErrorCode::kForbidden);
    EXPECT_TRUE(react(7, emoji(7)));
    EXPECT_TRUE(react(7, emoji(7), false));
    EXPECT_TRUE(react(kReactionsMax + 1, emoji(kReactionsMax + 1)));
    EXPECT_FALSE(react(7, emoji(7)));
}

TEST_F(MemoryLogTest, TimeNeverRunsBackInARoom) {
    // A clock that was set back does not make a later event look older.
    log.open(1, "lobby", *this);
    const std::int64_t before = append("")->at_ms;
    clock.advance(std::chrono::seconds{-60});
    EXPECT_EQ(append("")->at_ms, before);
    clock.advance(std::chrono::seconds{120});
    EXPECT_GT(append("")->at_ms, before);
}

}  // namespace
}  // namespace stentor::chat
