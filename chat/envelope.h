// What shards say to each other, by rank: ask < append < stored < tell. Handling one creates only
// higher ranks; a tell creates nothing (docs/life-of-a-message.md, "When something is full").
// Thread: any; an envelope is owned by one lane slot at a time.
// Invariant: only plain values and owned boxes, never a pointer into another shard.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "chat/ids.h"
#include "chat/protocol/encode.h"
#include "chat/protocol/error_code.h"
#include "core/broadcast_queue.h"
#include "core/connection_id.h"
#include "core/shared_bytes.h"

namespace stentor::chat {

using core::ConnectionId;

enum class Rank : std::uint32_t { kAsk, kAppend, kStored, kTell };
inline constexpr std::uint32_t kRanks = 4;

// A room as one shard knows it, generation-tagged: a delivery to a room that the shard has let go
// of in the meantime finds nothing.
struct LocalRoomId {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    friend bool operator==(LocalRoomId, LocalRoomId) = default;
};
// One attempt of a connection to be in a room; answers to an older attempt are ignored.
using JoinNumber = std::uint32_t;

// ---- asks: shard of a connection -> home of a user, of a name, of a room

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

// ---- append, stored: home <-> a log on a thread of its own

// An event of a room as bytes inside a shared block: one WebSocket frame, header included
// (of no size where it was read back from a store: it goes into pages alone).
struct EventFrame {
    std::uint64_t seq;
    core::SharedBytes block;
    std::uint32_t offset;
    std::uint32_t size;
    std::uint32_t header_size;
    std::string_view json() const {
        return block.text().substr(offset + header_size, size - header_size);
    }
};

// Names one opening of a room at its home; never reused.
using RoomKey = std::uint64_t;

struct OpenLog {
    RoomKey key;
    std::string room;
};
struct AppendToLog {
    RoomKey key;
    std::unique_ptr<Publish> publish;
};
struct CloseLog {
    RoomKey key;
};
// The room's past is not what a client has seen of it: a new epoch, answered by LogOpened.
struct RenewEpoch {
    RoomKey key;
};
// A page out of what the log keeps, to the thread that reads.
struct ReadLog {
    RoomKey key;
    std::uint64_t request;  // given back in the answer
    bool from_oldest;       // begins behind `after`; else it ends in front of `before`
    std::uint64_t after;    // exclusive
    std::uint64_t before;   // exclusive
    std::uint32_t events_max;
    std::size_t bytes_max;  // of JSON; one event always fits
};
// What is known of a user for the time after a restart.
struct NoteUser {
    UserId user;
    std::string name;
    std::string skeleton;
    bool connected;
};
struct NotePosition {  // never goes back
    UserId user;
    std::string room;
    std::uint64_t seq;
};
struct LogOpened {
    RoomKey key;
    bool failed;
    std::string epoch;
    std::uint64_t head;                // seq of the newest event
    std::uint64_t first = 0;           // oldest kept; 0: none is
    std::vector<EventFrame> recent{};  // the newest, up to head, without a hole
};
struct LogRead {  // answers ReadLog
    RoomKey key;
    std::uint64_t request;
    bool failed;
    std::vector<EventFrame> events;  // oldest first, in their present state
    bool more;                       // the range holds more than fitted
};
// Retention moved the oldest event kept.
struct LogTrimmed {
    RoomKey key;
    std::uint64_t first;
};
// An event that the log has numbered. From our own append, or (a shared log) from another node.
struct LogStored {
    RoomKey key;
    std::unique_ptr<Publish> publish;
    bool ours;
};
struct LogRefused {
    RoomKey key;
    ErrorCode code;
    std::unique_ptr<Publish> publish;
};

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
    Box<DeliverToOthers>, Box<DeliverDirect>, UserFound, Box<RoomsListed>, Box<PositionNoted>,
    KickUser, Box<Kicked>, Box<RoomsSurveyed>, StopReading, Drain>;
static_assert(sizeof(Envelope) <= 48, "a lane slot");

using BroadcastQueue = core::BroadcastQueue<Envelope>;
using Port = BroadcastQueue::Port;

}  // namespace stentor::chat
