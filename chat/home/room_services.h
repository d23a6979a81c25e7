// What the rooms at home on one shard share.
// Thread: owner reactor of the homes.
// Invariant: outlives every room.
#pragma once

#include "chat/context.h"
#include "chat/directory.h"
#include "chat/home/event_pages.h"
#include "chat/home/event_reader.h"
#include "chat/log/room_log.h"

namespace stentor::chat {

struct RoomServices {
    Context& context;
    RoomLog& log;
    Directory* directory;  // null: positions and direct rooms are noted nowhere
    EventPages pages{};
    EventReader reader{};
};

}  // namespace stentor::chat
