// The server's frames, each as it stands in docs/protocol.md.
// Thread: any; pure.
// Invariant: fields come in the order of the page; a frame is one object, without white space.
#include "chat/protocol/encode.h"

#include <concepts>
#include <utility>

#include "chat/protocol/json_appender.h"
#include "chat/version.h"

namespace stentor::chat {
namespace {

// `lead` is what stands before the value: `,"room":`. Inline, as it is a literal.
[[gnu::always_inline]] inline void put_text(JsonAppender& json, std::string_view lead,
                                            std::string_view text) {
    json.raw(lead);
    json.text(text);
}

// A text that holds nothing to be escaped: one of ours.
[[gnu::always_inline]] inline void put_word(JsonAppender& json, std::string_view lead,
                                            std::string_view word) {
    json.raw(lead);
    json.raw('"');
    json.raw(word);
    json.raw('"');
}

[[gnu::always_inline]] inline void put_number(JsonAppender& json, std::string_view lead,
                                              std::integral auto number) {
    json.raw(lead);
    json.number(number);
}

void put_flag(JsonAppender& json, std::string_view lead, bool flag) {
    json.raw(lead);
    json.raw(flag ? "true" : "false");
}

[[gnu::always_inline]] inline void put_user(JsonAppender& json, std::string_view lead,
                                            UserId user) {
    const auto characters = user.to_characters();
    put_word(json, lead, {characters.data(), characters.size()});
}

// `,"events":[`, each item by `put`, `]`.
template <typename Item, typename Put>
void put_list(JsonAppender& json, std::string_view lead, std::span<const Item> items, Put put) {
    json.raw(lead);
    json.raw('[');
    for (bool is_first = true; const Item& item : items) {
        if (!std::exchange(is_first, false)) json.raw(',');
        put(json, item);
    }
    json.raw(']');
}

void put_events(JsonAppender& json, std::string_view events) {
    json.raw(R"(,"events":[)");
    json.raw(events);
    json.raw(']');
}

void put_members(JsonAppender& json, std::string_view lead, std::span<const MemberView> members) {
    put_list(json, lead, members, [](JsonAppender& list, const MemberView& member) {
        put_user(list, R"({"user":)", member.user);
        put_text(list, R"(,"name":)", member.name);
        list.raw('}');
    });
}

// The head of an answer: type, and the id of the command if it bore one.
[[gnu::always_inline]] inline void begin_answer(JsonAppender& json, std::string_view type_head,
                                                std::string_view id) {
    json.raw(type_head);
    if (!id.empty()) put_text(json, R"(,"id":)", id);
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
    JsonAppender json(out);
    json.raw(R"({"type":"welcome","protocol":1)");
    put_text(json, R"(,"server":)", kServerName);
    put_text(json, R"(,"connection":)", connection);
    put_number(json, R"(,"ping_ms":)", ping_ms);
    put_number(json, R"(,"limits":{"message_bytes":)", limits.message_bytes);
    put_number(json, R"(,"content":)", limits.content_code_points);
    put_number(json, R"(,"rooms":)", limits.rooms);
    put_number(json, R"(,"send_rate":)", limits.send_rate);
    json.raw("}}");
}

void append_logged_in(std::string& out, std::string_view id, UserId user, std::string_view name,
                      std::string_view session) {
    JsonAppender json(out);
    begin_answer(json, R"({"type":"logged_in")", id);
    put_user(json, R"(,"user":)", user);
    put_text(json, R"(,"name":)", name);
    put_text(json, R"(,"session":)", session);
    json.raw('}');
}

void append_joined(std::string& out, const JoinedView& joined) {
    JsonAppender json(out);
    begin_answer(json, R"({"type":"joined")", joined.id);
    put_text(json, R"(,"room":)", joined.room);
    put_text(json, R"(,"epoch":)", joined.epoch);
    put_number(json, R"(,"seq":)", joined.seq);
    put_number(json, R"(,"first":)", joined.first);
    put_flag(json, R"(,"recovered":)", joined.recovered);
    put_events(json, joined.events);
    put_flag(json, R"(,"more":)", joined.more);
    put_number(json, R"(,"version":)", joined.version);
    put_number(json, R"(,"count":)", joined.count);
    put_members(json, R"(,"members":)", joined.members);
    json.raw('}');
}

void append_left(std::string& out, std::string_view id, std::string_view room) {
    JsonAppender json(out);
    begin_answer(json, R"({"type":"left")", id);
    put_text(json, R"(,"room":)", room);
    json.raw('}');
}

void append_ack(std::string& out, std::string_view id, std::string_view room,
                std::string_view epoch, std::uint64_t seq, std::int64_t at_ms,
                Durability durability, bool duplicate) {
    JsonAppender json(out);
    begin_answer(json, R"({"type":"ack")", id);
    put_text(json, R"(,"room":)", room);
    put_text(json, R"(,"epoch":)", epoch);
    put_number(json, R"(,"seq":)", seq);
    put_number(json, R"(,"at":)", at_ms);
    put_word(json, R"(,"durability":)", wire_word(durability));
    if (duplicate) json.raw(R"(,"duplicate":true)");
    json.raw('}');
}

namespace {

// What every event begins with, `type` being all up to the room's name.
void begin_event(JsonAppender& json, std::string_view type, const MessageView& event) {
    put_text(json, type, event.room);
    put_number(json, R"(,"seq":)", event.seq);
    put_number(json, R"(,"at":)", event.at_ms);
    put_user(json, R"(,"user":)", event.user);
    put_text(json, R"(,"from":)", event.from);
}

void put_client_id(JsonAppender& json, const MessageView& event) {
    if (!event.client_id.empty()) put_text(json, R"(,"client_id":)", event.client_id);
}

void put_content(JsonAppender& json, const EventView& event) {
    if (event.deleted) {
        json.raw(R"(,"deleted":true)");
    } else {
        put_text(json, R"(,"content":)", event.message.content);
    }
}

void put_reactions(JsonAppender& json, std::span<const ReactionView> reactions) {
    if (reactions.empty()) return;
    std::string_view separator = R"(,"reactions":{)";
    for (const ReactionView& reaction : reactions) {
        json.raw(std::exchange(separator, ","));
        json.text(reaction.emoji);
        put_list(json, ":", reaction.names,
                 [](JsonAppender& list, std::string_view name) { list.text(name); });
    }
    json.raw('}');
}

}  // namespace

void append_message(std::string& out, const MessageView& message) {
    JsonAppender json(out);
    begin_event(json, R"({"type":"message","room":)", message);
    put_text(json, R"(,"content":)", message.content);
    put_client_id(json, message);
    if (message.reply_to != 0) put_number(json, R"(,"reply_to":)", message.reply_to);
    json.raw('}');
}

void append_event(std::string& out, const EventView& event) {
    JsonAppender json(out);
    switch (event.kind) {
        case EventKind::kMessage:
            begin_event(json, R"({"type":"message","room":)", event.message);
            put_content(json, event);
            put_client_id(json, event.message);
            if (event.message.reply_to != 0) {
                put_number(json, R"(,"reply_to":)", event.message.reply_to);
            }
            if (event.deleted) break;  // what else had become of it is gone with its text
            if (event.edited_at_ms != 0) put_number(json, R"(,"edited_at":)", event.edited_at_ms);
            put_reactions(json, event.reactions);
            break;
        case EventKind::kEdited:
            begin_event(json, R"({"type":"edited","room":)", event.message);
            put_number(json, R"(,"target":)", event.target);
            put_content(json, event);
            put_client_id(json, event.message);
            break;
        case EventKind::kDeleted:
            begin_event(json, R"({"type":"deleted","room":)", event.message);
            put_number(json, R"(,"target":)", event.target);
            put_client_id(json, event.message);
            break;
        case EventKind::kReacted:
            begin_event(json, R"({"type":"reacted","room":)", event.message);
            put_number(json, R"(,"target":)", event.target);
            put_text(json, R"(,"emoji":)", event.message.content);
            put_flag(json, R"(,"on":)", event.on);
            put_client_id(json, event.message);
            break;
    }
    json.raw('}');
}

void append_presence(std::string& out, std::string_view room, std::uint64_t version,
                     std::uint64_t count, std::span<const MemberView> joined,
                     std::span<const UserId> left) {
    JsonAppender json(out);
    put_text(json, R"({"type":"presence","room":)", room);
    put_number(json, R"(,"version":)", version);
    put_number(json, R"(,"count":)", count);
    put_members(json, R"(,"joined":)", joined);
    put_list(json, R"(,"left":)", left,
             [](JsonAppender& list, UserId user) { put_user(list, "", user); });
    json.raw('}');
}

void append_members(std::string& out, std::string_view id, std::string_view room,
                    std::uint64_t version, std::uint64_t count, std::span<const MemberView> members,
                    bool more) {
    JsonAppender json(out);
    begin_answer(json, R"({"type":"members")", id);
    put_text(json, R"(,"room":)", room);
    put_number(json, R"(,"version":)", version);
    put_number(json, R"(,"count":)", count);
    put_members(json, R"(,"members":)", members);
    put_flag(json, R"(,"more":)", more);
    json.raw('}');
}

void append_history(std::string& out, std::string_view id, std::string_view room,
                    std::string_view epoch, std::uint64_t first, std::uint64_t seq,
                    std::string_view events, bool more) {
    JsonAppender json(out);
    begin_answer(json, R"({"type":"history")", id);
    put_text(json, R"(,"room":)", room);
    put_text(json, R"(,"epoch":)", epoch);
    put_number(json, R"(,"first":)", first);
    put_number(json, R"(,"seq":)", seq);
    put_events(json, events);
    put_flag(json, R"(,"more":)", more);
    json.raw('}');
}

void append_typing(std::string& out, std::string_view room, UserId user, std::string_view from,
                   bool on) {
    JsonAppender json(out);
    put_text(json, R"({"type":"typing","room":)", room);
    put_user(json, R"(,"user":)", user);
    put_text(json, R"(,"from":)", from);
    put_flag(json, R"(,"on":)", on);
    json.raw('}');
}

void append_read(std::string& out, std::string_view room,
                 std::span<const ReadPositionView> positions) {
    JsonAppender json(out);
    put_text(json, R"({"type":"read","room":)", room);
    put_list(json, R"(,"positions":)", positions,
             [](JsonAppender& list, const ReadPositionView& position) {
                 put_user(list, R"({"user":)", position.user);
                 put_number(list, R"(,"seq":)", position.seq);
                 list.raw('}');
             });
    json.raw('}');
}

void append_rooms(std::string& out, std::string_view id, std::span<const RoomView> rooms) {
    JsonAppender json(out);
    begin_answer(json, R"({"type":"rooms")", id);
    put_list(json, R"(,"rooms":)", rooms, [](JsonAppender& list, const RoomView& room) {
        put_text(list, R"({"room":)", room.room);
        put_text(list, R"(,"epoch":)", room.epoch);
        put_number(list, R"(,"seq":)", room.seq);
        put_number(list, R"(,"read":)", room.read);
        put_number(list, R"(,"unread":)", room.unread);
        put_number(list, R"(,"count":)", room.count);
        if (room.with) {
            put_user(list, R"(,"with":{"user":)", room.with);
            if (!room.with_name.empty()) put_text(list, R"(,"name":)", room.with_name);
            list.raw('}');
        }
        list.raw('}');
    });
    json.raw('}');
}

void append_synced(std::string& out, std::string_view id) {
    JsonAppender json(out);
    begin_answer(json, R"({"type":"synced")", id);
    json.raw('}');
}

void append_gap(std::string& out, std::string_view room, std::string_view epoch, std::uint64_t from,
                std::uint64_t to) {
    JsonAppender json(out);
    put_text(json, R"({"type":"gap","room":)", room);
    put_text(json, R"(,"epoch":)", epoch);
    put_number(json, R"(,"from":)", from);
    put_number(json, R"(,"to":)", to);
    json.raw('}');
}

void append_pong(std::string& out, std::string_view id, std::int64_t at_ms) {
    JsonAppender json(out);
    begin_answer(json, R"({"type":"pong")", id);
    put_number(json, R"(,"at":)", at_ms);
    json.raw('}');
}

void append_goodbye(std::string& out, std::int64_t reconnect_after_ms) {
    JsonAppender json(out);
    put_number(json, R"({"type":"goodbye","reconnect_after_ms":)", reconnect_after_ms);
    json.raw('}');
}

void append_error(std::string& out, std::string_view id, ErrorCode code, std::string_view message,
                  std::int64_t retry_after_ms, bool fatal, std::string_view room) {
    JsonAppender json(out);
    begin_answer(json, R"({"type":"error")", id);
    if (!room.empty()) put_text(json, R"(,"room":)", room);
    put_text(json, R"(,"code":)", wire_word(code));
    put_text(json, R"(,"message":)", message);
    if (retry_after_ms != 0) put_number(json, R"(,"retry_after_ms":)", retry_after_ms);
    if (fatal) json.raw(R"(,"fatal":true)");
    json.raw('}');
}

}  // namespace stentor::chat
