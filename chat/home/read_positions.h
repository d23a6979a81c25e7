// How far the users of a room have read, as far as the room has still to say so (docs/protocol.md,
// "read"): at most one frame a second, with all that changed.
// Thread: owner reactor of the home.
// Invariant: a position never goes back; what is kept is bounded.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "chat/ids.h"
#include "chat/protocol/encode.h"
#include "core/instant.h"

namespace stentor::chat {

class ReadPositions {
public:
    // False: that far it had read already.
    bool note(UserId user, std::uint64_t seq, core::Instant now);
    // When to speak next; nothing: there is nothing to say.
    std::optional<core::Instant> next_deadline() const;
    // What to say at `now`, which is that time.
    std::vector<ReadPositionView> take(core::Instant now);

private:
    struct Position {
        UserId user;
        std::uint64_t seq;
        bool is_new;  // not yet told
    };
    std::vector<Position> positions_;  // those that changed longest ago first
    std::size_t new_ = 0;
    core::Instant next_{};
};

}  // namespace stentor::chat
