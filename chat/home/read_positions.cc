// Positions, the newest of each user.
// Thread: owner reactor of the home.
// Invariant: see read_positions.h.
#include "chat/home/read_positions.h"

#include <algorithm>

#include "chat/limits.h"

namespace stentor::chat {

bool ReadPositions::note(UserId user, std::uint64_t seq, core::Instant now) {
    auto at = std::ranges::find(positions_, user, &Position::user);
    if (at != positions_.end()) {
        if (at->seq >= seq) return false;
        if (at->is_new) --new_;
        positions_.erase(at);
    } else if (positions_.size() >= kReadPositionsMax) {
        if (positions_.front().is_new) --new_;
        positions_.erase(positions_.begin());
    }
    positions_.push_back({user, seq, true});
    if (++new_ == 1) next_ = std::max(next_, now);
    return true;
}

std::optional<core::Instant> ReadPositions::next_deadline() const {
    return new_ == 0 ? std::nullopt : std::optional(next_);
}

std::vector<ReadPositionView> ReadPositions::take(core::Instant now) {
    std::vector<ReadPositionView> news;
    for (Position& position : positions_) {
        if (position.is_new) news.push_back({position.user, position.seq});
        position.is_new = false;
    }
    new_ = 0;
    next_ = now + kReadInterval;
    return news;
}

}  // namespace stentor::chat
