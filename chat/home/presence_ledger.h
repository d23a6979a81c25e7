// What a room has yet to say about who came and went (docs/protocol.md, "Presence"): joins and
// leaves of one user within a turn cancel out, and a big room speaks at most every 500 ms of 20
// users.
// Thread: owner reactor.
// Invariant: applying every frame in order to an older list of members gives the present one, once
// nothing is pending.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "chat/ids.h"
#include "chat/limits.h"
#include "core/instant.h"

namespace stentor::chat {

class PresenceLedger {
public:
    void joined(UserId user) { note(user, Change::kJoined); }
    void left(UserId user) { note(user, Change::kLeft); }
    void renamed(UserId user) { note(user, Change::kRenamed); }

    // Somebody was given the list of members: who is on it can no longer leave unheard of.
    void listed() { listed_ = !pending_.empty(); }

    bool empty() const { return pending_.empty(); }
    // Is it time to say something, in a room of that many users?
    bool due(core::Instant now, std::size_t users) const {
        return !pending_.empty() && (users <= kBigRoomMembers || now >= next_);
    }
    std::optional<core::Instant> next_deadline() const {
        return pending_.empty() ? std::nullopt : std::optional(next_);
    }

    struct News {
        std::vector<UserId> joined;  // renamed ones too
        std::vector<UserId> left;
    };
    // What to say now; at most kPresenceNamesMax users in a big room, the rest stays for later.
    News take(core::Instant now, std::size_t users);

    // Of the frame said last; rises by one a frame.
    std::uint64_t version() const { return version_; }

private:
    enum class Change : std::uint8_t { kJoined, kLeft, kRenamed };
    void note(UserId user, Change change);

    std::map<UserId, Change> pending_;
    bool listed_ = false;  // while some of pending_ waited
    core::Instant next_{};
    std::uint64_t version_ = 0;
};

}  // namespace stentor::chat
