// Fuzz target: commands of the native protocol out of one text message (chat/protocol/command.h).
// Thread: one.
// Invariant: a command is within its limits, and written out plainly it decodes to itself; a
// refusal names its reason in an error frame that is JSON.
#include "chat/protocol/command.h"

#include <fmt/format.h>

#include <string>

#include "chat/protocol/encode.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/json_check.h"
#include "ws/utf8.h"

namespace {

using namespace stentor;
using namespace stentor::chat;

std::string quoted(std::string_view text) {
    STENTOR_CHECK(ws::is_valid_utf8(fuzz::bytes_of(text)));
    std::string out;
    append_json_string(out, text);
    return out;
}
template <typename Number>
std::string number(std::string_view key, const std::optional<Number>& value) {
    if (!value) return {};
    STENTOR_CHECK(*value <= kWireIntegerMax);
    return fmt::format(R"(,"{}":{})", key, *value);
}
std::string text(std::string_view key, const std::optional<std::string_view>& value) {
    return value ? fmt::format(R"(,"{}":{})", key, quoted(*value)) : std::string();
}

// The fields of each command, written the plain way.
struct Fields {
    std::string operator()(const LoginCommand& login) const {
        return R"("type":"login")" + text("name", login.name) + text("session", login.session) +
               text("token", login.token);
    }
    std::string operator()(const JoinCommand& join) const {
        std::string since;
        if (join.since) {
            STENTOR_CHECK(join.since->seq <= kWireIntegerMax);
            since = fmt::format(R"(,"since":{{"epoch":{},"seq":{}}})", quoted(join.since->epoch),
                                join.since->seq);
        }
        STENTOR_CHECK(!join.history || *join.history <= kPageEventsMax);
        return R"("type":"join","room":)" + quoted(join.room) + since +
               number("history", join.history);
    }
    std::string operator()(const LeaveCommand& leave) const {
        return R"("type":"leave","room":)" + quoted(leave.room);
    }
    std::string operator()(const SendCommand& send) const {
        STENTOR_CHECK(!send.content.empty() && send.reply_to.value_or(1) >= 1);
        return R"("type":"send","room":)" + quoted(send.room) + R"(,"content":)" +
               quoted(send.content) + number("reply_to", send.reply_to);
    }
    std::string operator()(const EditCommand& edit) const {
        STENTOR_CHECK(!edit.content.empty());
        return R"("type":"edit","room":)" + quoted(edit.room) + target(edit.target) +
               R"(,"content":)" + quoted(edit.content);
    }
    std::string operator()(const DeleteCommand& deletion) const {
        return R"("type":"delete","room":)" + quoted(deletion.room) + target(deletion.target);
    }
    std::string operator()(const ReactCommand& react) const {
        STENTOR_CHECK(!react.emoji.empty() && react.emoji.size() <= kEmojiBytesMax);
        STENTOR_CHECK(react.emoji.find_first_of(" \t\r\n\x7f") == std::string_view::npos);
        return R"("type":"react","room":)" + quoted(react.room) + target(react.target) +
               R"(,"emoji":)" + quoted(react.emoji) + on(react.on);
    }
    std::string operator()(const DirectCommand& direct) const {
        STENTOR_CHECK(!direct.to.empty() && !direct.content.empty());
        return R"("type":"direct","to":)" + quoted(direct.to) + R"(,"content":)" +
               quoted(direct.content);
    }
    std::string operator()(const TypingCommand& typing) const {
        return R"("type":"typing","room":)" + quoted(typing.room) + on(typing.on);
    }
    std::string operator()(const ReadCommand& read) const {
        return R"("type":"read","room":)" + quoted(read.room) +
               number("seq", std::optional(read.seq));
    }
    std::string operator()(const RoomsCommand&) const { return R"("type":"rooms")"; }
    std::string operator()(const SyncCommand& sync) const {
        STENTOR_CHECK(sync.rooms.size() <= kRoomsPerConnectionMax);
        std::string rooms;
        for (const SyncRoom& wanted : sync.rooms) {
            rooms += rooms.empty() ? "{" : ",{";
            rooms += R"("room":)" + quoted(wanted.room) + R"(,"epoch":)" +
                     quoted(wanted.since.epoch) + number("seq", std::optional(wanted.since.seq)) +
                     '}';
        }
        return R"("type":"sync","rooms":[)" + rooms + "]";
    }
    std::string operator()(const MembersCommand& members) const {
        STENTOR_CHECK(members.limit >= 1 && members.limit <= kPageMembersMax);
        return R"("type":"members","room":)" + quoted(members.room) + text("after", members.after) +
               fmt::format(R"(,"limit":{})", members.limit);
    }
    std::string operator()(const HistoryCommand& history) const {
        STENTOR_CHECK(history.limit >= 1 && history.limit <= kPageEventsMax);
        return R"("type":"history","room":)" + quoted(history.room) +
               number("before", history.before) + number("after", history.after) +
               fmt::format(R"(,"limit":{})", history.limit);
    }
    std::string operator()(const PingCommand&) const { return R"("type":"ping")"; }

private:
    static std::string target(std::uint64_t seq) {
        STENTOR_CHECK(seq >= 1);
        return number("target", std::optional(seq));
    }
    static std::string on(bool is_on) { return is_on ? R"(,"on":true)" : R"(,"on":false)"; }
};

std::string written(const Command& command) {
    STENTOR_CHECK(command.id.size() <= kCommandIdBytesMax);
    const std::string id = command.id.empty() ? "" : R"("id":)" + quoted(command.id) + ",";
    return "{" + id + std::visit(Fields(), command.body) + "}";
}

void expect_error_frame(const Refusal& refusal) {
    STENTOR_CHECK(refusal.id.size() <= kCommandIdBytesMax && !refusal.message.empty());
    std::string frame;
    append_error(frame, refusal.id, refusal.code, refusal.message);
    const fuzz::JsonObject error(frame);
    STENTOR_CHECK(error.text("message") == refusal.message);
    STENTOR_CHECK(error.text("id").value_or("") == refusal.id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static CommandDecoder decoder;
    const auto bytes = fuzz::Input(data, size).rest();
    if (!ws::is_valid_utf8(bytes)) return 0;  // the endpoint sees to that
    fuzz::Block block(bytes);
    const auto command = decoder.decode(block.span());
    if (!command) {
        expect_error_frame(command.error());
        // What stands behind the text is nobody's business.
        fuzz::Block other(bytes, std::byte{'}'});
        STENTOR_CHECK(!decoder.decode(other.span()));
        return 0;
    }
    const std::string plain = written(*command);
    fuzz::Block again(fuzz::bytes_of(plain));
    const auto second = decoder.decode(again.span());
    STENTOR_CHECK(second && written(*second) == plain);
    return 0;
}
