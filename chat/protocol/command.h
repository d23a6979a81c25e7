// The commands of the native protocol (docs/protocol.md, "Frames") and their decoding from one text
// message. Bounds on shapes (lengths in bytes, types, depth, duplicate keys) are checked here; what
// depends on state (login first, not in room) is the shard's business.
// Thread: a CommandDecoder belongs to one reactor. Invariant: the views in a Command live until the
// decoder's next decode().
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "chat/protocol/error_code.h"

namespace stentor::chat {

struct LoginCommand {
    std::optional<std::string_view> name;     // as sent; not yet validated as a name
    std::optional<std::string_view> session;
    std::optional<std::string_view> token;
};
struct SincePosition {
    std::string_view epoch;
    std::uint64_t seq = 0;
};
struct JoinCommand {
    std::string_view room;
    std::optional<SincePosition> since;
    std::optional<std::uint32_t> history;  // number of newest events wanted, 0..100 (larger is cut)
};
struct LeaveCommand {
    std::string_view room;
};
struct SendCommand {
    std::string_view room;
    std::string_view content;
    std::optional<std::uint64_t> reply_to;
};
struct MembersCommand {
    std::string_view room;
    std::optional<std::string_view> after;  // a user id: the page begins behind it
    std::uint32_t limit = 100;              // 1..100 (larger is cut)
};
struct HistoryCommand {
    std::string_view room;
    std::optional<std::uint64_t> before;  // exclusive bounds
    std::optional<std::uint64_t> after;
    std::uint32_t limit = 100;  // 1..100 (larger is cut)
};
struct PingCommand {};

struct Command {
    std::string_view id;  // empty: none was sent (an empty id is a bad_request)
    std::variant<LoginCommand, JoinCommand, LeaveCommand, SendCommand, MembersCommand, HistoryCommand,
                 PingCommand>
        body;
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

    // `text` is valid UTF-8 with core::kReadablePaddingBytes readable behind it.
    std::expected<Command, Refusal> decode(std::span<const std::byte> text);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace stentor::chat
