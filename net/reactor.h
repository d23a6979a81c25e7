// The reactor: one thread, its sockets, and the turn that moves bytes between them and the
// application (docs/life-of-a-message.md). Read Reactor::turn() in reactor.cc first.
// Thread: owner reactor, except stop(), connections() and metrics(), which are any thread's.
// Invariant: for each on_open() exactly one on_closed(), which comes in a reap phase; a slot is
// reused only after it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/connection_id.h"
#include "core/doorbell.h"
#include "core/error.h"
#include "core/instant.h"
#include "core/mirrored_ring.h"
#include "core/slab.h"
#include "core/thread_owner.h"
#include "core/timer_wheel.h"
#include "net/address_limiter.h"
#include "net/application.h"
#include "net/connection.h"
#include "net/io_backend.h"
#include "net/io_kind.h"
#include "net/parcel_pool.h"
#include "net/reactor_metrics.h"
#include "net/receive_rings.h"
#include "net/tls_session.h"
#include "net/unique_fd.h"

namespace stentor::net {

class Handoff;
struct Luggage;
struct NewSocket;

struct ReactorConfig {
    std::uint8_t shard = 0;              // in the ids of its connections; its place in the hand-off
    const core::Clock* clock = nullptr;  // none: the system's
    IoKind io = IoKind::kEpoll;
    // More than the largest message that is taken in place, and a TLS record behind it.
    std::size_t ring_bytes = 128 * 1024;
    std::uint32_t rings_max = 4096;  // half-received frames at one time
    // What is received at once; a little more than the kernel has of one connection, mostly.
    std::size_t scratch_bytes = 512 * 1024;
    std::size_t outbox_bytes = 256 * 1024;
    std::size_t receive_bytes_max = 512 * 1024;  // for one connection in one turn
    // Of all connections in one turn, more or less: what came is sent on while the cache holds it.
    std::size_t receive_bytes_per_turn = 256 * 1024;
    std::uint32_t events_max = 512;  // in one turn
    core::Duration flush_budget = std::chrono::milliseconds{2};
    core::Duration stall_timeout = std::chrono::seconds{30};
    std::size_t stall_bytes_min = 16 * 1024;  // what a full outbox must lose within stall_timeout
    core::Duration finish_timeout = std::chrono::seconds{3};  // to flush after finish()
    core::Duration linger_timeout = std::chrono::seconds{1};  // for the peer to end after that
    // For sockets of TLS listeners.
    const TlsContexts* tls = nullptr;
    // TLS handshakes of one turn, which cost a hundred times a message: others come first.
    core::Duration handshake_budget = std::chrono::milliseconds{2};
    // For the clients that a PROXY header names; none: no limit.
    AddressLimiter* addresses = nullptr;
};

class Reactor final : public Link {
public:
    // `handoff` brings new sockets and outlives the reactor; none: only adopt() does.
    static std::expected<std::unique_ptr<Reactor>, core::Error> create(const ReactorConfig& config,
                                                                       Handoff* handoff = nullptr);
    ~Reactor() override;

    // Before run(): a doorbell whose owner the reactor's thread will be; a ring ends the sleep.
    // Application::prepare_sleep() and awake() are to call the doorbell's.
    std::expected<void, core::Error> watch_doorbell(core::Doorbell& doorbell);

    // Turns until stop(). Connections that are open then are reset and on_closed() comes for each.
    void run(Application& application);
    // Any thread, any number of times; also from the application itself when it has drained.
    void stop();

    // run() is begin(), turn() until stopped, end(). Tests turn it by hand.
    void begin(Application& application);
    void turn();
    void end();
    // A socket that came another way than by the hand-off; non-blocking. Within a turn or before
    // one.
    void adopt(NewSocket socket);

    std::uint32_t connections() const {
        return static_cast<std::uint32_t>(metrics_.connections.value());
    }
    const ReactorMetrics& metrics() const { return metrics_; }

