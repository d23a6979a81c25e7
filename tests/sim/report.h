// What a run found: the first failure, what it has covered, a digest of all that happened, and,
// when asked for, a trace to read. Thread: the simulation has one. Invariant: after fail() the run
// only ends; the first failure is the one that is told.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace stentor::sim {

// What a batch of runs must have met at least once (docs/simulation.md).
enum class Seen : std::uint32_t {
    kLogin,
    kNameTaken,
    kRename,
    kSessionResumed,
    kSecondTab,
    kJoin,
    kJoinHistory,
    kJoinWhileOpening,
    kLeave,
    kLeaveThenJoinAtOnce,
    kOpenTimedOut,
    kRecovered,
    kNotRecovered,
    kSinceBeyondRetention,
    kMoreToPage,
    kAck,
    kDuplicateAck,
    kIdReused,
    kChange,
    kChangedInPage,
    kNoSuchMessage,
    kForbidden,
    kDirect,
    kNoSuchUser,
    kSync,
    kRoomsListed,
    kTyping,
    kRead,
    kNotStored,
    kUnavailable,
    kNotInRoom,
    kForeignEvent,
    kLateCompletion,
    kGap,
    kGapPaged,
    kGapLeft,
    kPresence,
    kPresenceJump,
    kMembersPaged,
    kShedEphemeral,
    kPausedByFullAsks,
    kPausedOtherwise,
    kPendingAsks,
    kPendingTells,
    kDroppedWithoutClose,
    kResetByPeer,
    kClosedPolitely,
    kMassLeave,
    kGoodbye,
    kTimeJump,
    kSleep,
    kWokenByDoorbell,
    kNeedlessWake,
    kCompressedMessage,
    kCompressedCommand,
    kCrash,
    kBatchLost,    // a crash between taking and commit
    kAnswersLost,  // between commit and answers
    kPowerCut,
    kStoreClosed,
    kEpochKept,  // by a room that was there before the crash
    kEpochLost,
    kEventsLost,  // with the power
    kStoreFull,
    kStoreStalled,
    kStoreQueueFull,
    kTrimmed,
    kPageRead,
    kLateRead,
    kWallClockBack,
    kCrashAtRest,
    kRestored,      // an older copy of the store
    kEpochRenewed,  // by who proved it
    kLongSleep,     // of the machine
    kAllTooOld,     // time steps over what is kept
    kRoomForgotten,
    // Of runs of several events (run_watch.h).
    kLargeRun,          // over 16 KiB
    kVeryLargeRun,      // over 32 KiB
    kRunFull,           // the turn had more
    kRunEndedByChange,  // a large one
    kRunEndedEarly,     // a large one that was not full: by a join, a leave, a page
    kLargeTwin,         // over 16 KiB
    kTwinBegunLate,     // behind 16 KiB of plain frames
    kLargeRunLetGo,     // by a slow reader's outbox
    kPageFromLargeRun,  // over what lies behind its first 16 KiB
    // Of connections that name a room.
    kHandedOver,            // to another shard
    kHandedOverWithFrames,  // and what was said behind the request with it
    kSaidUnderWay,          // the client said more meanwhile
    kGoneUnderWay,          // the client ended meanwhile
    kHandOverLost,          // the server died meanwhile
    kArrivedInDrain,        // the server ended meanwhile
    kHandOverRefused,
    kCount,
};
std::string_view name_of(Seen seen);

class Report {
public:
    using Coverage = std::array<std::uint64_t, static_cast<std::size_t>(Seen::kCount)>;

    bool failed() const { return !failure_.empty(); }
    const std::string& failure() const { return failure_; }
    template <typename... Arguments>
    void fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        fail_with(fmt::format(format, std::forward<Arguments>(arguments)...));
    }
    // fail() unless `holds`; says so.
    template <typename... Arguments>
    bool expect(bool holds, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        if (!holds) {
            fail_with(fmt::format(format, std::forward<Arguments>(arguments)...));
        }
        return holds;
    }

    void saw(Seen what, std::uint64_t times = 1) {
        coverage_[static_cast<std::size_t>(what)] += times;
    }
    std::uint64_t times(Seen what) const { return coverage_[static_cast<std::size_t>(what)]; }
    const Coverage& coverage() const { return coverage_; }

    // Everything that a second run of the seed must repeat goes in here.
    void digest(std::string_view bytes);
    std::uint64_t digest() const { return digest_; }

    void trace_to_stdout(bool on) { tracing_ = on; }
    void at(std::int64_t microseconds) { microseconds_ = microseconds; }
    template <typename... Arguments>
    void trace(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        if (tracing_) {
            trace_line(fmt::format(format, std::forward<Arguments>(arguments)...));
        }
    }
    bool tracing() const { return tracing_; }

private:
    void fail_with(std::string what);
    void trace_line(const std::string& line) const;

    std::string failure_;
    Coverage coverage_{};
    std::uint64_t digest_ = 0xcbf29ce484222325u;
    std::int64_t microseconds_ = 0;
    bool tracing_ = false;
};

}  // namespace stentor::sim
