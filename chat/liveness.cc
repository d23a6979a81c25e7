// Deadlines of connections; one handler decides by stage what a deadline means.
// Thread: owner reactor.
// Invariant: see liveness.h.
#include "chat/liveness.h"

#include <algorithm>

#include "chat/dialect/dialect.h"
#include "chat/protocol/error_code.h"

namespace stentor::chat {

Liveness::Liveness(Context& context, Outlet& outlet, Sessions& sessions)
    : context_(context), outlet_(outlet), sessions_(sessions), timers_(context.now) {}

void Liveness::await_request(Session& session) {
    set_deadline(session, context_.now + context_.limits.handshake_timeout);
}

void Liveness::on_upgraded(Session& session) {
    if (session.dialect->wants_login()) {
        set_deadline(session, context_.now + context_.limits.login_timeout);
    } else {
        timers_.cancel(session.timer);  // nothing unsolicited: TCP's keep-alive finds the dead
    }
}

void Liveness::on_logged_in(Session& session) {
    await_silence(session);
}

void Liveness::await_silence(Session& session) {
    switch (session.dialect->silence()) {
        case Silence::kPinged:
            return set_deadline(session, context_.now + context_.limits.ping_interval);
        case Silence::kEnds:
            return set_deadline(session, context_.now + context_.limits.line_idle);
        case Silence::kAllowed:
            timers_.cancel(session.timer);
    }
}

void Liveness::set_deadline(Session& session, core::Instant at) {
    session.deadline = at;
    rearm(session);
}

void Liveness::rearm(Session& session) {
    timers_.schedule(session.timer,
                     session.is(Pause::kPace)
                         ? std::min(session.deadline, session.paced_until(context_.limits))
                         : session.deadline);
}

void Liveness::on_timers() {
    timers_.advance(context_.now, [this](core::Timer& timer) {
        Session& session = *sessions_.find(ConnectionId::unpack(timer.cookie));
        if (session.is(Pause::kPace) && session.paced_until(context_.limits) <= context_.now) {
            outlet_.go_on(session, Pause::kPace);
        }
        if (session.deadline <= context_.now) {
            on_deadline(session);
        } else {
            rearm(session);
        }
    });
}

void Liveness::on_deadline(Session& session) {
    if (session.is_over()) {
        return;  // the reactor ends it
    }
    if (context_.now - session.deadline > kReactorLate) {
        // We slept through it, and what the peer sent may not have been read yet.
        set_deadline(session, context_.now + kReactorLate);
    } else if (session.stage == Stage::kHead) {
        on_request_overdue(session);
    } else if (session.pauses != 0) {
        session.pong_due = {};  // its pong may wait where we did not read
        await_silence(session);
    } else if (session.dialect->wants_login() && session.user == nullptr) {
        give_up(session, "no login in time");
    } else if (session.dialect->silence() == Silence::kPinged) {
        on_silence_check(session);
    } else {
        on_idle_check(session);
    }
}

void Liveness::on_idle_check(Session& session) {
    const core::Instant silent_from =
        outlet_.link().last_received(session.id) + context_.limits.line_idle;
    if (session.dialect->silence() == Silence::kAllowed) {
        return;
    }
    if (silent_from > context_.now) {
        set_deadline(session, silent_from);
    } else {
        give_up(session, "nothing was said for too long");
    }
}

// A slow reader of an answer is no slow requester, as long as it reads.
void Liveness::on_request_overdue(Session& session) {
    const std::size_t backlog = outlet_.link().backlog_bytes(session.id);
    if (backlog > 0 && backlog < session.answer_bytes) {
        session.answer_bytes = static_cast<std::uint32_t>(backlog);
        set_deadline(session, context_.now + context_.limits.handshake_timeout);
    } else {
        context_.count(ShardCounter::kPeerTimeouts);
        outlet_.finish(session);
    }
}

void Liveness::on_silence_check(Session& session) {
    constexpr core::Instant kNone{};
    const Limits& limits = context_.limits;
    const core::Instant heard = outlet_.link().last_received(session.id);
    const core::Instant silent_from = heard + limits.ping_interval;
    // Any byte behind the ping does; pongs may come later than the next ping would be due.
    if (session.pong_due != kNone && heard >= session.pong_due - limits.pong_timeout) {
        session.pong_due = kNone;
    }
    if (silent_from > context_.now) {
        set_deadline(session, silent_from);
    } else if (session.pong_due == kNone) {
        session.pong_due = context_.now + limits.pong_timeout;
        context_.count(ShardCounter::kPings);
        outlet_.send_frame(session, ws::Opcode::kPing, {});
        set_deadline(session, context_.now + std::min(limits.ping_interval, limits.pong_timeout));
    } else if (session.pong_due > context_.now) {
        set_deadline(session, std::min(session.pong_due, context_.now + limits.ping_interval));
    } else {
        give_up(session, "no pong in time");
    }
}

void Liveness::give_up(Session& session, std::string_view reason) {
    context_.count(ShardCounter::kPeerTimeouts);
    outlet_.close(session, close_code::kTimeout, reason);
}

}  // namespace stentor::chat
