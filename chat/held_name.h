// A name that the store remembers after a restart, for a user who may come back for it.
// Thread: a value.
#pragma once

#include <string>

#include "chat/ids.h"
#include "core/instant.h"

namespace stentor::chat {

struct HeldName {
    UserId user;
    std::string skeleton;
    core::Duration left;  // at most --name-hold
};

}  // namespace stentor::chat
