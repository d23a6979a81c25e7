// The reactor's turn, and the way in: sleeping, receiving, timers, closing. The way out is in
// reactor_send.cc. See design section 3, decisions 1, 8, 11 and 12.
// Thread: owner reactor, except stop().
// Invariant: see reactor.h.
#include "net/reactor.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/check.h"
#include "net/epoll_backend.h"
#include "net/handoff.h"

namespace stentor::net {

namespace {

// Connections' tokens are their packed ids, whose generation is never 0.
constexpr std::uint64_t kBellToken = 0;
constexpr std::size_t kNewSocketsPerTurn = 256;

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
    // A write that fails finds the counter full: the bell is rung already.
    [[maybe_unused]] const ssize_t written = ::write(stop_bell_.get(), &one, sizeof one);
}

// ---- set-up and tear-down

std::expected<std::unique_ptr<Reactor>, core::Error> Reactor::create(const ReactorConfig& config,
                                                                     Handoff* handoff) {
    auto backend = EpollBackend::create(config.events_max);
    if (!backend) return std::unexpected(backend.error());
    auto rings =
        core::RingPool::create({.ring_bytes = config.ring_bytes, .rings_max = config.rings_max});
    if (!rings) return std::unexpected(rings.error());
    std::unique_ptr<Reactor> reactor(
        new Reactor(config, handoff, std::move(*backend), std::move(*rings)));
    reactor->stop_bell_.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!reactor->stop_bell_) return std::unexpected(core::Error::from_errno(errno, "eventfd"));
    if (auto watched = reactor->watch_doorbell(reactor->stop_bell_.get()); !watched) {
        return std::unexpected(watched.error());
    }
    if (handoff != nullptr) {
        auto watched = reactor->watch_doorbell(handoff->reactor_port(config.shard).doorbell().fd());
        if (!watched) return std::unexpected(watched.error());
    }
    if (!reactor->scratch_) return std::unexpected(core::Error::because("no ring to receive into"));
    return reactor;
}

Reactor::Reactor(const ReactorConfig& config, Handoff* handoff, std::unique_ptr<IoBackend> backend,
                 std::unique_ptr<core::RingPool> rings)
    : config_(config),
      clock_(config.clock != nullptr ? *config.clock : system_clock_),
      handoff_(handoff),
      now_(clock_.now()),
      backend_(std::move(backend)),
      rings_(std::move(rings)),
      scratch_(rings_->borrow()),
      timers_(now_) {
    prepare_send_batch();
}

Reactor::~Reactor() {
    STENTOR_CHECK(connections_.size() == 0);
}

std::expected<void, core::Error> Reactor::watch_doorbell(int fd) {
    return backend_->watch(fd, kBellToken);
}

void Reactor::begin(Application& application) {
    owner_.adopt();
    application_ = &application;
    now_ = clock_.now();
    if (handoff_ != nullptr) handoff_->reactor_port(config_.shard).adopt();
}

void Reactor::end() {
    owner_.assert_here();
    connections_.for_each(
        [this](core::SlabKey, Connection& connection) { close(connection, true); });
    reap();
    if (handoff_ != nullptr) {
        // Sockets that were under way to us: closed here, where the envelope goes.
        handoff_->reactor_port(config_.shard)
            .drain(
                0, SIZE_MAX, [] { return true; },
                [this](std::uint32_t, NewSocket&&) { handoff_->subtract(config_.shard); });
    }
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
    events_ = backend_->wait(timeout);
    application_->awake();
    if (sockets != nullptr) sockets->awake();
    now_ = clock_.now();
    metrics_.turns_total.add();
}

