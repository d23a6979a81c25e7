// A reactor's side of connections without sockets: what was sent waits in real outboxes until the
// test reads it, so backlog and fullness are the test's to choose.
// Thread: one.
// Invariant: no call into the application but from the functions that take one, as with a reactor.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/mirrored_ring.h"
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
    ~FakeLink() override {
        for (auto& [slot, connection] : connections_) {
            connection->outbox.clear(parcels);
        }
    }

    Connection& connect() {
        ConnectionId id;
        id.generation = ++generations_;
        id.slot = free_slot() & 0xffffffu;
        id.shard = shard_ & 0xffu;
        auto& connection = connections_[id.slot] = std::make_unique<Connection>();
        connection->id = id;
        connection->last_received = clock_.now();
        return *connection;
    }
    // Nothing for a connection that is gone.
    Connection* find(ConnectionId id) const {
        const auto at = connections_.find(id.slot);
        return at != connections_.end() && at->second->id == id ? at->second.get() : nullptr;
    }
    Connection& live(ConnectionId id) const {
        Connection* connection = find(id);
        STENTOR_CHECK(connection != nullptr);
        return *connection;
    }
    // The client reads at most so many bytes.
    std::string read(ConnectionId id, std::size_t bytes_max = SIZE_MAX) {
        Connection& connection = live(id);
        std::string got;
        while (!connection.outbox.empty() && got.size() < bytes_max) {
            std::array<iovec, 1> piece{};
            connection.outbox.gather(piece, 1);
            const std::size_t size = std::min(piece[0].iov_len, bytes_max - got.size());
            got.append(static_cast<const char*>(piece[0].iov_base), size);
            connection.outbox.consume(size, parcels);
        }
        return got;
    }

    // ---- a reactor's phases
    void receive(net::Application& application) {
        for_each([&](Connection& connection) {
            if (connection.finished || connection.aborted || connection.paused) {
                return;
            }
            if (has_news(connection)) {
                hand_in(application, connection);
            }
            if (connection.leaves && !connection.paused && !has_news(connection)) {
                connection.aborted = true;
            }
        });
    }
    void call_drained(net::Application& application) {
        for_each([&](Connection& connection) {
            if (is_open(connection) && connection.outbox.bytes() <= outbox_bytes_ / 2 &&
                std::exchange(connection.watches_drain, false)) {
                application.on_drained(connection.id);
            }
        });
    }
    void reap(net::Application& application) {
        for_each([&](Connection& connection) {
            if (connection.aborted || (connection.finished && connection.outbox.empty())) {
                connection.outbox.clear(parcels);
                application.on_closed(connection.id);
                connections_.erase(connection.id.slot);
            }
        });
    }
    bool idle() const {
        return std::ranges::all_of(connections_, [](const auto& entry) {
            const Connection& connection = *entry.second;
            return !connection.leaves && (connection.paused || !has_news(connection));
        });
    }

    // ---- net::Link
    std::size_t send_parts(ConnectionId id, std::span<const std::byte> head,
                           std::span<const std::byte> body) override {
        Connection* connection = find_open(id);
        if (connection == nullptr) {
            return 0;
        }
        const std::size_t backlog = connection->outbox.bytes();
        connection->outbox.append_answer(head, parcels);
        connection->outbox.append_answer(body, parcels);
        return backlog;
    }
    void deliver(std::span<const std::uint32_t> slots, net::Parcel& parcel,
                 std::vector<std::uint32_t>& full) override {
        for (const std::uint32_t slot : slots) {
            Connection& connection = *connections_.at(slot);
            if (!is_open(connection)) {
                continue;
            }
            if (connection.outbox.has_room(parcel.bytes.size(), outbox_bytes_)) {
                connection.outbox.push(parcel);
            } else {
                full.push_back(slot);
            }
        }
    }
    net::Parcel& make_parcel(core::SharedBytes bytes) override {
        return parcels.make(std::move(bytes));
    }
    void release_parcel(net::Parcel& parcel) override { parcels.release_unheld(parcel); }
    std::size_t shed_ephemeral(ConnectionId id) override {
        return live(id).outbox.shed_ephemeral(parcels);
    }
    std::optional<std::uint32_t> heaviest_topic(ConnectionId id) const override {
        return live(id).outbox.heaviest_topic();
    }
    std::optional<net::OldestEvents> oldest_events(ConnectionId id) const override {
        return live(id).outbox.oldest_events();
    }
    std::uint64_t shed_topic(ConnectionId id, std::uint32_t topic) override {
        std::size_t freed = 0;
        return live(id).outbox.shed_topic(topic, parcels, freed);
    }
    std::size_t backlog_bytes(ConnectionId id) const override {
        const Connection* connection = find_open(id);
        return connection == nullptr ? 0 : connection->outbox.bytes();
    }
    void watch_drain(ConnectionId id) override { live(id).watches_drain = true; }
    void pause(ConnectionId id) override { live(id).paused = true; }
    void resume(ConnectionId id) override {
        live(id).paused = false;
        live(id).shows_anew = true;
    }
    void finish(ConnectionId id) override { live(id).finished = true; }
    void abort(ConnectionId id) override { live(id).aborted = true; }
    core::Instant last_received(ConnectionId id) const override { return live(id).last_received; }
    core::Instant now() const override { return clock_.now(); }

    net::ParcelPool parcels;

private:
    static bool has_news(const Connection& connection) {
        return is_open(connection) && !connection.input.empty() &&
               (connection.shows_anew || connection.input.size() != connection.shown);
    }
    static bool is_open(const Connection& connection) {
        return !connection.finished && !connection.aborted;
    }
    Connection* find_open(ConnectionId id) const {
        Connection* connection = find(id);
        return connection != nullptr && is_open(*connection) ? connection : nullptr;
    }
    std::uint32_t free_slot() const {
        std::uint32_t slot = 0;
        while (connections_.contains(slot)) {
            ++slot;
        }
        return slot;
    }
    // In a block of the exact size, so that a view kept beyond the call is an error under ASan.
    void hand_in(net::Application& application, Connection& connection) {
        const std::size_t size = connection.input.size();
        const auto bytes = std::make_unique<std::byte[]>(size + core::kReadablePaddingBytes);
        std::memcpy(bytes.get(), connection.input.data(), size);
        connection.last_received = clock_.now();
        connection.shows_anew = false;
        const std::size_t done = application.on_bytes(connection.id, {bytes.get(), size});
        const auto* rest = reinterpret_cast<const char*>(bytes.get());
        connection.input.assign(rest + done, rest + size);
        connection.shown = connection.input.size();
    }
    // By slots, so that `fn` may end connections.
    template <typename Fn>
    void for_each(Fn&& fn) {
        std::vector<std::uint32_t> slots;
        for (const auto& [slot, connection] : connections_) {
            slots.push_back(slot);
        }
        for (const std::uint32_t slot : slots) {
            if (const auto at = connections_.find(slot); at != connections_.end()) {
                fn(*at->second);
            }
        }
    }

    const std::uint32_t shard_;
    const core::Clock& clock_;
    const std::size_t outbox_bytes_;
    std::uint32_t generations_ = 0;
    std::map<std::uint32_t, std::unique_ptr<Connection>> connections_;
};

}  // namespace stentor::chat
