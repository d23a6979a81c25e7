// The whole server put together: listeners, acceptor threads, reactors with a shard each, and the
// queue between them. main.cc starts one and stops it.
// Thread: main, for all of it.
// Invariant: threads run from start() to stop(); what they use outlives them.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "chat/envelope.h"
#include "chat/front.h"
#include "chat/lane_directory.h"
#include "chat/limits.h"
#include "chat/log/sqlite_store.h"
#include "chat/memory_pressure.h"
#include "chat/metrics_text.h"
#include "chat/options/options.h"
#include "chat/ports_file.h"
#include "chat/session_token.h"
#include "chat/tls_identity.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/instant.h"
#include "net/acceptor.h"
#include "net/address_limiter.h"
#include "net/handoff.h"
#include "net/listener.h"

namespace stentor::chat {

class Server {
public:
    // Listens and serves when it returns. Signals that threads shall not get are blocked before.
    // `tls` is there if one of options.listen speaks it, and outlives the server.
    static std::expected<std::unique_ptr<Server>, core::Error> start(
        const Options& options, const TlsIdentity* tls = nullptr);
    ~Server();  // stop()

    const BoundAddresses& addresses() const { return addresses_; }
    // The far end of the operator's console, for who shows it; with --console, once.
    net::UniqueFd take_console() { return std::move(console_); }

    // Gives up what --memory-limit calls for; to be called again after the time that comes back.
    // Nothing: there is no limit.
    std::optional<core::Duration> look_at_memory();

    // Ending in peace, step by step. Accepts no more and reads no more.
    void begin_drain();
    // Is everything done that was read before? True when two looks in a row, some time apart, found
    // every envelope handled and none new.
    bool quiet();
    // Every connection is told that the server goes.
    void say_goodbye();
    // Why the store stores nothing any more; nothing: all is well. The process is told to end.
    std::optional<core::Error> store_failure() const;
    // Have all connections ended?
    bool drained();
    // Ends all threads; connections that are left are reset. Idempotent.
    void stop();

private:
    struct ReactorThread;
    struct AcceptorThread {
        std::unique_ptr<net::Acceptor> acceptor;
        std::thread thread;
    };

    Server(const Options& options, const TlsIdentity* tls, std::unique_ptr<SqliteStore> store);
    std::expected<void, core::Error> listen(const Options& options);
    std::expected<void, core::Error> add_acceptor(net::AcceptorConfig config,
                                                  std::vector<net::Listener> listeners);
    std::expected<void, core::Error> make_reactors(const Options& options);
    std::expected<void, core::Error> run_threads();
    std::expected<void, core::Error> listen_for_lines(const Options& options);
    std::expected<void, core::Error> connect_console();
    void stop_accepting();
    std::uint32_t participants() const;  // of the queue
    Port& control() { return queue_.port(shards_); }

    const TlsIdentity* const tls_;
    const Limits limits_;
    const std::unique_ptr<SqliteStore> store_;  // none: rooms live in memory
    const SessionTokens tokens_;
    const core::HashKey home_key_;
    MemoryPressure memory_;
    MetricsSources metrics_sources_;
    const Front front_;
    const std::uint32_t shards_;
    const StoreLanes store_lanes_;
    // A participant for each shard, then the control (this thread), then the store's two threads.
    BroadcastQueue queue_;
    net::AddressLimiter address_limiter_;  // what is in the hand-off holds places in it
    net::Handoff handoff_;
    BoundAddresses addresses_;
    std::vector<Front::Listener> listener_kinds_;  // by listener index
    std::vector<std::unique_ptr<ReactorThread>> reactors_;
    std::vector<AcceptorThread> acceptors_;
    const bool has_console_;
    net::UniqueFd console_;
    std::uint64_t handled_ = 0;  // envelopes, at the last quiet()
};

}  // namespace stentor::chat
