// See fake_link.h.
// Thread: one.
// Invariant: see fake_link.h.
#include "tests/chat/support/fake_link.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/check.h"
#include "core/mirrored_ring.h"

namespace stentor::chat {

template <typename Fn>
void FakeLink::for_each(Fn&& fn) {
    std::vector<std::uint32_t> slots;
    for (const auto& [slot, connection] : connections_) slots.push_back(slot);
    for (const std::uint32_t slot : slots) {
        if (const auto at = connections_.find(slot); at != connections_.end()) fn(*at->second);
    }
}

FakeLink::~FakeLink() {
    for (auto& [slot, connection] : connections_) {
        connection->outbox.clear(parcels);
    }
}

FakeLink::Connection& FakeLink::connect() {
    ConnectionId id;
    id.generation = ++generations_;
    id.slot = free_slot() & 0xffffffu;
    id.shard = shard_ & 0xffu;
    auto& connection = connections_[id.slot] = std::make_unique<Connection>();
    connection->id = id;
    connection->last_received = clock_.now();
    return *connection;
}

FakeLink::Connection* FakeLink::find(ConnectionId id) const {
    const auto at = connections_.find(id.slot);
    return at != connections_.end() && at->second->id == id ? at->second.get() : nullptr;
}

FakeLink::Connection& FakeLink::live(ConnectionId id) const {
    Connection* connection = find(id);
    STENTOR_CHECK(connection != nullptr);
    return *connection;
}

std::string FakeLink::read(ConnectionId id, std::size_t bytes_max) {
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

void FakeLink::receive(net::Application& application) {
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

void FakeLink::call_drained(net::Application& application) {
    for_each([&](Connection& connection) {
        if (is_open(connection) && connection.outbox.bytes() <= outbox_bytes_ / 2 &&
            std::exchange(connection.watches_drain, false)) {
            application.on_drained(connection.id);
        }
    });
}

void FakeLink::reap(net::Application& application) {
    for_each([&](Connection& connection) {
        if (connection.aborted || (connection.finished && connection.outbox.empty())) {
            connection.outbox.clear(parcels);
            application.on_closed(connection.id);
            connections_.erase(connection.id.slot);
        }
    });
}

bool FakeLink::idle() const {
    return std::ranges::all_of(connections_, [](const auto& entry) {
        const Connection& connection = *entry.second;
        return !connection.leaves && (connection.paused || !has_news(connection));
    });
}

std::size_t FakeLink::send_parts(ConnectionId id, std::span<const std::byte> head,
                                 std::span<const std::byte> body) {
    Connection* connection = find_open(id);
    if (connection == nullptr) {
        return 0;
    }
    const std::size_t backlog = connection->outbox.bytes();
    connection->outbox.append_answer(head, parcels);
    connection->outbox.append_answer(body, parcels);
    return backlog;
}

void FakeLink::deliver(std::span<const std::uint32_t> slots, net::Parcel& parcel,
                       std::vector<std::uint32_t>& full) {
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

bool FakeLink::hand_over(ConnectionId id, std::uint32_t shard, std::uint64_t group,
                         std::uint32_t listener) {
    if (!hands_over) {
        return false;
    }
    live(id).aborted = true;
    handed_over.push_back(
        {.id = id, .shard = shard, .group = group, .listener = listener, .input = {}});
    return true;
}

net::Parcel& FakeLink::make_parcel(core::SharedBytes bytes) {
    return parcels.make(std::move(bytes));
}

std::size_t FakeLink::shed_ephemeral(ConnectionId id) {
    return live(id).outbox.shed_ephemeral(parcels);
}

std::optional<std::uint32_t> FakeLink::heaviest_topic(ConnectionId id) const {
    return live(id).outbox.heaviest_topic();
}

std::optional<net::OldestEvents> FakeLink::oldest_events(ConnectionId id) const {
    return live(id).outbox.oldest_events();
}

std::uint64_t FakeLink::shed_topic(ConnectionId id, std::uint32_t topic) {
    std::size_t freed = 0;
    return live(id).outbox.shed_topic(topic, parcels, freed);
}

std::size_t FakeLink::backlog_bytes(ConnectionId id) const {
    const Connection* connection = find_open(id);
    return connection == nullptr ? 0 : connection->outbox.bytes();
}

void FakeLink::resume(ConnectionId id) {
    live(id).paused = false;
    live(id).shows_anew = true;
}

bool FakeLink::has_news(const Connection& connection) {
    return is_open(connection) && !connection.input.empty() &&
           (connection.shows_anew || connection.input.size() != connection.shown);
}

bool FakeLink::is_open(const Connection& connection) {
    return !connection.finished && !connection.aborted;
}

FakeLink::Connection* FakeLink::find_open(ConnectionId id) const {
    Connection* connection = find(id);
    return connection != nullptr && is_open(*connection) ? connection : nullptr;
}

std::uint32_t FakeLink::free_slot() const {
    std::uint32_t slot = 0;
    while (connections_.contains(slot)) {
        ++slot;
    }
    return slot;
}

void FakeLink::hand_in(net::Application& application, Connection& connection) {
    const std::size_t size = connection.input.size();
    const auto bytes = std::make_unique<std::byte[]>(size + core::kReadablePaddingBytes);
    std::memcpy(bytes.get(), connection.input.data(), size);
    connection.last_received = clock_.now();
    connection.shows_anew = false;
    const std::size_t done = application.on_bytes(connection.id, {bytes.get(), size});
    const auto* rest = reinterpret_cast<const char*>(bytes.get());
    connection.input.assign(rest + done, rest + size);
    connection.shown = connection.input.size();
    if (!handed_over.empty() && handed_over.back().id == connection.id) {
        handed_over.back().input = connection.input;
    }
}

}  // namespace stentor::chat
