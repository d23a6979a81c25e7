// What is too old or too much: looks through the rooms now and then, a few at a time, and says what
// to let go of. The oldest events of a room go first, in steps. Their pages are used again: the
// file does not shrink, and stops growing once as much goes as comes.
// Thread: the store's writer.
// Invariant: one call reads a bounded number of rows, and proposes to remove a bounded number.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "chat/log/sqlite_connection.h"
#include "core/instant.h"

namespace stentor::chat {

class SqliteRetention {
public:
    SqliteResult<> prepare(SqliteConnection& connection, std::uint32_t days, std::uint32_t events);

    // An open room holds events first..head: is that more than it may?
    void on_growth(std::int64_t room, std::uint64_t first, std::uint64_t head);

    struct Trim {
        std::int64_t room = 0;
        std::uint64_t first = 0;  // events from here …
        std::uint64_t last = 0;   // … up to here go
        std::uint64_t head = 0;
        std::int64_t last_at_ms = 0;
        bool is_empty =
            false;  // and has been for long: the room itself may go if nobody has it open
    };
    // Looks further; nothing: what was looked at may stay.
    SqliteResult<std::optional<Trim>> look(core::Instant now, std::int64_t now_ms);
    // When to look again.
    core::Instant next() const { return next_; }
    // What was found could not be done.
    void later(core::Instant now) { next_ = now + std::chrono::seconds{10}; }
    // Users that were not seen for as long as events are kept, and of whom nothing is kept. A few
    // at a time, at the end of each round.
    SqliteResult<> forget_users(std::int64_t now_ms);
    bool users_due() const { return users_due_; }

private:
    SqliteResult<std::optional<Trim>> look_at(std::int64_t room, std::int64_t now_ms);
    SqliteResult<std::optional<Trim>> sweep(core::Instant now, std::int64_t now_ms);

    std::int64_t kept_ms_ = 0;       // 0: for ever
    std::uint64_t kept_events_ = 0;  // 0: all
    std::uint64_t slack_ = 0;
    std::deque<std::int64_t> too_many_;
    std::int64_t swept_room_ = 0;    // of this round: all up to it
    std::int64_t users_before_ = 0;  // seen up to then: looked at in this round
    bool users_due_ = false;
    core::Instant next_{};
    SqliteStatement next_room_;
    SqliteStatement room_;
    SqliteStatement oldest_;
    SqliteStatement newest_;
    SqliteStatement too_old_;
    SqliteStatement old_users_;
    SqliteStatement forget_users_;
};

}  // namespace stentor::chat
