// The deadlines of connections: handshake, login, silence, pong, and the end of a pace pause. One
// timer a connection, for whichever comes first.
// Thread: owner reactor.
// Invariant: a peer is given up for what it did not do in time, never because this reactor was late
// or did not read it (docs/decisions.md, "A deadline that we notice late is ours").
#pragma once

#include <optional>

#include "chat/context.h"
#include "chat/outlet.h"
#include "chat/sessions.h"

namespace stentor::chat {

class Liveness {
public:
    Liveness(Context& context, Outlet& outlet, Sessions& sessions);

    // An HTTP request is awaited: the first, or another one behind an answer.
    void await_request(Session& session);
    void on_upgraded(Session& session);
    // From the login's time to silence's; without it the first ping waits for the former.
    void on_logged_in(Session& session);
    // Pauses may have changed.
    void rearm(Session& session);

    void on_timers();
    std::optional<core::Instant> next_deadline() const { return timers_.next_deadline(); }

private:
    void set_deadline(Session& session, core::Instant at);
    void on_deadline(Session& session);
    void on_request_overdue(Session& session);
    void await_silence(Session& session);
    void on_silence_check(Session& session);
    void on_idle_check(Session& session);
    void give_up(Session& session, std::string_view reason);

    Context& context_;
    Outlet& outlet_;
    Sessions& sessions_;
    core::TimerWheel timers_;
};

}  // namespace stentor::chat
