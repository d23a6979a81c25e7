// The recent events of a room, as JSON in the blocks that were sent, each in its present state:
// what an edit, a deletion or a reaction changed is written anew (docs/protocol.md, "History").
// Thread: owner reactor of the home.
// Invariant: they are dense up to head(); the shard's kHistoryBytes is the sum of all bytes().
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/circular_buffer.hpp>

#include "chat/home/event_pages.h"
#include "chat/home/event_run.h"
#include "chat/home/room_services.h"

namespace stentor::chat {

class HeldEvents {
public:
    explicit HeldEvents(RoomServices& services) : services_(services) {}
    ~HeldEvents();
    HeldEvents(const HeldEvents&) = delete;
    HeldEvents& operator=(const HeldEvents&) = delete;

    // Empty, or the newest as the log gave them, up to `head`.
    void begin(std::uint64_t head, const std::vector<EventFrame>& recent);

    bool empty() const { return events_.empty(); }
    std::uint64_t head() const { return head_; }
    std::uint64_t first() const { return head_ + 1 - events_.size(); }  // head + 1: there is none
    std::size_t bytes() const { return bytes_; }

    // The next events, the frames of a run in its block.
    void append(const EventRun& run, const core::SharedBytes& block);
    void drop_oldest();
    void drop_before(std::uint64_t seq);

    // Applies an edit, a deletion or a reaction that was stored, to what is held.
    void apply(const Publish& change);

    // The part of a range, all of which is held, that fits a page.
    EventTexts page(const PageRange& range) const;
    // Messages of others than `user` behind `seq`, all of which are held.
    std::uint64_t unread(std::uint64_t seq, UserId user) const;
    // The user's name as its newest event here says it; empty: there is none among the newest
    // `work`, which becomes what is left of it.
    std::string newest_name(UserId user, std::size_t& work) const;

private:
    class Event {
    public:
        Event(core::SharedBytes json_block, UserId who, std::uint32_t json_offset,
              std::size_t json_size, EventKind kind, bool deleted = false);
        std::uint32_t size() const { return bits_ >> 3U; }
        EventKind kind() const { return static_cast<EventKind>(bits_ >> 1U & 3U); }
        bool deleted() const { return (bits_ & 1U) != 0; }
        std::string_view json() const { return block.text().substr(offset, size()); }

        core::SharedBytes block;
        UserId user;
        std::uint32_t offset;

    private:
        std::uint32_t bits_;
    };
    static_assert(sizeof(Event) == 24);
    struct Reaction {
        std::string emoji;
        std::vector<std::pair<UserId, std::string>> users;  // with the names that they had
    };
    using Reactions = std::vector<Reaction>;

    Event& at(std::uint64_t seq) { return events_[seq - first()]; }
    const Event& at(std::uint64_t seq) const { return events_[seq - first()]; }
    bool holds(std::uint64_t seq) const { return seq >= first() && seq <= head_; }
    void push(Event&& event);
    void weigh(std::int64_t bytes);
    void rewrite(Event& event, const EventView& view);
    void edit(const Publish& change);
    void erase(Event& event);
    void react(const Publish& change);
    Reactions& reactions_of(std::uint64_t seq, bool has_older);
    static void apply_reaction(Reactions& reactions, const std::string& emoji, UserId user,
                               std::string_view name, bool on);

    RoomServices& services_;
    std::uint64_t head_ = 0;
    std::size_t bytes_ = 0;
    // Grows and shrinks by doubling, from nothing.
    boost::circular_buffer_space_optimized<Event> events_{kCapacityMax};
    static constexpr std::size_t kCapacityMax = std::size_t{1} << 24;
    // Of held messages to which somebody reacted since they are held.
    std::unique_ptr<std::map<std::uint64_t, Reactions>> reactions_;
};

}  // namespace stentor::chat
