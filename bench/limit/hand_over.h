// How the threads of one limit server hand each other what their members said: a lane for each pair
// of threads, and a bell for who sleeps (core/broadcast_queue.h). Nothing else is shared but the
// numbers of the rooms.
// Thread: port() each thread its own; the rest any.
// Invariant: a room has one number on all threads, and its SharedRoom never moves.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/broadcast_queue.h"
#include "core/shared_bytes.h"

namespace stentor::bench::limit {

struct SharedRoom {
    std::uint32_t number = 0;
    std::atomic<std::uint64_t> threads{0};  // those that have had a member, a bit for each
};

// The frames that came for a room in one turn, for the members on another thread.
struct HandedRun {
    SharedRoom* room = nullptr;
    core::SharedBytes frames;
};

class HandOver {
public:
    static constexpr std::uint32_t kThreadsMax = 64;
    using Port = core::BroadcastQueue<HandedRun>::Port;

    explicit HandOver(std::uint32_t threads)
        : threads_(threads), queue_({.participants = threads}) {}

    std::uint32_t threads() const { return threads_; }
    Port& port(std::uint32_t thread) { return queue_.port(thread); }
    SharedRoom& room(std::string_view name);

private:
    const std::uint32_t threads_;
    core::BroadcastQueue<HandedRun> queue_;
    std::mutex mutex_;  // for joins alone
    std::map<std::string, SharedRoom*, std::less<>> by_name_;
    std::deque<SharedRoom> rooms_;
};

// One thread's part in it.
struct HandOverSeat {
    HandOver* all = nullptr;  // nothing: there is one thread
    std::uint32_t thread = 0;

    HandOver::Port* port() const { return all == nullptr ? nullptr : &all->port(thread); }
};

}  // namespace stentor::bench::limit
