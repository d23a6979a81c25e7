// What a workload does on one worker: it is told what happens on the worker's connections.
// Thread: its worker.
// Invariant: a driver never blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/load/connection.h"
#include "bench/load/rooms.h"

namespace stentor::bench {

class Driver {
public:
    virtual ~Driver() = default;

    // The room that the connection joins, or joins first: what {room} in the URL says.
    virtual std::string room_of(const Connection& connection) const {
        return room_name(connection.room);
    }
    // Upgraded, and joined if the target has a join.
    virtual void on_ready(Connection&) {}
    // A data frame. `payload` lives until the call returns.
    virtual void on_message(Connection&, std::string_view payload) = 0;
    // The beginning of a data frame that has not come whole, of `payload_bytes` in all. True: the
    // rest need not be kept, and on_skipped() is wanted when it has come.
    virtual bool on_beginning(Connection&, std::string_view, std::uint64_t /*payload_bytes*/) {
        return false;
    }
    virtual void on_skipped(Connection&) {}
    // Everything that one read brought has been handed over.
    virtual void on_drained(Connection&) {}
    // It was not us who ended it; `ready` says whether on_ready() had been called.
    virtual void on_closed(Connection&, bool /*ready*/) {}

    // Once a turn, before sleeping: does what is due, says when it wants to be asked again.
    virtual std::int64_t on_turn(std::int64_t /*now_ns*/) { return kNever; }
    static constexpr std::int64_t kNever = INT64_MAX;
};

}  // namespace stentor::bench
