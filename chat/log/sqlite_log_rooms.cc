// Rooms that are open: which there are, what is known of them, and their epochs (sqlite_log.h).
// Thread: the store's writer.
// Invariant: a room has a row from its first event on, or from a renewal of its epoch; who joins
// and says nothing leaves nothing in the file.
#include <utility>

#include "chat/log/sqlite_log.h"
#include "core/check.h"

namespace stentor::chat {
namespace {

LogOpened opened(RoomKey key, const StoredRoom& stored, const std::string& epoch, bool in_doubt) {
    return {.key = key,
            .failed = false,
            .epoch = epoch,
            .head = stored.head,
            .first = stored.first,
            .in_doubt = in_doubt};
}

}  // namespace

SqliteResult<> SqliteLog::handle(StoreWork& work, Box<OpenLog>& open) {
    auto answer = this->open(*open, work.shard);
    if (!answer) return std::unexpected(std::move(answer.error()));
    opened_now_.push_back(open->key);
    work.what = std::make_unique<LogOpened>(std::move(*answer));
    return {};
}

// Reads only. The epoch of a room without a row is made of its name, and is another one after any
// row was removed: it might have been this room's.
SqliteResult<LogOpened> SqliteLog::open(const OpenLog& open, std::uint32_t shard) {
    std::unique_ptr<Room>& room = rooms_[open.room];
    if (room == nullptr) {
        room = std::make_unique<Room>();
        room->name = open.room;
        room->direct = DirectRoom::parse(open.room);
        room->unwritten_epoch = visible_epoch(keys_.unwritten, open.room);
        room->unsure = true;
    }
    if (auto sure = make_sure(*room); !sure) {
        if (room->openings.empty()) rooms_.erase(open.room);
        return std::unexpected(std::move(sure.error()));
    }
    const bool is_new = by_key_.emplace(open.key, room.get()).second;
    STENTOR_CHECK(is_new);
    room->openings.push_back({open.key, shard});
    open_rooms_.add(open.key, {room->stored.room, room->name});
    return opened(open.key, room->stored, room->epoch, keys_.in_doubt);
}

// What a transaction that was rolled back has changed in memory is read anew.
SqliteResult<> SqliteLog::make_sure(Room& room) {
    if (!room.unsure) return {};
    auto stored = events_.find_room(room.name);
    if (!stored) return std::unexpected(std::move(stored.error()));
    if (stored->room == 0) {
        stored->epoch = room.unwritten_epoch;
    } else {
        stored_rooms_.insert_or_assign(stored->room, &room);
    }
    room.stored = std::move(*stored);
    room.epoch = visible_epoch(keys_.epoch, room.stored.epoch);
    ids_.forget(room.ids);
    room.unsure = false;
    return {};
}

SqliteResult<> SqliteLog::make_row(Room& room) {
    if (room.stored.room != 0) return {};
    const auto row = events_.add_room(room.name, room.stored.epoch, clock_.unix_ms());
    if (!row) return std::unexpected(row.error());
    room.stored.room = *row;
    stored_rooms_.insert_or_assign(*row, &room);
    written_now_.push_back(&room);
    for (const Opening& opening : room.openings) open_rooms_.add(opening.key, {*row, room.name});
    return {};
}

SqliteResult<> SqliteLog::handle(StoreWork& work, CloseLog& close) {
    close_key(close.key);
    work.what = std::monostate();
    return {};
}

SqliteResult<> SqliteLog::handle(StoreWork& work, RenewEpoch& renew) {
    Room* room = find(renew.key);
    STENTOR_CHECK(room != nullptr);
    std::string epoch = random_epoch(random_);
    auto done = in_turn([&] { return make_sure(*room); }, [&] { return make_row(*room); },
                        [&] { return events_.set_epoch(room->stored.room, epoch); });
    if (!done) return done;
    room->stored.epoch = std::move(epoch);
    room->epoch = visible_epoch(keys_.epoch, room->stored.epoch);
    work.what = std::make_unique<LogOpened>(opened(renew.key, room->stored, room->epoch, false));
    return {};
}

SqliteLog::Room* SqliteLog::find(RoomKey key) {
    const auto at = by_key_.find(key);
    return at == by_key_.end() ? nullptr : at->second;
}

void SqliteLog::close_key(RoomKey key) {
    Room* room = find(key);
    if (room == nullptr) return;  // it failed to open, and nobody knew yet
    by_key_.erase(key);
    open_rooms_.remove(key);
    std::erase_if(room->openings, [&](const Opening& opening) { return opening.key == key; });
    if (!room->openings.empty()) return;
    std::erase(written_now_, room);
    ids_.forget(room->ids);
    stored_rooms_.erase(room->stored.room);
    rooms_.erase(room->name);
}

// It may have been any room's, so rooms without a row have other epochs from now on.
SqliteResult<> SqliteLog::remove_room(std::int64_t room) {
    core::HashKey unwritten{};
    auto done = connection_.transaction([&] {
        return in_turn([&] { return events_.remove_room(room); },
                       [&] { return renew_unwritten_key(connection_, unwritten); });
    });
    if (!done) return done;
    keys_.unwritten = unwritten;
    checkpoints_.on_commit(clock_.now());
    return {};
}

// What was opened stays open: it was only read.
void SqliteLog::undo() {
    for (Room* room : std::exchange(written_now_, {})) {
        stored_rooms_.erase(std::exchange(room->stored.room, 0));
        for (const Opening& opening : room->openings) open_rooms_.add(opening.key, {0, room->name});
    }
    for (const auto& entry : rooms_) entry.second->unsure = true;
}

}  // namespace stentor::chat
