// See uring_probe.h.
// Thread: any.
// Invariant: see uring_probe.h.
#include "net/uring_probe.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <thread>
#include <vector>

#include "net/unique_fd.h"
#include "net/uring_buffers.h"
#include "net/uring_ring.h"

namespace stentor::net {

namespace {

constexpr std::uint64_t kReceive = 1;
constexpr std::uint64_t kSend = 2;

// What became of the requests since the last look.
struct Seen {
    int sends = 0;
    int sent = 0;  // the result of the last that answered
    int receives = 0;
    int received = 0;
    bool goes_on = false;
};

class Trial {
public:
    std::expected<void, core::Error> run();

private:
    std::expected<void, core::Error> prepare();
    void send(std::size_t bytes);
    Seen look();

    std::array<UniqueFd, 2> ends_;
    UringRing ring_;
    UringBuffers buffers_;
    std::vector<std::byte> bytes_;
};

std::expected<void, core::Error> Trial::prepare() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
        return std::unexpected(core::Error::from_errno(errno, "socketpair"));
    }
    ends_[0].reset(ends[0]);
    ends_[1].reset(ends[1]);
    if (auto opened = ring_.open(8, 64); !opened) return opened;
    if (auto opened = buffers_.open(ring_); !opened) return opened;
    ring_.enable();
    return {};
}

void Trial::send(std::size_t bytes) {
    bytes_.resize(bytes);
    io_uring_sqe& entry = ring_.next();
    io_uring_prep_send(&entry, ends_[0].get(), bytes_.data(), bytes_.size(),
                       MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL);
    entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(&entry, kSend);
}

Seen Trial::look() {
    Seen seen;
    ring_.reap([&](const io_uring_cqe& completion) {
        if (completion.user_data == kSend) {
            ++seen.sends;
            seen.sent = completion.res;
        } else {
            ++seen.receives;
            seen.received = completion.res;
            seen.goes_on = (completion.flags & IORING_CQE_F_MORE) != 0;
        }
    });
    return seen;
}

std::expected<void, core::Error> Trial::run() {
    if (auto prepared = prepare(); !prepared) return prepared;
    const auto wrong = [](const char* what) {
        return std::unexpected(
            core::Error::because(std::string("io_uring of this kernel: ") + what));
    };
    // A socket that takes no more, in the middle of a send: the part is known at once. Then
    // nothing.
    constexpr std::size_t kTooMuch = 4 * 1024 * 1024;
    send(kTooMuch);
    ring_.submit();
    Seen seen = look();
    const bool in_part = seen.sends == 1 && seen.sent > 0 && seen.sent < int{kTooMuch};
    if (!in_part) return wrong("a short send does not answer at once");
    send(1);
    ring_.submit();
    seen = look();
    if (seen.sends != 1 || seen.sent != -EAGAIN) return wrong("a send waits that must not");

    // What was sent comes into a provided buffer, and receiving goes on.
    io_uring_sqe& entry = ring_.next();
    io_uring_prep_recv_multishot(&entry, ends_[1].get(), nullptr, 0, 0);
    entry.flags |= IOSQE_BUFFER_SELECT;
    entry.buf_group = UringBuffers::kGroup;
    io_uring_sqe_set_data64(&entry, kReceive);
    ring_.submit_and_run();
    seen = look();
    if (seen.receives == 0 || seen.received <= 0 || !seen.goes_on) {
        return wrong("no multishot receive into provided buffers");
    }
    // Now there is room: a send that succeeds is silent.
    send(1);
    ring_.submit();
    if (look().sends != 0) return wrong("a send answers that succeeded");
    return {};
}

}  // namespace

std::expected<void, core::Error> probe_uring() {
    std::expected<void, core::Error> result;
    try {
        std::thread([&] { result = Trial().run(); }).join();  // see UringRing::open()
    } catch (const std::system_error& error) {
        return std::unexpected(core::Error{error.code(), "a thread to try io_uring"});
    }
    return result;
}

}  // namespace stentor::net
