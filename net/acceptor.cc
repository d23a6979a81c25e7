// Accepts in batches, refuses over capacity, backs off without descriptors.
// Thread: see acceptor.h.
// Invariant: see acceptor.h.
#include "net/acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "core/check.h"
#include "core/log.h"
#include "net/handoff.h"

namespace stentor::net {

namespace {

constexpr std::uint64_t kStopToken = UINT64_MAX;
constexpr std::uint64_t kRefusedToken = std::uint64_t{1} << 32;  // + descriptor; less: a listener
constexpr int kBatch = 64;
constexpr std::size_t kRefusedMax = 64;
constexpr core::Duration kLanePause = std::chrono::milliseconds{2};

core::Instant monotonic_now() {
    return core::SystemClock{}.now();
}

UniqueFd open_reserve() {
    return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

// On a core that it shares with a reactor the acceptor comes when the reactor sleeps or its time
// slice ends, not at each peer that knocks: two switches for some three connections were a tenth of
// what a handshake costs. Best effort: a sandbox may forbid it, and all works without it.
void yield_to_reactors() {
    const sched_param same{};
    ::sched_setscheduler(0, SCHED_BATCH, &same);  // 0: this thread
}

int accept_one(int listener, sockaddr_storage& peer) {
    int fd;
    do {
        socklen_t size = sizeof peer;
        fd = ::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size,
                       SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

}  // namespace

std::expected<std::unique_ptr<Acceptor>, core::Error> Acceptor::create(
    const AcceptorConfig& config, Handoff& handoff, std::vector<Listener> listeners) {
    std::unique_ptr<Acceptor> acceptor(new Acceptor(config, handoff, std::move(listeners)));
    acceptor->epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    acceptor->stop_bell_.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    acceptor->reserve_ = open_reserve();
    if (!acceptor->epoll_ || !acceptor->stop_bell_ || !acceptor->reserve_) {
        return std::unexpected(core::Error::from_errno(errno, "acceptor"));
    }
    auto watched = acceptor->watch(acceptor->stop_bell_.get(), kStopToken);
    for (std::size_t i = 0; watched && i < acceptor->listeners_.size(); ++i) {
        watched = acceptor->watch(acceptor->listeners_[i].fd(), i);
    }
    if (!watched) return std::unexpected(watched.error());
    return acceptor;
}

Acceptor::Acceptor(const AcceptorConfig& config, Handoff& handoff, std::vector<Listener> listeners)
    : config_(config), handoff_(handoff), listeners_(std::move(listeners)) {}

Acceptor::~Acceptor() = default;

std::expected<void, core::Error> Acceptor::watch(int fd, std::uint64_t token) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = token;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return {};
    return std::unexpected(core::Error::from_errno(errno, "epoll_ctl"));
}

void Acceptor::run() {
    handoff_.acceptor_port(config_.index).adopt();
    yield_to_reactors();
    std::array<epoll_event, 64> events;
    while (!stopping_.load(std::memory_order_acquire)) {  // partner: stop()
        const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_ms());
        metrics_.wakeups_total.add();
        for (int i = 0; i < count; ++i) on_event(events[static_cast<std::size_t>(i)].data.u64);
        expire_refused();
        hand_on();
        end_back_off();
    }
    hand_on_the_rest();
    listeners_.clear();
    refused_.clear();
}

void Acceptor::stop() {
    stopping_.store(true, std::memory_order_release);  // partner: run()
    const std::uint64_t one = 1;
    while (::write(stop_bell_.get(), &one, sizeof one) < 0 && errno == EINTR) {
    }
}

void Acceptor::on_event(std::uint64_t token) {
    if (token == kStopToken) return;
    if (token >= kRefusedToken)
        return throw_away_from_refused(static_cast<int>(token - kRefusedToken));
    // An event of the same batch may have ended in a back-off.
    if (!resume_at_) accept_batch(listeners_[token]);
}

void Acceptor::accept_batch(const Listener& listener) {
    for (int i = 0; i < kBatch; ++i) {
        // Without room in any lane nothing is accepted: the kernel's backlog is the queue then.
        if (!choose_reactor()) return back_off(kLanePause);
        sockaddr_storage peer{};
        UniqueFd fd(accept_one(listener.fd(), peer));
        if (!fd) {
            if (!on_accept_error(errno, listener.fd())) return;
            continue;
        }
        short_of_files_ = false;
        metrics_.accepted_total.add();
        admit(std::move(fd), PeerAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&peer)),
              listener);
    }
    if (short_of_files_) back_off(config_.back_off);
}

void Acceptor::admit(UniqueFd fd, const PeerAddress& peer, const Listener& listener) {
    if (handoff_.total() >= config_.connections_max) {
        metrics_.refused_total.add();
        return refuse(std::move(fd), listener);
    }
    // Relaxed: it orders nothing.
    if (config_.closed != nullptr && config_.closed->load(std::memory_order_relaxed)) {
        metrics_.refused_closed_total.add();
        return refuse(std::move(fd), listener);
    }
    NewSocket socket{.fd = {},
                     .peer = peer,
                     .listener = listener.index(),
                     .tls = listener.tls(),
                     .proxied = is_proxy(peer)};
    // A proxy stands for many: its own address counts for nothing, its client's when it is known.
    if (config_.addresses != nullptr && !socket.proxied) {
        auto place = config_.addresses->take(peer);
        if (!place) {
            metrics_.refused_per_address_total.add();
            return refuse(std::move(fd), listener);
        }
        socket.place = *std::move(place);
    }
    socket.fd = std::move(fd);
    hand_over(std::move(socket));
}

