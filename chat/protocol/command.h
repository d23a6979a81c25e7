// The commands of the native protocol (docs/protocol.md, "Frames") and their decoding from one text
// message. Bounds on shapes (lengths in bytes, types, depth, duplicate keys) are checked here; what
// depends on state (login first, not in room) is the shard's business.
// Thread: a CommandDecoder belongs to one reactor.
// Invariant: the views in a Command live until the decoder's next decode(), also when the bytes it
// was decoded from are gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chat/limits.h"
#include "chat/protocol/error_code.h"

namespace stentor::chat {

inline constexpr std::size_t kCommandIdBytesMax = 64;
inline constexpr std::size_t kEmojiBytesMax = 32;
inline constexpr std::size_t kJsonDepthMax = 16;
inline constexpr std::uint64_t kWireIntegerMax = (std::uint64_t{1} << 53U) - 1;

struct LoginCommand {
    std::optional<std::string_view> name;  // as sent; not yet validated as a name
    std::optional<std::string_view> session;
    std::optional<std::string_view> token;
};
struct SincePosition {
    std::string_view epoch;
    std::uint64_t seq = 0;  // 0: nothing seen yet
};
struct JoinCommand {
    std::string_view room;  // as sent, here and below; not yet validated as a name
    std::optional<SincePosition> since;
    std::optional<std::uint32_t> history;  // number of newest events wanted, 0..100 (larger is cut)
};
struct LeaveCommand {
    std::string_view room;
};
struct SendCommand {
    std::string_view room;
    std::string_view content;               // not empty; its code points are the shard's to count
    std::optional<std::uint64_t> reply_to;  // at least 1
};
struct EditCommand {
    std::string_view room;
    std::uint64_t target;      // seq of the message, at least 1; here and below
    std::string_view content;  // as of a send
};
struct DeleteCommand {
    std::string_view room;
    std::uint64_t target;
};
struct ReactCommand {
    std::string_view room;
    std::uint64_t target;
    std::string_view emoji;  // 1..32 bytes, no control character and no space
    bool on;
};
struct DirectCommand {
    std::string_view to;       // a user id or a name, as sent; not empty
    std::string_view content;  // as of a send
};
struct TypingCommand {
    std::string_view room;
    bool on;
};
struct ReadCommand {
    std::string_view room;
    std::uint64_t seq;
};
struct RoomsCommand {};
struct SyncRoom {
    std::string_view room;
    SincePosition since;
};
struct SyncCommand {
    std::vector<SyncRoom> rooms;  // at most kRoomsPerConnectionMax
};
struct MembersCommand {
    std::string_view room;
    std::optional<std::string_view> after;  // a user id: the page begins behind it
    std::uint32_t limit = kPageMembersMax;  // 1..100 (larger is cut)
};
struct HistoryCommand {
    std::string_view room;
    std::optional<std::uint64_t> before;  // exclusive bounds; at least 1
    std::optional<std::uint64_t> after;
    std::uint32_t limit = kPageEventsMax;  // 1..100 (larger is cut)
};
struct PingCommand {};

using CommandBody =
    std::variant<LoginCommand, JoinCommand, LeaveCommand, SendCommand, EditCommand, DeleteCommand,
                 ReactCommand, DirectCommand, TypingCommand, ReadCommand, RoomsCommand, SyncCommand,
                 MembersCommand, HistoryCommand, PingCommand>;

struct Command {
    std::string_view id;  // empty: none was sent (an empty id is a bad_request)
    CommandBody body;
};

// Why a frame is no command. `id` is the frame's own, if it could be read.
struct Refusal {
    ErrorCode code;
    std::string id;
    std::string message;  // names the field: "content: must be a string"
};

class CommandDecoder {
public:
    CommandDecoder();
    ~CommandDecoder();

    // `text` is valid UTF-8 with core::kReadablePaddingBytes readable behind it. It is not copied.
    std::expected<Command, Refusal> decode(std::span<const std::byte> text);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace stentor::chat
