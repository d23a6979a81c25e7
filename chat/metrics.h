// What a shard counts. Gauges return to their baseline when everybody has left (proved by the
// simulation and the end-to-end tests).
// Thread: written by the owner reactor, read by any (core/metrics.h).
#pragma once

#include <cstddef>

#include "chat/http_status.h"
#include "core/metrics.h"
#include "ws/violation.h"

namespace stentor::chat {

enum class ShardGauge : std::size_t {
    kConnections,       // on any protocol, the HTTP stage too
    kSessions,          // logged in
    kLocalUsers,        // users with a connection here
    kLocalRooms,        // rooms with a member or a join under way here
    kMemberships,       // connections times rooms
    kGapped,            // memberships in gap mode
    kHomeUsers,         // at home here: users with a connection anywhere
    kHomeNames,         // names claimed or held
    kHeldNames,         // of those: held for an absent user
    kHomeRooms,         // rooms, empty ones that keep history included
    kHomeRoomMembers,   // users in rooms, those who dropped and may return included
    kHistoryBytes,      // event frames kept by rooms
    kWaitingAsks,       // asks that wait for a room to be opened
    kBackwardSteps,     // leaves of dead connections and next steps of logins not yet asked
    kPendingEnvelopes,  // envelopes that found their lane full
    kPausedConnections,
    kHomeTwinSessions,  // sessions in rooms, at home here, that get the deflated twin
    kInflaters,         // compressed messages under way
    kCount,
};

enum class ShardCounter : std::size_t {
    kUpgrades,
    kMessagesIn,  // WebSocket messages
    kCommandErrors,
    kLogins,
    kJoins,
    kPublished,      // events numbered at home here
    kDuplicates,     // sends answered by their first ack
    kDeliveries,     // references queued to connections
    kGaps,           // times a room of a connection went into gap mode
    kEphemeralShed,  // times presence was let go for a slow reader
    kPings,
    kPeerTimeouts,  // no login, no pong
    kOverRateCloses,
    kPacedSends,        // times a connection was not read for a while: over the send rate …
    kPacedJoins,        // … or the rate of joins
    kRefusedBusy,       // unavailable
    kShedForMemory,     // connections that went into gap mode because memory was short
    kRefusedForMemory,  // joins and upgrades
    kNamesForgotten,    // held names let go early, the table being full
    kRoomsForgotten,    // empty rooms let go with their history, for room
    kStalls,            // turns in which a full lane kept asks waiting
    kDeflated,          // messages compressed, an event once for all its readers
    kDeflateInBytes,
    kDeflateOutBytes,
    kCount,
};

struct ShardMetrics {
    core::GaugeCells<ShardGauge> gauges;
    core::CounterCells<ShardCounter> counters;
    core::CounterCells<HttpStatus> http_answers;
    core::CounterCells<ws::Violation> violations;
};

}  // namespace stentor::chat