bool Acceptor::is_proxy(const PeerAddress& peer) const {
    return std::ranges::any_of(config_.proxies,
                               [&](const AddressRange& range) { return range.contains(peer); });
}

// True when the batch may go on.
bool Acceptor::on_accept_error(int error, int listener_fd) {
    switch (error) {
        case EAGAIN:
            return false;
        case EMFILE:
        case ENFILE:
            short_of_files_ = true;
            if (let_one_go(listener_fd)) return true;
            back_off(config_.back_off);
            return false;
        // accept(2): errors of the new connection, not of the listener. That peer is gone, the next
        // one may be well.
        case ECONNABORTED:
        case EPERM:
        case EPROTO:
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTDOWN:
        case EHOSTUNREACH:
        case ENONET:
        case ENOPROTOOPT:
        case EOPNOTSUPP:
            return true;
        default:  // no memory, or something that a retry at once would not change
            back_off(config_.back_off);
            return false;
    }
}

// Without a free descriptor a waiting peer can be neither served nor told: one reserve descriptor
// buys the room to accept it and close it, so that it does not wait for its own timeout, nor do
// newcomers behind a backlog of the dead once descriptors are free again. False: nobody waits.
bool Acceptor::let_one_go(int listener_fd) {
    reserve_.reset();
    sockaddr_storage peer{};
    const bool let_go = static_cast<bool>(UniqueFd(accept_one(listener_fd, peer)));
    reserve_ = open_reserve();
    if (!let_go) return false;
    if (metrics_.out_of_files_total.value() % 100 == 0) {
        core::log::warning("out_of_files", {{"hint", "raise the limit of open files"}});
    }
    metrics_.out_of_files_total.add();
    return true;
}

std::optional<std::uint32_t> Acceptor::choose_reactor() {
    const Handoff::Queue::Port& port = handoff_.acceptor_port(config_.index);
    std::optional<std::uint32_t> best;
    for (std::uint32_t reactor = 0; reactor < handoff_.reactors(); ++reactor) {
        if (!port.has_room(reactor, 0)) continue;
        if (!best || handoff_.load(reactor) < handoff_.load(*best)) best = reactor;
    }
    return best;
}

void Acceptor::hand_over(NewSocket socket) {
    const std::uint32_t reactor = choose_reactor().value_or(0);  // asked before; push() never fails
    handoff_.add(reactor);
    handoff_.acceptor_port(config_.index).push(reactor, 0, std::move(socket));
}

// Rings the reactors' doorbells. While a lane is full what waits for it is kept, and nobody else is
// accepted.
void Acceptor::hand_on() {
    if (handoff_.acceptor_port(config_.index).publish()) back_off(kLanePause);
}

// At the end the reactors still turn and make room. Those for whom they make none in time belong to
// nobody any more: they do not count as connections.
void Acceptor::hand_on_the_rest() {
    Handoff::Queue::Port& port = handoff_.acceptor_port(config_.index);
    const core::Instant deadline = monotonic_now() + config_.stop_timeout;
    while (port.publish() && monotonic_now() < deadline) std::this_thread::sleep_for(kLanePause);
    for (std::uint32_t reactor = 0; reactor < handoff_.reactors(); ++reactor) {
        for (std::size_t i = port.pending(reactor, 0); i > 0; --i) handoff_.subtract(reactor);
    }
}

// Best effort, and never a wait: the answer, the end, and a second for the peer to read both. Who
// expects TLS would not understand the answer.
void Acceptor::refuse(UniqueFd fd, const Listener& listener) {
    if (listener.tls()) return;
    const std::string& text = listener.refusal();
    if (::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return;
    ::shutdown(fd.get(), SHUT_WR);
    if (!watch(fd.get(), kRefusedToken + static_cast<std::uint64_t>(fd.get()))) return;
    if (refused_.size() == kRefusedMax) refused_.pop_front();
    refused_.push_back({std::move(fd), monotonic_now() + config_.linger_timeout});
}

void Acceptor::throw_away_from_refused(int fd) {
    const auto refused =
        std::ranges::find(refused_, fd, [](const Refused& r) { return r.fd.get(); });
    if (refused == refused_.end()) return;  // made room for a later one within this batch of events
    std::array<std::byte, 4096> bytes;
    const ssize_t size = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR))) return;
    refused_.erase(refused);
}

void Acceptor::expire_refused() {
    if (refused_.empty()) return;
    const core::Instant now = monotonic_now();
    while (!refused_.empty() && refused_.front().until <= now) refused_.pop_front();
}

// The listeners are not watched: level-triggered, a peer that waits would wake us again and again.
// What was refused and stop() are still attended to.
void Acceptor::back_off(core::Duration time) {
    metrics_.back_offs_total.add();
    if (!resume_at_) watch_listeners(false);
    const core::Instant end = monotonic_now() + time;
    resume_at_ = std::max(resume_at_.value_or(end), end);
}

void Acceptor::end_back_off() {
    if (!resume_at_ || monotonic_now() < *resume_at_) return;
    resume_at_.reset();
    if (!reserve_) reserve_ = open_reserve();
    watch_listeners(true);
}

void Acceptor::watch_listeners(bool on) {
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        epoll_event event{};
        event.events = on ? EPOLLIN : 0u;
        event.data.u64 = i;
        STENTOR_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listeners_[i].fd(), &event) == 0);
    }
}

int Acceptor::wait_ms() const {
    std::optional<core::Instant> next = resume_at_;
    if (!refused_.empty())
        next = std::min(next.value_or(core::Instant::max()), refused_.front().until);
    if (!next) return -1;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*next - monotonic_now()).count();
    return static_cast<int>(std::max<std::int64_t>(ms, 0));
}

}  // namespace stentor::net
