// What is known of users beyond their connections: names, read positions, who has direct rooms with
// whom. Each shard has one; where that lives (in the shards, in the store) is its own affair.
// Homes note what happens and ask; answers go to the shard of the asking connection.
// Thread: owner reactor.
// Invariant: each find_user() and list_rooms() is answered once; within an epoch of its room, a
// position never goes back.
#pragma once

#include <cstdint>
#include <string_view>

#include "chat/envelope.h"

namespace stentor::chat {

class Directory {
public:
    virtual ~Directory() = default;

    // From the home of the user, when it is called something new (`connected`) and when its last
    // connection is gone.
    virtual void note_user(UserId user, std::string_view name, bool connected) = 0;
    // From the home of a room: the user has read so far.
    virtual void note_position(UserId user, std::string_view room, const Position& read) = 0;
    // From the home of a direct room, for each of its users: it has an event.
    virtual void note_direct(UserId user, std::string_view room, std::string_view epoch) = 0;

    // From the home of a user that has no connection: answered by UserFound.
    virtual void find_user(const FindUser& ask) = 0;
    // From the home of the user: answered by RoomsListed.
    virtual void list_rooms(const ListRooms& ask) = 0;

    // A room's home told the home of its user, where the shards themselves keep positions.
    virtual void handle(const PositionNoted& /*told*/) {}
};

}  // namespace stentor::chat
