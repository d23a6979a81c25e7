// By which client ids the events of a room are known again (docs/decisions.md, "Ids in segments").
// An index in the file would dirty a page for each message. So the ids of the newest events of an
// open room stand in memory, and are written some hundreds at a time, as a segment that is never
// changed: fingerprints and where their events are, in pieces by fingerprint. Segments of a size
// become one of the next. Which of them may know an id says a filter in memory; one that was not
// written by this process is looked into until a filter has paid for being read.
// Thread: as the connection, inside its transactions.
// Invariant: an event's id is found as long as the event is there; rooms in memory weigh
// bytes_max at most, but for one that is alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "chat/envelope.h"
#include "chat/log/id_filter.h"
#include "chat/log/sqlite_connection.h"
#include "core/hash.h"

namespace stentor::chat {

class SqliteIds {
public:
    static constexpr std::uint64_t kSegmentEvents = 256;
    static constexpr std::size_t kBytesMax = std::size_t{64} * 1024 * 1024;

    // What is known of a room in memory: nothing, until the first append. Stays where it is.
    class Room {
        friend class SqliteIds;
        struct Segment {
            std::uint64_t last;  // its newest event
            std::uint32_t pieces;
            std::optional<IdFilter> filter;
            std::uint32_t asks = 0;  // without a filter
        };
        std::uint64_t segments_end_ = 0;  // events up to here stand in segments
        std::vector<Segment> segments_;   // oldest first
        boost::unordered_flat_map<std::uint64_t, std::uint64_t, core::IdHash> recent_;  // to seqs
        std::size_t bytes_ = 0;
        std::optional<std::list<Room*>::iterator> loaded_;
    };
    // Of a room that is in the database, with its events from `first` to `head`.
    struct Place {
        Room& known;
        std::int64_t room;
        std::uint64_t first;  // 0: there are none
        std::uint64_t head;
    };

    SqliteResult<> prepare(SqliteConnection& connection, core::HashKey key,
                           std::size_t bytes_max = kBytesMax);

    struct Known {
        std::uint64_t seq;
        std::int64_t at_ms;
        std::uint64_t hash;
    };
    // The event that the user published under the id of `publish`.
    SqliteResult<std::optional<Known>> find(const Place& place, const Publish& publish);
    // `publish` was added under its seq, which is place.head.
    SqliteResult<> added(const Place& place, const Publish& publish);
    // Events up to `last` are removed; `trimmed`, once that is committed.
    SqliteResult<> trim(std::int64_t room, std::uint64_t last);
    void trimmed(Room& known, std::uint64_t last);
    // What is in memory is not so any more, or nobody wants it.
    void forget(Room& known);

    std::size_t bytes() const { return bytes_; }

private:
    struct Entry {
        std::uint32_t fingerprint;
        std::uint32_t back;  // from the segment's newest event
    };
    std::uint64_t hash_of(UserId user, std::string_view id);
    SqliteResult<> load(const Place& place);
    SqliteResult<> load_segments(const Place& place);
    SqliteResult<> load_recent(const Place& place);
    SqliteResult<> note(const Place& place, std::uint64_t hash, std::uint64_t seq);
    SqliteResult<> close_segment(const Place& place, std::uint64_t last);
    SqliteResult<> merge_segments(const Place& place);
    SqliteResult<> write_segment(const Place& place, std::uint64_t last, std::uint32_t pieces,
                                 std::span<const Entry> entries);
    static Entry entry_of(std::uint32_t fingerprint, std::uint64_t seq, std::uint64_t last);
    template <typename Fn>
    static void for_each_entry(std::string_view entries, Fn&& fn);
    SqliteResult<std::optional<Known>> known_event(std::int64_t room, std::uint64_t seq,
                                                   const Publish& publish);
    SqliteResult<bool> may_have(std::int64_t room, Room::Segment& segment,
                                std::uint32_t fingerprint);
    SqliteResult<> find_in_segment(std::int64_t room, const Room::Segment& segment,
                                   std::uint32_t fingerprint);
    void weigh(Room& known);

    core::HashKey key_;
    std::size_t bytes_max_ = 0;
    std::size_t bytes_ = 0;
    std::list<Room*> loaded_;  // the one used longest ago first
    std::string hashed_;
    std::vector<std::uint64_t> candidates_;
    SqliteStatement next_segment_;
    SqliteStatement segment_;
    SqliteStatement segments_;
    SqliteStatement recent_;
    SqliteStatement piece_;
    SqliteStatement add_piece_;
    SqliteStatement remove_pieces_;
    SqliteStatement remove_segments_;
    SqliteStatement known_event_;
};

}  // namespace stentor::chat
