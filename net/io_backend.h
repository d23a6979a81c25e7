// The face between a reactor and the kernel (docs/decisions.md, "A back end"): readiness in
// batches, sends in batches. Behind it stand epoll (epoll_backend.h) and io_uring
// (uring_backend.h); a reactor cannot tell which.
// Thread: owner reactor from begin() to end(); before begin() whoever made it.
// Invariant: no call blocks except wait() and, for as long as the kernel takes to let go, end() and
// release(); a token comes back as it was given, and never after close() or release().
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "core/error.h"
#include "core/instant.h"
#include "net/reactor_metrics.h"

namespace stentor::net {

struct IoEvent {
    std::uint64_t token = 0;
    bool readable = false;  // bytes, FIN or an error wait in receive(), or a bell has rung
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

    // This thread is the owner up to end(), which may come from no other; at end() every socket was
    // closed, and what their peers are told has left when it returns. `metrics` outlive it.
    virtual void begin(ReactorMetrics& metrics) = 0;
    virtual void end() = 0;

    // An eventfd, edge-triggered: each write ends a wait(), whether or not earlier ones were read.
    // Before begin() too; it is watched for as long as this lives.
    virtual std::expected<void, core::Error> watch_bell(int fd, std::uint64_t token) = 0;
    // A connected, non-blocking socket, for reading. Level-triggered: what was not received, the
    // end included, is told of by each wait().
    virtual std::expected<void, core::Error> watch(int fd, std::uint64_t token) = 0;
    virtual void set_interest(int fd, std::uint64_t token, bool read, bool write) = 0;
    // Ends the watch and closes the socket. Its FIN, or reset if SO_LINGER says so, leaves no later
    // than the next wait() or end().
    virtual void close(int fd) = 0;
    // Ends the watch and leaves the socket open, for another back end of the same kind. Returns
    // what was received of it and not fetched, which that one is to put_back() behind its watch();
    // or the errno that receive() would have come to.
    virtual std::expected<std::vector<std::byte>, int> release(int fd) = 0;
    virtual void put_back(int fd, std::vector<std::byte> received) = 0;

    // Until something is ready, or `timeout` has passed (none: for ever; zero: do not sleep). The
    // span is valid until the next call.
    virtual std::span<const IoEvent> wait(std::optional<core::Duration> timeout) = 0;
    // Zero bytes without error: the peer has finished. Fewer bytes than fit: nothing more is here.
    virtual IoResult receive(int fd, std::span<std::byte> into) = 0;
    // The next of those bytes where they lie, if they have come already: writable, with
    // core::kReadablePaddingBytes readable behind them, until receive(). None: receive().
    virtual std::span<std::byte> peek(int /*fd*/) { return {}; }
    // All that peek() showed counts as received. It stays as it is until the next wait().
    virtual void drop(int /*fd*/) {}
    // All of them, none twice; the pieces are free again when it returns.
    virtual void send(std::span<SendRequest> requests) = 0;
};

}  // namespace stentor::net
