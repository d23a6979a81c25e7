// The submission and completion rings shared with the kernel (io_uring(7)), and the calls that move
// them.
// Thread: open() any; the rest owner, which is whoever called enable().
// Invariant: what is in the submission ring and what it points to stays as it is until it was
// submitted; completions run on the owner's calls alone (IORING_SETUP_DEFER_TASKRUN).
#pragma once

#include <liburing.h>

#include <array>
#include <cstdint>
#include <expected>
#include <optional>

#include "core/error.h"
#include "core/instant.h"

namespace stentor::net {

class UringRing {
public:
    UringRing() = default;
    ~UringRing() { close(); }
    UringRing(const UringRing&) = delete;
    UringRing& operator=(const UringRing&) = delete;

    // Linux 6.1 or newer; refused too where a container or the administrator forbids io_uring.
    std::expected<void, core::Error> open(unsigned entries, unsigned completions);
    void enable();
    void close();
    bool is_open() const { return open_; }
    io_uring& raw() { return ring_; }

    // A place for one request, to be prepared at once; submits the others when there is none.
    io_uring_sqe& next();
    bool has_submissions() const { return io_uring_sq_ready(&ring_) > 0; }
    // More has completed than there is room for; the kernel keeps it.
    bool has_overflow() const { return io_uring_cq_has_overflow(&ring_); }

    // Submits all. What does not have to wait has completed when it returns.
    void submit();
    // The same, and completes what is due, up to some 20 sockets; does not sleep.
    void submit_and_run();
    // The same, and sleeps until something completes, a signal comes or the time is over.
    void submit_and_sleep(std::optional<core::Duration> timeout);

    // Hands out every completion that is there, each once: each(const io_uring_cqe&). Returns how
    // many.
    template <typename Each>
    unsigned reap(Each&& each) {
        unsigned reaped = 0;
        std::array<io_uring_cqe*, 128> batch;
        while (const unsigned count = io_uring_peek_batch_cqe(&ring_, batch.data(), batch.size())) {
            for (unsigned i = 0; i < count; ++i) each(*batch[i]);
            io_uring_cq_advance(&ring_, count);
            reaped += count;
        }
        return reaped;
    }

private:
    bool open_ = false;
    bool registered_ = false;  // the ring's descriptor, which saves the kernel its look-up
    io_uring ring_{};
};

}  // namespace stentor::net
