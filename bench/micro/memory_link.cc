// See memory_link.h.
// Thread: the benchmark's.
// Invariant: see memory_link.h.
#include "bench/micro/memory_link.h"

#include <sys/uio.h>

#include <array>
#include <utility>

#include "core/check.h"

namespace stentor::bench {
namespace {

constexpr std::size_t kPiecesPerSend = 64;
constexpr std::size_t kBytesPerSend = std::size_t{256} * 1024;

}  // namespace

MemoryLink::~MemoryLink() {
    connections_.for_each(
        [this](core::SlabKey, net::Connection& connection) { connection.outbox.clear(parcels_); });
}

net::ConnectionId MemoryLink::connect() {
    const core::SlabKey key = connections_.next_key();
    net::ConnectionId id;
    id.generation = key.generation;
    id.slot = key.slot & 0xffffffu;
    connections_.emplace(id, -1);
    return id;
}

net::Connection& MemoryLink::live(net::ConnectionId id) const {
    net::Connection* connection = connections_.find({id.slot, id.generation});
    STENTOR_CHECK(connection != nullptr);
    return *connection;
}

void MemoryLink::mark_dirty(net::Connection& connection) {
    if (connection.dirty) return;
    connection.dirty = true;
    dirty_.push_back(&connection);
}

std::size_t MemoryLink::flush(net::ConnectionId watched, std::string* heard) {
    std::array<iovec, kPiecesPerSend> pieces;
    std::size_t sent = 0;
    for (net::Connection* connection : dirty_) {
        connection->dirty = false;
        while (!connection->outbox.empty()) {
            const std::size_t count = connection->outbox.gather(pieces, kBytesPerSend);
            std::size_t bytes = 0;
            for (std::size_t i = 0; i < count; ++i) {
                bytes += pieces[i].iov_len;
                if (heard != nullptr && connection->id == watched) {
                    heard->append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
                }
            }
            connection->outbox.consume(bytes, parcels_);
            sent += bytes;
        }
    }
    dirty_.clear();
    return sent;
}

std::size_t MemoryLink::send_parts(net::ConnectionId id, std::span<const std::byte> head,
                                   std::span<const std::byte> body) {
    net::Connection& connection = live(id);
    const std::size_t backlog = connection.outbox.bytes();
    connection.outbox.append_answer(head, parcels_);
    connection.outbox.append_answer(body, parcels_);
    if (!connection.outbox.empty()) mark_dirty(connection);
    return backlog;
}

void MemoryLink::deliver(std::span<const std::uint32_t> slots, net::Parcel& parcel,
                         std::vector<std::uint32_t>& full) {
    const std::size_t size = parcel.bytes.size();
    for (const std::uint32_t slot : slots) {
        net::Connection* connection = connections_.at(slot);
        if (connection == nullptr || connection->state != net::ConnectionState::kOpen) continue;
        if (!connection->outbox.has_room(size, outbox_bytes_)) {
            full.push_back(slot);
            continue;
        }
        connection->outbox.push(parcel);
        mark_dirty(*connection);
    }
}

net::Parcel& MemoryLink::make_parcel(core::SharedBytes bytes) {
    return parcels_.make(std::move(bytes));
}

void MemoryLink::release_parcel(net::Parcel& parcel) {
    parcels_.release_unheld(parcel);
}

std::size_t MemoryLink::backlog_bytes(net::ConnectionId id) const {
    return live(id).outbox.bytes();
}

}  // namespace stentor::bench
