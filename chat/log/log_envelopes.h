// What homes and a log on threads of its own say to each other, ranks append and stored
// (chat/log/room_log.h).
// Thread: any; they are values.
// Invariant: only plain values and owned boxes, never a pointer into another thread's things.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chat/asks.h"
#include "chat/protocol/error_code.h"
#include "core/shared_bytes.h"

namespace stentor::chat {

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
    bool in_doubt = false;  // a client that saw more would prove that the store is an older copy
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
    std::uint64_t first;  // head + 1: none is kept
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

}  // namespace stentor::chat
