// The reactor's turn: its phases, its sleep, its deadlines, and how a connection ends. The way in
// is in reactor_receive.cc, the way out in reactor_send.cc.
// Thread: owner reactor, except stop().
// Invariant: see reactor.h.
#include "net/reactor.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/check.h"
#include "net/handoff.h"

namespace stentor::net {

namespace {

// Connections' tokens are their packed ids, whose generation is never 0.
constexpr std::uint64_t kBellToken = 0;

}  // namespace

void Reactor::turn() {
    sleep_until_work();  // until a socket, a doorbell or a deadline has something for us
    receive();           // new sockets; what ready sockets have, into rings, up to the application
    lanes();             // what other shards sent
    timers();            // deadlines, ours and the application's
    flush();             // one send for each connection that has something to send
    reap();              // on_closed() for those that died; their slots are free after it
}

void Reactor::run(Application& application) {
    begin(application);
    while (!stopping_.load(std::memory_order_acquire)) turn();  // partner: stop()
    end();
}

void Reactor::stop() {
    stopping_.store(true, std::memory_order_release);  // partner: run()
    const std::uint64_t one = 1;
    // A write that fails otherwise finds the counter full: the bell is rung already.
    while (::write(stop_bell_.get(), &one, sizeof one) < 0 && errno == EINTR) {
    }
}

// ---- set-up and tear-down

std::expected<std::unique_ptr<Reactor>, core::Error> Reactor::create(const ReactorConfig& config,
                                                                     Handoff* handoff) {
    auto backend = make_backend(config.io, config.events_max);
    if (!backend) return std::unexpected(backend.error());
    auto rings = ReceiveRings::create({.ring_bytes = config.ring_bytes,
                                       .rings_max = config.rings_max,
                                       .scratch_bytes = config.scratch_bytes});
    if (!rings) return std::unexpected(rings.error());
    std::unique_ptr<Reactor> reactor(
        new Reactor(config, handoff, std::move(*backend), std::move(*rings)));
    reactor->stop_bell_.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!reactor->stop_bell_) return std::unexpected(core::Error::from_errno(errno, "eventfd"));
    const int stop_bell = reactor->stop_bell_.get();
    if (auto watched = reactor->backend_->watch_bell(stop_bell, kBellToken); !watched) {
        return std::unexpected(watched.error());
    }
    if (handoff != nullptr) {
        auto watched = reactor->watch_doorbell(handoff->reactor_port(config.shard).doorbell());
        if (!watched) return std::unexpected(watched.error());
    }
    return reactor;
}

Reactor::Reactor(const ReactorConfig& config, Handoff* handoff, std::unique_ptr<IoBackend> backend,
                 ReceiveRings rings)
    : config_(config),
      clock_(config.clock != nullptr ? *config.clock : system_clock_),
      handoff_(handoff),
      now_(clock_.now()),
      backend_(std::move(backend)),
      rings_(std::move(rings)),
      timers_(now_) {
    prepare_send_batch();
}

Reactor::~Reactor() {
    STENTOR_CHECK(connections_.size() == 0);
}

std::expected<void, core::Error> Reactor::watch_doorbell(core::Doorbell& doorbell) {
    doorbell.hear_each_write();
    return backend_->watch_bell(doorbell.fd(), kBellToken);
}

void Reactor::begin(Application& application) {
    owner_.adopt();
    application_ = &application;
    now_ = clock_.now();
    backend_->begin(metrics_);
    if (handoff_ != nullptr) handoff_->reactor_port(config_.shard).adopt();
}

void Reactor::end() {
    owner_.assert_here();
    connections_.for_each(
        [this](core::SlabKey, Connection& connection) { close(connection, true); });
    reap();
    backend_->end();
    if (handoff_ != nullptr) {
        // Sockets that were under way to us: closed here, where the envelope goes.
        handoff_->reactor_port(config_.shard)
            .drain(
                0, SIZE_MAX, [] { return true; },
                [this](std::uint32_t, NewSocket&&) { handoff_->subtract(config_.shard); });
    }
    events_ = {};
    resumed_.clear();
    drain_checks_.clear();
    application_ = nullptr;
    std::uint64_t rung = 0;
    [[maybe_unused]] const ssize_t size = ::read(stop_bell_.get(), &rung, sizeof rung);
    stopping_.store(false, std::memory_order_relaxed);
    owner_.abandon();
}

// ---- phase 1: sleep until work

void Reactor::sleep_until_work() {
    owner_.assert_here();
    Handoff::Queue::Port* sockets =
        handoff_ == nullptr ? nullptr : &handoff_->reactor_port(config_.shard);
    const bool may_sleep = !has_work() && application_->prepare_sleep() &&
                           (sockets == nullptr || sockets->prepare_sleep());
    std::optional<core::Duration> timeout = core::Duration::zero();
    if (may_sleep) {
        timeout = sleep_time();
        metrics_.sleeps_total.add();
    }
    if (events_.empty()) events_ = backend_->wait(timeout);
    application_->awake();
    if (sockets != nullptr) sockets->awake();
    now_ = clock_.now();
    metrics_.turns_total.add();
}

