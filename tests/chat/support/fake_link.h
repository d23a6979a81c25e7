// A reactor's side of connections without sockets: what was sent waits in real outboxes until the
// test reads it, so backlog and fullness are the test's to choose.
// Thread: one.
// Invariant: no call into the application but from the functions that take one, as with a reactor.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/application.h"
#include "net/outbox.h"

namespace stentor::chat {

using core::ConnectionId;

class FakeLink final : public net::Link {
public:
    struct Connection {
        ConnectionId id;
        net::Outbox outbox;
        std::string input;        // sent by the client, not yet consumed
        std::size_t shown = 0;    // bytes of it: handed in already, and left to wait for more
        bool shows_anew = false;  // resumed since
        bool paused = false;
        bool finished = false;
        bool aborted = false;
        bool watches_drain = false;
        bool leaves = false;  // the client ends when its input was read
        core::Instant last_received{};
    };

    FakeLink(std::uint32_t shard, const core::Clock& clock, std::size_t outbox_bytes)
        : shard_(shard), clock_(clock), outbox_bytes_(outbox_bytes) {}
    ~FakeLink() override;

    Connection& connect();
    // Nothing for a connection that is gone.
    Connection* find(ConnectionId id) const;
    Connection& live(ConnectionId id) const;
    // The client reads at most so many bytes.
    std::string read(ConnectionId id, std::size_t bytes_max = SIZE_MAX);

    // ---- a reactor's phases
    void receive(net::Application& application);
    void call_drained(net::Application& application);
    void reap(net::Application& application);
    bool idle() const;

    // ---- net::Link
    std::size_t send_parts(ConnectionId id, std::span<const std::byte> head,
                           std::span<const std::byte> body) override;
    void deliver(std::span<const std::uint32_t> slots, net::Parcel& parcel,
                 std::vector<std::uint32_t>& full) override;
    net::Parcel& make_parcel(core::SharedBytes bytes) override;
    void release_parcel(net::Parcel& parcel) override { parcels.release_unheld(parcel); }
    std::size_t shed_ephemeral(ConnectionId id) override;
    std::optional<std::uint32_t> heaviest_topic(ConnectionId id) const override;
    std::optional<net::OldestEvents> oldest_events(ConnectionId id) const override;
    std::uint64_t shed_topic(ConnectionId id, std::uint32_t topic) override;
    std::size_t backlog_bytes(ConnectionId id) const override;
    void watch_drain(ConnectionId id) override { live(id).watches_drain = true; }
    void pause(ConnectionId id) override { live(id).paused = true; }
    void resume(ConnectionId id) override;
    void finish(ConnectionId id) override { live(id).finished = true; }
    void abort(ConnectionId id) override { live(id).aborted = true; }
    bool hand_over(ConnectionId id, std::uint32_t shard, std::uint64_t group,
                   std::uint32_t listener) override;
    core::Instant last_received(ConnectionId id) const override { return live(id).last_received; }
    core::Instant now() const override { return clock_.now(); }

    net::ParcelPool parcels;

    struct HandedOver {
        ConnectionId id;
        std::uint32_t shard = 0;
        std::uint64_t group = 0;
        std::uint32_t listener = 0;
        std::string input;  // what it left unconsumed
    };
    bool hands_over = false;  // or all of them stay
    std::vector<HandedOver> handed_over;

private:
    static bool has_news(const Connection& connection);
    static bool is_open(const Connection& connection);
    Connection* find_open(ConnectionId id) const;
    std::uint32_t free_slot() const;
    // In a block of the exact size, so that a view kept beyond the call is an error under ASan.
    void hand_in(net::Application& application, Connection& connection);
    // By slots, so that `fn` may end connections.
    template <typename Fn>
    void for_each(Fn&& fn);

    const std::uint32_t shard_;
    const core::Clock& clock_;
    const std::size_t outbox_bytes_;
    std::uint32_t generations_ = 0;
    std::map<std::uint32_t, std::unique_ptr<Connection>> connections_;
};

}  // namespace stentor::chat
