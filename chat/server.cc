// See server.h.
// Thread: main; the threads that it starts run Reactor::run() and Acceptor::run() alone.
// Invariant: participant i of the queue and of the hand-off is reactor i.
#include "chat/server.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <utility>

#include "chat/log/lane_log.h"
#include "chat/log/memory_log.h"
#include "chat/process_memory.h"
#include "chat/random.h"
#include "chat/server_config.h"
#include "chat/shard.h"
#include "chat/shard_tells.h"
#include "core/check.h"
#include "core/hash.h"
#include "core/log.h"
#include "net/reactor.h"

namespace stentor::chat {
namespace {

// Keys of their own: by the tables' key, all names at home on a shard would agree in their low
// bits.
core::HashKey random_key() {
    SystemRandom random;
    return {random.next(), random.next()};
}

// Whoever asks for io_uring where it is not to be had gets a server all the same.
net::IoKind usable_io(net::IoKind wanted) {
    const auto possible = net::check_io(wanted);
    if (possible) return wanted;
    core::log::warning("io_uring_refused",
                       {{"reason", possible.error().message()}, {"instead", "epoll"}});
    return net::IoKind::kEpoll;
}

const core::Clock& system_clock() {
    static const core::SystemClock clock;
    return clock;
}

// As if from outside: main waits for signals.
void end_by_signal() {
    ::kill(::getpid(), SIGTERM);
}

// Nothing for rooms in memory.
std::expected<std::unique_ptr<SqliteStore>, core::Error> open_store(const Options& options) {
    if (options.store_file.empty()) return nullptr;
    StoreConfig config = store_config(options);
    config.on_failed = [](const core::Error&) { end_by_signal(); };
    return SqliteStore::open(config, system_clock());
}

template <typename Body>
std::thread named_thread(const std::string& name, Body&& body) {
    std::thread thread(std::forward<Body>(body));
    pthread_setname_np(thread.native_handle(), name.c_str());
    return thread;
}

}  // namespace

// A reactor, the shard that runs on it, and what the shard uses alone.
struct Server::ReactorThread {
    explicit ReactorThread(std::unique_ptr<net::Reactor> its_reactor)
        : reactor(std::move(its_reactor)) {}

