// What a client can do, whatever dialect it speaks: the one door between dialects and rooms.
// Thread: owner reactor.
// Invariant: each verb is answered once: at once by the refusal returned here, or later by a call
// of the session's dialect.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "chat/ask_gate.h"
#include "chat/context.h"
#include "chat/local_rooms.h"
#include "chat/logins.h"
#include "chat/protocol/command.h"
#include "chat/walks.h"

namespace stentor::chat {

class Verbs {
public:
    using Done = std::expected<void, Refusal>;

    Verbs(Context& context, Outlet& outlet, Logins& logins, Walks& walks, LocalRooms& rooms,
          AskGate& gate)
        : context_(context),
          outlet_(outlet),
          logins_(logins),
          walks_(walks),
          rooms_(rooms),
          gate_(gate) {}

    Done login(Session& session, std::string_view command_id, const LoginCommand& command);
    Done join(Session& session, std::string_view command_id, const JoinCommand& command);
    Done leave(Session& session, std::string_view command_id, const LeaveCommand& command);
    // Over a rate the command is taken all the same, and the next is not read for a while.
    Done send(Session& session, std::string_view command_id, const SendCommand& command);
    Done edit(Session& session, std::string_view command_id, const EditCommand& command);
    Done remove(Session& session, std::string_view command_id, const DeleteCommand& command);
    Done react(Session& session, std::string_view command_id, const ReactCommand& command);
    Done direct(Session& session, std::string_view command_id, const DirectCommand& command);
    // Answered by nothing. Over ten a second they are let go: nobody hears of them.
    Done typing(Session& session, const TypingCommand& command);
    Done read(Session& session, const ReadCommand& command);
    Done rooms(Session& session, std::string_view command_id);
    Done sync(Session& session, std::string_view command_id, const SyncCommand& command);
    Done members(Session& session, std::string_view command_id, const MembersCommand& command);
    Done history(Session& session, std::string_view command_id, const HistoryCommand& command);

    // The operator's: the user of that name loses all its connections. Answered by on_kicked().
    Done kick(Session& session, std::string_view command_id, std::string_view name);

private:
    void pay_for_send(Session& session);
    // Joins, leaves and pages: each is work for a home and may be news for a whole room.
    void pay_for_joins(Session& session, std::int64_t count = 1);
    bool may_signal(Session& session) const;
    Done check_content(std::string_view content) const;
    // What all that gets a seq has in common; `fill(publish)` adds the rest.
    template <typename Fill>
    Done publish(Session& session, std::string_view command_id, std::string_view room,
                 EventKind kind, Fill&& fill);

    Context& context_;
    Outlet& outlet_;
    Logins& logins_;
    Walks& walks_;
    LocalRooms& rooms_;
    AskGate& gate_;
};

}  // namespace stentor::chat
