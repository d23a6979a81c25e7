// What the log decides about an append: known before, allowed, or a new event (sqlite_log.h).
// Thread: the store's writer.
// Invariant: see sqlite_log.h; seq is used up only by what was stored.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "chat/log/sqlite_log.h"
#include "core/check.h"

namespace stentor::chat {

SqliteResult<> SqliteLog::handle(StoreWork& work, AppendToLog& append) {
    const RoomKey key = append.key;
    Room* room = find(key);
    STENTOR_CHECK(room != nullptr);
    if (auto sure = make_sure(*room); !sure) return sure;
    auto refused = this->append(*room, *append.publish);
    if (!refused) return std::unexpected(std::move(refused.error()));
    auto publish = std::move(append.publish);
    if (*refused) {
        work.what = LogRefused{key, **refused, std::move(publish)};
    } else {
        work.what = LogStored{key, std::move(publish), true};
    }
    return {};
}

SqliteLog::Verdict SqliteLog::append(Room& room, Publish& publish) {
    StoredRoom& stored = room.stored;
    const std::uint64_t hash = content_hash(publish);
    if (!publish.command_id.empty()) {
        const auto known = ids_.find(place_of(room), publish);
        if (!known) return std::unexpected(known.error());
        if (*known) return answer_again(room, publish, **known, hash);
    }
    if (publish.kind != EventKind::kMessage) {
        auto judged = judge(room, publish);
        if (!judged || *judged) return judged;
    }
    publish.epoch = room.epoch;
    publish.durability = config_.durability;
    publish.seq = stored.head + 1;
    // A clock that was set back must not make a later event look older.
    publish.at_ms = std::max(stored.last_at_ms, clock_.unix_ms());
    auto done = in_turn([&] { return make_row(room); },
                        [&] { return events_.add(stored.room, publish, hash); },
                        [&] { return change_target(room, publish); });
    if (!done) return std::unexpected(std::move(done.error()));
    stored.head = publish.seq;
    stored.last_at_ms = publish.at_ms;
    if (stored.first == 0) stored.first = publish.seq;
    if (auto added = ids_.added(place_of(room), publish); !added) {
        return std::unexpected(std::move(added.error()));
    }
    retention_.on_growth(stored.room, stored.first, stored.head);
    ++stored_now_;
    return std::nullopt;
}

std::optional<ErrorCode> SqliteLog::answer_again(const Room& room, Publish& publish,
                                                 const SqliteIds::Known& first,
                                                 std::uint64_t hash) const {
    if (first.hash != hash) return ErrorCode::kIdReused;
    publish.epoch = room.epoch;
    publish.durability = config_.durability;
    publish.seq = first.seq;
    publish.at_ms = first.at_ms;
    publish.duplicate = true;
    return std::nullopt;
}

// May it change its target?
SqliteLog::Verdict SqliteLog::judge(Room& room, const Publish& publish) {
    const auto message = events_.find_message(room.stored.room, publish.target);
    if (!message) return std::unexpected(message.error());
    if (!*message || (*message)->deleted) return ErrorCode::kNoSuchMessage;
    if (publish.kind != EventKind::kReacted) {
        return (*message)->author == publish.user ? std::optional<ErrorCode>()
                                                  : ErrorCode::kForbidden;
    }
    if (!publish.on) return std::nullopt;
    const auto has_room = events_.has_room_for_reaction(room.stored.room, publish);
    if (!has_room) return std::unexpected(has_room.error());
    return *has_room ? std::optional<ErrorCode>() : ErrorCode::kForbidden;
}

// What an event means beside its own row.
SqliteResult<> SqliteLog::change_target(Room& room, const Publish& publish) {
    const std::int64_t id = room.stored.room;
    if (room.direct) {
        const auto users = {room.direct->lower, room.direct->higher};
        for (const UserId user : users) {
            if (auto noted = people_.note_direct(id, user, publish.at_ms); !noted) return noted;
        }
    }
    switch (publish.kind) {
        case EventKind::kMessage:
            return {};
        case EventKind::kEdited:
            return events_.edit_target(id, publish);
        case EventKind::kDeleted:
            erased_now_ = true;
            return events_.erase_target(id, publish);
        case EventKind::kReacted:
            return events_.react(id, publish);
    }
    std::unreachable();
}

// Keyed, so that nobody can look for a second text with the same hash.
std::uint64_t SqliteLog::content_hash(const Publish& publish) {
    const std::array<std::uint64_t, 3> fixed{
        static_cast<std::uint64_t>(publish.kind) << 1U | (publish.on ? 1U : 0U), publish.target,
        publish.reply_to};
    hashed_.assign(reinterpret_cast<const char*>(fixed.data()), sizeof fixed);
    hashed_.append(publish.content);
    return core::siphash_2_4(keys_.content, hashed_);
}

}  // namespace stentor::chat
