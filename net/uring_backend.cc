// See uring_backend.h. What receives, and how its bytes are kept, is in uring_receive.cc.
// Thread: see uring_backend.h.
// Invariant: see uring_backend.h.
#include "net/uring_backend.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/check.h"

namespace stentor::net {

namespace {

constexpr unsigned kSubmissions = 256;
// More than the buffers of the pool and what else may complete at one time; beyond it the kernel
// keeps the rest (IORING_FEAT_NODROP).
constexpr unsigned kCompletions = 2048;
static_assert(kCompletions >= 2 * UringBuffers::kCount);

// So many at once, and the kernel has likely more.
constexpr unsigned kManyCompletions = 16;
constexpr std::size_t kHeldBytesEnough = 128 * 1024;

// What a completion says of its request: descriptor or index, generation, kind.
constexpr unsigned kKindBits = 3;
constexpr unsigned kGenerationBits = 29;
constexpr std::uint32_t kGenerationMask = (1u << kGenerationBits) - 1;

std::uint64_t mark(std::uint8_t kind, std::uint32_t index, std::uint32_t generation) {
    return (std::uint64_t{index} << 32) | (std::uint64_t{generation} << kKindBits) | kind;
}

}  // namespace

// ---- set-up and tear-down

std::expected<std::unique_ptr<UringBackend>, core::Error> UringBackend::create(
    std::uint32_t events_max, std::size_t spilled_bytes_max) {
    std::unique_ptr<UringBackend> backend(new UringBackend(events_max, spilled_bytes_max));
    if (auto opened = backend->open(); !opened) return std::unexpected(opened.error());
    return backend;
}

std::expected<void, core::Error> UringBackend::open() {
    if (auto opened = ring_.open(kSubmissions, kCompletions); !opened) return opened;
    return buffers_.open(ring_);
}

void UringBackend::begin(ReactorMetrics& metrics) {
    metrics_ = &metrics;
    if (!ring_.is_open()) STENTOR_CHECK(open());  // a second life, perhaps on another thread
    ring_.enable();
    for (std::uint32_t i = 0; i < bells_.size(); ++i) arm_bell(i);
}

// The ring goes with its thread. Sockets that were closed are not yet gone while a request holds
// them.
void UringBackend::end() {
    ring_.submit_and_run();
    reap();
    while (under_way_ > 0) {
        ring_.submit_and_sleep(std::nullopt);
        reap();
    }
    ring_.close();
    ready_.clear();
    told_.clear();
    starved_.clear();
    metrics_ = nullptr;
}

// ---- requests

io_uring_sqe& UringBackend::request(Kind kind, std::uint32_t index, std::uint32_t generation) {
    io_uring_sqe& entry = ring_.next();
    // Preparing an entry leaves this alone.
    io_uring_sqe_set_data64(&entry, mark(static_cast<std::uint8_t>(kind), index, generation));
    return entry;
}

// Edge-triggered, which is enough for a bell: whoever rings it again writes again.
void UringBackend::arm_bell(std::uint32_t index) {
    io_uring_sqe& entry = request(Kind::kBell, index, 0);
    io_uring_prep_poll_multishot(&entry, bells_[index].fd, POLLIN);
}

void UringBackend::cancel(Kind kind, int fd, const Watch& watch) {
    const auto index = static_cast<std::uint32_t>(fd);
    io_uring_sqe& entry = request(Kind::kNothing, 0, 0);
    io_uring_prep_cancel64(&entry, mark(static_cast<std::uint8_t>(kind), index, watch.generation),
                           0);
    entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
}

std::expected<void, core::Error> UringBackend::watch_bell(int fd, std::uint64_t token) {
    STENTOR_CHECK(metrics_ == nullptr);
    bells_.push_back({.fd = fd, .token = token, .rung = false});
    return {};
}

// What the kernel has no memory for becomes an error of the receiving.
std::expected<void, core::Error> UringBackend::watch(int fd, std::uint64_t token) {
    const auto index = static_cast<std::size_t>(fd);
    if (watches_.size() <= index) watches_.resize(std::max(index + 1, watches_.size() * 3 / 2));
    Watch& watch = watches_[index];
    STENTOR_CHECK(!watch.open);
    watch.token = token;
    watch.open = watch.wants_read = true;
    start_receive(fd, watch);
    return {};
}

void UringBackend::set_interest(int fd, std::uint64_t /*token*/, bool read, bool write) {
    Watch& watch = watches_[static_cast<std::size_t>(fd)];
    watch.wants_read = read;
    watch.wants_write = write;
    if (read) {
        if (has_readable(watch)) list(fd, watch);
        start_receive(fd, watch);
    } else {
        stop_receive(fd, watch);
        spill(fd, watch);
    }
    settle_poll(fd, watch);
}

// The requests under way hold the socket open behind the descriptor; their cancellations go out
// with the next submission.
void UringBackend::close(int fd) {
    Watch& watch = watches_[static_cast<std::size_t>(fd)];
    STENTOR_CHECK(watch.open);
    stop_receive(fd, watch);
    stop_poll(fd, watch);
    forget(fd, watch);
    ::close(fd);
}

// Waits for what is under way, which takes no longer than the kernel's answer to a cancellation:
// what a request receives at the last moment belongs to the next reactor.
std::expected<std::vector<std::byte>, int> UringBackend::release(int fd) {
    Watch& watch = watches_[static_cast<std::size_t>(fd)];
    STENTOR_CHECK(watch.open);
    watch.leaving = true;
    stop_receive(fd, watch);
    stop_poll(fd, watch);
    while (watch.receiving != Request::kNone || watch.polling != Request::kNone) {
        ring_.submit_and_sleep(std::nullopt);
        reap();
    }
    std::vector<std::byte> received(fetchable_bytes(fd, watch));
    fetch(fd, watch, received);
    const int error = watch.error;
    forget(fd, watch);
    if (error != 0) return std::unexpected(error);
    return received;
}

void UringBackend::forget(int fd, Watch& watch) {
    let_go(fd, watch);
    Watch next;
    next.generation = (watch.generation + 1) & kGenerationMask;
    next.listed = watch.listed;  // its place in ready_ stays, and may serve the next socket
    watch = next;
}

// ---- interest

// Receiving goes on for as long as all that comes is fetched (list_again() stops it).
void UringBackend::start_receive(int fd, Watch& watch) {
    if (watch.receiving != Request::kNone || !watch.wants_read || has_readable(watch)) return;
    if (watch.leaving) return;
    io_uring_sqe& entry = request(Kind::kReceive, static_cast<std::uint32_t>(fd), watch.generation);
    io_uring_prep_recv_multishot(&entry, fd, nullptr, 0, 0);
    entry.flags |= IOSQE_BUFFER_SELECT;
    entry.buf_group = UringBuffers::kGroup;
    watch.receiving = Request::kUnderWay;
    ++under_way_;
}

void UringBackend::stop_receive(int fd, Watch& watch) {
    if (watch.receiving != Request::kUnderWay) return;
    cancel(Kind::kReceive, fd, watch);
    watch.receiving = Request::kCancelled;
}

void UringBackend::stop_poll(int fd, Watch& watch) {
    if (watch.polling != Request::kUnderWay) return;
    cancel(Kind::kPoll, fd, watch);
    watch.polling = Request::kCancelled;
}

// Writability is asked for when the socket was full; of who is not read we want to hear still when
// he is gone, which the kernel tells every poll.
void UringBackend::settle_poll(int fd, Watch& watch) {
    const bool wanted = watch.wants_write || !watch.wants_read;
    const bool fits = wanted && watch.polls_write == watch.wants_write;
    if (watch.polling == Request::kUnderWay && !fits) {
        stop_poll(fd, watch);
    } else if (wanted && watch.polling == Request::kNone && !watch.broken && !watch.leaving) {
        io_uring_sqe& entry =
            request(Kind::kPoll, static_cast<std::uint32_t>(fd), watch.generation);
        io_uring_prep_poll_multishot(&entry, fd, watch.wants_write ? unsigned{POLLOUT} : 0u);
        watch.polls_write = watch.wants_write;
        watch.polling = Request::kUnderWay;
        ++under_way_;
    }
}

void UringBackend::list(int fd, Watch& watch) {
    if (watch.listed) return;
    watch.listed = true;
    ready_.push_back(fd);
}

// ---- the turn

std::span<const IoEvent> UringBackend::wait(std::optional<core::Duration> timeout) {
    buffers_.give_back_aside();
    list_again();
    const bool sleep = ready_.empty() && !bell_rung_ && timeout != core::Duration::zero();
    if (ring_.has_overflow()) metrics_->uring_overflows_total.add();
    if (sleep) {
        ring_.submit_and_sleep(timeout);
    } else {
        ring_.submit_and_run();
    }
    // The kernel does little at a time. A turn with more in it makes larger runs of events, and
    // larger batches of sends; but what came shall be in the cache still when it is read.
    while (reap() >= kManyCompletions && ready_.size() < events_.size() &&
           buffers_.held_bytes() < kHeldBytesEnough) {
        ring_.submit_and_run();
    }
    return tell();
}

// The oldest first, as many as fit; the others next time.
std::span<const IoEvent> UringBackend::tell() {
    std::size_t count = 0;
    if (bell_rung_) {
        for (Bell& bell : bells_) {
            if (!bell.rung || count == events_.size()) continue;
            bell.rung = false;
            events_[count++] = {.token = bell.token, .readable = true};
        }
        bell_rung_ = std::ranges::any_of(bells_, &Bell::rung);
    }
    std::size_t seen = 0;
    for (; seen < ready_.size() && count < events_.size(); ++seen) {
        const int fd = ready_[seen];
        Watch& watch = watches_[static_cast<std::size_t>(fd)];
        watch.listed = false;
        if (!watch.open) continue;
        const IoEvent event{.token = watch.token,
                            .readable = watch.wants_read && has_readable(watch),
                            .writable = watch.wants_write && watch.writable,
                            .broken = watch.broken || watch.error != 0};
        watch.writable = false;
        if (!event.readable && !event.writable && !event.broken) continue;
        events_[count++] = event;
        told_.push_back(fd);
    }
    ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(seen));
    return {events_.data(), count};
}

