// What shards say to each other, by rank: ask < append < stored < tell. Handling one creates only
// higher ranks; a tell creates nothing (docs/life-of-a-message.md, "When something is full").
// Thread: any; an envelope is owned by one lane slot at a time.
// Invariant: only plain values and owned boxes, never a pointer into another shard.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "chat/asks.h"
#include "chat/ids.h"
#include "chat/log/log_envelopes.h"
#include "chat/protocol/encode.h"
#include "chat/protocol/error_code.h"
#include "core/broadcast_queue.h"
#include "core/connection_id.h"
#include "core/instant.h"
#include "core/shared_bytes.h"

namespace stentor::chat {

enum class Rank : std::uint32_t { kAsk, kAppend, kStored, kTell };
inline constexpr std::uint32_t kRanks = 4;

// ---- tells: homes -> shards with connections

struct UserAttached {
    ConnectionId connection;
    std::string name;  // what the user is called on other connections now; empty: nowhere
};
struct UserRenamed {
    UserId user;
    std::string name;
};
struct NameAnswered {
    ConnectionId connection;
    UserId user;
    bool granted;
    std::string skeleton;  // to give it back when the connection died meanwhile
};
struct MemberName {
    UserId user;
    std::string name;
};
struct EventsPage {
    std::string epoch;
    std::uint64_t head = 0;   // seq of the newest event told
    std::uint64_t first = 1;  // oldest kept; head + 1: none is
    bool more = false;
    core::SharedBytes events;  // JSON objects with commas between; one text for all who ask alike
};
struct MembersPage {
    std::uint64_t version = 0;
    std::uint64_t count = 0;
    bool more = false;
    std::vector<MemberName> members;
};
struct Joined {
    ConnectionId connection;
    JoinNumber number;
    std::string room;
    std::string command_id;
    bool recovered;
    EventsPage page;
    MembersPage members;
};
struct JoinRefused {
    ConnectionId connection;
    JoinNumber number;
    ErrorCode code;
    std::string room;
    std::string command_id;
    std::string message;
};
struct Left {
    ConnectionId connection;
    JoinNumber number;
    std::string room;
    std::string command_id;
};
struct Acked {
    std::unique_ptr<Publish> publish;
};
struct Refused {
    ConnectionId connection;
    ErrorCode code;
    std::string command_id;
    std::string message;
    bool page = false;  // refuses what a page would have answered
};
struct MembersListed {
    ConnectionId connection;
    std::string room;
    std::string command_id;
    MembersPage page;
};
struct HistoryRead {
    ConnectionId connection;
    std::string room;
    std::string command_id;
    EventsPage page;
};
// Frames for all members that a shard holds: events first..last, or presence (first_seq is 0). The
// twin holds the same messages compressed, for those who agreed to it; empty: nothing shrank, or
// nobody wants it.
struct Deliver {
    LocalRoomId local_room;
    std::uint64_t first_seq;
    std::uint64_t last_seq;
    core::SharedBytes frames;
    core::SharedBytes twin{};
};
// A frame that is kept nowhere, for all members on a shard but one user: who is typing.
struct DeliverToOthers {
    LocalRoomId local_room;
    UserId except;
    core::SharedBytes frame;
};
// Events of a direct room, or (first_seq is 0) a frame that is kept nowhere, for all connections of
// its two users, in the room or not. To every shard: each looks into its own table of users.
struct DeliverDirect {
    std::string room;
    std::string epoch;
    UserId users[2];
    UserId except;  // nobody, or who need not hear of its own typing
    std::uint64_t first_seq;
    std::uint64_t last_seq;
    core::SharedBytes frames;
};
// A room goes on under another epoch, for those who are in it too; to every shard.
struct EpochRenewed {
    std::string room;
    std::string epoch;
};
struct UserFound {
    ConnectionId connection;
    UserId user;  // nobody: there is none
};
struct RoomsListed {
    ConnectionId connection;
    bool failed;
    std::vector<RoomLine> rooms;
};
// Memory only: a room's home tells the user's (chat/directory.h).
struct PositionNoted {
    UserId user;
    std::string room;
    std::string epoch;
    std::uint64_t seq;
};
// To every shard: the user's connections end with 4403.
struct KickUser {
    UserId user;
};
struct Kicked {
    ConnectionId connection;
    std::string command_id;
    bool found;
};
struct RoomsSurveyed {
    struct Line {
        std::string room;
        std::uint64_t users;
    };
    ConnectionId connection;
    std::string room;                  // that was asked for
    std::uint64_t users = 0;           // in that room …
    std::vector<std::string> names{};  // … and some of them
    std::uint64_t rooms_in_all = 0;    // with somebody in them, at this home …
    std::vector<Line> rooms{};         // … and some of those
};
// To every shard: memory is short, so some empty rooms go, and who holds deliveries that are older
// goes into gap mode.
struct RelieveMemory {
    std::optional<core::Duration> sheds_beyond;
};
// The server ends, in two steps that the control participant sends. First nobody is read any more,
// so that what was asked can be carried out and told; then everybody hears goodbye.
struct StopReading {};
struct Drain {};

template <typename T>
using Box = std::unique_ptr<T>;

using Envelope = std::variant<
    std::monostate,
    // asks
    AttachUser, DetachUser, Box<SetUserName>, Box<ClaimName>, Box<ReleaseName>, Box<Join>,
    Box<Leave>, Box<Publish>, Box<ListMembers>, Box<ReadHistory>, Box<SayTyping>, Box<ReadUpTo>,
    Box<FindName>, FindUser, ListRooms, Box<LookAtRooms>, Box<KickName>, Box<SurveyRooms>,
    // append
    Box<OpenLog>, AppendToLog, CloseLog, RenewEpoch, Box<ReadLog>, Box<NoteUser>, Box<NotePosition>,
    // stored
    Box<LogOpened>, LogStored, LogRefused, Box<LogRead>, LogTrimmed,
    // tells
    Box<UserAttached>, Box<UserRenamed>, Box<NameAnswered>, Box<Joined>, Box<JoinRefused>,
    Box<Left>, Acked, Box<Refused>, Box<MembersListed>, Box<HistoryRead>, Deliver,
    Box<DeliverToOthers>, Box<DeliverDirect>, Box<EpochRenewed>, UserFound, Box<RoomsListed>,
    Box<PositionNoted>, KickUser, Box<Kicked>, Box<RoomsSurveyed>, RelieveMemory, StopReading,
    Drain>;
static_assert(sizeof(Envelope) <= 48, "a lane slot");

using BroadcastQueue = core::BroadcastQueue<Envelope>;
using Port = BroadcastQueue::Port;

}  // namespace stentor::chat

// In envelope.cc: what moves and ends an envelope is a lot of code.
extern template class stentor::core::Lane<stentor::chat::Envelope>;
extern template class stentor::core::BroadcastQueue<stentor::chat::Envelope>;