    SystemRandom random;
    std::unique_ptr<RoomLog> log;
    std::unique_ptr<net::Reactor> reactor;
    std::unique_ptr<Shard> shard;
    std::thread thread;
};

Server::Server(const Options& options, const TlsIdentity* tls, std::unique_ptr<SqliteStore> store)
    : tls_(tls),
      limits_(limits_of(options)),
      store_(std::move(store)),
      tokens_(store_ ? store_->session_key() : SessionTokens::random_key()),
      home_key_(random_key()),
      memory_(options.memory_limit_bytes),
      front_(front_config_of(options), [this] { return metrics_text(metrics_sources_); }),
      shards_(options.reactors),
      store_lanes_{.writer = shards_ + 1, .reader = shards_ + 2},
      queue_(queue_config(participants())),
      address_limiter_(options.connections_per_address_max, random_key()),
      handoff_(options.reactors, acceptors_in_all(options)),
      has_console_(options.console) {
    metrics_sources_.connections_max = options.connections_max;
    metrics_sources_.started_unix_ms = system_clock().unix_ms();
    metrics_sources_.memory = &memory_;
    metrics_sources_.tls = tls;
    metrics_sources_.addresses = &address_limiter_;
    metrics_sources_.store = store_ ? &store_->metrics() : nullptr;
}

Server::~Server() {
    stop();
}

std::expected<std::unique_ptr<Server>, core::Error> Server::start(const Options& options,
                                                                  const TlsIdentity* tls) {
    STENTOR_CHECK(tls != nullptr || std::ranges::none_of(options.listen, &net::ListenAddress::tls));
    auto store = open_store(options);
    if (!store) return std::unexpected(std::move(store.error()));
    std::unique_ptr<Server> server(new Server(options, tls, std::move(*store)));
    auto done = server->listen(options);
    if (done) done = server->make_reactors(options);
    if (done) done = server->run_threads();
    if (!done) return std::unexpected(std::move(done.error()));
    return server;
}

std::expected<void, core::Error> Server::listen(const Options& options) {
    net::ListenOptions how;
    how.probe = !options.reuse_port;
    how.tcp_congestion = options.tcp_congestion;
    how.sockets = options.acceptors;
    std::vector<std::vector<net::Listener>> by_acceptor(options.acceptors);
    for (const net::ListenAddress& address : options.listen) {
        how.index = static_cast<std::uint32_t>(listener_kinds_.size());
        auto listeners = net::Listener::open(address, how);
        if (!listeners) return std::unexpected(std::move(listeners.error()));
        addresses_.listen.push_back(listeners->front().address());
        listener_kinds_.push_back(listeners->front().address().is_loopback()
                                      ? Front::Listener::kLoopback
                                      : Front::Listener::kPublic);
        for (std::size_t i = 0; i < listeners->size(); ++i) {
            by_acceptor[i % options.acceptors].push_back(std::move((*listeners)[i]));
        }
    }
    for (std::vector<net::Listener>& listeners : by_acceptor) {
        auto added =
            add_acceptor(public_acceptor(options, address_limiter_, memory_), std::move(listeners));
        if (!added) return added;
    }
    if (auto lines = listen_for_lines(options); !lines) return lines;
    if (has_console_) listener_kinds_.push_back(Front::Listener::kConsole);
    if (!options.admin_listen) return {};
    how.index = static_cast<std::uint32_t>(listener_kinds_.size());
    how.sockets = 1;
    auto listeners = net::Listener::open(*options.admin_listen, how);
    if (!listeners) return std::unexpected(std::move(listeners.error()));
    addresses_.admin = listeners->front().address();
    listener_kinds_.push_back(Front::Listener::kAdmin);
    return add_acceptor(operators_acceptor(options), std::move(*listeners));
}

std::expected<void, core::Error> Server::listen_for_lines(const Options& options) {
    if (!options.line_listen) return {};
    net::ListenOptions how;
    how.probe = !options.reuse_port;
    how.tcp_congestion = options.tcp_congestion;
    how.index = static_cast<std::uint32_t>(listener_kinds_.size());
    how.refusal = "* too many connections, try again later\r\n";
    auto listeners = net::Listener::open(*options.line_listen, how);
    if (!listeners) return std::unexpected(std::move(listeners.error()));
    addresses_.line = listeners->front().address();
    listener_kinds_.push_back(Front::Listener::kLine);
    return add_acceptor(line_acceptor(options, address_limiter_, memory_), std::move(*listeners));
}

// Handed to reactor 0 as an accepted socket is. Before anybody else, so that the operator's name is
// the operator's.
std::expected<void, core::Error> Server::connect_console() {
    if (!has_console_) return {};
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        return std::unexpected(core::Error::from_errno(errno, "cannot connect the console"));
    }
    console_.reset(ends[0]);
    net::NewSocket socket{.fd = net::UniqueFd(ends[1]), .peer = {}};
    const auto kind = std::ranges::find(listener_kinds_, Front::Listener::kConsole);
    socket.listener = static_cast<std::uint32_t>(kind - listener_kinds_.begin());
    net::Handoff::Queue::Port& port =
        handoff_.acceptor_port(static_cast<std::uint32_t>(acceptors_.size()));
    handoff_.add(0);
    port.push(0, 0, std::move(socket));
    port.publish();
    return {};
}

std::expected<void, core::Error> Server::add_acceptor(net::AcceptorConfig config,
                                                      std::vector<net::Listener> listeners) {
    config.index = static_cast<std::uint32_t>(acceptors_.size());
    auto acceptor = net::Acceptor::create(config, handoff_, std::move(listeners));
    if (!acceptor) return std::unexpected(std::move(acceptor.error()));
    metrics_sources_.acceptors.push_back(&(*acceptor)->metrics());
    acceptors_.push_back({std::move(*acceptor), {}});
    return {};
}

std::expected<void, core::Error> Server::make_reactors(const Options& options) {
    const net::IoKind io = usable_io(options.io);
    const auto held_names = store_ ? std::span(store_->held_names()) : std::span<const HeldName>();
    for (std::uint32_t i = 0; i < shards_; ++i) {
        net::ReactorConfig config = reactor_config(options, io, i);
        config.tls = tls_ == nullptr ? nullptr : &tls_->contexts();
        config.addresses = &address_limiter_;
        auto reactor = net::Reactor::create(config, &handoff_);
        if (!reactor) return std::unexpected(std::move(reactor.error()));
        Port& port = queue_.port(i);
        auto watched = (*reactor)->watch_doorbell(port.doorbell());
        if (!watched) return watched;

        auto one = std::make_unique<ReactorThread>(std::move(*reactor));
        if (store_) {
            one->log =
                std::make_unique<LaneLog>(port, store_lanes_.writer, store_lanes_.reader, limits_);
        } else {
            one->log = std::make_unique<MemoryLog>(system_clock(), one->random);
        }
        one->shard = std::make_unique<Shard>(
            ShardParts{.index = i,
                       .shards = shards_,
                       .port = port,
                       .link = *one->reactor,
                       .clock = system_clock(),
                       .random = one->random,
                       .log = *one->log,
                       .front = front_,
                       .tokens = tokens_,
                       .limits = limits_,
                       .home_key = home_key_,
                       .listeners = listener_kinds_,
                       .store = store_ ? std::optional(store_lanes_) : std::nullopt,
                       .end_server = end_by_signal,
                       .memory = memory_,
                       .held_names = held_names});
        metrics_sources_.reactors.push_back(&one->reactor->metrics());
        metrics_sources_.shards.push_back(&one->shard->metrics());
        metrics_sources_.ports.push_back(&port.counters());
        reactors_.push_back(std::move(one));
    }
    return {};
}

