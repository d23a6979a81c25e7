// What the control participant, the server's main thread, tells every shard.
// Thread: the control's.
// Invariant: nothing that must be told is lost; what is repeated anyway never piles up.
#pragma once

#include <cstdint>

#include "chat/envelope.h"

namespace stentor::chat {

// `Tell` can be copied.
template <typename Tell>
void tell_shards(Port& control, std::uint32_t shards, const Tell& what) {
    for (std::uint32_t i = 0; i < shards; ++i) {
        control.push(i, static_cast<std::uint32_t>(Rank::kTell), Envelope(what));
    }
    control.publish();
}

// Of what is told again and again until it helps. A shard whose lane is full has not heard the last
// ones and needs no further one; what waits for that lane is moved along.
template <typename Tell>
void tell_shards_that_hear(Port& control, std::uint32_t shards, const Tell& what) {
    constexpr auto kRank = static_cast<std::uint32_t>(Rank::kTell);
    for (std::uint32_t i = 0; i < shards; ++i) {
        if (control.pending(i, kRank) == 0) control.push(i, kRank, Envelope(what));
    }
    control.publish();
}

}  // namespace stentor::chat
