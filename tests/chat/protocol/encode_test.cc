// The server's frames, byte by byte as docs/protocol.md shows them, and read back by a JSON parser
// whatever their strings hold. Thread: one. Invariant: as each test says.
#include "chat/protocol/encode.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <array>
#include <limits>
#include <string>

#include "chat/random.h"

namespace stentor::chat {
namespace {

constexpr UserId kAnn{0x8a00000000000001U};
constexpr UserId kBob{0x8a00000000000002U};
constexpr std::array<MemberView, 2> kMembers = {MemberView{kAnn, "ann"}, MemberView{kBob, "b\"b"}};

// Strings that break encoders: quotes, backslashes, controls, separators, emoji, every alignment.
std::vector<std::string> hostile_strings() {
    std::vector<std::string> all = {"",
                                    "\"",
                                    "\\",
                                    "\\\"",
                                    "\\u0041",
                                    "</script>",
                                    "a\u2028b\u2029c",
                                    "\u2027\u202a",
                                    "😀👍🏽",
                                    "\u00e2\u20ac",
                                    "\x7f",
                                    "’—…",
                                    std::string("\0", 1),
                                    "é"};
    std::string controls;
    for (char byte = 0; byte < 0x20; ++byte) controls.push_back(byte);
    all.push_back(controls);
    for (const std::string_view odd : {"\"", "\n", "\u2028", "\\", "\x1f", "\u20ac"}) {
        for (std::size_t before = 0; before < 18; ++before) {
            all.push_back(std::string(before, 'x') + std::string(odd) +
                          std::string(before % 5, 'y') + std::string(odd));
        }
    }
    return all;
}

std::string text_at(const std::string& json, std::string_view pointer) {
    static simdjson::dom::parser parser;
    simdjson::dom::element root;
    std::string_view text;
    EXPECT_EQ(parser.parse(json).get(root), simdjson::SUCCESS) << json;
    EXPECT_EQ(root.at_pointer(pointer).get_string().get(text), simdjson::SUCCESS) << json;
    return std::string(text);
}

template <typename Append>
std::string encoded(Append append) {
    std::string out = "kept";
    append(out);
    EXPECT_EQ(out.substr(0, 4), "kept") << "frames are appended";
    return out.substr(4);
}

// Any text comes back from its JSON string, on one line without U+2028 and U+2029.
TEST(JsonString, AnyTextComesBack) {
    for (const std::string& text : hostile_strings()) {
        const std::string json = encoded([&](std::string& out) { append_json_string(out, text); });
        EXPECT_EQ(text_at("[" + json + "]", "/0"), text) << json;
        for (const std::string_view bare : {"\n", "\r", "\u2028", "\u2029"}) {
            EXPECT_EQ(json.find(bare), std::string::npos) << json;
        }
    }
}

// Random texts of every code point but surrogates come back too.
TEST(JsonString, RandomTextComesBack) {
    SeededRandom random(9);
    constexpr std::array<std::string_view, 10> kUnits = {"a",      "\"",     "\\", "\x01", "é",
                                                         "\u2028", "\u2030", "語", "😀",   " "};
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (auto rest = random.next() % 40; rest > 0; --rest)
            text += kUnits[random.next() % kUnits.size()];
        const std::string json = encoded([&](std::string& out) { append_json_string(out, text); });
        ASSERT_EQ(text_at("[" + json + "]", "/0"), text) << json;
    }
}

// What needs no escape is copied as it is, what does gets the short one.
TEST(JsonString, EscapesAreTheShortOnes) {
    const std::string json = encoded(
        [](std::string& out) { append_json_string(out, "\b\f\n\r\t\"\\/\x01\x1f\x7fé’\u2028"); });
    EXPECT_EQ(json, "\"\\b\\f\\n\\r\\t\\\"\\\\/\\u0001\\u001f\x7fé’\\u2028\"");
}

// Every frame is byte for byte what the page shows.
TEST(Encode, FramesAreAsOnThePage) {
    EXPECT_EQ(
        encoded([](auto& out) { append_welcome(out, "c5f0", 25000, {65536, 4096, 100, 20}); }),
        R"({"type":"welcome","protocol":1,"server":"stentor/0.1.0","connection":"c5f0","ping_ms":25000,)"
        R"("limits":{"message_bytes":65536,"content":4096,"rooms":100,"send_rate":20}})");
    EXPECT_EQ(
        encoded([](auto& out) { append_logged_in(out, "1", kAnn, "ann", "s1.a.b"); }),
        R"({"type":"logged_in","id":"1","user":"u8a00000000000001","name":"ann","session":"s1.a.b"})");
    EXPECT_EQ(encoded([](auto& out) { append_left(out, "3", "lobby"); }),
              R"({"type":"left","id":"3","room":"lobby"})");
    EXPECT_EQ(encoded([](auto& out) { append_gap(out, "lobby", "k3", 44, 90); }),
              R"({"type":"gap","room":"lobby","epoch":"k3","from":44,"to":90})");
    EXPECT_EQ(encoded([](auto& out) { append_pong(out, "9", 1790000000000); }),
              R"({"type":"pong","id":"9","at":1790000000000})");
    EXPECT_EQ(encoded([](auto& out) { append_goodbye(out, 1500); }),
              R"({"type":"goodbye","reconnect_after_ms":1500})");
    EXPECT_EQ(
        encoded([](auto& out) {
            append_presence(out, "lobby", 8, 2, std::span(kMembers).first(1), std::array{kBob});
        }),
        R"({"type":"presence","room":"lobby","version":8,"count":2,"joined":[{"user":"u8a00000000000001","name":"ann"}],)"
        R"("left":["u8a00000000000002"]})");
    EXPECT_EQ(
        encoded([](auto& out) { append_members(out, "4", "lobby", 7, 2, kMembers, false); }),
        R"({"type":"members","id":"4","room":"lobby","version":7,"count":2,"members":[)"
        R"({"user":"u8a00000000000001","name":"ann"},{"user":"u8a00000000000002","name":"b\"b"}],"more":false})");
}

