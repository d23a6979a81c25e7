// What a connection is in the middle of when its command takes several asks, one after the other: a
// login, a direct message, a list of rooms, a sync. Its further commands wait meanwhile
// (Pause::kWalk), so there is one walk at a time.
// Thread: owner reactor.
// Invariant: exists only between the command and its answer; an idle connection has none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "chat/envelope.h"

namespace stentor::chat {

struct Login {
    enum class Step : std::uint8_t { kAttach, kAttaching, kClaim, kClaiming, kSetName };
    Step step;
    UserId user;
    std::string name;         // wanted; empty: what the user is called already, or a guest name
    std::string token_name;   // of the session, if one was given
    bool chose_name = false;  // the client did: it is told when the name is taken
};

// Is there somebody of that id or name? Then the message goes to the room of both.
struct DirectMessage {
    std::string content;
    UserId to{};  // nobody: not found yet
};

// The user's home says which rooms, then their homes what is in them now.
struct RoomList {
    struct Look {
        std::uint32_t home;
        Box<LookAtRooms> ask;
    };
    std::vector<Look> looks{};    // not yet asked
    std::size_t answers_due = 1;  // the first is the user's home's
    bool listed = false;          // by the user's home
    bool failed = false;
    std::vector<RoomLine> rooms{};
};

// Joins room by room, as pages may be asked for and the connection takes what it is sent.
struct Sync {
    struct Wanted {
        std::string room;
        Position since;
    };
    std::vector<Wanted> rooms;
    JoinNumber first_join;  // answers to earlier joins of the connection are not ours
    std::size_t next = 0;
    std::size_t answers_due = 0;
    bool step_waits = false;  // stands in BackwardSteps
};

struct Walk {
    std::string command_id;
    std::variant<Login, DirectMessage, RoomList, Sync> what;
};

}  // namespace stentor::chat
