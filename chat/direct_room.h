// The room of two users, which only they can join or read: "dm.", the lower user id, ".", the
// higher one. Its name says whose it is, so nobody needs to look that up (docs/protocol.md, "Direct
// messages").
// Thread: any; pure.
// Invariant: a pair of users and the name of their room are one to one; only to_string()'s spelling
// is parsed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/ids.h"

namespace stentor::chat {

inline constexpr std::string_view kDirectRoomPrefix = "dm.";

struct DirectRoom {
    UserId lower;
    UserId higher;  // may be the same: notes to oneself

    static DirectRoom of(UserId one, UserId other);
    // Nothing for a name that is no direct room's.
    static std::optional<DirectRoom> parse(std::string_view room);
    std::string to_string() const;

    bool has(UserId user) const { return user == lower || user == higher; }
    // The one that `user`, who is of it, speaks with.
    UserId other(UserId user) const { return user == lower ? higher : lower; }
    friend bool operator==(DirectRoom, DirectRoom) = default;
};

}  // namespace stentor::chat
