// The least pace of a message that was begun and is not finished: whoever holds a ring or an
// assembly by a drip of bytes is closed with 1008 (docs/limits.md, "least pace").
// Thread: owner reactor.
// Invariant: a session stands here exactly while it is open and in the middle of a message or
// frame; what is idle or between messages costs nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>

#include <boost/unordered/unordered_flat_map.hpp>

#include "chat/context.h"
#include "chat/outlet.h"
#include "chat/sessions.h"
#include "core/hash.h"

namespace stentor::chat {

class MessagePace {
public:
    MessagePace(Context& context, Outlet& outlet, Sessions& sessions);

    // What one call of Endpoint::consume() did.
    struct Reading {
        std::size_t input_bytes;
        std::size_t done_bytes;
        bool ended;  // a message, or a control frame by itself: what is under way now is new
    };
    void note(Session& session, const Reading& reading) {
        if (session.watched || session.endpoint.mid_message()) note_under_way(session, reading);
    }
    // The session is gone, or is read no more.
    void forget(Session& session);

    void on_timers();
    std::optional<core::Instant> next_deadline() const;

private:
    struct Watch {
        std::uint32_t slot;
        core::Instant since;     // its window began
        std::size_t came_bytes;  // since then
        std::size_t held_bytes;  // not consumed by the last call
    };
    void note_under_way(Session& session, const Reading& reading);
    void begin_window(Watch& watch, Session& session);
    bool is_to_blame(const Watch& watch, const Session& session) const;

    Context& context_;
    Outlet& outlet_;
    Sessions& sessions_;
    // All windows last equally long, so the order of their beginnings is that of their ends.
    std::list<Watch> watches_;
    boost::unordered_flat_map<std::uint32_t, std::list<Watch>::iterator> by_slot_;
};

}  // namespace stentor::chat
