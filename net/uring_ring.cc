// See uring_ring.h.
// Thread: see uring_ring.h.
// Invariant: see uring_ring.h.
#include "net/uring_ring.h"

#include <cerrno>
#include <system_error>
#include <thread>

#include "core/check.h"

namespace stentor::net {

namespace {

// Made by one thread and used by another, who enables it; one thread submits, and completions run
// when it asks for them, so that nothing interrupts a turn. Not TASKRUN_FLAG: with it the library
// asks whenever it looks for completions, in the middle of sends too, and batches grow convoys.
constexpr unsigned kFlags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
                            IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                            IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;

// Without NODROP completions could be lost; EXT_ARG is how a wait is told its time.
constexpr unsigned kFeatures = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;

// A signal, a full completion ring or the kernel short of memory: what was not submitted still
// stands in the ring. -ETIME is the end of a sleep.
bool passes(int result) {
    return result >= 0 || result == -EINTR || result == -EAGAIN || result == -EBUSY ||
           result == -ETIME;
}

}  // namespace

std::expected<void, core::Error> UringRing::open(unsigned entries, unsigned completions) {
    io_uring_params params{};
    params.flags = kFlags;
    params.cq_entries = completions;
    // The kernel interrupts whoever made a ring or used it when the ring goes, with EINTR where he
    // waits with a timeout. A thread that is gone by then does not mind.
    int result = 0;
    try {
        std::thread([&] { result = io_uring_queue_init_params(entries, &ring_, &params); }).join();
    } catch (const std::system_error& error) {
        return std::unexpected(core::Error{error.code(), "a thread to make a ring"});
    }
    if (result == -EINVAL) {
        return std::unexpected(
            core::Error::from_errno(EINVAL, "io_uring_setup (Linux 6.1 or newer is needed)"));
    }
    if (result < 0) return std::unexpected(core::Error::from_errno(-result, "io_uring_setup"));
    open_ = true;
    if ((params.features & kFeatures) == kFeatures) return {};
    close();
    return std::unexpected(core::Error::because("io_uring of this kernel lacks what is needed"));
}

void UringRing::enable() {
    // io_uring_enable_rings(), which the library of Debian 12 declares and does not have.
    STENTOR_CHECK(io_uring_register(static_cast<unsigned>(ring_.ring_fd),
                                    IORING_REGISTER_ENABLE_RINGS, nullptr, 0) == 0);
    registered_ = io_uring_register_ring_fd(&ring_) == 1;
}

void UringRing::close() {
    if (!open_) return;
    if (registered_) io_uring_unregister_ring_fd(&ring_);
    io_uring_queue_exit(&ring_);
    open_ = registered_ = false;
}

io_uring_sqe& UringRing::next() {
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    if (entry == nullptr) {
        submit();
        entry = io_uring_get_sqe(&ring_);
        STENTOR_CHECK(entry != nullptr);
    }
    return *entry;
}

void UringRing::submit() {
    while (has_submissions()) STENTOR_CHECK(passes(io_uring_submit(&ring_)));
}

void UringRing::submit_and_run() {
    do {
        STENTOR_CHECK(passes(io_uring_submit_and_get_events(&ring_)));
    } while (has_submissions());
}

void UringRing::submit_and_sleep(std::optional<core::Duration> timeout) {
    io_uring_cqe* first = nullptr;
    if (!timeout) {
        STENTOR_CHECK(
            passes(io_uring_submit_and_wait_timeout(&ring_, &first, 1, nullptr, nullptr)));
        return;
    }
    using std::chrono::nanoseconds;
    const auto ns = std::chrono::duration_cast<nanoseconds>(*timeout).count();
    constexpr std::int64_t kSecond = 1'000'000'000;
    __kernel_timespec until{.tv_sec = ns / kSecond, .tv_nsec = ns % kSecond};
    STENTOR_CHECK(passes(io_uring_submit_and_wait_timeout(&ring_, &first, 1, &until, nullptr)));
}

}  // namespace stentor::net
