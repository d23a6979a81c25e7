// The ring of uring_loop.h: set up, filled with requests, submitted, settled.
// Thread: see uring_loop.h.
// Invariant: when submit() returns, all of its sends are over (MSG_DONTWAIT), and the completions
// of those that fell short (MSG_WAITALL makes that a failure) wait for settle().
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "bench/limit/uring_loop.h"
#include "core/check.h"

namespace stentor::bench::limit {
namespace {

using core::Error;

constexpr unsigned kRequests = 1024;
constexpr unsigned kCompletions = 16384;
constexpr rlim_t kSlotsMax = 65536;
constexpr int kOperationShift = 32;

unsigned descriptors_max() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    return static_cast<unsigned>(std::min(files.rlim_cur, kSlotsMax));
}

std::expected<void, Error> succeeded(int rc, const char* what) {
    if (rc < 0) return std::unexpected(Error::from_errno(-rc, what));
    return {};
}

template <typename Operation>
std::uint64_t user_data(Operation operation, std::uint32_t slot) {
    return static_cast<std::uint64_t>(operation) << kOperationShift | slot;
}

template <typename Operation>
void label(io_uring_sqe& sqe, Operation operation, std::uint32_t slot, unsigned flags) {
    sqe.user_data = user_data(operation, slot);
    sqe.flags = static_cast<std::uint8_t>(flags);
}

}  // namespace

LoopOrError create_uring_loop(Work work, int listener, HandOverSeat seat) {
    auto loop = std::make_unique<UringLoop>(work, listener, seat);
    if (auto ready = loop->set_up(); !ready) return std::unexpected(ready.error());
    return loop;
}

std::expected<void, Error> UringLoop::set_up() {
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                   IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
    params.cq_entries = kCompletions;
    if (auto done = succeeded(io_uring_queue_init_params(kRequests, &ring_, &params),
                              "io_uring (Linux 6.1 or later, not disabled by sysctl)");
        !done) {
        return done;
    }
    ring_open_ = true;
    const unsigned slots = descriptors_max();
    if (auto done = succeeded(io_uring_register_ring_fd(&ring_), "io_uring_register_ring_fd");
        !done)
        return done;
    if (auto done = succeeded(io_uring_register_files_sparse(&ring_, slots),
                              "io_uring_register_files_sparse");
        !done) {
        return done;
    }
    connections_.resize(slots);
    auto buffers = ReceiveBuffers::create(ring_);
    if (!buffers) return std::unexpected(buffers.error());
    buffers_ = std::move(*buffers);
    // A request on a non-blocking listener would fail where it should wait.
    ::fcntl(listener_, F_SETFL, ::fcntl(listener_, F_GETFL) & ~O_NONBLOCK);
    request_accept();
    if (exchange_.bell_fd() >= 0) request_bell();
    return {};
}

UringLoop::~UringLoop() {
    if (ring_open_) io_uring_queue_exit(&ring_);
}

io_uring_sqe& UringLoop::next_request() {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    if (sqe == nullptr) {
        submit(0);
        settle();
        sqe = io_uring_get_sqe(&ring_);
        STENTOR_CHECK(sqe != nullptr);
    }
    return *sqe;
}

void UringLoop::submit(unsigned events_awaited) {
    do {
        const int rc = io_uring_submit_and_wait(&ring_, events_awaited);
        STENTOR_CHECK(rc >= 0 || rc == -EINTR || rc == -EAGAIN || rc == -EBUSY);
    } while (io_uring_sq_ready(&ring_) != 0);
    ++submission_;
}

// Requests that this makes always fit: each comes from one that just left.
void UringLoop::settle() {
    unsigned head;
    unsigned count = 0;
    io_uring_cqe* cqe;
    io_uring_for_each_cqe(&ring_, head, cqe) {
        ++count;
        const auto operation = static_cast<Operation>(cqe->user_data >> kOperationShift);
        const auto slot = static_cast<std::uint32_t>(cqe->user_data);
        if (operation == Operation::kSend) {
            if (connections_[slot]) on_short_send(*connections_[slot], cqe->res);
        } else if (operation != Operation::kSilent) {
            events_.push_back({operation, slot, cqe->res, cqe->flags});
        }
    }
    io_uring_cq_advance(&ring_, count);
}

// A wait hands up some twenty events, and fewer when they come one by one. What else is there
// belongs to the turn, where fewer turns mean fewer sends: bursts of 16 to 500 members gain a
// quarter.
void UringLoop::gather() {
    std::size_t before;
    do {
        before = events_.size();
        io_uring_get_events(&ring_);
        settle();
    } while (events_.size() != before);
}

void UringLoop::request_accept() {
    accepting_ = true;
    io_uring_sqe& sqe = next_request();
    io_uring_prep_multishot_accept_direct(&sqe, listener_, nullptr, nullptr, 0);
    label(sqe, Operation::kAccept, 0, 0);
}

// Each write is heard, and the eventfd never read.
void UringLoop::request_bell() {
    io_uring_sqe& sqe = next_request();
    io_uring_prep_poll_multishot(&sqe, exchange_.bell_fd(), POLLIN);
    label(sqe, Operation::kBell, 0, 0);
}

void UringLoop::request_receive(Connection& connection) {
    connection.receiving = true;
    io_uring_sqe& sqe = next_request();
    io_uring_prep_recv_multishot(&sqe, static_cast<int>(connection.slot), nullptr, 0, 0);
    label(sqe, Operation::kReceive, connection.slot, IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT);
    sqe.buf_group = ReceiveBuffers::kGroup;
}

void UringLoop::request_send(Connection& connection, std::span<const std::byte> bytes) {
    io_uring_sqe& sqe = next_request();
    connection.submission = submission_;
    connection.sending = bytes;
    io_uring_prep_send(&sqe, static_cast<int>(connection.slot), bytes.data(), bytes.size(),
                       MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL);
    label(sqe, Operation::kSend, connection.slot, IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS);
}

// Waits for room in the socket, and ends when all is sent.
void UringLoop::request_drain(Connection& connection) {
    connection.blocked = true;
    std::swap(connection.draining, connection.backlog);
    const std::span<const std::byte> bytes = connection.draining;
    io_uring_sqe& sqe = next_request();
    io_uring_prep_send(&sqe, static_cast<int>(connection.slot), bytes.data(), bytes.size(),
                       MSG_NOSIGNAL | MSG_WAITALL);
    label(sqe, Operation::kDrain, connection.slot, IOSQE_FIXED_FILE);
}

// A shutdown would do, but runs on a thread of the kernel, late enough to hit the slot's next
// owner.
void UringLoop::request_cancel(Operation operation, const Connection& connection) {
    io_uring_sqe& sqe = next_request();
    io_uring_prep_cancel64(&sqe, user_data(operation, connection.slot), 0);
    label(sqe, Operation::kSilent, connection.slot, IOSQE_CQE_SKIP_SUCCESS);
}

void UringLoop::request_close(std::uint32_t slot) {
    io_uring_sqe& sqe = next_request();
    io_uring_prep_close_direct(&sqe, slot);
    label(sqe, Operation::kSilent, slot, IOSQE_CQE_SKIP_SUCCESS);
}

}  // namespace stentor::bench::limit
