// Logging in, step by step (docs/decisions.md, "A login is three asks"): the client's shard asks
// the user's home what the user is called, then the name's home for the name, then tells the user's
// home; homes never ask homes. A guest name that is taken is drawn again.
// Thread: owner reactor.
// Invariant: each logged-in session holds one claim on its user's name, and is attached at the
// user's home once; both are given back when it goes.
#pragma once

#include <expected>
#include <string>

#include "chat/backward_steps.h"
#include "chat/context.h"
#include "chat/liveness.h"
#include "chat/outlet.h"
#include "chat/protocol/command.h"
#include "chat/session_token.h"
#include "chat/sessions.h"

namespace stentor::chat {

class Logins {
public:
    Logins(Context& context, Outlet& outlet, Sessions& sessions, BackwardSteps& steps,
           Liveness& liveness, const SessionTokens& tokens);

    // Begins a login; the session is not read until it is through. A logged-in session changes its
    // name this way.
    std::expected<void, Refusal> begin(Session& session, std::string_view command_id,
                                       const LoginCommand& command);

    // The ask phase; false when the lane is full.
    bool take_step(Session& session, Login& login);
    void handle(const UserAttached& told);
    void handle(const NameAnswered& told);
    void handle(const UserRenamed& told);

    // Strikes a session that is gone; fills in who and what it was attached to and claimed.
    void depart(Session& session, Departure& departure);

private:
    void pick_guest_name(Login& login);
    void add_step(Session& session, Login::Step step);
    void complete(Session& session);
    void fail(Session& session, ErrorCode code, std::string message);

    Context& context_;
    Outlet& outlet_;
    Sessions& sessions_;
    BackwardSteps& steps_;
    Liveness& liveness_;
    const SessionTokens& tokens_;
};

}  // namespace stentor::chat