// A joined and a history frame carry their events as they were live.
TEST(Encode, PagesCarryEventsVerbatim) {
    constexpr std::string_view kEvents = R"({"type":"message","seq":1},{"type":"message","seq":2})";
    const JoinedView view{.id = "2",
                          .room = "lobby",
                          .epoch = "k3",
                          .seq = 2,
                          .first = 1,
                          .recovered = true,
                          .events = kEvents,
                          .more = false,
                          .version = 7,
                          .count = 3,
                          .members = std::span(kMembers).first(1)};
    EXPECT_EQ(
        encoded([&](auto& out) { append_joined(out, view); }),
        R"({"type":"joined","id":"2","room":"lobby","epoch":"k3","seq":2,"first":1,"recovered":true,"events":[)"
        R"({"type":"message","seq":1},{"type":"message","seq":2}],"more":false,"version":7,"count":3,)"
        R"("members":[{"user":"u8a00000000000001","name":"ann"}]})");
    EXPECT_EQ(
        encoded([&](auto& out) { append_history(out, "5", "lobby", "k3", 1, 2, kEvents, true); }),
        R"({"type":"history","id":"5","room":"lobby","epoch":"k3","first":1,"seq":2,"events":[)"
        R"({"type":"message","seq":1},{"type":"message","seq":2}],"more":true})");
    EXPECT_EQ(
        encoded([&](auto& out) { append_history(out, "5", "l", "k3", 1, 0, {}, false); }),
        R"({"type":"history","id":"5","room":"l","epoch":"k3","first":1,"seq":0,"events":[],"more":false})");
}

