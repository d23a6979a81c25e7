// Wakes one sleeping thread: an eventfd, written only for a sleeper and at most once a sleep.
//
// The two sides of the sleep protocol. All four steps are seq_cst, so that they have one order:
//   producer                                  sleeper (owner)
//   P1 make work visible (ready bit, flag)    S1 prepare_sleep(): sleeping_ = true
//   P2 ring(): is sleeping_ set? then write   S2 look for work once more; if there is some, awake()
// Either P1 comes before S2, and the owner sees the work; or S2 before P1, so S1 before P2, and the
// producer sees the sleeper. What P1 and S2 touch must be seq_cst too: that is the caller's half.
// Thread: ring() any; the rest owner.
// Invariant: expected_ = writes that are made or under way, unread; 0 when nobody reads them.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/cache_line.h"

namespace stentor::core {

class Doorbell {
public:
    Doorbell();  // aborts when the process has no descriptor left: doorbells are made at start
    ~Doorbell();
    Doorbell(const Doorbell&) = delete;
    Doorbell& operator=(const Doorbell&) = delete;

    // For poll or epoll, readable when rung. Never read it: awake() does.
    int fd() const { return fd_; }

    // Before the first sleep: who watches fd() hears of each write, of earlier ones unread too
    // (EPOLLET, io_uring's multishot poll). Then awake() leaves it unread, a system call less for
    // each wake-up, and it stays readable.
    void hear_each_write() { hears_each_write_ = true; }

    // Any thread, after it made work visible (P1). True when this call wrote to the eventfd.
    bool ring() {
        // The load alone keeps the line shared while the owner is busy.
        if (!sleeping_.load(std::memory_order_seq_cst)) {  // P2; partner: prepare_sleep()
            return false;
        }
        return wake();
    }

    // S1: every ring() that begins after this writes. The owner now looks for work once more (S2),
    // and blocks only if there is none.
    void prepare_sleep() {
        asleep_ = true;
        ++sleeps_;
        sleeping_.store(true, std::memory_order_seq_cst);  // partner: ring()
    }
    // After blocking, or instead of it. Idempotent; empties the eventfd, unless each write is
    // heard.
    void awake() {
        if (asleep_ || expected_ != 0) {
            settle();
        }
    }

    // How often the owner prepared to sleep, and was rung for.
    std::uint64_t sleeps() const { return sleeps_; }
    std::uint64_t rung() const { return rung_; }

private:
    bool wake();
    void settle();

    // What producers read apart from what the owner writes every turn.
    alignas(kCacheLineBytes) std::atomic<bool> sleeping_{false};
    int fd_ = -1;
    alignas(kCacheLineBytes) bool asleep_ = false;
    bool hears_each_write_ = false;
    std::uint64_t expected_ = 0;
    std::uint64_t sleeps_ = 0;
    std::uint64_t rung_ = 0;
};

}  // namespace stentor::core
