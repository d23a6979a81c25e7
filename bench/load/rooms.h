// The names of rooms and users: of one width, so that all messages of a run are of one size.
// Thread: any; pure.
// Invariant: a name is one by docs/protocol.md, and by most other servers' rules.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace stentor::bench {

inline std::string room_name(std::uint32_t room) {
    return fmt::format("bench-{:05}", room);
}
inline std::string user_name(std::uint32_t index) {
    return fmt::format("user-{:05}", index);
}

}  // namespace stentor::bench
