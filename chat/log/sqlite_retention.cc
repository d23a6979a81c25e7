// What is behind sqlite_retention.h.
// Thread: the store's writer.
// Invariant: see sqlite_retention.h.
#include "chat/log/sqlite_retention.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace stentor::chat {
namespace {

using namespace std::chrono_literals;

constexpr core::Duration kRound = 10min;
constexpr int kRoomsAStep = 64;
constexpr std::uint64_t kEventsAStep = 1000;
constexpr int kUsersAStep = 1000;
constexpr std::int64_t kDayMs = 24 * 60 * 60 * 1000;
constexpr std::int64_t kEmptyRoomKeptMs = 7 * kDayMs;

}  // namespace

SqliteResult<> SqliteRetention::prepare(SqliteConnection& connection, std::uint32_t days,
                                        std::uint32_t events) {
    kept_ms_ = days * kDayMs;
    kept_events_ = events;
    // A busy room is not trimmed at every commit, but never holds a hundredth too many.
    slack_ = std::min<std::uint64_t>(events / 100, kEventsAStep);
    return connection.prepare({
        {next_room_, "SELECT room FROM rooms WHERE room > ? ORDER BY room LIMIT 1"},
        {room_, "SELECT head, last_at FROM rooms WHERE room = ?"},
        {oldest_, "SELECT seq FROM events WHERE room = ? ORDER BY seq LIMIT 1"},
        {newest_, "SELECT seq, at FROM events WHERE room = ? ORDER BY seq DESC LIMIT 1"},
        {too_old_,
         "SELECT coalesce(max(seq), 0) FROM"
         " (SELECT seq, at FROM events WHERE room = ? ORDER BY seq LIMIT ?) WHERE at < ?"},
        {old_users_,
         "SELECT coalesce(max(seen_at), 0) FROM (SELECT seen_at FROM users"
         " WHERE seen_at > ? AND seen_at < ? ORDER BY seen_at LIMIT ?)"},
        {forget_users_,
         "DELETE FROM users WHERE seen_at > ? AND seen_at <= ? AND connected = 0"
         " AND NOT EXISTS (SELECT 1 FROM positions WHERE positions.user = users.user)"},
    });
}

void SqliteRetention::on_growth(std::int64_t room, std::uint64_t first, std::uint64_t head) {
    if (kept_events_ == 0 || head - first + 1 <= kept_events_ + slack_) return;
    if (std::ranges::find(too_many_, room) == too_many_.end()) too_many_.push_back(room);
    next_ = {};
}

SqliteResult<std::optional<SqliteRetention::Trim>> SqliteRetention::look(core::Instant now,
                                                                         std::int64_t now_ms) {
    if (too_many_.empty()) return sweep(now, now_ms);
    auto trim = look_at(too_many_.front(), now_ms);
    // Stays in the queue until nothing is left to remove.
    if (trim && (!*trim || (*trim)->is_empty)) too_many_.pop_front();
    return trim;
}

SqliteResult<std::optional<SqliteRetention::Trim>> SqliteRetention::sweep(core::Instant now,
                                                                          std::int64_t now_ms) {
    for (int i = 0; i < kRoomsAStep; ++i) {
        std::int64_t room = 0;
        {
            auto rows = next_room_.rows(swept_room_);
            const auto found = rows.next();
            if (!found) return std::unexpected(found.error());
            if (*found) room = rows.integer(0);
        }
        if (room == 0) {
            swept_room_ = 0;
            users_due_ = kept_ms_ > 0;
            users_before_ = 0;
            next_ = now + kRound;
            return std::nullopt;
        }
        auto trim = look_at(room, now_ms);
        // A room that was trimmed is looked at once more.
        if (!trim || (*trim && !(*trim)->is_empty)) return trim;
        swept_room_ = room;
        if (*trim) return trim;
    }
    return std::nullopt;
}

SqliteResult<std::optional<SqliteRetention::Trim>> SqliteRetention::look_at(std::int64_t room,
                                                                            std::int64_t now_ms) {
    Trim trim{.room = room};
    {
        auto rows = room_.rows(room);
        const auto found = rows.next();
        if (!found) return std::unexpected(found.error());
        if (!*found) return std::nullopt;
        trim.head = rows.number(0);
        trim.last_at_ms = rows.integer(1);
    }
    auto oldest = oldest_.rows(room);
    auto found = oldest.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) {
        trim.is_empty = kept_ms_ > 0 && trim.last_at_ms < now_ms - kEmptyRoomKeptMs;
        return trim.is_empty ? std::optional(trim) : std::nullopt;
    }
    const std::uint64_t first = trim.first = oldest.number(0);
    auto newest = newest_.rows(room);
    if (found = newest.next(); !found) return std::unexpected(found.error());
    trim.head = std::max(trim.head, newest.number(0));
    trim.last_at_ms = std::max(trim.last_at_ms, newest.integer(1));
    if (kept_events_ > 0 && trim.head - first + 1 > kept_events_) {
        trim.last = trim.head - kept_events_;
    }
    if (kept_ms_ > 0) {
        auto too_old = too_old_.rows(room, kEventsAStep, now_ms - kept_ms_);
        if (found = too_old.next(); !found) return std::unexpected(found.error());
        trim.last = std::max(trim.last, too_old.number(0));
    }
    trim.last = std::min(trim.last, first + kEventsAStep - 1);
    return trim.last >= first ? std::optional(trim) : std::nullopt;
}

SqliteResult<> SqliteRetention::forget_users(std::int64_t now_ms) {
    std::int64_t up_to = 0;
    {
        auto rows = old_users_.rows(users_before_, now_ms - kept_ms_, kUsersAStep);
        const auto found = rows.next();
        if (!found) return std::unexpected(found.error());
        up_to = rows.integer(0);
    }
    users_due_ = up_to > 0;
    if (!users_due_) return {};
    const std::int64_t from = std::exchange(users_before_, up_to);
    return forget_users_.run(from, up_to);
}

}  // namespace stentor::chat
