// What shards ask homes (docs/life-of-a-message.md, "To the room's home"), and what names rooms and
// attempts in it.
// Thread: any; they are values.
// Invariant: only plain values and owned boxes, never a pointer into another shard.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "chat/ids.h"
#include "chat/protocol/encode.h"
#include "core/connection_id.h"

namespace stentor::chat {

using core::ConnectionId;

// A room as one shard knows it, generation-tagged: a delivery to a room that the shard has let go
// of in the meantime finds nothing.
struct LocalRoomId {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    friend bool operator==(LocalRoomId, LocalRoomId) = default;
};
// One attempt of a connection to be in a room; answers to an older attempt are ignored.
using JoinNumber = std::uint32_t;

struct AttachUser {
    ConnectionId connection;
    UserId user;
};
struct DetachUser {
    UserId user;
};
struct SetUserName {
    UserId user;
    std::string name;
};
struct ClaimName {
    ConnectionId connection;  // who is answered; generation 0: nobody
    UserId user;
    std::uint32_t claims;  // connections of the user that go by it
    std::string skeleton;
};
struct ReleaseName {
    UserId user;
    std::uint32_t claims;
    std::string skeleton;
};
struct Join {
    ConnectionId connection;
    JoinNumber number;
    LocalRoomId local_room;
    UserId user;
    std::string name;
    std::string room;
    std::string command_id;
    bool takes_twin;  // of the room's frames, see Deliver
    bool resume;      // since was given
    Position since;
    std::uint32_t history;
};
struct Leave {
    ConnectionId connection;
    JoinNumber number;  // of the join that this ends; 0: the connection is gone, nobody is answered
    bool dropped;       // gone without a word: the user stays a while
    bool takes_twin;    // as at its join
    std::string room;
    std::string command_id;
};
// One box from the command to the ack, for all that gets a seq: the asker fills the first part, the
// home and the log the second.
struct Publish {
    ConnectionId connection;
    UserId user;
    std::string name;
    std::string room;
    std::string command_id;  // the client's message id; empty: no ack wanted
    EventKind kind = EventKind::kMessage;
    std::string content;         // of kMessage and kEdited; the emoji of kReacted
    std::uint64_t reply_to = 0;  // of kMessage
    std::uint64_t target = 0;    // of the other kinds: seq of the message that it changes
    bool on = true;              // of kReacted

    std::string epoch;
    std::uint64_t seq = 0;
    std::int64_t at_ms = 0;
    Durability durability = Durability::kMemory;
    bool duplicate = false;

    friend bool operator==(const Publish&, const Publish&) = default;
};
struct ListMembers {
    ConnectionId connection;
    std::string room;
    std::string command_id;
    UserId after;
    std::uint32_t limit;
    UserId user{};  // who asks: one of a direct room need not be in it
};
struct ReadHistory {
    ConnectionId connection;
    std::string room;
    std::string command_id;
    bool from_oldest;      // after was given: the page begins there; else it ends at `before`
    std::uint64_t after;   // exclusive
    std::uint64_t before;  // exclusive; 0: to the newest
    std::uint32_t limit;
    UserId user{};  // as above
};
// Never stored and first to be shed.
struct SayTyping {
    ConnectionId connection;
    UserId user;
    std::string name;
    std::string room;
    bool on;
};
struct ReadUpTo {
    ConnectionId connection;
    UserId user;
    std::string room;
    std::uint64_t seq;
};
// To the home of a name or of a user: is there somebody? Answered by UserFound. A user's home that
// knows nobody asks the log's thread the same (as append), which answers the same (as stored).
struct FindName {
    ConnectionId connection;
    std::string skeleton;
};
struct FindUser {
    ConnectionId connection;
    UserId user;
};
// To the user's home, and on to the log's thread: the user's direct rooms and those with a read
// position. Answered by RoomsListed.
struct ListRooms {
    ConnectionId connection;
    UserId user;
};
struct RoomLine {
    std::string room;
    std::string epoch;  // empty: not known here, the room's home says
    std::uint64_t seq = 0;
    std::uint64_t read = 0;
    std::uint64_t unread = 0;  // messages of others behind `read`
    std::uint64_t count = 0;   // users in it now
    std::string with{};        // of a direct room: what the other one is called
};
// To the homes of rooms, each those that it is home of: what they know better. Answered by
// RoomsListed too.
struct LookAtRooms {
    ConnectionId connection;
    UserId user;
    std::vector<RoomLine> rooms;
};
// To the home of a name, from the operator: its user's connections end.
struct KickName {
    ConnectionId connection;
    std::string skeleton;
    std::string command_id;
};
// To every home, or to the home of one room, from the operator: who is where. Answered by
// RoomsSurveyed.
struct SurveyRooms {
    ConnectionId connection;
    std::string room;  // empty: all of them
};
// A Join is answered by one too, but refused in words of its own.
template <typename Ask>
inline constexpr bool kAnsweredByPage =
    std::is_same_v<Ask, ListMembers> || std::is_same_v<Ask, ReadHistory>;

}  // namespace stentor::chat
