// Windows of the messages under way, oldest first.
// Thread: owner reactor.
// Invariant: see message_pace.h.
#include "chat/message_pace.h"

#include <algorithm>

namespace stentor::chat {

MessagePace::MessagePace(Context& context, Outlet& outlet, Sessions& sessions)
    : context_(context), outlet_(outlet), sessions_(sessions) {}

void MessagePace::note_under_way(Session& session, const Reading& reading) {
    if (session.stage != Stage::kOpen || !session.endpoint.mid_message() ||
        context_.limits.message_bytes_per_second_min == 0) {
        forget(session);
        return;
    }
    const std::size_t left = reading.input_bytes - reading.done_bytes;
    if (!session.watched) {
        session.watched = true;
        const auto at = watches_.insert(watches_.end(), Watch{session.id.slot, {}, 0, left});
        by_slot_.emplace(session.id.slot, at);
        begin_window(*at, session);
        return;
    }
    const auto at = by_slot_.at(session.id.slot);
    at->came_bytes += reading.input_bytes - std::min(at->held_bytes, reading.input_bytes);
    at->held_bytes = left;
    if (reading.ended) {
        begin_window(*at, session);
        watches_.splice(watches_.end(), watches_, at);
    }
}

void MessagePace::begin_window(Watch& watch, Session& session) {
    watch.since = context_.now;
    watch.came_bytes = 0;
    session.paused_lately = session.pauses != 0;
}

void MessagePace::forget(Session& session) {
    if (!session.watched) return;
    session.watched = false;
    watches_.erase(by_slot_.at(session.id.slot));
    by_slot_.erase(session.id.slot);
}

void MessagePace::on_timers() {
    while (!watches_.empty() && watches_.front().since + kPaceWindow <= context_.now) {
        const auto first = watches_.begin();
        Session& session = sessions_.at(first->slot);
        if (session.stage != Stage::kOpen) {
            forget(session);
        } else if (is_to_blame(*first, session)) {
            forget(session);
            outlet_.fail(session, ws::Violation::kMessageTooSlow);
        } else {
            begin_window(*first, session);
            watches_.splice(watches_.end(), watches_, first);
        }
    }
}

// Not for what we did not read: it was paused, or we were late and its bytes lie in the socket.
bool MessagePace::is_to_blame(const Watch& watch, const Session& session) const {
    const auto seconds = static_cast<std::size_t>(
        std::chrono::duration_cast<std::chrono::seconds>(kPaceWindow).count());
    return !session.paused_lately && context_.now - (watch.since + kPaceWindow) <= kReactorLate &&
           watch.came_bytes < seconds * context_.limits.message_bytes_per_second_min;
}

std::optional<core::Instant> MessagePace::next_deadline() const {
    if (watches_.empty()) return std::nullopt;
    return watches_.front().since + kPaceWindow;
}

}  // namespace stentor::chat
