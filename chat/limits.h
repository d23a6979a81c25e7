// Every limit of the chat floor in one place, with what holds between them.
// docs/limits.md is the operator's view.
// Thread: immutable after start.
// Invariant: what one command can make fits the queues that carry it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/instant.h"

namespace stentor::chat {

// Events of a room sent as one: a quarter of an outbox, within these (Limits::run_bytes_max()).
inline constexpr std::size_t kRunBytesMin = 16 * 1024;
inline constexpr std::size_t kRunBytesMax = 64 * 1024;
inline constexpr std::uint32_t kPageEventsMax = 100;  // one joined or history frame
inline constexpr std::size_t kPageBytesMax = 128 * 1024;
inline constexpr std::uint32_t kPageMembersMax = 100;
inline constexpr std::uint32_t kPagesAskedMax = 2;  // of one connection, not yet answered
inline constexpr std::uint32_t kRoomsPerConnectionMax = 100;
inline constexpr std::uint32_t kResumeHistory = 50;        // given to who resumes in vain
inline constexpr std::size_t kRoomEventsMax = 1000;        // a memory room keeps this many events …
inline constexpr std::size_t kRoomBytesMax = 1024 * 1024;  // … and this many bytes of them
inline constexpr std::size_t kWaitingForLogMax = 1024;     // asks that wait for a room to be opened
inline constexpr std::size_t kHeldNamesMax = 65536;        // names of absent users, a shard
inline constexpr std::size_t kBackwardStepsMax = 100'000;  // beyond: new connections are refused
inline constexpr std::uint32_t kBigRoomMembers = 100;      // presence is paced from here on
inline constexpr std::uint32_t kPresenceNamesMax = 20;     // names in one frame of a big room
inline constexpr std::size_t kSurveyedRoomsMax = 1000;     // shown to the operator
inline constexpr std::uint32_t kSurveyedNamesMax = 200;    // of one of them
inline constexpr std::size_t kReadPositionsMax = 2 * kBigRoomMembers;  // of a room, for its frames
inline constexpr std::uint64_t kUnreadMax = 10'000;                    // nobody counts farther
inline constexpr std::size_t kUnreadWorkMax = 50'000;  // events looked at for one list of rooms
inline constexpr std::size_t kAsksPerTurn = 4096;      // before the sockets have their turn again
inline constexpr std::size_t kTypingPendingMax = 64;   // tells that pend to a shard: no typing

inline constexpr std::uint8_t kPongsPendingMax = 64;  // queued while the outbox was not empty
// At that bound, so many turns may pass before a flush has emptied it: one may run out of its time.
inline constexpr std::uint8_t kPongFlushTurnsMax = 16;
// Of typing and reading, of one connection: what is beyond is let go and never punished.
inline constexpr std::uint8_t kSignalsPerSecondMax = 10;
inline constexpr std::uint32_t kJoinBurst = 100;  // a client may enter all its rooms again at once

// permessage-deflate. Compression takes 7 us and more and saves a fifth of 170 bytes, a quarter of
// 230, a third of 370 and over half of 1,000. Events share that, an answer has one reader.
inline constexpr std::size_t kDeflateEventBytesMin = 160;
inline constexpr std::size_t kDeflateAnswerBytesMin = 512;
// Of the deflated twin of a room's events, for all who agreed to this window or a larger one.
inline constexpr std::uint8_t kTwinWindowBits = 12;
inline constexpr std::size_t kInflatersMax = 1024;  // a reactor: compressed messages under way

// Rings take a message that lies whole in them without a copy; one that needs more is assembled.
inline constexpr std::size_t kRingBytes = 128 * 1024;
inline constexpr std::size_t kInPlaceBytesMax = 96 * 1024;
static_assert(kInPlaceBytesMax < kRingBytes, "what waits in a ring leaves room to receive");
inline constexpr std::size_t kEchoMessageBytesMax = 16 * 1024 * 1024;

struct Limits {
    std::size_t message_bytes_max = 64 * 1024;
    std::uint32_t content_code_points_max = 4096;
    std::size_t outbox_bytes = 256 * 1024;
    std::uint32_t sends_per_second = 20;  // 0: no limit
    std::uint32_t joins_per_second = 10;  // joins, leaves and pages, behind a burst; 0: no limit
    // A message that was begun and is not finished makes at least this; 0: no minimum.
    std::size_t message_bytes_per_second_min = 512;
    std::size_t store_queue_bytes = 8 * 1024 * 1024;
    std::uint32_t rooms_per_shard_max = 100'000;
    std::size_t history_bytes_per_shard_max = 256 * 1024 * 1024;

    std::size_t run_bytes_max() const {
        return std::clamp(outbox_bytes / 4, kRunBytesMin, kRunBytesMax);
    }
    // Zero: no limit.
    core::Duration per_join() const {
        return joins_per_second == 0 ? core::Duration{}
                                     : core::Duration{std::chrono::seconds{1}} / joins_per_second;
    }

    core::Duration handshake_timeout = std::chrono::seconds{5};
    core::Duration login_timeout = std::chrono::seconds{10};
    core::Duration ping_interval = std::chrono::seconds{25};
    core::Duration pong_timeout = std::chrono::seconds{20};
    core::Duration name_hold = std::chrono::minutes{10};
    core::Duration line_idle =
        std::chrono::minutes{5};  // a client of the line dialect says nothing
};

// Bursts of twice the send rate: what a connection may send is paid for so far ahead.
inline constexpr core::Duration kSendAheadMax = std::chrono::seconds{2};
inline constexpr core::Duration kOverRateMax = std::chrono::seconds{30};
inline constexpr core::Duration kOverRateSlack = std::chrono::milliseconds{250};
// A message that is under way has this long to make its least pace.
inline constexpr core::Duration kPaceWindow = std::chrono::seconds{10};
inline constexpr core::Duration kDroppedUserStays = std::chrono::seconds{10};
inline constexpr core::Duration kBigRoomPresenceInterval = std::chrono::milliseconds{500};
inline constexpr core::Duration kRoomOpenTimeout = std::chrono::seconds{5};
inline constexpr core::Duration kReadInterval = std::chrono::seconds{1};
// A deadline that is noticed this late says that we were slow, not the peer (docs/decisions.md, "A
// deadline").
inline constexpr core::Duration kReactorLate = std::chrono::seconds{1};
// How soon to look again when a full lane keeps us from working.
inline constexpr core::Duration kStalledRetry = std::chrono::milliseconds{1};

inline constexpr std::size_t kOutboxBytesMin = 16 * 1024;
static_assert(kRunBytesMin <= kOutboxBytesMin, "no run of several events is larger than an outbox");
static_assert(kRunBytesMax <= kRoomBytesMax);
static_assert(kJoinBurst >= kRoomsPerConnectionMax);

}  // namespace stentor::chat
