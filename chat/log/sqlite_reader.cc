// What is behind sqlite_reader.h.
// Thread: the store's reader.
// Invariant: see sqlite_reader.h.
#include "chat/log/sqlite_reader.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "chat/log/scrubbing_vfs.h"
#include "chat/protocol/encode.h"
#include "core/check.h"
#include "core/log.h"

namespace stentor::chat {
namespace {

constexpr const char* kColumns =
    "SELECT seq, kind, at, user, name, client_id, target, state, edited_at, content FROM events"
    " WHERE room = ?1 AND seq > ?2 AND seq < ?3 ORDER BY seq ";

}  // namespace

std::expected<std::unique_ptr<SqliteReader>, core::Error> SqliteReader::open(
    const StoreConfig& config, const core::Clock& clock, core::HashKey epoch_key,
    const OpenRooms& open_rooms, StoreHealth& health, StoreMetrics& metrics) {
    std::unique_ptr<SqliteReader> reader(
        new SqliteReader(config, clock, open_rooms, health, metrics));
    if (auto started = reader->start(epoch_key); !started) {
        core::Error error = started.error().to_error();
        error.what = "the store " + config.file + ", to read: " + error.what;
        return std::unexpected(std::move(error));
    }
    return reader;
}

SqliteResult<> SqliteReader::start(core::HashKey epoch_key) {
    auto opened =
        SqliteConnection::open(config_.file, SqliteConnection::Access::kReadOnly,
                               scrubbing_vfs(config_.vfs.empty() ? nullptr : config_.vfs.c_str()));
    if (!opened) return std::unexpected(std::move(opened.error()));
    connection_ = std::move(*opened);
    people_.set_epoch_key(epoch_key);
    const std::string columns = kColumns;
    return in_turn(
        [&] {
            return connection_.execute(
                "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 0;"
                "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096; PRAGMA busy_timeout = "
                "200");
        },
        [&] { return people_.prepare(connection_); },
        [&] {
            return connection_.prepare(
                {{oldest_first_, (columns + "LIMIT ?4").c_str()},
                 {newest_first_, (columns + "DESC LIMIT ?4").c_str()},
                 {find_reactions_,
                  "SELECT emoji, name FROM reactions WHERE room = ? AND seq = ? ORDER BY by_seq"}});
        });
}

Envelope SqliteReader::answer(const Envelope& asked) {
    if (const auto* page = std::get_if<Box<ReadLog>>(&asked)) {
        return std::make_unique<LogRead>(read(**page));
    }
    if (const auto* user = std::get_if<FindUser>(&asked)) return find(*user);
    const auto* rooms = std::get_if<ListRooms>(&asked);
    STENTOR_CHECK(rooms != nullptr && "not for the thread that reads");
    return std::make_unique<RoomsListed>(list(*rooms));
}

template <typename Work>
bool SqliteReader::snapshot(Work&& work) {
    if (health_.failed()) return false;
    const core::Instant began = clock_.now();
    const auto done =
        in_turn([&] { return connection_.execute("BEGIN"); }, std::forward<Work>(work),
                [&] { return connection_.execute("COMMIT"); });
    const auto took = clock_.now() - began;
    metrics_.reads[StoreReadCounter::kReadNs].add(static_cast<std::uint64_t>(took.count()));
    if (done) return true;
    connection_.roll_back();
    metrics_.reads[StoreReadCounter::kFailed].add();
    if (done.error().kind() == SqliteError::Kind::kBroken) {
        core::Error failure = done.error().to_error();
        failure.what = "the store " + config_.file + " failed: " + failure.what;
        if (health_.fail(failure)) {
            core::log::error("store_failed", {{"reason", failure.message()}});
            if (config_.on_failed) config_.on_failed(failure);
        }
    }
    return false;
}

UserFound SqliteReader::find(const FindUser& wanted) {
    UserFound found{wanted.connection, {}};
    metrics_.reads[StoreReadCounter::kLookups].add();
    snapshot([&]() -> SqliteResult<> {
        const auto is_known = people_.is_known(wanted.user);
        if (!is_known) return std::unexpected(is_known.error());
        if (*is_known) found.user = wanted.user;
        return {};
    });
    return found;
}

RoomsListed SqliteReader::list(const ListRooms& wanted) {
    RoomsListed listed{wanted.connection, true, {}};
    metrics_.reads[StoreReadCounter::kLookups].add();
    listed.failed = !snapshot([&]() -> SqliteResult<> {
        auto rooms = people_.rooms_of(wanted.user);
        if (!rooms) return std::unexpected(std::move(rooms.error()));
        listed.rooms = std::move(*rooms);
        return {};
    });
    return listed;
}

// ---- pages

LogRead SqliteReader::read(const ReadLog& wanted) {
    LogRead page{wanted.key, wanted.request, true, {}, false};
    metrics_.reads[StoreReadCounter::kPages].add();
    const auto room = open_rooms_.find(wanted.key);
    if (!room) return page;  // closed since
    page.failed = !snapshot([&] { return read_page(*room, wanted, page); });
    if (page.failed) page.events.clear();
    metrics_.reads[StoreReadCounter::kPageEvents].add(page.events.size());
    return page;
}

SqliteResult<> SqliteReader::read_page(const OpenRooms::Room& room, const ReadLog& wanted,
                                       LogRead& page) {
    constexpr std::uint64_t kNoBound = std::numeric_limits<std::int64_t>::max();
    const std::uint64_t after = std::min(wanted.after, kNoBound);
    const std::uint64_t before = wanted.before == 0 ? kNoBound : std::min(wanted.before, kNoBound);
    json_.clear();
    SqliteStatement& statement = wanted.from_oldest ? oldest_first_ : newest_first_;
    auto rows = statement.rows(room.room, after, before, wanted.events_max + 1);
    for (;;) {
        const auto found = rows.next();
        if (!found) return std::unexpected(found.error());
        if (!*found) break;
        if (page.events.size() == wanted.events_max) {
            page.more = true;
            break;
        }
        const std::size_t begin = json_.size();
        if (auto encoded = encode(rows, room); !encoded) return encoded;
        if (json_.size() > wanted.bytes_max && begin > 0) {
            json_.resize(begin);
            page.more = true;
            break;
        }
        page.events.push_back({.seq = rows.number(0),
                               .block = {},
                               .offset = static_cast<std::uint32_t>(begin),
                               .size = static_cast<std::uint32_t>(json_.size() - begin),
                               .header_size = 0});
    }
    const core::SharedBytes block = core::SharedBytes::copy_of(json_);
    for (EventFrame& event : page.events) event.block = block;
    if (!wanted.from_oldest) std::ranges::reverse(page.events);
    return {};
}

SqliteResult<> SqliteReader::encode(const SqliteStatement::Rows& row, const OpenRooms::Room& room) {
    const auto kind = static_cast<EventKind>(row.integer(1));
    const bool is_message = kind == EventKind::kMessage;
    reactions_.clear();
    if (is_message) {
        if (auto collected = collect_reactions(room.room, row.number(0)); !collected) {
            return collected;
        }
    }
    std::vector<std::vector<std::string_view>> names;
    std::vector<ReactionView> views;
    for (const Reaction& reaction : reactions_) {
        names.emplace_back(reaction.names.begin(), reaction.names.end());
    }
    for (std::size_t i = 0; i < reactions_.size(); ++i) {
        views.push_back({reactions_[i].emoji, names[i]});
    }
    append_event(json_, {.kind = kind,
                         .message = {.room = room.name,
                                     .seq = row.number(0),
                                     .at_ms = row.integer(2),
                                     .user = row.user(3),
                                     .from = row.text(4),
                                     .content = row.text(9),
                                     .client_id = row.text(5),
                                     .reply_to = is_message ? row.number(6) : 0},
                         .target = is_message ? 0 : row.number(6),
                         .on = row.integer(7) != 0,
                         .edited_at_ms = row.integer(8),
                         .deleted = row.is_null(9),
                         .reactions = views});
    return {};
}

SqliteResult<> SqliteReader::collect_reactions(std::int64_t room, std::uint64_t seq) {
    auto rows = find_reactions_.rows(room, seq);
    for (;;) {
        const auto found = rows.next();
        if (!found) return std::unexpected(found.error());
        if (!*found) return {};
        auto at = std::ranges::find(reactions_, rows.text(0), &Reaction::emoji);
        if (at == reactions_.end()) {
            at = reactions_.insert(at, Reaction{std::string(rows.text(0)), {}});
        }
        at->names.emplace_back(rows.text(1));
    }
}

}  // namespace stentor::chat
