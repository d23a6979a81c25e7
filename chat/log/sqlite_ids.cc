// Segments of ids as SQL, and what of them is in memory.
// Thread: as the connection.
// Invariant: see sqlite_ids.h.
#include "chat/log/sqlite_ids.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <ranges>
#include <span>
#include <utility>

#include "core/check.h"

namespace stentor::chat {
namespace {

static_assert(std::endian::native == std::endian::little, "entries stand in the file as in memory");

// A row of a piece is small enough to stand in its page.
constexpr std::uint32_t kEntriesAPiece = 64;
constexpr std::uint32_t kPiecesMin = SqliteIds::kSegmentEvents / kEntriesAPiece;
constexpr std::uint32_t kPiecesMax = kPiecesMin * 8 * 8 * 8;
// So many segments of a size become one of the next.
constexpr int kMerged = 8;
// Of a place in the table of recent ids: key, value, and what the table says of it.
constexpr std::size_t kPlaceBytes = 17;

}  // namespace

SqliteResult<> SqliteIds::prepare(SqliteConnection& connection, core::HashKey key,
                                  std::size_t bytes_max) {
    key_ = key;
    bytes_max_ = bytes_max;
    return connection.prepare({
        {next_segment_,
         "SELECT last, pieces FROM ids WHERE room = ? AND last > ? ORDER BY last LIMIT 1"},
        {segment_, "SELECT entries FROM ids WHERE room = ? AND last = ?"},
        {segments_,
         "SELECT last, pieces, entries FROM ids WHERE room = ? AND last >= ? ORDER BY last"},
        {recent_,
         "SELECT seq, user, client_id FROM events"
         " WHERE room = ? AND seq > ? AND seq <= ? AND client_id IS NOT NULL"
         " ORDER BY seq"},
        {piece_, "SELECT entries FROM ids WHERE room = ? AND last = ? AND piece = ?"},
        {add_piece_, "INSERT INTO ids VALUES (?, ?, ?, ?, ?)"},
        {remove_pieces_, "DELETE FROM ids WHERE room = ? AND last >= ?"},
        {remove_segments_, "DELETE FROM ids WHERE room = ? AND last <= ?"},
        {known_event_,
         "SELECT at, hash FROM events WHERE room = ? AND seq = ? AND user = ? AND client_id = ?"},
    });
}

SqliteResult<std::optional<SqliteIds::Known>> SqliteIds::find(const Place& place,
                                                              const Publish& publish) {
    if (auto loaded = load(place); !loaded) return std::unexpected(std::move(loaded.error()));
    const std::uint64_t hash = hash_of(publish.user, publish.command_id);
    if (const auto at = place.known.recent_.find(hash); at != place.known.recent_.end()) {
        auto known = known_event(place.room, at->second, publish);
        if (!known || *known) return known;
    }
    const auto fingerprint = static_cast<std::uint32_t>(hash);
    for (Room::Segment& segment : std::views::reverse(place.known.segments_)) {
        const auto may = may_have(place.room, segment, fingerprint);
        if (!may) return std::unexpected(may.error());
        if (!*may) continue;
        if (auto looked = find_in_segment(place.room, segment, fingerprint); !looked) {
            return std::unexpected(std::move(looked.error()));
        }
        for (const std::uint64_t seq : candidates_) {
            auto known = known_event(place.room, seq, publish);
            if (!known || *known) return known;
        }
    }
    return std::nullopt;
}

SqliteResult<> SqliteIds::added(const Place& place, const Publish& publish) {
    Place before = place;
    --before.head;
    if (auto loaded = load(before); !loaded) return loaded;
    if (!publish.command_id.empty()) {
        const std::uint64_t hash = hash_of(publish.user, publish.command_id);
        if (auto noted = note(place, hash, publish.seq); !noted) return noted;
    }
    if (place.head - place.known.segments_end_ >= kSegmentEvents) {
        if (auto closed = close_segment(place, place.head); !closed) return closed;
    }
    weigh(place.known);
    return {};
}

SqliteResult<> SqliteIds::trim(std::int64_t room, std::uint64_t last) {
    return remove_segments_.run(room, last);
}

void SqliteIds::trimmed(Room& known, std::uint64_t last) {
    std::erase_if(known.segments_, [&](const Room::Segment& it) { return it.last <= last; });
    if (known.loaded_) weigh(known);
}

void SqliteIds::forget(Room& known) {
    bytes_ -= known.bytes_;
    if (known.loaded_) loaded_.erase(*known.loaded_);
    known = {};
}

// Keyed, so that nobody can look for ids that are taken for each other.
std::uint64_t SqliteIds::hash_of(UserId user, std::string_view id) {
    hashed_.assign(reinterpret_cast<const char*>(&user.value), sizeof user.value);
    hashed_.append(id);
    return core::siphash_2_4(key_, hashed_);
}

SqliteResult<std::optional<SqliteIds::Known>> SqliteIds::known_event(std::int64_t room,
                                                                     std::uint64_t seq,
                                                                     const Publish& publish) {
    auto rows = known_event_.rows(room, seq, publish.user, publish.command_id);
    const auto found = rows.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    return Known{seq, rows.integer(0), rows.number(1)};
}

// A filter is read once so many were asked for that it costs no more than they did.
SqliteResult<bool> SqliteIds::may_have(std::int64_t room, Room::Segment& segment,
                                       std::uint32_t fingerprint) {
    if (!segment.filter && ++segment.asks > segment.pieces / 4) {
        IdFilter filter(std::size_t{segment.pieces} * kEntriesAPiece);
        auto rows = segment_.rows(room, segment.last);
        for (;;) {
            const auto found = rows.next();
            if (!found) return std::unexpected(found.error());
            if (!*found) break;
            for_each_entry(rows.text(0), [&](Entry entry) { filter.add(entry.fingerprint); });
        }
        segment.filter = std::move(filter);
    }
    return !segment.filter || segment.filter->may_have(fingerprint);
}

SqliteResult<> SqliteIds::find_in_segment(std::int64_t room, const Room::Segment& segment,
                                          std::uint32_t fingerprint) {
    candidates_.clear();
    auto rows = piece_.rows(room, segment.last, fingerprint & (segment.pieces - 1));
    const auto found = rows.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return {};
    for_each_entry(rows.text(0), [&](Entry entry) {
        if (entry.fingerprint == fingerprint) candidates_.push_back(segment.last - entry.back);
    });
    return {};
}

template <typename Fn>
void SqliteIds::for_each_entry(std::string_view entries, Fn&& fn) {
    for (; entries.size() >= sizeof(Entry); entries.remove_prefix(sizeof(Entry))) {
        Entry entry;
        std::memcpy(&entry, entries.data(), sizeof entry);
        fn(entry);
    }
}

// ---- what is in memory

SqliteResult<> SqliteIds::load(const Place& place) {
    Room& known = place.known;
    if (known.loaded_) {
        loaded_.splice(loaded_.end(), loaded_, *known.loaded_);
        return {};
    }
    known.loaded_ = loaded_.insert(loaded_.end(), &known);
    const auto done =
        in_turn([&] { return load_segments(place); }, [&] { return load_recent(place); });
    if (!done) {
        forget(known);
    } else {
        weigh(known);
    }
    return done;
}

SqliteResult<> SqliteIds::load_segments(const Place& place) {
    Room& known = place.known;
    for (std::uint64_t last = 0;;) {
        auto rows = next_segment_.rows(place.room, last);
        const auto found = rows.next();
        if (!found) return std::unexpected(found.error());
        if (!*found) break;
        last = rows.number(0);
        known.segments_.push_back({last, static_cast<std::uint32_t>(rows.number(1)), std::nullopt});
    }
    known.segments_end_ = place.first == 0 ? place.head : place.first - 1;
    if (!known.segments_.empty()) {
        known.segments_end_ = std::max(known.segments_end_, known.segments_.back().last);
    }
    return {};
}

// In ranges, for there are more than a few where an older program wrote the file.
SqliteResult<> SqliteIds::load_recent(const Place& place) {
    Room& known = place.known;
    for (std::uint64_t from = known.segments_end_; from < place.head;) {
        const std::uint64_t to = std::min(place.head, from + kSegmentEvents);
        auto rows = recent_.rows(place.room, from, to);
        for (;;) {
            const auto found = rows.next();
            if (!found) return std::unexpected(found.error());
            if (!*found) break;
            const std::uint64_t hash = hash_of(rows.user(1), rows.text(2));
            if (auto noted = note(place, hash, rows.number(0)); !noted) return noted;
        }
        if (to - known.segments_end_ >= kSegmentEvents) {
            if (auto closed = close_segment(place, to); !closed) return closed;
        }
        from = to;
    }
    return {};
}

// Where there is one of the same hash already (of an event that is gone, hardly ever of another
// id), that goes into a segment, which takes both.
SqliteResult<> SqliteIds::note(const Place& place, std::uint64_t hash, std::uint64_t seq) {
    if (place.known.recent_.try_emplace(hash, seq).second) return {};
    auto closed = close_segment(place, seq - 1);
    if (closed) place.known.recent_.emplace(hash, seq);
    return closed;
}

// The rooms that were used longest ago are let go when all together weigh too much.
void SqliteIds::weigh(Room& known) {
    std::size_t bytes = known.recent_.bucket_count() * kPlaceBytes +
                        known.segments_.capacity() * sizeof(Room::Segment);
    for (const Room::Segment& segment : known.segments_) {
        if (segment.filter) bytes += segment.filter->bytes();
    }
    bytes_ += bytes - known.bytes_;
    known.bytes_ = bytes;
    while (bytes_ > bytes_max_ && loaded_.front() != &known) forget(*loaded_.front());
}

// ---- segments

SqliteResult<> SqliteIds::close_segment(const Place& place, std::uint64_t last) {
    Room& known = place.known;
    std::vector<Entry> entries;
    entries.reserve(known.recent_.size());
    for (const auto& [hash, seq] : known.recent_) {
        entries.push_back(entry_of(static_cast<std::uint32_t>(hash), seq, last));
    }
    known.recent_.clear();
    known.segments_end_ = last;
    return in_turn([&] { return write_segment(place, last, kPiecesMin, entries); },
                   [&] { return merge_segments(place); });
}

SqliteResult<> SqliteIds::merge_segments(const Place& place) {
    auto& segments = place.known.segments_;
    const auto is_due = [&] {
        return std::ssize(segments) >= kMerged && segments.back().pieces < kPiecesMax &&
               segments.end()[-kMerged].pieces == segments.back().pieces;
    };
    while (is_due()) {
        const std::uint64_t oldest = segments.end()[-kMerged].last;
        const std::uint64_t newest = segments.back().last;
        const std::uint32_t pieces = segments.back().pieces * kMerged;
        std::vector<Entry> entries;
        {
            auto rows = segments_.rows(place.room, oldest);
            for (;;) {
                const auto found = rows.next();
                if (!found) return std::unexpected(found.error());
                if (!*found) break;
                const std::uint64_t last = rows.number(0);
                for_each_entry(rows.text(2), [&](Entry it) {
                    entries.push_back(entry_of(it.fingerprint, last - it.back, newest));
                });
            }
        }
        segments.erase(segments.end() - kMerged, segments.end());
        auto done = in_turn([&] { return remove_pieces_.run(place.room, oldest); },
                            [&] { return write_segment(place, newest, pieces, entries); });
        if (!done) return done;
    }
    return {};
}

SqliteIds::Entry SqliteIds::entry_of(std::uint32_t fingerprint, std::uint64_t seq,
                                     std::uint64_t last) {
    STENTOR_CHECK(seq <= last && last - seq <= std::numeric_limits<std::uint32_t>::max());
    return {fingerprint, static_cast<std::uint32_t>(last - seq)};
}

SqliteResult<> SqliteIds::write_segment(const Place& place, std::uint64_t last,
                                        std::uint32_t pieces, std::span<const Entry> entries) {
    IdFilter filter(std::size_t{pieces} * kEntriesAPiece);
    // Where each piece ends, then where it begins.
    std::vector<std::size_t> begins(pieces + 1);
    for (const Entry& entry : entries) {
        filter.add(entry.fingerprint);
        ++begins[entry.fingerprint & (pieces - 1)];
    }
    for (std::uint32_t piece = 1; piece <= pieces; ++piece) begins[piece] += begins[piece - 1];
    std::vector<Entry> sorted(entries.size());
    for (const Entry& entry : entries) {
        sorted[--begins[entry.fingerprint & (pieces - 1)]] = entry;
    }
    for (std::uint32_t piece = 0; piece < pieces; ++piece) {
        const auto in_piece =
            std::span(sorted).subspan(begins[piece], begins[piece + 1] - begins[piece]);
        if (in_piece.empty() && piece > 0) continue;  // the first one says that there is a segment
        auto added = add_piece_.run(place.room, last, piece, pieces, std::as_bytes(in_piece));
        if (!added) return added;
    }
    place.known.segments_.push_back({last, pieces, std::move(filter)});
    return {};
}

}  // namespace stentor::chat