// Sends complete within the submission, because they do not wait (MSG_DONTWAIT). MSG_WAITALL makes
// one that falls short a failure, with what it sent: those answer, the others are silent.
void UringBackend::send(std::span<SendRequest> requests) {
    constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL;
    messages_.resize(std::max(messages_.size(), requests.size()));
    requests_ = requests;
    for (std::uint32_t i = 0; i < requests.size(); ++i) {
        SendRequest& one = requests[i];
        one.result = {one.bytes, 0};
        io_uring_sqe& entry = request(Kind::kSend, i, 0);
        if (one.pieces.size() == 1) {
            const iovec& only = one.pieces.front();
            io_uring_prep_send(&entry, one.fd, only.iov_base, only.iov_len, kFlags);
        } else {
            messages_[i] = {};
            messages_[i].msg_iov = const_cast<iovec*>(one.pieces.data());
            messages_[i].msg_iovlen = one.pieces.size();
            io_uring_prep_sendmsg(&entry, one.fd, &messages_[i], kFlags);
        }
        entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
    }
    ring_.submit();
    reap();
    requests_ = {};
}

// ---- completions

unsigned UringBackend::reap() {
    return ring_.reap([this](const io_uring_cqe& completion) { on_completion(completion); });
}

void UringBackend::on_completion(const io_uring_cqe& completion) {
    const std::uint64_t data = completion.user_data;
    const auto index = static_cast<std::uint32_t>(data >> 32);
    const std::uint32_t generation =
        static_cast<std::uint32_t>(data >> kKindBits) & kGenerationMask;
    switch (static_cast<Kind>(data & ((1u << kKindBits) - 1))) {
        case Kind::kNothing:  // a cancellation that came too late
            return;
        case Kind::kReceive:
            return on_received(static_cast<int>(index), completion, generation);
        case Kind::kPoll:
            return on_polled(static_cast<int>(index), completion, generation);
        case Kind::kBell:
            bells_[index].rung = bell_rung_ = true;
            if ((completion.flags & IORING_CQE_F_MORE) == 0) arm_bell(index);
            return;
        case Kind::kSend: {
            IoResult& result = requests_[index].result;
            const int error = std::max(-completion.res, 0);
            // Interrupted: as if the socket were full, and found writable at once.
            result = {static_cast<std::size_t>(std::max(completion.res, 0)),
                      error == EINTR ? EAGAIN : error};
            return;
        }
    }
}

void UringBackend::on_polled(int fd, const io_uring_cqe& completion, std::uint32_t generation) {
    const bool over = (completion.flags & IORING_CQE_F_MORE) == 0;
    if (over) --under_way_;
    Watch& watch = watches_[static_cast<std::size_t>(fd)];
    if (!watch.open || watch.generation != generation) return;
    if (over) watch.polling = Request::kNone;
    if (completion.res > 0) {
        const auto events = static_cast<unsigned>(completion.res);
        // Of who is read the receiving tells, behind his last bytes.
        if ((events & (POLLERR | POLLHUP)) != 0 && !watch.wants_read) watch.broken = true;
        if ((events & (POLLOUT | POLLERR | POLLHUP)) != 0) watch.writable = true;
        list(fd, watch);
    }
    settle_poll(fd, watch);
}

}  // namespace stentor::net
