// Cancels out who came and went within a turn.
// Thread: owner reactor.
// Invariant: see presence_ledger.h.
#include "chat/home/presence_ledger.h"

namespace stentor::chat {

void PresenceLedger::note(UserId user, Change change) {
    const auto [at, is_new] = pending_.try_emplace(user, change);
    if (is_new) {
        return;
    }
    Change& before = at->second;
    switch (change) {
        case Change::kJoined:
            // Left and back before anybody heard of it; the name may be another.
            before = Change::kRenamed;
            break;
        case Change::kLeft:
            if (before == Change::kJoined && !listed_) {
                pending_.erase(at);
            } else {
                before = Change::kLeft;
            }
            break;
        case Change::kRenamed:
            break;  // joined with the new name, or already renamed
    }
}

PresenceLedger::News PresenceLedger::take(core::Instant now, std::size_t users) {
    // A room that was big a moment ago may have more to say than one frame should hold.
    std::size_t left = users > kBigRoomMembers ? kPresenceNamesMax : 2 * kBigRoomMembers;
    News news;
    auto at = pending_.begin();
    for (; at != pending_.end() && left > 0; --left) {
        (at->second == Change::kLeft ? news.left : news.joined).push_back(at->first);
        at = pending_.erase(at);
    }
    listed_ = listed_ && !pending_.empty();
    next_ = now + kBigRoomPresenceInterval;
    ++version_;
    return news;
}

}  // namespace stentor::chat
