// What homes answer to one connection, handed to the dialect that it speaks. Joins, logins and
// walks have more to do with theirs (local_rooms.h, logins.h, walks.h).
// Thread: owner reactor.
// Invariant: an answer to a connection that is gone is nobody's.
#pragma once

#include <utility>

#include "chat/ask_gate.h"
#include "chat/dialect/dialect.h"
#include "chat/outlet.h"
#include "chat/sessions.h"

namespace stentor::chat {

class Answers {
public:
    Answers(Context& context, Outlet& outlet, Sessions& sessions, AskGate& gate)
        : context_(context), outlet_(outlet), sessions_(sessions), gate_(gate) {}

    void handle(Acked&& told) {
        if (Session* session = sessions_.find(told.publish->connection)) {
            session->dialect->on_acked(*session, *told.publish);
        }
        context_.publishes.give_back(std::move(told.publish));
    }
    void handle(const Refused& told) {
        if (Session* session = sessions_.find(told.connection)) {
            session->dialect->on_refused(*session, {told.code, told.command_id, told.message});
            if (told.page) {
                gate_.page_answered(*session);
            }
        }
    }
    void handle(const MembersListed& told) {
        if (Session* session = sessions_.find(told.connection)) {
            session->dialect->on_members(*session, told);
            gate_.page_answered(*session);
        }
    }
    void handle(const HistoryRead& told) {
        if (Session* session = sessions_.find(told.connection)) {
            session->dialect->on_history(*session, told);
            gate_.page_answered(*session);
        }
    }
    void handle(const Kicked& told) {
        if (Session* session = sessions_.find(told.connection)) {
            session->dialect->on_kicked(*session, told);
        }
    }
    void handle(const RoomsSurveyed& told) {
        if (Session* session = sessions_.find(told.connection)) {
            session->dialect->on_surveyed(*session, told);
        }
    }
    // To all connections of a user.
    void handle(const KickUser& told) {
        if (const LocalUser* user = sessions_.find_user(told.user)) {
            user->sessions.for_each([this](Session& session) {
                outlet_.close(session, close_code::kKicked, "kicked by the operator");
            });
        }
    }

private:
    Context& context_;
    Outlet& outlet_;
    Sessions& sessions_;
    AskGate& gate_;
};

}  // namespace stentor::chat
