// What a client can do, whatever dialect it speaks: the one door between dialects and rooms.
// Thread: owner reactor.
// Invariant: each verb is answered once: at once by the refusal returned here, or later by a call
// of the session's dialect.
#pragma once

#include <expected>
#include <string_view>

#include "chat/ask_gate.h"
#include "chat/context.h"
#include "chat/local_rooms.h"
#include "chat/logins.h"
#include "chat/protocol/command.h"

namespace stentor::chat {

class Verbs {
public:
    using Done = std::expected<void, Refusal>;

    Verbs(Context& context, Outlet& outlet, Logins& logins, LocalRooms& rooms, AskGate& gate)
        : context_(context), outlet_(outlet), logins_(logins), rooms_(rooms), gate_(gate) {}

    Done login(Session& session, std::string_view command_id, const LoginCommand& command);
    Done join(Session& session, std::string_view command_id, const JoinCommand& command);
    Done leave(Session& session, std::string_view command_id, const LeaveCommand& command);
    // Over a rate the command is taken all the same, and the next is not read for a while.
    Done send(Session& session, std::string_view command_id, const SendCommand& command);
    Done members(Session& session, std::string_view command_id, const MembersCommand& command);
    Done history(Session& session, std::string_view command_id, const HistoryCommand& command);

private:
    void pay_for_send(Session& session);
    // Joins, leaves and pages: each is work for a home and may be news for a whole room.
    void pay_for_join(Session& session);

    Context& context_;
    Outlet& outlet_;
    Logins& logins_;
    LocalRooms& rooms_;
    AskGate& gate_;
};

}  // namespace stentor::chat
