// What a tell or a dead connection calls for towards the homes: the next step of a walk, the
// leaves of a connection that died, claims that move to a new name. A tell creates nothing, so
// these wait here for the ask phase and go when the lane has room (docs/life-of-a-message.md, "When
// something is full").
// Thread: owner reactor.
// Invariant: strictly first in, first out, so that a release never overtakes the claim that it
// gives back; bounded by connections: each has one walk or one departure here.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "chat/context.h"

namespace stentor::chat {

// A connection that is gone, with what it leaves behind.
struct Departure {
    ConnectionId connection;
    bool dropped;
    bool takes_twin;
    std::vector<std::string> rooms;
    UserId attached;       // nobody: it was not attached to a user
    std::string skeleton;  // empty: it claimed no name
};
struct MoveClaims {
    UserId user;
    std::uint32_t claims;
    std::string from_skeleton;
    std::uint32_t from_claims;
    std::string to_skeleton;
};
struct WalkStep {
    ConnectionId connection;
};

class BackwardSteps {
public:
    explicit BackwardSteps(Context& context) : context_(context) {}

    using Step = std::variant<Departure, MoveClaims, WalkStep>;
    void add(Step&& step);
    // Is there a step that no full lane keeps waiting?
    bool ready() const { return !steps_.empty() && (!blocked_by_ || has_room(*blocked_by_)); }
    // May a home be asked? If not, the step that wanted to waits for this lane.
    bool may_ask(std::uint32_t home) {
        blocked_by_ = has_room(home) ? std::nullopt : std::optional(home);
        return !blocked_by_;
    }
    std::size_t size() const { return steps_.size(); }

    // The ask phase: sends what there is room for. `take_walk_step(connection)` says false when
    // the lane that it needs is full.
    template <typename TakeWalkStep>
    void run(TakeWalkStep&& take_walk_step) {
        blocked_by_.reset();
        while (!steps_.empty()) {
            Step& step = steps_.front();
            const bool done = std::holds_alternative<WalkStep>(step)
                                  ? take_walk_step(std::get<WalkStep>(step).connection)
                                  : ask_homes(step);
            if (!done) {
                return;
            }
            steps_.pop_front();
            context_.gauge(ShardGauge::kBackwardSteps, -1);
        }
    }

private:
    bool has_room(std::uint32_t home) const { return context_.room_for_ask(home); }
    // False: a lane is full; what was asked so far is struck from the step.
    bool ask_homes(Step& step);
    bool depart(Departure& departure);
    bool release(UserId user, std::uint32_t claims, std::string& skeleton);

    Context& context_;
    std::deque<Step> steps_;
    std::optional<std::uint32_t> blocked_by_;  // the home that the front one waits for, and so all
};

}  // namespace stentor::chat
