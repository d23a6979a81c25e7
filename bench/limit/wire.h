// The face between what is exchanged (exchange.h) and the loop that moves the bytes (epoll_loop.h,
// uring_loop.h).
// Thread: the loop's.
// Invariant: a Peer is reachable through its room only until Exchange::on_closed().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace stentor::bench::limit {

// What is carried over of a frame that is not whole yet; a client with a longer one is let go.
inline constexpr std::size_t kCarryBytesMax = 128 << 10;
// What waits for a reader that is slower than the others; then it is let go.
inline constexpr std::size_t kBacklogBytesMax = 4 << 20;

struct Room;

// The far end of a connection. The loops add what they need.
struct Peer {
    Room* room = nullptr;        // of work fanout and burst: once joined
    std::uint64_t accepted = 0;  // its place in the order of accepts
    bool upgraded = false;
};

class Wire {
public:
    virtual ~Wire() = default;
    // The same bytes to each, after all that was sent to it before. They stay as they are until
    // the next Exchange::on_turn(). Room and members are as they were when it returns.
    virtual void send(std::span<Peer* const> to, std::span<const std::byte> bytes) = 0;
    // Exchange::on_closed() follows, later.
    virtual void hang_up(Peer& peer) = 0;
};

}  // namespace stentor::bench::limit
