// The log of memory rooms: it numbers at once, knows recent client ids and what became of recent
// messages, and forgets with the process. The texts themselves live once, encoded, with the room at
// home; here is only what decides.
// Thread: owner reactor.
// Invariant: an event is remembered exactly as long as it is kept at home.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/circular_buffer.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "chat/log/room_log.h"
#include "chat/random.h"
#include "core/compact_text.h"
#include "core/hash.h"
#include "core/instant.h"

namespace stentor::chat {

class MemoryLog final : public RoomLog {
public:
    MemoryLog(const core::Clock& clock, RandomSource& random);

    void open(RoomKey key, std::string_view room, LogSink& sink) override;
    void append(RoomKey key, std::unique_ptr<Publish> publish, LogSink& sink) override;
    void read(const ReadLog& wanted) override;
    void renew_epoch(RoomKey key, LogSink& sink) override;
    void forget_before(RoomKey key, std::uint64_t seq) override;
    void close(RoomKey key) override;
    void on_answer(Envelope&& answer, LogSink& sink) override;

private:
    // Of the user and its id; 0: it bore none. Two ids of a room's thousand meet by chance once in
    // 10^16 messages; then, unless their contents meet too, the later one is refused as reused.
    using IdHash = std::uint64_t;
    struct Event {
        IdHash id;
        UserId user;
        std::int64_t at_ms;
        std::uint64_t content_hash;
        bool is_message;  // that is not deleted
    };
    // Who put which emoji on a message.
    struct Reaction {
        std::string emoji;
        std::vector<UserId> users;
    };
    class Room {
    public:
        // Seq of the event with that id; 0: none is remembered.
        std::uint64_t find(IdHash id) const;
        // Null: forgotten, or there never was one.
        Event* event(std::uint64_t seq);
        // One that is remembered.
        Event& at(std::uint64_t seq) { return events_[seq - first()]; }
        const Event& at(std::uint64_t seq) const { return events_[seq - first()]; }
        // Behind the others; what it changes is changed.
        void add(Event&& event, const Publish& publish);
        void forget_before(std::uint64_t seq);
        bool may_react(const Publish& publish) const;

        core::CompactText epoch;
        std::uint64_t head = 0;
        std::int64_t last_at_ms = 0;

    private:
        static constexpr std::size_t kLookedThroughMax = 8;
        static constexpr std::size_t kCapacityMax = std::size_t{1} << 24U;
        void note_id(std::uint64_t seq);
        std::uint64_t first() const { return head + 1 - events_.size(); }
        void react(const Publish& publish);

        // Grows and shrinks by doubling, from nothing.
        boost::circular_buffer_space_optimized<Event> events_{kCapacityMax};
        // Events with an id, as their seqs; from the moment when there are too many to look through
        // them.
        struct ById {
            using is_transparent = void;
            using is_avalanching = void;
            struct Wanted {
                IdHash id;
            };
            IdHash id_of(Wanted wanted) const { return wanted.id; }
            IdHash id_of(std::uint64_t seq) const { return room->at(seq).id; }
            std::size_t operator()(const auto& key) const { return id_of(key); }
            bool operator()(const auto& a, const auto& b) const { return id_of(a) == id_of(b); }

            const Room* room;
        };
        using Ids = boost::unordered_flat_set<std::uint64_t, ById, ById>;
        std::unique_ptr<Ids> by_id_;
        std::unique_ptr<std::map<std::uint64_t, std::vector<Reaction>>> reactions_;  // by target
    };
    IdHash id_hash(const Publish& publish) const;
    std::uint64_t content_hash(const Publish& publish) const;
    // Nothing: it may change what it wants to change.
    static std::optional<ErrorCode> refusal(Room& room, const Publish& publish);

    const core::Clock& clock_;
    RandomSource& random_;
    core::HashKey content_key_;
    core::HashKey id_key_;
    boost::unordered_flat_map<RoomKey, std::unique_ptr<Room>, core::IdHash> rooms_;
};

}  // namespace stentor::chat