// Reactors first: whoever is accepted finds a reactor that turns.
std::expected<void, core::Error> Server::run_threads() {
    if (auto connected = connect_console(); !connected) return connected;
    if (store_) {
        auto started =
            store_->start(queue_.port(store_lanes_.writer), queue_.port(store_lanes_.reader));
        if (!started) return started;
    }
    try {
        for (std::uint32_t i = 0; i < shards_; ++i) {
            ReactorThread& one = *reactors_[i];
            one.thread =
                named_thread("reactor-" + std::to_string(i), [&one, &port = queue_.port(i)] {
                    port.adopt();
                    one.reactor->run(*one.shard);
                });
        }
        for (std::size_t i = 0; i < acceptors_.size(); ++i) {
            net::Acceptor& acceptor = *acceptors_[i].acceptor;
            acceptors_[i].thread =
                named_thread("acceptor-" + std::to_string(i), [&acceptor] { acceptor.run(); });
        }
    } catch (const std::system_error& error) {
        return std::unexpected(core::Error{error.code(), "cannot start a thread"});
    }
    return {};
}

void Server::stop_accepting() {
    for (AcceptorThread& one : acceptors_) one.acceptor->stop();
    for (AcceptorThread& one : acceptors_) {
        if (one.thread.joinable()) one.thread.join();
    }
}

// Only what is resident behind a trim cannot be helped; that costs a tenth of the time at most.
std::optional<core::Duration> Server::look_at_memory() {
    if (memory_.limit_bytes() == 0) return std::nullopt;
    std::size_t used = used_memory_bytes();
    core::Duration pause = MemoryPressure::kBetweenLooks;
    if (memory_.wants_less_than(used)) {
        const core::Instant before = system_clock().now();
        give_back_free_memory();
        pause = std::max(pause, 10 * (system_clock().now() - before));
        used = used_memory_bytes();
    }
    const MemoryPressure::Verdict verdict = memory_.look(used);
    if (verdict.changed) {
        core::log::warning("memory_pressure", {{"level", name_of(memory_.level())},
                                               {"used_bytes", used},
                                               {"limit_bytes", memory_.limit_bytes()}});
    }
    if (verdict.is_short) {
        tell_shards_that_hear(control(), shards_, RelieveMemory{verdict.sheds_beyond});
    }
    return pause;
}

void Server::begin_drain() {
    stop_accepting();
    tell_shards(control(), shards_, StopReading{});
}

// Handled is read before pushed: if they are equal, nothing was under way when handled was read. A
// turn may stand between handling an ask and telling what it made; hence the second look.
bool Server::quiet() {
    control().publish();  // moves on what waits for a full lane
    std::uint64_t handled = 0;
    std::uint64_t pushed = 0;
    const std::uint32_t all = participants();
    for (std::uint32_t i = 0; i < all; ++i) handled += queue_.port(i).counters().drained.value();
    const bool store_is_busy = store_ && store_->busy();
    for (std::uint32_t i = 0; i < all; ++i) pushed += queue_.port(i).counters().pushed.value();
    return std::exchange(handled_, handled) == handled && handled == pushed && !store_is_busy;
}

void Server::say_goodbye() {
    tell_shards(control(), shards_, Drain{});
}

bool Server::drained() {
    control().publish();  // as above
    return handoff_.total() == 0;
}

void Server::stop() {
    stop_accepting();
    for (const auto& one : reactors_) one->reactor->stop();
    for (const auto& one : reactors_) {
        if (one->thread.joinable()) one->thread.join();
    }
    if (store_) store_->stop();
}

std::uint32_t Server::participants() const {
    return shards_ + 1 + (store_ ? 2 : 0);
}

std::optional<core::Error> Server::store_failure() const {
    return store_ ? store_->failure() : std::nullopt;
}

}  // namespace stentor::chat
