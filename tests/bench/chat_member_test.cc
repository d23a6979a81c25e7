// A member of the workload chat, without a socket: what it accepts, and what it complains of.
// Thread: one.
#include "bench/load/chat_member.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "bench/load/chat_content.h"
#include "bench/load/json_writer.h"

namespace stentor::bench {
namespace {

class ChatMemberTest : public testing::Test {
protected:
    ChatMemberTest() : member_(role(true), *ledger_) {
        member_.start();
        member_.on_frame(R"({"type":"logged_in","id":"l","user":"u1","name":"n"})");
        member_.on_frame(joined(10));
        member_.outgoing().clear();
        EXPECT_TRUE(member_.joined());
        EXPECT_TRUE(member_.at_rest());
    }

    static ChatRole role(bool sends) {
        return {.room = "r",
                .first_stream = 4,
                .streams = 2,
                .stream = 4,
                .sends = sends,
                .depth = 2,
                .content_bytes = 80,
                .seed = 1};
    }
    static std::string joined(std::uint64_t seq) {
        return fmt::format(
            R"({{"type":"joined","id":"j","room":"r","epoch":"e","seq":{},"first":1,"recovered":true,"events":[],"more":false}})",
            seq);
    }
    // A message of the room's other sender, unless `stream` says otherwise.
    static std::string event(std::uint64_t seq, std::uint64_t number, std::uint32_t stream = 5,
                             std::string content = {}) {
        if (content.empty()) content = make_content({stream, number}, 80);
        std::string json;
        append_json_string(json, content);
        return fmt::format(
            R"({{"type":"message","room":"r","seq":{},"user":"u{}","content":{},"client_id":"m{}"}})",
            seq, stream, json, number);
    }
    static std::string ack(std::uint64_t seq, std::uint64_t number) {
        return fmt::format(R"({{"type":"ack","id":"m{}","room":"r","epoch":"e","seq":{}}})", number,
                           seq);
    }
    void expect_no_complaint() const { EXPECT_EQ(member_.counts().complaint, ""); }

    std::unique_ptr<RoomLedger> ledger_ = std::make_unique<RoomLedger>();
    ChatMember member_;
};

// Property: its own messages and others', acked and in order, are what it expects.
TEST_F(ChatMemberTest, AcceptsWhatWasPromised) {
    member_.set_active(true);
    EXPECT_EQ(member_.outgoing().size(), 2u);
    EXPECT_FALSE(member_.at_rest());
    member_.set_active(false);
    EXPECT_EQ(member_.on_frame(event(11, 0)).size(), 1u);
    member_.on_frame(ack(12, 0));
    member_.on_frame(event(12, 0, 4));
    member_.on_frame(ack(13, 1));
    member_.on_frame(event(13, 1, 4));
    member_.on_frame(event(14, 1));
    expect_no_complaint();
    EXPECT_TRUE(member_.at_rest());
    EXPECT_EQ(member_.counts().delivered, 4u);
}

// Property: a seq that jumps, one that comes again and a message under a second seq are noticed.
TEST_F(ChatMemberTest, NoticesSeqsThatAreNotDense) {
    member_.on_frame(event(11, 0));
    member_.on_frame(event(13, 1));
    EXPECT_EQ(member_.counts().seq_faults, 1u);
    member_.on_frame(event(13, 1));
    EXPECT_EQ(member_.counts().duplicates, 1u);
    member_.on_frame(event(14, 1));
    EXPECT_EQ(member_.counts().duplicates, 2u);
}

// Property: a sender's messages in another order are noticed.
TEST_F(ChatMemberTest, NoticesAnotherOrder) {
    member_.on_frame(event(11, 1));
    member_.on_frame(event(12, 0));
    EXPECT_EQ(member_.counts().reordered, 2u);
}

// Property: two members who see different events at one seq are noticed.
TEST_F(ChatMemberTest, NoticesThatMembersDisagree) {
    ChatMember other(role(false), *ledger_);
    other.start();
    other.on_frame(joined(10));
    other.on_frame(event(11, 0, 4));
    member_.on_frame(event(11, 0, 5));
    EXPECT_EQ(other.counts().complaint, "");
    EXPECT_EQ(member_.counts().reordered, 1u);
}

// Property: a content that differs in one byte is noticed, at every byte.
TEST_F(ChatMemberTest, NoticesSpoiltContents) {
    const std::string good = make_content({5, 0}, 80);
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        const auto checked = check_content(bad);
        EXPECT_FALSE(checked && checked->whole) << i;
    }
    EXPECT_TRUE(check_content(good)->whole);
    member_.on_frame(event(11, 0, 5, good + "x"));
    EXPECT_EQ(member_.counts().spoilt, 1u);
}

// Property: an ack that names another seq, and an event without an ack before it, are noticed.
TEST_F(ChatMemberTest, NoticesAcksThatDoNotFit) {
    member_.set_active(true);
    member_.set_active(false);
    member_.on_frame(ack(99, 0));
    member_.on_frame(event(11, 0, 4));
    EXPECT_EQ(member_.counts().ack_faults, 1u);
    member_.on_frame(event(12, 1, 4));
    EXPECT_EQ(member_.counts().ack_faults, 2u);
    member_.on_frame(ack(12, 7));
    EXPECT_EQ(member_.counts().ack_faults, 3u);
}

// Property: a gap is paged, page by page, and what comes live meanwhile is not disturbed.
TEST_F(ChatMemberTest, PagesGaps) {
    member_.on_frame(R"({"type":"gap","room":"r","epoch":"e","from":11,"to":13})");
    ASSERT_EQ(member_.outgoing().size(), 1u);
    EXPECT_EQ(member_.outgoing().front(),
              R"({"type":"history","id":"p","room":"r","after":10,"before":14,"limit":100})");
    member_.outgoing().clear();
    member_.on_frame(event(14, 3));
    const auto page = [](const std::string& events, bool more) {
        return fmt::format(
            R"({{"type":"history","id":"p","room":"r","epoch":"e","first":1,"seq":14,"events":[{}],"more":{}}})",
            events, more);
    };
    member_.on_frame(page(event(11, 0) + "," + event(12, 1), true));
    ASSERT_EQ(member_.outgoing().size(), 1u);
    EXPECT_FALSE(member_.at_rest());
    member_.on_frame(page(event(13, 2), false));
    expect_no_complaint();
    EXPECT_TRUE(member_.at_rest());
    EXPECT_EQ(member_.counts().delivered, 4u);
    EXPECT_EQ(member_.counts().gaps, 3u);
}

// Property: what the room no longer keeps is forgotten; what it should still have is lost.
TEST_F(ChatMemberTest, TellsForgottenFromLost) {
    member_.on_frame(R"({"type":"gap","room":"r","epoch":"e","from":11,"to":13})");
    member_.on_frame(
        R"({"type":"history","id":"p","room":"r","epoch":"e","first":13,"seq":13,"events":[],"more":false})");
    EXPECT_EQ(member_.counts().forgotten, 2u);
    EXPECT_EQ(member_.counts().lost, 1u);
    EXPECT_TRUE(member_.at_rest());
}

// Property: an error is not what anybody expected.
TEST_F(ChatMemberTest, NoticesErrors) {
    member_.on_frame(R"({"type":"error","code":"unavailable"})");
    EXPECT_EQ(member_.counts().answer_faults, 1u);
    member_.on_frame("no json");
    EXPECT_EQ(member_.counts().answer_faults, 2u);
}

}  // namespace
}  // namespace stentor::bench