    // ---- Link
    std::size_t send_parts(ConnectionId id, std::span<const std::byte> head,
                           std::span<const std::byte> body) override;
    std::size_t send_received(ConnectionId id, std::span<const std::byte> bytes) override;
    void deliver(std::span<const std::uint32_t> slots, Parcel& parcel,
                 std::vector<std::uint32_t>& full) override;
    Parcel& make_parcel(core::SharedBytes bytes) override;
    void release_parcel(Parcel& parcel) override;
    std::size_t shed_ephemeral(ConnectionId id) override;
    std::optional<std::uint32_t> heaviest_topic(ConnectionId id) const override;
    std::optional<OldestEvents> oldest_events(ConnectionId id) const override;
    std::uint64_t shed_topic(ConnectionId id, std::uint32_t topic) override;
    std::size_t backlog_bytes(ConnectionId id) const override;
    void watch_drain(ConnectionId id) override;
    void pause(ConnectionId id) override;
    void resume(ConnectionId id) override;
    void finish(ConnectionId id) override;
    void abort(ConnectionId id) override;
    bool hand_over(ConnectionId id, std::uint32_t shard, std::uint64_t group,
                   std::uint32_t listener) override;
    core::Instant last_received(ConnectionId id) const override;
    core::Instant now() const override { return now_; }

private:
    static constexpr std::size_t kPiecesPerSend = 64;

    Reactor(const ReactorConfig& config, Handoff* handoff, std::unique_ptr<IoBackend> backend,
            ReceiveRings rings);

    // ---- the phases
    void sleep_until_work();
    void receive();
    void lanes();
    void timers();
    void flush();
    void reap();
    bool has_work() const;
    std::optional<core::Duration> sleep_time() const;
    void on_timer(Connection& connection);
    void on_stall_timer(Connection& connection);
    void close(Connection& connection, bool reset);
    void free_connection(Connection& connection);
    void close_socket(const Connection& connection);
    static void reset_when_closed(int fd);
    void set_interest(Connection& connection, bool read, bool write) {
        if (connection.wants_read != read || connection.wants_write != write) {
            change_interest(connection, read, write);
        }
    }
    void change_interest(Connection& connection, bool read, bool write);

    // ---- receive (reactor_receive.cc)
    void take_new_sockets();
    void open(NewSocket socket);
    void hand_in_again();
    void on_event(const IoEvent& event);
    void receive_from(Connection& connection, bool broken);
    void receive_bytes(Connection& connection, bool broken);
    std::size_t hand_up(Connection& connection, std::span<std::byte> bytes, bool in_place);
    bool hand_in(Connection& connection, core::MirroredRing& ring);
    bool hand_in_place(Connection& connection, std::span<std::byte> bytes);
    void lend_scratch(Connection& connection);
    void throw_away(Connection& connection);
    void on_fin(Connection& connection);

    // ---- from reactor to reactor (reactor_handover.cc)
    void keep_unconsumed(const Connection& connection, std::span<const std::byte> bytes);
    void send_off(Connection& connection);
    void publish_sent_off();
    void take_up(Connection& connection, Luggage& luggage);

    // ---- before the application's bytes: PROXY header and TLS (reactor_stages.cc)
    void begin_stages(Connection& connection, NewSocket& socket);
    void end_stages(Connection& connection);
    bool take_in(Connection& connection, core::MirroredRing& ring,
                 std::span<const std::byte> bytes);
    bool take_proxy_header(Connection& connection, core::MirroredRing& ring);
    bool admit(Connection& connection, const PeerAddress& client);
    void log_client(const Connection& connection, const PeerAddress& client) const;
    bool decrypt(Connection& connection, std::span<const std::byte> ciphertext);
    void hear_close_notify(Connection& connection);
    void encrypt(Connection& connection);
    std::span<std::byte> receive_space(Connection& connection, core::MirroredRing& ring);
    TlsSession& tls_of(const Connection& connection) const;
    bool is_shaking_hands(const Connection& connection) const;
    std::size_t ciphertext_bytes(const Connection& connection) const;
    bool has_output(const Connection& connection) const {
        return connection.tls ? has_tls_output(connection) : !connection.outbox.empty();
    }
    bool has_tls_output(const Connection& connection) const;

