// Failure, coverage, digest, trace. Thread: the simulation has one. Invariant: see report.h.
#include "tests/sim/report.h"

#include <cstdio>

#include "core/hash.h"

namespace stentor::sim {

namespace {

constexpr auto kNames = std::to_array<std::string_view>({
    "login",
    "name taken",
    "rename",
    "session resumed",
    "second tab",
    "join",
    "join with history",
    "join while opening",
    "leave",
    "leave then join at once",
    "open timed out",
    "recovered",
    "not recovered",
    "since beyond retention",
    "more to page",
    "ack",
    "duplicate ack",
    "id reused",
    "change",
    "changed in page",
    "no such message",
    "forbidden",
    "direct",
    "no such user",
    "sync",
    "rooms listed",
    "typing",
    "read",
    "not stored",
    "unavailable",
    "not in room",
    "foreign event",
    "late completion",
    "gap",
    "gap paged",
    "gap left",
    "presence",
    "presence jump",
    "members paged",
    "ephemeral shed",
    "paused by full asks",
    "paused otherwise",
    "pending asks",
    "pending tells",
    "dropped without close",
    "reset by peer",
    "closed politely",
    "mass leave",
    "goodbye",
    "time jump",
    "sleep",
    "woken by doorbell",
    "needless wake",
    "compressed message",
    "compressed command",
    "crash",
    "batch lost",
    "answers lost",
    "power cut",
    "store closed",
    "epoch kept",
    "epoch lost",
    "events lost",
    "store full",
    "store stalled",
    "store queue full",
    "events trimmed",
    "page read",
    "late read",
    "wall clock back",
    "crash at rest",
    "store restored",
    "epoch renewed",
    "long sleep",
    "all too old",
    "room forgotten",
    "large run",
    "very large run",
    "run full",
    "large run ended by change",
    "large run ended early",
    "large twin",
    "twin begun late",
    "large run let go",
    "page from a large run",
    "handed over",
    "handed over with frames",
    "said under way",
    "gone under way",
    "hand-over lost",
    "arrived in a drain",
    "hand-over refused",
});
static_assert(kNames.size() == static_cast<std::size_t>(Seen::kCount));

}  // namespace

std::string_view name_of(Seen seen) {
    return kNames[static_cast<std::size_t>(seen)];
}

void Report::fail_with(std::string what) {
    if (failure_.empty()) {
        failure_ = fmt::format("at {}.{:06} s: {}", microseconds_ / 1'000'000,
                               microseconds_ % 1'000'000, what);
        trace("FAILED {}", what);
    }
}

void Report::digest(std::string_view bytes) {
    digest_ = core::siphash_1_3({digest_, bytes.size()}, bytes);
}

void Report::trace_line(const std::string& line) const {
    fmt::print("{:>5}.{:06} {}\n", microseconds_ / 1'000'000, microseconds_ % 1'000'000, line);
    std::fflush(stdout);
}

}  // namespace stentor::sim
