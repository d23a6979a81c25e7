// Notes and questions about users, on their way to the store.
// Thread: owner reactor.
// Invariant: see lane_directory.h.
#include "chat/lane_directory.h"

#include <memory>
#include <string>

#include "chat/names.h"

namespace stentor::chat {

void LaneDirectory::note_user(UserId user, std::string_view name, bool connected) {
    push(store_.writer, std::make_unique<NoteUser>(
                            NoteUser{user, std::string(name), name_skeleton(name), connected}));
}

void LaneDirectory::note_position(UserId user, std::string_view room, const Position& read) {
    push(store_.writer,
         std::make_unique<NotePosition>(NotePosition{user, std::string(room), read.seq}));
}

void LaneDirectory::find_user(const FindUser& ask) {
    push(store_.reader, FindUser(ask));
}

void LaneDirectory::list_rooms(const ListRooms& ask) {
    push(store_.reader, ListRooms(ask));
}

}  // namespace stentor::chat