    // ---- send (reactor_send.cc, reactor_flush.cc)
    void prepare_send_batch();
    void collect_dirty();
    void begin_batch();
    void add_to_batch(Connection& connection);
    void send_batch();
    void send_borrowed();
    std::size_t queued_before(const Connection& connection) const;
    void on_queued(Connection& connection, std::size_t bytes);
    std::size_t gather(const Connection& connection, std::span<iovec> room) const;
    void take_from_outbox(Connection& connection, std::size_t bytes);
    void settle(const SendRequest& request, Connection& connection);
    void on_flushed(Connection& connection);
    void after_shedding(Connection& connection, std::size_t freed_bytes);
    void check_drain(Connection& connection);
    void call_drained();
    bool has_drained(const Connection& connection) const;
    bool at_half(const Connection& connection) const;
    void mark_full(Connection& connection);
    void note_progress(Connection& connection, std::size_t sent_bytes);
    void end_full(Connection& connection);
    void mark_dirty(Connection& connection);
    void unlink_dirty(Connection& connection);

    Connection* find(ConnectionId id) const;
    Connection* find_open(ConnectionId id) const;

    const ReactorConfig config_;
    core::SystemClock system_clock_;
    const core::Clock& clock_;
    Handoff* const handoff_;
    core::ThreadOwner owner_;
    Application* application_ = nullptr;
    core::Instant now_;

    // In this order: a connection's timer and ring go before the wheel and the pool do.
    std::unique_ptr<IoBackend> backend_;
    ReceiveRings rings_;
    core::TimerWheel timers_;
    ParcelPool parcels_;
    mutable core::Slab<Connection> connections_;  // find() has no const twin
    std::uint64_t outbox_bytes_ = 0;

    // By slot; as long as the highest slot that needed one.
    std::vector<std::unique_ptr<TlsSession>> tls_;
    std::vector<AddressLimiter::Place> places_;
    std::vector<PlaceLimiter::Place> group_places_;  // of those that were handed over
    core::Duration handshake_time_{};                // spent in this turn
    std::vector<std::byte> ciphertext_;  // what a TLS connection receives into, before decrypting

    // What waits for a later phase or turn.
    std::span<const IoEvent> events_;  // the back end is asked for more when all are handled
    std::size_t received_in_turn_ = 0;
    struct HandedUp {
        ConnectionId of;
        std::span<std::byte> bytes;
        bool in_place = false;  // where the back end has them and keeps them until the flush
    };
    HandedUp handed_up_;                  // during on_bytes()
    std::vector<Connection*> borrowers_;  // their outboxes hold bytes where they were received
    Connection* dirty_first_ = nullptr;   // oldest first
    Connection* dirty_last_ = nullptr;
    std::vector<ConnectionId> resumed_;  // may hold bytes to hand in again
    std::vector<ConnectionId> resumed_now_;
    std::vector<ConnectionId> drain_checks_;  // on_drained() may be due
    std::vector<ConnectionId> drain_checks_now_;
    std::vector<ConnectionId> reap_;  // closed, or finishing with a ring to give back
    struct Leaving {
        ConnectionId id;
        std::uint32_t to = 0;
        std::uint32_t listener = 0;
        std::unique_ptr<Luggage> luggage;
    };
    std::vector<Leaving> leaving_;  // until the reap phase
    bool sent_off_ = false;         // and may not be published yet
    // One batch of sends.
    std::vector<iovec> pieces_;
    std::size_t pieces_used_ = 0;  // by this batch
    std::vector<SendRequest> requests_;
    std::vector<Connection*> flushing_;

    UniqueFd stop_bell_;
    std::atomic<bool> stopping_{false};
    ReactorMetrics metrics_;
};

}  // namespace stentor::net
