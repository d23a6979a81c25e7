// The face between a reactor and the kernel (docs/decisions.md, "A back end"): readiness in
// batches, sends in batches. epoll is behind it now; io_uring fits so: wait() reaps completions,
// what a multishot receive put into provided buffers waits there until receive() fetches it, and
// send() is one submission for the batch, whose sends (MSG_DONTWAIT) complete inline.
// Thread: owner reactor.
// Invariant: no call blocks except wait(); a token comes back as it was given.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "core/error.h"
#include "core/instant.h"

namespace stentor::net {

struct IoEvent {
    std::uint64_t token = 0;
    bool readable = false;  // bytes, FIN or an error wait in receive()
    bool writable = false;
    bool broken = false;  // reset, or both directions are shut
};

struct IoResult {
    std::size_t bytes = 0;
    int error = 0;  // errno; EAGAIN when nothing could be done now
};

struct SendRequest {
    int fd = -1;
    std::span<const iovec> pieces;
    std::size_t bytes = 0;  // the sum of pieces
    IoResult result;        // filled in by send()
};

class IoBackend {
public:
    virtual ~IoBackend() = default;

    // Level-triggered; what is watched ends with the descriptor.
    virtual std::expected<void, core::Error> watch(int fd, std::uint64_t token) = 0;
    virtual void set_interest(int fd, std::uint64_t token, bool read, bool write) = 0;
    // Until something is ready, or `timeout` has passed (none: for ever; zero: do not sleep). The
    // span is valid until the next call.
    virtual std::span<const IoEvent> wait(std::optional<core::Duration> timeout) = 0;
    // Zero bytes without error: the peer has finished.
    virtual IoResult receive(int fd, std::span<std::byte> into) = 0;
    virtual void send(std::span<SendRequest> requests) = 0;
};

}  // namespace stentor::net
