// What the shards themselves keep of users.
// Thread: owner reactor.
// Invariant: see memory_directory.h.
#include "chat/memory_directory.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace stentor::chat {

void MemoryDirectory::note_user(UserId user, std::string_view /*name*/, bool connected) {
    if (!connected) {
        touch(user);
        bound();
    }
}

void MemoryDirectory::note_position(UserId user, std::string_view room, const Position& read) {
    context_.tell(context_.home_of(user), std::make_unique<PositionNoted>(PositionNoted{
                                              user, std::string(room), read.epoch, read.seq}));
}

void MemoryDirectory::note_direct(UserId user, std::string_view room, std::string_view epoch) {
    note_position(user, room, {std::string(epoch), 0});
}

void MemoryDirectory::handle(const PositionNoted& told) {
    std::vector<Room>& rooms = touch(told.user).rooms;
    auto at = std::ranges::find_if(rooms,
                                   [&](const Room& room) { return room.name.view() == told.room; });
    if (at != rooms.end()) {
        const bool is_same_log = at->epoch == told.epoch;
        at->read = is_same_log ? std::max(at->read, told.seq) : told.seq;
        if (!is_same_log) at->epoch = told.epoch;
        std::rotate(at, at + 1, rooms.end());
        return;
    }
    if (rooms.size() >= kRoomsPerUserMax) {
        rooms.erase(rooms.begin());
        --entries_;
    }
    rooms.push_back({core::CompactText(told.room), core::CompactText(told.epoch), told.seq});
    ++entries_;
    bound();
}

void MemoryDirectory::find_user(const FindUser& ask) {
    const bool is_known = by_id_.contains(ask.user.value);
    context_.tell(ask.connection.shard, UserFound{ask.connection, is_known ? ask.user : UserId{}});
}

void MemoryDirectory::list_rooms(const ListRooms& ask) {
    auto listed = std::make_unique<RoomsListed>(RoomsListed{ask.connection, false, {}});
    if (const auto at = by_id_.find(ask.user.value); at != by_id_.end()) {
        for (const Room& room : at->second->rooms) {
            RoomLine line;
            line.room = room.name.view();
            line.epoch = room.epoch.view();
            line.read = room.read;
            listed->rooms.push_back(std::move(line));
        }
    }
    context_.tell(ask.connection.shard, std::move(listed));
}

MemoryDirectory::User& MemoryDirectory::touch(UserId user) {
    const auto known = by_id_.find(user.value);
    if (known == by_id_.end()) {
        by_id_.emplace(user.value, users_.insert(users_.end(), User{user, {}}));
        ++entries_;
    } else {
        users_.splice(users_.end(), users_, known->second);
    }
    return users_.back();
}

void MemoryDirectory::bound() {
    while (entries_ > entries_max_ && users_.size() > 1) {
        entries_ -= 1 + users_.front().rooms.size();
        by_id_.erase(users_.front().id.value);
        users_.pop_front();
    }
}

}  // namespace stentor::chat
