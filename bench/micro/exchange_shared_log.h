// One log that all senders append to and all readers read, with the face of exchange.h.
// A turn's worth is claimed by one atomic addition; each slot says by its stamp which lap of the
// ring it holds.
//   sender: note, then stamp (release)      reader: stamp (acquire), then note; cursor (release)
//   sender, before it writes beyond a lap: all cursors (acquire); it yields meanwhile, within
//   flush(), so what send_ns says of a full log is waiting
// Thread: see exchange.h.
// Invariant: no slot is written again before all cursors have passed it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "bench/micro/exchange.h"
#include "bench/micro/sleep_on.h"
#include "core/cache_line.h"
#include "core/doorbell.h"

namespace stentor::bench {

class SharedLog {
public:
    SharedLog(std::uint32_t senders, std::uint32_t readers)
        : readers_count_(readers),
          slots_(std::make_unique<Slot[]>(kSlots)),
          readers_(std::make_unique<Reader[]>(readers)),
          outgoing_(std::make_unique<Outgoing[]>(senders)) {}

    void send(std::uint32_t sender, const Note& note) { outgoing_[sender].notes.push_back(note); }

    void flush(std::uint32_t sender) {
        std::vector<Note>& notes = outgoing_[sender].notes;
        const std::uint64_t first = claimed_.fetch_add(notes.size(), std::memory_order_relaxed);
        wait_until_passed(outgoing_[sender], first + notes.size());
        std::uint32_t addressed = 0;
        for (std::size_t i = 0; i < notes.size(); ++i) {
            Slot& slot = slots_[(first + i) % kSlots];
            slot.note = notes[i];
            addressed |= notes[i].readers;
            // seq_cst on the last: the doorbell's P1, with the load of a reader that is about to
            // sleep; the ones before it come with it.
            const bool last = i + 1 == notes.size();
            slot.stamp.store(first + i + 1,
                             last ? std::memory_order_seq_cst : std::memory_order_release);
        }
        notes.clear();
        ring(addressed);
    }
    bool has_room(std::uint32_t /*sender*/) const { return true; }  // flush() waited for it
    void wait_for_room(std::uint32_t /*sender*/) {}

    template <typename Fn>
    std::size_t drain(std::uint32_t reader, Fn&& fn) {
        Reader& self = readers_[reader];
        const std::uint64_t first = self.next;
        std::size_t taken = 0;
        while (is_written(self.next) && self.next - first < kExchangeSlots) {
            const Note& note = slots_[self.next % kSlots].note;
            if (is_for(note, reader)) {
                fn(note);
                ++taken;
            }
            ++self.next;
        }
        if (self.next != first) self.cursor.store(self.next, std::memory_order_release);
        return taken;
    }
    void wait(std::uint32_t reader) {
        Reader& self = readers_[reader];
        self.doorbell.prepare_sleep();
        if (!is_written(self.next)) sleep_on(self.doorbell);
        self.doorbell.awake();
    }

    std::uint64_t wake_ups() {
        std::uint64_t rung = 0;
        for (std::uint32_t reader = 0; reader < readers_count_; ++reader) {
            rung += readers_[reader].doorbell.rung();
        }
        return rung;
    }

private:
    // There is one for all pairs, so it is larger than a lane.
    static constexpr std::size_t kSlots = 4 * kExchangeSlots;
    struct Slot {
        std::atomic<std::uint64_t> stamp{0};  // position + 1 of what it holds
        Note note{};
    };
    struct alignas(core::kCacheLineBytes) Reader {
        std::atomic<std::uint64_t> cursor{0};
        alignas(core::kCacheLineBytes) std::uint64_t next = 0;
        core::Doorbell doorbell;
    };
    struct alignas(core::kCacheLineBytes) Outgoing {
        std::vector<Note> notes;
        std::uint64_t passed = 0;  // by the slowest reader, when it was last asked
    };

    bool is_written(std::uint64_t position) const {
        return slots_[position % kSlots].stamp.load(std::memory_order_seq_cst) == position + 1;
    }
    std::uint64_t slowest_cursor() const {
        std::uint64_t slowest = readers_[0].cursor.load(std::memory_order_acquire);
        for (std::uint32_t reader = 1; reader < readers_count_; ++reader) {
            slowest = std::min(slowest, readers_[reader].cursor.load(std::memory_order_acquire));
        }
        return slowest;
    }
    // Those whom nothing was addressed to sleep on over a full log, unless they are woken too.
    void wait_until_passed(Outgoing& outgoing, std::uint64_t end) {
        while (end > outgoing.passed + kSlots) {
            outgoing.passed = slowest_cursor();
            if (end > outgoing.passed + kSlots) {
                ring(~std::uint32_t{0});
                std::this_thread::yield();
            }
        }
    }
    void ring(std::uint32_t addressed) {
        for (std::uint32_t reader = 0; reader < readers_count_; ++reader) {
            if ((addressed >> reader & 1U) != 0) readers_[reader].doorbell.ring();
        }
    }

    const std::uint32_t readers_count_;
    std::unique_ptr<Slot[]> slots_;
    std::unique_ptr<Reader[]> readers_;
    std::unique_ptr<Outgoing[]> outgoing_;
    alignas(core::kCacheLineBytes) std::atomic<std::uint64_t> claimed_{0};
};

}  // namespace stentor::bench
