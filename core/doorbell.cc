// The eventfd side of the doorbell; see doorbell.h for the protocol.
// Thread: wake() any; settle() owner.
// Invariant: exactly one thread turns sleeping_ from true to false; if a producer, it writes once.
#include "core/doorbell.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "core/check.h"

namespace stentor::core {

Doorbell::Doorbell() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    STENTOR_CHECK(fd_ >= 0);
}

Doorbell::~Doorbell() {
    ::close(fd_);
}

bool Doorbell::wake() {
    if (!sleeping_.exchange(false, std::memory_order_seq_cst)) {  // partner: settle()
        return false;  // somebody else wakes it, or it woke by itself
    }
    const std::uint64_t one = 1;
    // The counter cannot overflow: one write a sleep, 2^64 of them.
    while (::write(fd_, &one, sizeof one) < 0) {
        STENTOR_CHECK(errno == EINTR);
    }
    return true;
}

void Doorbell::settle() {
    if (asleep_) {
        asleep_ = false;
        if (!sleeping_.exchange(false, std::memory_order_seq_cst)) {  // partner: wake()
            ++rung_;
            expected_ += hears_each_write_ ? 0 : 1;
        }
    }
    // The ringer may not have come to its write yet. Then the read fails, the late write causes one
    // needless wake-up, and the next settle() takes it.
    while (expected_ != 0) {
        std::uint64_t count = 0;
        if (::read(fd_, &count, sizeof count) < 0) {
            if (errno == EINTR) {
                continue;
            }
            STENTOR_CHECK(errno == EAGAIN);
            return;
        }
        STENTOR_CHECK(count <= expected_);
        expected_ -= count;
    }
}

}  // namespace stentor::core
