// One connection as the chat sees it, from the first byte of its HTTP request to the end. An idle
// one owns nothing but this record and its place in the tables (docs/limits.md sums it up).
// Thread: owner reactor.
// Invariant: user is set exactly while logged in; each membership that is live stands once in its
// room's list of members.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "chat/envelope.h"
#include "chat/front.h"
#include "chat/limits.h"
#include "chat/memberships.h"
#include "chat/walk.h"
#include "core/check.h"
#include "core/timer_wheel.h"
#include "net/peer_address.h"
#include "ws/endpoint.h"

namespace stentor::chat {

class Dialect;
struct LocalUser;

enum class Stage : std::uint8_t {
    kHead,  // HTTP request heads
    kOpen,  // WebSocket
    // From here on it is over: nothing more is read.
    kLeaving,  // goes on at another shard
    kEnding,
};

// Why a connection is not read at the moment; any one suffices.
enum class Pause : std::uint8_t {
    kWalk = 1,     // a login, or another command of several steps, is under way
    kPace = 2,     // over the rate of sends or of joins
    kAsks = 4,     // the lane to a home is full
    kBacklog = 8,  // owes reads for half its outbox in answers
    kDrain = 16,   // the server ends
    kPages = 32,   // asked for as many pages as may be under way
};

// Until the upgrade an endpoint reads nothing.
inline constexpr ws::EndpointLimits kNotUpgraded{};

struct Session {
    Session(ConnectionId connection_id, Front::Listener listener_kind)
        : id(connection_id), listener(listener_kind), timer(connection_id.packed()) {}

    bool is_over() const { return stage >= Stage::kLeaving; }
    bool is(Pause reason) const { return (pauses & static_cast<std::uint8_t>(reason)) != 0; }
    // When Pause::kPace ends: both buckets have room for one more.
    core::Instant paced_until(const Limits& limits) const {
        return std::max(sends_paid_until - kSendAheadMax,
                        joins_paid_until - kJoinBurst * limits.per_join());
    }
    // What it is in the middle of, if it is one of these.
    template <typename What>
    What* walks() const {
        return walk == nullptr ? nullptr : std::get_if<What>(&walk->what);
    }
    // What the answer at hand shows it to be in the middle of.
    template <typename What>
    What& walking() const {
        What* what = walks<What>();
        STENTOR_CHECK(what != nullptr);
        return *what;
    }
    // Does it get the deflated twin of what its rooms say?
    bool takes_twin() const {
        const ws::DeflateParameters agreed = endpoint.deflate();
        return agreed.on && agreed.server_window_bits >= kTwinWindowBits;
    }

    const ConnectionId id;
    Stage stage = Stage::kHead;
    const Front::Listener listener;
    std::uint8_t pauses = 0;
    bool said_close = false;  // a close frame passed: no drop
    JoinNumber joins_begun = 0;
    std::uint32_t answer_bytes = 0;   // sent since the outbox was last half empty
    std::uint8_t pages_asked = 0;     // and not yet answered
    std::uint8_t pongs_pending = 0;   // queued since the outbox was last empty or drained
    bool watched : 1 = false;         // stands in MessagePace
    bool paused_lately : 1 = false;   // since its window there began
    std::uint8_t signals : 6 = 0;     // of typing and reading, in this second
    std::uint8_t signals_second = 0;  // modulo 256
    Dialect* dialect = nullptr;
    LocalUser* user = nullptr;
    Session* next_of_user = nullptr;  // in the user's list
    std::unique_ptr<Walk> walk;
    Memberships rooms;
    ws::Endpoint endpoint{kNotUpgraded};

    core::Timer timer;
    core::Instant deadline{};  // handshake, login, silence or pong, whichever is due next
    core::Instant pong_due{};  // while a ping is unanswered; else zero
    // Pace, as a time (GCRA): now + what was sent, or asked of homes, ahead of its rate.
    core::Instant sends_paid_until{};
    core::Instant joins_paid_until{};
    core::Instant over_rate_since{};
};
static_assert(sizeof(Session) <= 216, "docs/limits.md sums up what a connection costs");

}  // namespace stentor::chat