// What an earlier turn left over.
bool Reactor::has_work() const {
    return dirty_first_ != nullptr || !resumed_.empty() || !drain_checks_.empty() ||
           !reap_.empty() || stopping_.load(std::memory_order_relaxed);
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

// ---- phase 2: receive

void Reactor::receive() {
    take_new_sockets();
    hand_in_again();
    for (const IoEvent& event : events_) on_event(event);
    events_ = {};
}

void Reactor::take_new_sockets() {
    if (handoff_ == nullptr) return;
    handoff_->reactor_port(config_.shard)
        .drain(
            0, kNewSocketsPerTurn, [] { return true; },
            [this](std::uint32_t, NewSocket&& socket) { open(std::move(socket)); });
}

void Reactor::adopt(NewSocket socket) {
    owner_.assert_here();
    if (handoff_ != nullptr) handoff_->add(config_.shard);
    open(std::move(socket));
}

void Reactor::open(NewSocket socket) {
    ConnectionId id;
    const core::SlabKey key = connections_.next_key();
    id.generation = key.generation;
    id.slot = key.slot & 0xffffffu;
    id.shard = config_.shard;
    if (key.generation == 0 || !backend_->watch(socket.fd.get(), id.packed())) {
        // Out of slots or of kernel memory: nothing was promised to this peer yet.
        if (handoff_ != nullptr) handoff_->subtract(config_.shard);
        metrics_.open_failures_total.add();
        return;
    }
    const auto made = connections_.emplace(id, socket.fd.release());
    STENTOR_CHECK(made);  // next_key() had a slot
    Connection& connection = *made.object;
    connection.last_received = now_;
    metrics_.accepted_total.add();
    metrics_.connections.add(1);
    application_->on_open(id, socket.peer, socket.listener);
}

// Bytes that were held when the application paused.
void Reactor::hand_in_again() {
    std::swap(resumed_, resumed_now_);
    for (const ConnectionId id : resumed_now_) {
        Connection* connection = find_open(id);
        if (connection == nullptr || !connection->resumed) continue;
        connection->resumed = false;
        if (!connection->paused && !connection->ring.empty())
            hand_in(*connection, connection->ring);
    }
    resumed_now_.clear();
}

void Reactor::on_event(const IoEvent& event) {
    Connection* connection = find(ConnectionId::unpack(event.token));
    if (connection == nullptr || connection->state == ConnectionState::kClosed) return;
    if (event.writable) {
        connection->blocked = false;
        mark_dirty(*connection);
    }
    if (event.readable || event.broken) receive_from(*connection, event.broken);
}

void Reactor::receive_from(Connection& connection, bool broken) {
    if (connection.state != ConnectionState::kOpen) return throw_away(connection);
    if (connection.paused || connection.peer_finished) {
        // Level-triggered: what we do not want to read must not wake us again.
        if (broken) return close(connection, true);
        return set_interest(connection, false, connection.wants_write);
    }
    std::size_t budget_bytes = config_.receive_bytes_max;
    while (budget_bytes > 0) {
        core::MirroredRing& ring = connection.ring ? connection.ring : scratch_;
        std::span<std::byte> space = ring.writable();
        space = space.first(std::min(space.size(), budget_bytes));
        const IoResult got = backend_->receive(connection.fd, space);
        metrics_.receives_total.add();
        if (got.error == EAGAIN && !broken) return;
        if (got.error != 0) return close(connection, true);
        if (got.bytes == 0) return on_fin(connection);
        ring.commit(got.bytes);
        budget_bytes -= got.bytes;
        connection.last_received = now_;
        metrics_.received_bytes_total.add(got.bytes);
        if (!hand_in(connection, ring)) return;
        if (got.bytes < space.size()) return;  // the socket is empty: no second recv to hear so
    }
}

// Hands up what the ring holds; true when the connection may go on receiving.
bool Reactor::hand_in(Connection& connection, core::MirroredRing& ring) {
    const std::span<std::byte> bytes = ring.readable();
    const std::size_t used = application_->on_bytes(connection.id, bytes);
    STENTOR_CHECK(used <= bytes.size());
    const bool stuck = used == 0 && bytes.size() == ring.capacity() && !connection.paused;
    if (stuck && connection.state == ConnectionState::kOpen) {
        metrics_.unconsumed_total.add();
        close(connection, true);
    }
    const bool open = connection.state == ConnectionState::kOpen;
    ring.consume(open ? used : bytes.size());
    if (ring.empty()) {
        connection.ring = {};  // gives it back, if one was lent
    } else if (&ring == &scratch_) {
        lend_scratch(connection);
    }
    return connection.state == ConnectionState::kOpen && !connection.paused;
}

// The connection keeps the ring it was received into, and we take another: no copy (decision 1).
void Reactor::lend_scratch(Connection& connection) {
    core::MirroredRing fresh = rings_->borrow();
    if (!fresh) {
        metrics_.rings_exhausted_total.add();
        scratch_.consume(scratch_.size());
        return close(connection, true);
    }
    connection.ring = std::exchange(scratch_, std::move(fresh));
}

// After finish(): what the peer still sends is of no interest, but unread it would turn our close
// into a reset and take our last words with it.
void Reactor::throw_away(Connection& connection) {
    std::size_t budget_bytes = config_.receive_bytes_max;
    while (budget_bytes > 0) {
        std::span<std::byte> space = scratch_.writable();
        space = space.first(std::min(space.size(), budget_bytes));
        const IoResult got = backend_->receive(connection.fd, space);
        if (got.error == EAGAIN) return;
        if (got.error != 0) return close(connection, true);
        if (got.bytes == 0) return on_fin(connection);
        budget_bytes -= got.bytes;
        metrics_.received_bytes_total.add(got.bytes);
        if (got.bytes < space.size()) return;
    }
}

void Reactor::on_fin(Connection& connection) {
    if (connection.state == ConnectionState::kLingering || connection.peer_finished) {
        return close(connection, false);
    }
    connection.peer_finished = true;
    set_interest(connection, false, connection.wants_write);
    if (connection.state == ConnectionState::kOpen) application_->on_peer_finished(connection.id);
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

// A full outbox must lose something within every stall_timeout, and not by drips (protocol.md
// section 5).
void Reactor::on_stall_timer(Connection& connection) {
    if (!connection.full) return;
    const bool silent = now_ - connection.last_sent >= config_.stall_timeout;
    const bool window_over = now_ - connection.window_began >= config_.stall_timeout;
    if (silent || (window_over && connection.window_bytes < config_.stall_bytes_min)) {
        metrics_.stalled_total.add();
        return close(connection, true);
    }
    if (window_over) {
        connection.window_began = now_;
        connection.window_bytes = 0;
    }
    timers_.schedule(connection.timer, std::min(connection.window_began, connection.last_sent) +
                                           config_.stall_timeout);
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
            connection->ring = {};  // finishing: nobody wants what it held
        }
    }
    reap_.clear();
    connections_.release_freed();
    metrics_.outbox_bytes.set(static_cast<std::int64_t>(outbox_bytes_));
    metrics_.rings_lent.set(static_cast<std::int64_t>(rings_->lent()) -
                            1);  // less the scratch ring
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
    connection.ring = {};
    if (connection.timer.scheduled()) timers_.cancel(connection.timer);
    if (connection.reset_on_close) {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    ::close(connection.fd);
    if (handoff_ != nullptr) handoff_->subtract(config_.shard);
    metrics_.closed_total.add();
    metrics_.connections.add(-1);
    connections_.erase({connection.id.slot, connection.id.generation});
}

// ---- common

void Reactor::set_interest(Connection& connection, bool read, bool write) {
    if (connection.wants_read == read && connection.wants_write == write) return;
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
