// The log of memory rooms: it numbers at once, knows recent client ids, and forgets with the
// process. The texts themselves live once, encoded, with the room at home; here is only what
// decides.
// Thread: owner reactor.
// Invariant: an id is remembered exactly as long as its message is kept at home.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <boost/container/deque.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "chat/log/room_log.h"
#include "chat/random.h"
#include "core/hash.h"
#include "core/instant.h"

namespace stentor::chat {

class MemoryLog final : public RoomLog {
public:
    MemoryLog(const core::Clock& clock, RandomSource& random);

    void open(RoomKey key, std::string_view room, LogSink& sink) override;
    void append(RoomKey key, std::unique_ptr<Publish> publish, LogSink& sink) override;
    void forget_before(RoomKey key, std::uint64_t seq) override;
    void close(RoomKey key) override;
    void on_answer(Envelope&& answer, LogSink& sink) override;

private:
    struct First {  // what the first send with an id became
        std::uint64_t seq;
        std::int64_t at_ms;
        std::uint64_t content_hash;
    };
    struct KnownId {
        std::uint64_t seq;
        std::string id;
    };
    struct Room {
        std::string epoch;
        std::uint64_t head = 0;
        std::int64_t last_at_ms = 0;
        boost::unordered_flat_map<std::string, First, core::StringHash, std::equal_to<>> ids;
        boost::container::deque<KnownId> ids_in_order;  // empty: no memory
    };
    static std::string id_key(const Publish& publish);
    std::uint64_t content_hash(const Publish& publish) const;

    const core::Clock& clock_;
    RandomSource& random_;
    core::HashKey content_key_;
    boost::unordered_flat_map<RoomKey, std::unique_ptr<Room>, core::IdHash> rooms_;
};

}  // namespace stentor::chat