// What an earlier turn left over.
bool Reactor::has_work() const {
    return !events_.empty() || dirty_first_ != nullptr || !resumed_.empty() ||
           !drain_checks_.empty() || !reap_.empty() || stopping_.load(std::memory_order_relaxed);
}

// Until the next deadline; for ever when there is none.
std::optional<core::Duration> Reactor::sleep_time() const {
    std::optional<core::Instant> deadline = timers_.next_deadline();
    if (const auto theirs = application_->next_deadline();
        theirs && (!deadline || *theirs < *deadline)) {
        deadline = theirs;
    }
    if (!deadline) return std::nullopt;
    return std::max(*deadline - clock_.now(), core::Duration::zero());
}

// ---- phases 3 and 4: lanes, timers

void Reactor::lanes() {
    application_->on_lanes(now_);
}

void Reactor::timers() {
    timers_.advance(now_, [this](core::Timer& timer) {
        if (Connection* connection = find(ConnectionId::unpack(timer.cookie)))
            on_timer(*connection);
    });
    application_->on_timers(now_);
}

void Reactor::on_timer(Connection& connection) {
    switch (connection.state) {
        case ConnectionState::kOpen:
            return on_stall_timer(connection);
        case ConnectionState::kFinishing:
            metrics_.finish_timeouts_total.add();
            return close(connection, true);
        case ConnectionState::kLingering:
            metrics_.linger_timeouts_total.add();
            return close(connection, false);
        case ConnectionState::kClosed:
            return;
    }
}

// A full outbox must lose something within every stall_timeout, and not by drips (docs/protocol.md,
// "Slow readers").
void Reactor::on_stall_timer(Connection& connection) {
    Patience& patience = *connection.patience;
    const bool silent = now_ - patience.last_sent >= config_.stall_timeout;
    const bool window_over = now_ - patience.window_began >= config_.stall_timeout;
    if (silent || (window_over && patience.window_bytes < config_.stall_bytes_min)) {
        metrics_.stalled_total.add();
        return close(connection, true);
    }
    if (window_over) {
        patience.window_began = now_;
        patience.window_bytes = 0;
    }
    timers_.schedule(patience.timer,
                     std::min(patience.window_began, patience.last_sent) + config_.stall_timeout);
}

// ---- phase 6: reap

void Reactor::reap() {
    // By index: on_closed() may close others.
    for (std::size_t i = 0; i < reap_.size(); ++i) {
        Connection* connection = find(reap_[i]);
        if (connection == nullptr) continue;
        if (connection->state == ConnectionState::kClosed) {
            free_connection(*connection);
        } else {
            connection->ring.reset();  // finishing: nobody wants what it held
        }
    }
    reap_.clear();
    if (sent_off_) publish_sent_off();
    connections_.release_freed();
    metrics_.outbox_bytes.set(static_cast<std::int64_t>(outbox_bytes_));
    metrics_.rings_lent.set(static_cast<std::int64_t>(rings_.lent()));
    metrics_.parcels.set(static_cast<std::int64_t>(parcels_.live()));
}

// Idempotent. The descriptor and all else go in the reap phase: somebody up the stack may hold
// them.
void Reactor::close(Connection& connection, bool reset) {
    if (connection.state == ConnectionState::kClosed) return;
    connection.state = ConnectionState::kClosed;
    connection.reset_on_close = reset;
    reap_.push_back(connection.id);
}

// The one way in which a connection ends: every account of it is settled here.
void Reactor::free_connection(Connection& connection) {
    application_->on_closed(connection.id);
    if (connection.dirty) unlink_dirty(connection);
    outbox_bytes_ -= connection.outbox.bytes();
    connection.outbox.clear(parcels_);
    if (connection.leaving) {
        send_off(connection);
    } else {
        close_socket(connection);
    }
    end_stages(connection);
    metrics_.connections.add(-1);
    connections_.erase({connection.id.slot, connection.id.generation});
}

void Reactor::reset_when_closed(int fd) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void Reactor::close_socket(const Connection& connection) {
    if (connection.reset_on_close) reset_when_closed(connection.fd);
    backend_->close(connection.fd);
    if (handoff_ != nullptr) handoff_->subtract(config_.shard);
    metrics_.closed_total.add();
}

// ---- common

void Reactor::change_interest(Connection& connection, bool read, bool write) {
    connection.wants_read = read;
    connection.wants_write = write;
    backend_->set_interest(connection.fd, connection.id.packed(), read, write);
}

Connection* Reactor::find(ConnectionId id) const {
    if (id.shard != config_.shard) return nullptr;
    return connections_.find({id.slot, id.generation});
}

Connection* Reactor::find_open(ConnectionId id) const {
    owner_.assert_here();
    Connection* connection = find(id);
    const bool open = connection != nullptr && connection->state == ConnectionState::kOpen;
    return open ? connection : nullptr;
}

}  // namespace stentor::net
