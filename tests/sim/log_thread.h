// The far side of a LaneLog: a log on a thread of its own, as a participant of the queue. Slow: it
// answers late, in batches, refuses now and then and stalls for seconds. Remote: besides, another
// node writes to the same rooms, so that foreign events stand between ours. Thread: the simulation
// has one. Invariant: for one room, answers come in the order of the appends.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "chat/envelope.h"
#include "tests/sim/world.h"

namespace stentor::sim {

class LogThread {
public:
    LogThread(World& world, chat::Port& port);

    void turn();
    // Would its thread be awake?
    bool runnable() const;
    std::optional<core::Instant> next_deadline() const;
    // No more stalls and foreign events: the run comes to rest.
    void calm(bool on) { calm_ = on; }
    // Rooms under a key.
    std::size_t open_rooms() const { return rooms_.size(); }
    std::size_t waiting() const { return work_.size(); }

private:
    struct Work {
        std::uint32_t shard;
        chat::Envelope envelope;
    };
    struct OpenRoom {
        std::uint32_t shard;
        std::string room;
        std::string epoch;
    };
    bool may_answer() const;
    void handle(Work& work);
    void handle_open(std::uint32_t shard, const chat::OpenLog& open);
    void handle_append(std::uint32_t shard, chat::AppendToLog& append);
    // Why it may not change what it wants to change.
    std::optional<chat::ErrorCode> objection_to(const OpenRoom& room,
                                                const chat::Publish& publish) const;
    void number(const OpenRoom& room, chat::Publish& publish);
    void write_from_elsewhere();
    void answer(std::uint32_t shard, chat::Envelope&& envelope);

    World& world_;
    chat::Port& port_;
    bool asleep_ = false;
    bool calm_ = false;
    core::Instant stalled_until_{};
    std::deque<Work> work_;
    std::map<chat::RoomKey, OpenRoom> rooms_;
    std::map<std::string, std::int64_t> last_at_ms_;  // by room
    std::uint64_t foreign_events_ = 0;
    std::uint64_t epochs_ = 0;
};

}  // namespace stentor::sim
