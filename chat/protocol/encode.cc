// The server's frames, each as it stands in docs/protocol.md.
// Thread: any; pure.
// Invariant: fields come in the order of the page; a frame is one object, without white space.
#include "chat/protocol/encode.h"

#include <fmt/format.h>

#include <concepts>
#include <utility>

#include "chat/version.h"

namespace stentor::chat {
namespace {

// `lead` is what stands before the value: `,"room":`.
void put_text(std::string& out, std::string_view lead, std::string_view text) {
    out.append(lead);
    append_json_string(out, text);
}

// A text that holds nothing to be escaped: one of ours.
void put_word(std::string& out, std::string_view lead, std::string_view word) {
    out.append(lead);
    out.push_back('"');
    out.append(word);
    out.push_back('"');
}

void put_number(std::string& out, std::string_view lead, std::integral auto number) {
    out.append(lead);
    const fmt::format_int digits(number);
    out.append(digits.data(), digits.size());
}

void put_flag(std::string& out, std::string_view lead, bool flag) {
    out.append(lead);
    out.append(flag ? "true" : "false");
}

void put_user(std::string& out, std::string_view lead, UserId user) {
    const auto characters = user.to_characters();
    put_word(out, lead, {characters.data(), characters.size()});
}

// `,"events":[`, each item by `put`, `]`.
template <typename Item, typename Put>
void put_list(std::string& out, std::string_view lead, std::span<const Item> items, Put put) {
    out.append(lead);
    out.push_back('[');
    for (bool is_first = true; const Item& item : items) {
        if (!std::exchange(is_first, false)) out.push_back(',');
        put(out, item);
    }
    out.push_back(']');
}

void put_events(std::string& out, std::string_view events) {
    out.append(R"(,"events":[)").append(events).push_back(']');
}

void put_members(std::string& out, std::string_view lead, std::span<const MemberView> members) {
    put_list(out, lead, members, [](std::string& to, const MemberView& member) {
        put_user(to, R"({"user":)", member.user);
        put_text(to, R"(,"name":)", member.name);
        to.push_back('}');
    });
}

// The head of an answer: type, and the id of the command if it bore one.
void begin_answer(std::string& out, std::string_view type_head, std::string_view id) {
    out.append(type_head);
    if (!id.empty()) put_text(out, R"(,"id":)", id);
}

}  // namespace

std::string_view wire_word(Durability durability) {
    switch (durability) {
        case Durability::kMemory:
            return "memory";
        case Durability::kDisk:
            return "disk";
        case Durability::kSynced:
            return "synced";
        case Durability::kReplicated:
            return "replicated";
    }
    std::unreachable();
}

void append_welcome(std::string& out, std::string_view connection, std::int64_t ping_ms,
                    const WelcomeLimits& limits) {
    out.append(R"({"type":"welcome","protocol":1)");
    put_text(out, R"(,"server":)", kServerName);
    put_text(out, R"(,"connection":)", connection);
    put_number(out, R"(,"ping_ms":)", ping_ms);
    put_number(out, R"(,"limits":{"message_bytes":)", limits.message_bytes);
    put_number(out, R"(,"content":)", limits.content_code_points);
    put_number(out, R"(,"rooms":)", limits.rooms);
    put_number(out, R"(,"send_rate":)", limits.send_rate);
    out.append("}}");
}

void append_logged_in(std::string& out, std::string_view id, UserId user, std::string_view name,
                      std::string_view session) {
    begin_answer(out, R"({"type":"logged_in")", id);
    put_user(out, R"(,"user":)", user);
    put_text(out, R"(,"name":)", name);
    put_text(out, R"(,"session":)", session);
    out.push_back('}');
}

void append_joined(std::string& out, const JoinedView& joined) {
    begin_answer(out, R"({"type":"joined")", joined.id);
    put_text(out, R"(,"room":)", joined.room);
    put_text(out, R"(,"epoch":)", joined.epoch);
    put_number(out, R"(,"seq":)", joined.seq);
    put_number(out, R"(,"first":)", joined.first);
    put_flag(out, R"(,"recovered":)", joined.recovered);
    put_events(out, joined.events);
    put_flag(out, R"(,"more":)", joined.more);
    put_number(out, R"(,"version":)", joined.version);
    put_number(out, R"(,"count":)", joined.count);
    put_members(out, R"(,"members":)", joined.members);
    out.push_back('}');
}

void append_left(std::string& out, std::string_view id, std::string_view room) {
    begin_answer(out, R"({"type":"left")", id);
    put_text(out, R"(,"room":)", room);
    out.push_back('}');
}

void append_ack(std::string& out, std::string_view id, std::string_view room,
                std::string_view epoch, std::uint64_t seq, std::int64_t at_ms,
                Durability durability, bool duplicate) {
    constexpr std::size_t kFixedBytes = 128;  // keys, punctuation and the longest numbers
    out.reserve(out.size() + kFixedBytes + id.size() + room.size() + epoch.size());
    begin_answer(out, R"({"type":"ack")", id);
    put_text(out, R"(,"room":)", room);
    put_text(out, R"(,"epoch":)", epoch);
    put_number(out, R"(,"seq":)", seq);
    put_number(out, R"(,"at":)", at_ms);
    put_word(out, R"(,"durability":)", wire_word(durability));
    if (duplicate) out.append(R"(,"duplicate":true)");
    out.push_back('}');
}

namespace {

// What every event begins with, `type` being all up to the room's name.
void begin_event(std::string& out, std::string_view type, const MessageView& event) {
    constexpr std::size_t kFixedBytes = 192;  // keys, punctuation, user and the longest numbers
    out.reserve(out.size() + kFixedBytes + event.room.size() + event.from.size() +
                event.content.size() + event.client_id.size());
    put_text(out, type, event.room);
    put_number(out, R"(,"seq":)", event.seq);
    put_number(out, R"(,"at":)", event.at_ms);
    put_user(out, R"(,"user":)", event.user);
    put_text(out, R"(,"from":)", event.from);
}

void put_client_id(std::string& out, const MessageView& event) {
    if (!event.client_id.empty()) put_text(out, R"(,"client_id":)", event.client_id);
}

void put_content(std::string& out, const EventView& event) {
    if (event.deleted) {
        out.append(R"(,"deleted":true)");
    } else {
        put_text(out, R"(,"content":)", event.message.content);
    }
}

void put_reactions(std::string& out, std::span<const ReactionView> reactions) {
    if (reactions.empty()) return;
    std::string_view separator = R"(,"reactions":{)";
    for (const ReactionView& reaction : reactions) {
        out.append(std::exchange(separator, ","));
        append_json_string(out, reaction.emoji);
        put_list(out, ":", reaction.names,
                 [](std::string& to, std::string_view name) { append_json_string(to, name); });
    }
    out.push_back('}');
}

}  // namespace

void append_message(std::string& out, const MessageView& message) {
    begin_event(out, R"({"type":"message","room":)", message);
    put_text(out, R"(,"content":)", message.content);
    put_client_id(out, message);
    if (message.reply_to != 0) put_number(out, R"(,"reply_to":)", message.reply_to);
    out.push_back('}');
}

void append_event(std::string& out, const EventView& event) {
    switch (event.kind) {
        case EventKind::kMessage:
            begin_event(out, R"({"type":"message","room":)", event.message);
            put_content(out, event);
            put_client_id(out, event.message);
            if (event.message.reply_to != 0) {
                put_number(out, R"(,"reply_to":)", event.message.reply_to);
            }
            if (event.deleted) break;  // what else had become of it is gone with its text
            if (event.edited_at_ms != 0) put_number(out, R"(,"edited_at":)", event.edited_at_ms);
            put_reactions(out, event.reactions);
            break;
        case EventKind::kEdited:
            begin_event(out, R"({"type":"edited","room":)", event.message);
            put_number(out, R"(,"target":)", event.target);
            put_content(out, event);
            put_client_id(out, event.message);
            break;
        case EventKind::kDeleted:
            begin_event(out, R"({"type":"deleted","room":)", event.message);
            put_number(out, R"(,"target":)", event.target);
            put_client_id(out, event.message);
            break;
        case EventKind::kReacted:
            begin_event(out, R"({"type":"reacted","room":)", event.message);
            put_number(out, R"(,"target":)", event.target);
            put_text(out, R"(,"emoji":)", event.message.content);
            put_flag(out, R"(,"on":)", event.on);
            put_client_id(out, event.message);
            break;
    }
    out.push_back('}');
}

void append_presence(std::string& out, std::string_view room, std::uint64_t version,
                     std::uint64_t count, std::span<const MemberView> joined,
                     std::span<const UserId> left) {
    put_text(out, R"({"type":"presence","room":)", room);
    put_number(out, R"(,"version":)", version);
    put_number(out, R"(,"count":)", count);
    put_members(out, R"(,"joined":)", joined);
    put_list(out, R"(,"left":)", left,
             [](std::string& to, UserId user) { put_user(to, "", user); });
    out.push_back('}');
}

void append_members(std::string& out, std::string_view id, std::string_view room,
                    std::uint64_t version, std::uint64_t count, std::span<const MemberView> members,
                    bool more) {
    begin_answer(out, R"({"type":"members")", id);
    put_text(out, R"(,"room":)", room);
    put_number(out, R"(,"version":)", version);
    put_number(out, R"(,"count":)", count);
    put_members(out, R"(,"members":)", members);
    put_flag(out, R"(,"more":)", more);
    out.push_back('}');
}

void append_history(std::string& out, std::string_view id, std::string_view room,
                    std::string_view epoch, std::uint64_t first, std::uint64_t seq,
                    std::string_view events, bool more) {
    begin_answer(out, R"({"type":"history")", id);
    put_text(out, R"(,"room":)", room);
    put_text(out, R"(,"epoch":)", epoch);
    put_number(out, R"(,"first":)", first);
    put_number(out, R"(,"seq":)", seq);
    put_events(out, events);
    put_flag(out, R"(,"more":)", more);
    out.push_back('}');
}

void append_typing(std::string& out, std::string_view room, UserId user, std::string_view from,
                   bool on) {
    put_text(out, R"({"type":"typing","room":)", room);
    put_user(out, R"(,"user":)", user);
    put_text(out, R"(,"from":)", from);
    put_flag(out, R"(,"on":)", on);
    out.push_back('}');
}

void append_read(std::string& out, std::string_view room,
                 std::span<const ReadPositionView> positions) {
    put_text(out, R"({"type":"read","room":)", room);
    put_list(out, R"(,"positions":)", positions,
             [](std::string& to, const ReadPositionView& position) {
                 put_user(to, R"({"user":)", position.user);
                 put_number(to, R"(,"seq":)", position.seq);
                 to.push_back('}');
             });
    out.push_back('}');
}

void append_rooms(std::string& out, std::string_view id, std::span<const RoomView> rooms) {
    begin_answer(out, R"({"type":"rooms")", id);
    put_list(out, R"(,"rooms":)", rooms, [](std::string& to, const RoomView& room) {
        put_text(to, R"({"room":)", room.room);
        put_text(to, R"(,"epoch":)", room.epoch);
        put_number(to, R"(,"seq":)", room.seq);
        put_number(to, R"(,"read":)", room.read);
        put_number(to, R"(,"unread":)", room.unread);
        put_number(to, R"(,"count":)", room.count);
        if (room.with) {
            put_user(to, R"(,"with":{"user":)", room.with);
            if (!room.with_name.empty()) put_text(to, R"(,"name":)", room.with_name);
            to.push_back('}');
        }
        to.push_back('}');
    });
    out.push_back('}');
}

void append_synced(std::string& out, std::string_view id) {
    begin_answer(out, R"({"type":"synced")", id);
    out.push_back('}');
}

void append_gap(std::string& out, std::string_view room, std::string_view epoch, std::uint64_t from,
                std::uint64_t to) {
    put_text(out, R"({"type":"gap","room":)", room);
    put_text(out, R"(,"epoch":)", epoch);
    put_number(out, R"(,"from":)", from);
    put_number(out, R"(,"to":)", to);
    out.push_back('}');
}

void append_pong(std::string& out, std::string_view id, std::int64_t at_ms) {
    begin_answer(out, R"({"type":"pong")", id);
    put_number(out, R"(,"at":)", at_ms);
    out.push_back('}');
}

void append_goodbye(std::string& out, std::int64_t reconnect_after_ms) {
    put_number(out, R"({"type":"goodbye","reconnect_after_ms":)", reconnect_after_ms);
    out.push_back('}');
}

void append_error(std::string& out, std::string_view id, ErrorCode code, std::string_view message,
                  std::int64_t retry_after_ms, bool fatal, std::string_view room) {
    begin_answer(out, R"({"type":"error")", id);
    if (!room.empty()) put_text(out, R"(,"room":)", room);
    put_text(out, R"(,"code":)", wire_word(code));
    put_text(out, R"(,"message":)", message);
    if (retry_after_ms != 0) put_number(out, R"(,"retry_after_ms":)", retry_after_ms);
    if (fatal) out.append(R"(,"fatal":true)");
    out.push_back('}');
}

}  // namespace stentor::chat
