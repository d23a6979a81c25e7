// The server's frames of the native protocol as JSON text (docs/protocol.md, "Frames"). Each
// function appends one whole JSON object to `out`; the WebSocket header is the caller's. Written by
// hand because it is the hot path. An empty `id` is left out: the command bore none.
// Thread: any; pure.
// Invariant: from strings in valid UTF-8 (checked where they came in), what is appended is valid
// JSON whatever they hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "chat/ids.h"
#include "chat/protocol/error_code.h"

namespace stentor::chat {

// `text` as a JSON string with its quotes: control characters, quote, backslash, U+2028/9 escaped.
void append_json_string(std::string& out, std::string_view text);

struct WelcomeLimits {
    std::size_t message_bytes;
    std::uint32_t content_code_points;
    std::uint32_t rooms;
    std::uint32_t send_rate;
};
void append_welcome(std::string& out, std::string_view connection, std::int64_t ping_ms,
                    const WelcomeLimits& limits);
void append_logged_in(std::string& out, std::string_view id, UserId user, std::string_view name,
                      std::string_view session);

struct MemberView {
    UserId user;
    std::string_view name;
};
struct JoinedView {
    std::string_view id;
    std::string_view room;
    std::string_view epoch;
    std::uint64_t seq;    // head: live events follow from seq + 1
    std::uint64_t first;  // oldest seq kept; seq + 1 when nothing is kept
    bool recovered;
    std::string_view events;  // JSON objects in their present state, oldest first, commas between
    bool more;
    std::uint64_t version;
    std::uint64_t count;
    std::span<const MemberView> members;
};
void append_joined(std::string& out, const JoinedView& joined);
void append_left(std::string& out, std::string_view id, std::string_view room);

enum class Durability : std::uint8_t { kMemory, kDisk, kSynced, kReplicated };
std::string_view wire_word(Durability durability);

void append_ack(std::string& out, std::string_view id, std::string_view room,
                std::string_view epoch, std::uint64_t seq, std::int64_t at_ms,
                Durability durability, bool duplicate);

// What has a seq of its own in a room's log.
enum class EventKind : std::uint8_t { kMessage, kEdited, kDeleted, kReacted };

struct MessageView {
    std::string_view room;
    std::uint64_t seq;
    std::int64_t at_ms;
    UserId user;
    std::string_view from;
    std::string_view content;
    std::string_view client_id;  // empty: none
    std::uint64_t reply_to;      // 0: none
};
void append_message(std::string& out, const MessageView& message);

struct ReactionView {
    std::string_view emoji;
    std::span<const std::string_view> names;  // who, in the order in which they did
};
// Any event, in its present state: as it was live where nothing changed it since.
struct EventView {
    EventKind kind = EventKind::kMessage;
    MessageView message;            // content: of kReacted the emoji
    std::uint64_t target = 0;       // of the other kinds: seq of the message that they change
    bool on = true;                 // of kReacted
    std::int64_t edited_at_ms = 0;  // of kMessage; 0: never
    bool deleted = false;           // of kMessage and kEdited: without content
    std::span<const ReactionView> reactions{};  // of kMessage
};
void append_event(std::string& out, const EventView& event);

void append_presence(std::string& out, std::string_view room, std::uint64_t version,
                     std::uint64_t count, std::span<const MemberView> joined,
                     std::span<const UserId> left);
void append_members(std::string& out, std::string_view id, std::string_view room,
                    std::uint64_t version, std::uint64_t count, std::span<const MemberView> members,
                    bool more);
void append_history(std::string& out, std::string_view id, std::string_view room,
                    std::string_view epoch, std::uint64_t first, std::uint64_t seq,
                    std::string_view events, bool more);
void append_typing(std::string& out, std::string_view room, UserId user, std::string_view from,
                   bool on);
struct ReadPositionView {
    UserId user;
    std::uint64_t seq;
};
void append_read(std::string& out, std::string_view room,
                 std::span<const ReadPositionView> positions);
struct RoomView {
    std::string_view room;
    std::string_view epoch;
    std::uint64_t seq;
    std::uint64_t read;
    std::uint64_t unread;
    std::uint64_t count;
    UserId with;                 // nobody: not a direct room
    std::string_view with_name;  // empty: not known
};
void append_rooms(std::string& out, std::string_view id, std::span<const RoomView> rooms);
void append_synced(std::string& out, std::string_view id);
void append_gap(std::string& out, std::string_view room, std::string_view epoch, std::uint64_t from,
                std::uint64_t to);
void append_pong(std::string& out, std::string_view id, std::int64_t at_ms);
void append_goodbye(std::string& out, std::int64_t reconnect_after_ms);
// `room` names what a sync could not resume. `retry_after_ms` is written when it is not zero;
// `fatal` when true.
void append_error(std::string& out, std::string_view id, ErrorCode code, std::string_view message,
                  std::int64_t retry_after_ms = 0, bool fatal = false, std::string_view room = {});

}  // namespace stentor::chat
