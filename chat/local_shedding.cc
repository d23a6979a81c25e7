// What slow readers give up when memory is short (chat/memory_pressure.h).
// Thread: owner reactor.
// Invariant: see local_rooms.h; who takes what it is sent in time notices nothing.
#include "chat/local_rooms.h"

namespace stentor::chat {

void LocalRooms::shed(core::Instant made_until) {
    net::Link& link = outlet_.link();
    sessions_.for_each([&](Session& session) {
        bool has_shed = false;
        for (auto oldest = link.oldest_events(session.id); oldest && oldest->made <= made_until;
             oldest = link.oldest_events(session.id)) {
            has_shed = true;
            enter_gap_of(session, oldest->topic, link.shed_topic(session.id, oldest->topic));
        }
        if (has_shed) {
            link.shed_ephemeral(session.id);
            context_.count(ShardCounter::kShedForMemory);
        }
    });
}

}  // namespace stentor::chat