// The two hot frames: optional fields stand only when there is something to say.
TEST(Encode, AckAndMessageLeaveOutWhatIsNot) {
    EXPECT_EQ(
        encoded([](auto& out) {
            append_ack(out, "6f1c", "lobby", "k3", 43, 1790000000000, Durability::kDisk, false);
        }),
        R"({"type":"ack","id":"6f1c","room":"lobby","epoch":"k3","seq":43,"at":1790000000000,"durability":"disk"})");
    EXPECT_EQ(
        encoded([](auto& out) {
            append_ack(out, "6f1c", "lobby", "k3", 43, 1, Durability::kMemory, true);
        }),
        R"({"type":"ack","id":"6f1c","room":"lobby","epoch":"k3","seq":43,"at":1,"durability":"memory","duplicate":true})");
    MessageView message{.room = "lobby",
                        .seq = 43,
                        .at_ms = 1790000000000,
                        .user = kAnn,
                        .from = "ann",
                        .content = "hello",
                        .client_id = "6f1c",
                        .reply_to = 0};
    EXPECT_EQ(
        encoded([&](auto& out) { append_message(out, message); }),
        R"({"type":"message","room":"lobby","seq":43,"at":1790000000000,"user":"u8a00000000000001","from":"ann",)"
        R"("content":"hello","client_id":"6f1c"})");
    message.client_id = {};
    message.reply_to = 40;
    EXPECT_EQ(
        encoded([&](auto& out) { append_message(out, message); }),
        R"({"type":"message","room":"lobby","seq":43,"at":1790000000000,"user":"u8a00000000000001","from":"ann",)"
        R"("content":"hello","reply_to":40})");
}

// An error names its code, says more only when there is more, and bears no id when none was sent.
TEST(Encode, ErrorsSayWhatTheyKnow) {
    EXPECT_EQ(
        encoded([](auto& out) {
            append_error(out, "1", ErrorCode::kNotInRoom, "join the room \"lobby\" first");
        }),
        R"({"type":"error","id":"1","code":"not_in_room","message":"join the room \"lobby\" first"})");
    EXPECT_EQ(
        encoded([](auto& out) {
            append_error(out, "", ErrorCode::kRateLimited, "slow down", 250, true);
        }),
        R"({"type":"error","code":"rate_limited","message":"slow down","retry_after_ms":250,"fatal":true})");
}

// Whatever the strings of a frame hold, a parser reads back the same.
TEST(Encode, HostileStringsComeBack) {
    for (const std::string& text : hostile_strings()) {
        const std::string message = encoded([&](auto& out) {
            append_message(out, {.room = text,
                                 .seq = 1,
                                 .at_ms = 1,
                                 .user = kAnn,
                                 .from = text,
                                 .content = text,
                                 .client_id = text,
                                 .reply_to = 0});
        });
        for (const std::string_view field : {"/room", "/from", "/content"})
            EXPECT_EQ(text_at(message, field), text);
        if (!text.empty()) {
            EXPECT_EQ(text_at(message, "/client_id"), text);
        }
        const std::string ack = encoded(
            [&](auto& out) { append_ack(out, text, text, "k3", 1, 1, Durability::kDisk, false); });
        EXPECT_EQ(text_at(ack, "/room"), text);
        const std::array member{MemberView{kAnn, text}};
        const std::string joined =
            encoded([&](auto& out) { append_members(out, text, text, 1, 1, member, false); });
        EXPECT_EQ(text_at(joined, "/members/0/name"), text);
        const std::string error =
            encoded([&](auto& out) { append_error(out, text, ErrorCode::kBadName, text); });
        EXPECT_EQ(text_at(error, "/message"), text);
    }
}

// The largest numbers are written whole.
TEST(Encode, LargestNumbersAreWhole) {
    const std::string gap = encoded(
        [](auto& out) { append_gap(out, "l", "k", 1, std::numeric_limits<std::uint64_t>::max()); });
    EXPECT_NE(gap.find("\"to\":18446744073709551615}"), std::string::npos);
    const std::string pong =
        encoded([](auto& out) { append_pong(out, "", std::numeric_limits<std::int64_t>::min()); });
    EXPECT_EQ(pong, R"({"type":"pong","at":-9223372036854775808})");
}

// Every durability and every code has a word of its own.
TEST(Encode, WordsAreOfTheField) {
    EXPECT_EQ(wire_word(Durability::kMemory), "memory");
    EXPECT_EQ(wire_word(Durability::kDisk), "disk");
    EXPECT_EQ(wire_word(Durability::kSynced), "synced");
    EXPECT_EQ(wire_word(Durability::kReplicated), "replicated");
    EXPECT_EQ(wire_word(ErrorCode::kBadJson), "bad_json");
    EXPECT_EQ(wire_word(ErrorCode::kUnavailable), "unavailable");
}

}  // namespace
}  // namespace stentor::chat
