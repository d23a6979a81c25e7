// The connections of one reactor, in chunks that never move, found by generation-tagged ids.
// Thread: owner reactor. Invariant: an id finds its connection from allocate() to release(), and
// nothing ever after.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "net/connection.h"

namespace stentor::net {

class ConnectionTable {
public:
    explicit ConnectionTable(std::uint8_t shard) : shard_(shard) {}

    // Nothing when all 2^24 slots are taken.
    Connection* allocate();
    // The connection is as new again, for its next life.
    void release(Connection& connection);

    Connection& at(std::uint32_t slot) { return chunks_[slot / kChunk][slot % kChunk]; }
    const Connection& at(std::uint32_t slot) const { return chunks_[slot / kChunk][slot % kChunk]; }
    // Nothing for an id whose connection is gone.
    Connection* find(core::ConnectionId id);
    const Connection* find(core::ConnectionId id) const {
        return const_cast<ConnectionTable*>(this)->find(id);
    }
    core::ConnectionId id_of(const Connection& connection) const {
        core::ConnectionId id;
        id.generation = connection.generation;
        id.slot = connection.slot & 0xffffffu;
        id.shard = shard_;
        return id;
    }
    std::size_t live() const { return live_; }
    // Slots ever used: 0..slots()-1.
    std::uint32_t slots() const { return static_cast<std::uint32_t>(chunks_.size()) * kChunk; }

private:
    static constexpr std::uint32_t kChunk = 256;

    std::vector<std::unique_ptr<Connection[]>> chunks_;
    std::vector<std::uint32_t> free_;
    std::size_t live_ = 0;
    std::uint8_t shard_;
};

}  // namespace stentor::net
