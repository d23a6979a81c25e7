// What the operator's console asks of a home: which rooms are open there, or who is in one.
// Thread: owner reactor.
// Invariant: nothing is opened for it, and what is told is bounded.
#include <memory>
#include <utility>

#include "chat/home/room_homes.h"

namespace stentor::chat {

void RoomHomes::handle(const SurveyRooms& ask) {
    auto told = std::make_unique<RoomsSurveyed>();
    told->connection = ask.connection;
    told->room = ask.room;
    if (ask.room.empty()) {
        for (const auto& [key, entry] : rooms_) {
            const std::uint64_t users = entry->room.first_members(0).count;
            if (users == 0) continue;
            ++told->rooms_in_all;
            if (told->rooms.size() < kSurveyedRoomsMax) {
                told->rooms.push_back({std::string(entry->room.name()), users});
            }
        }
    } else if (const auto known = by_name_.find(ask.room); known != by_name_.end()) {
        MembersPage page = find(known->second)->room.first_members(kSurveyedNamesMax);
        told->users = page.count;
        for (MemberName& member : page.members) told->names.push_back(std::move(member.name));
    }
    context_.tell(ask.connection.shard, std::move(told));
}

}  // namespace stentor::chat
