// A queue under a mutex for each reader, with the face of exchange.h.
// Thread: see exchange.h.
// Invariant: waiting.size() <= kExchangeSlots, but for the rest of one turn.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "bench/micro/exchange.h"
#include "core/cache_line.h"

namespace stentor::bench {

class MutexQueue {
public:
    MutexQueue(std::uint32_t senders, std::uint32_t readers)
        : readers_(readers),
          queues_(std::make_unique<Queue[]>(readers)),
          outgoing_(std::make_unique<Outgoing[]>(senders)) {
        for (std::uint32_t sender = 0; sender < senders; ++sender) {
            outgoing_[sender].to.resize(readers);
        }
    }

    void send(std::uint32_t sender, const Note& note) {
        for (std::uint32_t reader = 0; reader < readers_; ++reader) {
            if (is_for(note, reader)) outgoing_[sender].to[reader].push_back(note);
        }
    }
    // One lock for a turn's worth and reader.
    void flush(std::uint32_t sender) {
        for (std::uint32_t reader = 0; reader < readers_; ++reader) {
            std::vector<Note>& notes = outgoing_[sender].to[reader];
            if (notes.empty()) continue;
            Queue& queue = queues_[reader];
            bool wakes = false;
            {
                const std::lock_guard lock(queue.mutex);
                queue.waiting.insert(queue.waiting.end(), notes.begin(), notes.end());
                wakes = queue.reader_sleeps;
                queue.reader_sleeps = false;
                queue.wake_ups += wakes ? 1 : 0;
            }
            if (wakes) queue.not_empty.notify_one();
            notes.clear();
        }
    }
    bool has_room(std::uint32_t /*sender*/) {
        for (std::uint32_t reader = 0; reader < readers_; ++reader) {
            const std::lock_guard lock(queues_[reader].mutex);
            if (queues_[reader].waiting.size() > kExchangeSlots) return false;
        }
        return true;
    }
    void wait_for_room(std::uint32_t /*sender*/) {
        for (std::uint32_t reader = 0; reader < readers_; ++reader) {
            Queue& queue = queues_[reader];
            std::unique_lock lock(queue.mutex);
            while (queue.waiting.size() > kExchangeSlots) {
                queue.sender_sleeps = true;
                queue.not_full.wait(lock);
            }
        }
    }

    // Takes all that waits at once, by swapping.
    template <typename Fn>
    std::size_t drain(std::uint32_t reader, Fn&& fn) {
        Queue& queue = queues_[reader];
        bool wakes = false;
        {
            const std::lock_guard lock(queue.mutex);
            queue.waiting.swap(queue.taken);
            wakes = queue.sender_sleeps;
            queue.sender_sleeps = false;
        }
        if (wakes) queue.not_full.notify_all();
        for (const Note& note : queue.taken) fn(note);
        const std::size_t drained = queue.taken.size();
        queue.taken.clear();
        return drained;
    }
    void wait(std::uint32_t reader) {
        Queue& queue = queues_[reader];
        std::unique_lock lock(queue.mutex);
        while (queue.waiting.empty()) {
            queue.reader_sleeps = true;
            queue.not_empty.wait(lock);
        }
    }

    std::uint64_t wake_ups() {
        std::uint64_t sum = 0;
        for (std::uint32_t reader = 0; reader < readers_; ++reader) {
            const std::lock_guard lock(queues_[reader].mutex);
            sum += queues_[reader].wake_ups;
        }
        return sum;
    }

private:
    struct alignas(core::kCacheLineBytes) Queue {
        std::mutex mutex;
        std::condition_variable not_empty;
        std::condition_variable not_full;
        std::vector<Note> waiting;
        bool reader_sleeps = false;
        bool sender_sleeps = false;
        std::uint64_t wake_ups = 0;
        std::vector<Note> taken;  // the reader's own
    };
    struct alignas(core::kCacheLineBytes) Outgoing {
        std::vector<std::vector<Note>> to;  // of this turn, by reader
    };

    const std::uint32_t readers_;
    std::unique_ptr<Queue[]> queues_;
    std::unique_ptr<Outgoing[]> outgoing_;
};

}  // namespace stentor::bench
