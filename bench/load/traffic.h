// All that is sent to one target and comes back: its connections, rooms and streams. A stream is
// the messages of one sender in one room; every member of the room gets each of them once. Thread:
// built by main before anything is sent; then a connection and what a stream sends are their
// workers', and the atomics are for any.
// Invariant: the streams of a room are neighbours; members of a room are neighbours, spread over
// workers by index.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/load/connection.h"
#include "bench/load/message_template.h"
#include "bench/load/target.h"

namespace stentor::bench {

struct alignas(64) Stream {
    std::uint32_t id = 0;
    std::uint32_t room = 0;
    Connection* sender = nullptr;
    std::shared_ptr<const PreparedMessage> message;
    std::atomic<std::uint64_t> next{
        0};  // number of the next message; the sender's worker writes it
    // When message n was to be sent: at n modulo the size. Written before the message goes out.
    std::unique_ptr<std::atomic<std::int64_t>[]> intended_ns;
    std::uint64_t intended_size = 0;
    // Of a burst: workers with members that have not got all of it.
    std::atomic<std::uint32_t> workers_left{0};

    std::atomic<std::int64_t>& intended(std::uint64_t number) {
        return intended_ns[number & (intended_size - 1)];
    }
};

struct Room {
    std::uint32_t first_stream = 0;
    std::atomic<std::uint32_t> members{0};
    std::uint32_t workers = 0;  // that have members
};

struct TrafficShape {
    std::uint32_t connections = 1;
    std::uint32_t rooms = 1;
    std::uint32_t senders = 1;  // in each room
    std::uint32_t workers = 1;
};

class Traffic {
public:
    Traffic(TargetState& target, const TrafficShape& shape);

    TargetState& target() { return target_; }
    const TrafficShape& shape() const { return shape_; }
    std::uint32_t worker_of(const Connection& connection) const {
        return connection.index % shape_.workers;
    }
    std::vector<Connection>& connections() { return connections_; }
    std::vector<Room>& rooms() { return rooms_; }
    std::vector<Stream>& streams() { return streams_; }
    // The message of every stream, with so much padding.
    void prepare_messages(std::size_t pad_bytes);

    // Payload bytes of the calibration message as it was delivered; 0 until it was.
    std::atomic<std::uint64_t> calibrated_bytes{0};

private:
    void add_streams();

    TargetState& target_;
    const TrafficShape shape_;
    std::vector<Connection> connections_;
    std::vector<Room> rooms_;
    std::vector<Stream> streams_;
};

}  // namespace stentor::bench
