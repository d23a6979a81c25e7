// Fuzz target: the server's frames (chat/protocol/encode.h) around any text.
// Thread: one.
// Invariant: from valid UTF-8 comes one line of JSON that says what was put in.
#include "chat/protocol/encode.h"

#include <array>
#include <limits>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/json_check.h"
#include "ws/utf8.h"

namespace {

using namespace stentor;
using namespace stentor::chat;
using fuzz::JsonObject;

constexpr auto kLargestSeq = std::uint64_t{1} << 53U;

// Texts and numbers out of the input, as many as are asked for.
class Parts {
public:
    explicit Parts(std::span<const std::byte> bytes)
        : input_(fuzz::Input(as_octets(bytes), bytes.size())) {}
    std::string text() {
        const std::string all(fuzz::text_of(input_.take(input_.byte())));
        return ws::is_valid_utf8(fuzz::bytes_of(all)) ? all : std::string();
    }
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (const std::byte octet : input_.take(7))
            value = value << 8 | std::to_integer<std::uint64_t>(octet);
        return value % kLargestSeq;
    }
    std::uint32_t below(std::uint32_t bound) { return input_.below(bound); }

private:
    static const std::uint8_t* as_octets(std::span<const std::byte> bytes) {
        return reinterpret_cast<const std::uint8_t*>(bytes.data());
    }
    fuzz::Input input_;
};

std::string message(Parts& parts) {
    const std::string room = parts.text(), from = parts.text(), content = parts.text(),
                      client_id = parts.text();
    const MessageView view{.room = room,
                           .seq = parts.number(),
                           .at_ms = static_cast<std::int64_t>(parts.number()),
                           .user = UserId{parts.number()},
                           .from = from,
                           .content = content,
                           .client_id = client_id,
                           .reply_to = parts.number()};
    std::string out;
    append_message(out, view);
    const JsonObject json(out);
    STENTOR_CHECK(json.text("type") == "message" && json.text("room") == room);
    STENTOR_CHECK(json.text("content") == content && json.text("from") == from);
    STENTOR_CHECK(json.number("seq") == view.seq);
    STENTOR_CHECK(json.text("client_id").value_or("") == client_id);
    STENTOR_CHECK(json.number("reply_to").value_or(0) == view.reply_to);
    return out;
}

void answers(Parts& parts) {
    const std::string id = parts.text(), room = parts.text(), other = parts.text();
    const std::uint64_t seq = parts.number();
    const auto judge = [&](auto append) {
        std::string out;
        append(out);
        const JsonObject json(out);
        STENTOR_CHECK(json.text("id").value_or("") == id);
        return json.text("room").value_or(room) == room;
    };
    STENTOR_CHECK(judge([&](auto& out) { append_logged_in(out, id, UserId{seq}, room, other); }));
    STENTOR_CHECK(judge([&](auto& out) { append_left(out, id, room); }));
    STENTOR_CHECK(judge([&](auto& out) {
        append_ack(out, id, room, other, seq, 1, Durability::kDisk, seq % 2 == 0);
    }));
    STENTOR_CHECK(judge([&](auto& out) { append_pong(out, id, static_cast<std::int64_t>(seq)); }));
    STENTOR_CHECK(judge([&](auto& out) {
        append_error(out, id, ErrorCode::kBadRequest, other, static_cast<std::int64_t>(seq), true);
    }));
}

void pages(Parts& parts) {
    std::string events;
    for (std::uint32_t i = parts.below(4); i > 0; --i) {
        events.append(events.empty() ? "" : ",").append(message(parts));
    }
    const std::string id = parts.text(), room = parts.text(), epoch = parts.text(),
                      name = parts.text();
    const std::array members{MemberView{UserId{1}, name}, MemberView{UserId{2}, room}};
    const std::array left{UserId{3}, UserId{4}};
    const std::span some = std::span(members).first(parts.below(3));
    std::string joined;
    append_joined(joined, {.id = id,
                           .room = room,
                           .epoch = epoch,
                           .seq = parts.number(),
                           .first = parts.number(),
                           .recovered = true,
                           .events = events,
                           .more = false,
                           .version = parts.number(),
                           .count = parts.number(),
                           .members = some});
    STENTOR_CHECK(JsonObject(joined).text("epoch") == epoch);
    std::string history;
    append_history(history, id, room, epoch, 1, parts.number(), events, true);
    STENTOR_CHECK(JsonObject(history).raw("events") == JsonObject(joined).raw("events"));
    std::string listed;
    append_members(listed, id, room, 1, 2, some, true);
    STENTOR_CHECK(JsonObject(listed).raw("members") == JsonObject(joined).raw("members"));
    std::string presence;
    append_presence(presence, room, 1, parts.number(), some, left);
    STENTOR_CHECK(JsonObject(presence).text("room") == room);
    std::string gap;
    append_gap(gap, room, epoch, parts.number(), parts.number());
    STENTOR_CHECK(JsonObject(gap).text("epoch") == epoch);
    std::string welcome;
    append_welcome(welcome, name, 25000,
                   {.message_bytes = 1, .content_code_points = 2, .rooms = 3, .send_rate = 4});
    STENTOR_CHECK(JsonObject(welcome).text("connection") == name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::TightBlock block(fuzz::Input(data, size).rest());
    if (ws::is_valid_utf8(block.span())) {
        std::string out;
        append_json_string(out, block.text());
        STENTOR_CHECK(JsonObject(R"({"text":)" + out + "}").text("text") == block.text());
    }
    Parts parts(block.span());
    message(parts);
    answers(parts);
    pages(parts);
    return 0;
}
