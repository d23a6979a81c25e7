// Steps towards the homes; see backward_steps.h for why they wait here.
// Thread: owner reactor.
// Invariant: see backward_steps.h.
#include "chat/backward_steps.h"

#include <memory>
#include <utility>

namespace stentor::chat {

void BackwardSteps::add(Step&& step) {
    steps_.push_back(std::move(step));
    context_.gauge(ShardGauge::kBackwardSteps, 1);
}

bool BackwardSteps::ask_homes(Step& step) {
    if (auto* departure = std::get_if<Departure>(&step)) {
        return depart(*departure);
    }
    auto& move = std::get<MoveClaims>(step);
    if (move.claims > 0) {
        const std::uint32_t home = context_.home_of_text(move.to_skeleton);
        if (!may_ask(home)) {
            return false;
        }
        context_.ask(
            home, std::make_unique<ClaimName>(ClaimName{
                      ConnectionId{}, move.user, std::exchange(move.claims, 0), move.to_skeleton}));
    }
    return release(move.user, move.from_claims, move.from_skeleton);
}

bool BackwardSteps::depart(Departure& departure) {
    while (!departure.rooms.empty()) {
        const std::uint32_t home = context_.home_of_text(departure.rooms.back());
        if (!may_ask(home)) {
            return false;
        }
        context_.ask(home, std::make_unique<Leave>(Leave{departure.connection,
                                                         0,
                                                         departure.dropped,
                                                         departure.takes_twin,
                                                         std::move(departure.rooms.back()),
                                                         {}}));
        departure.rooms.pop_back();
    }
    if (!release(departure.attached, 1, departure.skeleton)) {
        return false;
    }
    if (departure.attached) {
        const std::uint32_t home = context_.home_of(departure.attached);
        if (!may_ask(home)) {
            return false;
        }
        context_.ask(home, DetachUser{departure.attached});
    }
    return true;
}

bool BackwardSteps::release(UserId user, std::uint32_t claims, std::string& skeleton) {
    if (skeleton.empty()) {
        return true;
    }
    const std::uint32_t home = context_.home_of_text(skeleton);
    if (!may_ask(home)) {
        return false;
    }
    context_.ask(home, std::make_unique<ReleaseName>(
                           ReleaseName{user, claims, std::exchange(skeleton, {})}));
    return true;
}

}  // namespace stentor::chat
