// The broadcast queue with the face of exchange.h.
// Thread: see exchange.h.
// Invariant: see exchange.h.
#pragma once

#include <cstdint>

#include "bench/micro/exchange.h"
#include "bench/micro/sleep_on.h"
#include "core/broadcast_queue.h"

namespace stentor::bench {

class Lanes {
public:
    Lanes(std::uint32_t senders, std::uint32_t readers)
        : senders_(senders),
          readers_(readers),
          queue_({.participants = senders + readers,
                  .ranks = 1,
                  .lane_slots = kExchangeSlots,
                  .pending_max = kExchangeTurnItems}) {}

    void send(std::uint32_t sender, const Note& note) {
        auto& port = queue_.port(sender);
        for (std::uint32_t reader = 0; reader < readers_; ++reader) {
            if (is_for(note, reader)) port.push(senders_ + reader, 0, Note(note));
        }
    }
    void flush(std::uint32_t sender) { queue_.port(sender).publish(); }
    // Nothing waits in front of a full lane any more.
    bool has_room(std::uint32_t sender) { return !queue_.port(sender).publish(); }
    void wait_for_room(std::uint32_t sender) {
        auto& port = queue_.port(sender);
        if (port.prepare_sleep()) sleep_on(port.doorbell());
        port.awake();
    }

    template <typename Fn>
    std::size_t drain(std::uint32_t reader, Fn&& fn) {
        return queue_.port(senders_ + reader)
            .drain(
                0, kExchangeSlots, [] { return true; },
                [&](std::uint32_t, Note&& note) { fn(note); });
    }
    void wait(std::uint32_t reader) {
        auto& port = queue_.port(senders_ + reader);
        if (port.prepare_sleep()) sleep_on(port.doorbell());
        port.awake();
    }

    // Wake-ups of readers that cost a system call.
    std::uint64_t wake_ups() {
        std::uint64_t rung = 0;
        for (std::uint32_t reader = 0; reader < readers_; ++reader) {
            rung += queue_.port(senders_ + reader).doorbell().rung();
        }
        return rung;
    }

private:
    const std::uint32_t senders_;
    const std::uint32_t readers_;
    core::BroadcastQueue<Note> queue_;
};

}  // namespace stentor::bench
