// The fields of the verbs that change messages, speak to one user, say who types or has read, and
// resume: good ones as they were sent, bad ones by name. Thread: one. Invariant: as each test says.
#include <fmt/format.h>

#include <string>

#include "tests/chat/protocol/decoding.h"

namespace stentor::chat {
namespace {

class CommandFields : public DecodingTest {};

// What changes a message names it, and says all that it must.
TEST_F(CommandFields, ChangesOfMessagesHaveTheirFields) {
    const auto edit =
        body<EditCommand>(R"({"type":"edit","id":"1","room":"l","target":7,"content":"x"})");
    EXPECT_EQ(edit.room, "l");
    EXPECT_EQ(edit.target, 7U);
    EXPECT_EQ(edit.content, "x");
    EXPECT_EQ(body<DeleteCommand>(R"({"type":"delete","room":"l","target":8})").target, 8U);
    const auto react = body<ReactCommand>(
        R"({"type":"react","room":"l","target":9,"emoji":"\ud83d\udc4d","on":false})");
    EXPECT_EQ(react.emoji, "\U0001F44D");
    EXPECT_FALSE(react.on);

    const auto refused = [this](std::string_view fields, std::string_view words) {
        expect_refusal(fmt::format(R"({{"id":"i",{}}})", fields), ErrorCode::kBadRequest, "i",
                       words);
    };
    refused(R"("type":"edit","room":"l","content":"x")", "target: is missing");
    refused(R"("type":"edit","room":"l","target":0,"content":"x")", "target: must be an integer");
    refused(R"("type":"edit","room":"l","target":1,"content":"")", "content: must not be empty");
    refused(R"("type":"delete","target":1)", "room: is missing");
    refused(R"("type":"delete","room":"l","target":"1")", "target: must be an integer");
    refused(R"("type":"react","room":"l","target":1,"emoji":"x")", "on: is missing");
    refused(R"("type":"react","room":"l","target":1,"emoji":"x","on":1)",
            "on: must be true or false");
}

// An emoji is what stands in one place: joined ones and flags too, no text with spaces.
TEST_F(CommandFields, AnEmojiIsOneToThirtyTwoBytesWithoutSpaces) {
    const auto with = [](std::string_view emoji) {
        return fmt::format(
            R"({{"id":"i","type":"react","room":"l","target":1,"emoji":"{}","on":true}})", emoji);
    };
    for (const std::string_view good : {"x", ":+1:", "\U0001F468\u200D\U0001F469\u200D\U0001F467",
                                        "\u2764\uFE0F", "12345678901234567890123456789012"}) {
        EXPECT_EQ(body<ReactCommand>(with(good)).emoji, good);
    }
    expect_refusal(with(""), ErrorCode::kBadRequest, "i", "emoji: must be a string of 1 to 32");
    expect_refusal(with(std::string(33, 'x')), ErrorCode::kBadRequest, "i", "1 to 32 bytes");
    for (const std::string_view bad : {"a b", " ", R"(\n)", R"(\u0000)", R"(\u007f)", R"(\u0085)",
                                       "\u00A0", "\u2028", "\u3000"}) {
        expect_refusal(with(bad), ErrorCode::kBadRequest, "i", "spaces or control characters");
    }
}

// direct, typing, read and rooms.
TEST_F(CommandFields, DirectAndSignalsHaveTheirFields) {
    const auto direct = body<DirectCommand>(R"({"type":"direct","to":"bob","content":"x"})");
    EXPECT_EQ(direct.to, "bob");
    EXPECT_EQ(direct.content, "x");
    EXPECT_TRUE(body<TypingCommand>(R"({"type":"typing","room":"l","on":true})").on);
    EXPECT_EQ(body<ReadCommand>(R"({"type":"read","room":"l","seq":3})").seq, 3U);
    body<RoomsCommand>(R"({"type":"rooms","id":"1"})");
    expect_refusal(R"({"id":"i","type":"direct","to":"","content":"x"})", ErrorCode::kBadRequest,
                   "i", "to: must not be empty");
    expect_refusal(R"({"id":"i","type":"typing","room":"l"})", ErrorCode::kBadRequest, "i", "on:");
    expect_refusal(R"({"id":"i","type":"read","room":"l","seq":-1})", ErrorCode::kBadRequest, "i",
                   "seq: must be an integer");
}

// A hundred positions at most, each whole; the field that is not is named.
TEST_F(CommandFields, ASyncNamesARoomAndAPositionEach) {
    const auto sync = body<SyncCommand>(
        R"({"type":"sync","id":"1","rooms":[{"room":"a","epoch":"k","seq":4},{"room":"b","epoch":"m","seq":0}]})");
    ASSERT_EQ(sync.rooms.size(), 2U);
    EXPECT_EQ(sync.rooms[0].room, "a");
    EXPECT_EQ(sync.rooms[0].since.epoch, "k");
    EXPECT_EQ(sync.rooms[0].since.seq, 4U);
    EXPECT_EQ(sync.rooms[1].room, "b");
    EXPECT_TRUE(body<SyncCommand>(R"({"type":"sync","rooms":[]})").rooms.empty());

    const auto refused = [this](std::string_view rooms, std::string_view words) {
        expect_refusal(fmt::format(R"({{"id":"i","type":"sync"{}}})", rooms),
                       ErrorCode::kBadRequest, "i", words);
    };
    refused("", "rooms: is missing");
    refused(R"(,"rooms":{})", "rooms: must be an array");
    refused(R"(,"rooms":["a"])", "rooms: each must be an object");
    refused(R"(,"rooms":[{"room":"a","epoch":"k"}])", "rooms.seq: is missing");
    refused(R"(,"rooms":[{"epoch":"k","seq":1}])", "rooms.room: is missing");
    std::string many;
    for (int i = 0; i < 101; ++i) {
        many += fmt::format(R"({}{{"room":"r{}","epoch":"k","seq":1}})", i == 0 ? "" : ",", i);
    }
    refused(fmt::format(R"(,"rooms":[{}])", many), "rooms: more than 100");
}

}  // namespace
}  // namespace stentor::chat
