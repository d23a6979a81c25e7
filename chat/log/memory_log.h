// The log of memory rooms: it numbers at once, knows recent client ids, and forgets with the
// process. The texts themselves live once, encoded, with the room at home; here is only what
// decides.
// Thread: owner reactor.
// Invariant: an id is remembered exactly as long as its message is kept at home.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

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
    struct KnownId {  // what the first send with an id became
        std::string key;
        std::uint64_t seq;
        std::int64_t at_ms;
        std::uint64_t content_hash;
    };
    struct KeyHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const { return core::StringHash{}(key); }
        std::size_t operator()(const KnownId* known) const { return (*this)(known->key); }
    };
    struct KeyEqual {
        using is_transparent = void;
        static std::string_view key(const KnownId* known) { return known->key; }
        static std::string_view key(std::string_view text) { return text; }
        bool operator()(const auto& a, const auto& b) const { return key(a) == key(b); }
    };
    struct Room {
        std::string epoch;
        std::uint64_t head = 0;
        std::int64_t last_at_ms = 0;
        const KnownId* find(std::string_view id) const;
        void add(KnownId&& known);
        void forget_oldest();

        std::list<KnownId> ids;  // oldest first
        // Into ids; from the moment when there are too many to look through them.
        boost::unordered_flat_set<const KnownId*, KeyHash, KeyEqual> by_key;
    };
    static constexpr std::size_t kLookedThroughMax = 8;
    static std::string id_key(const Publish& publish);
    std::uint64_t content_hash(const Publish& publish) const;

    const core::Clock& clock_;
    RandomSource& random_;
    core::HashKey content_key_;
    boost::unordered_flat_map<RoomKey, std::unique_ptr<Room>, core::IdHash> rooms_;
};

}  // namespace stentor::chat
