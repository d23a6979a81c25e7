// What is behind direct_room.h.
// Thread: any; pure.
// Invariant: see direct_room.h.
#include "chat/direct_room.h"

#include <algorithm>

namespace stentor::chat {

DirectRoom DirectRoom::of(UserId one, UserId other) {
    return {std::min(one, other), std::max(one, other)};
}

std::optional<DirectRoom> DirectRoom::parse(std::string_view room) {
    constexpr std::size_t kSize = kDirectRoomPrefix.size() + 2 * UserId::kCharacters + 1;
    if (room.size() != kSize || !room.starts_with(kDirectRoomPrefix)) {
        return std::nullopt;
    }
    room.remove_prefix(kDirectRoomPrefix.size());
    const auto lower = UserId::parse(room.substr(0, UserId::kCharacters));
    const auto higher = UserId::parse(room.substr(UserId::kCharacters + 1));
    if (room[UserId::kCharacters] != '.' || !lower || !higher || *higher < *lower) {
        return std::nullopt;
    }
    return DirectRoom{*lower, *higher};
}

std::string DirectRoom::to_string() const {
    std::string name(kDirectRoomPrefix);
    return name.append(lower.to_string()).append(".").append(higher.to_string());
}

}  // namespace stentor::chat
