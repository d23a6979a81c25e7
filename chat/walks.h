// The commands that take several asks, one after the other: direct, rooms, sync (docs/protocol.md,
// "Frames"). What an answer calls for is a step in BackwardSteps, as with logins.
// Thread: owner reactor.
// Invariant: each walk that began is answered once, in the dialect, and the connection is read on
// behind it.
#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include "chat/ask_gate.h"
#include "chat/backward_steps.h"
#include "chat/context.h"
#include "chat/dialect/dialect.h"
#include "chat/local_rooms.h"
#include "chat/outlet.h"
#include "chat/protocol/command.h"
#include "chat/sessions.h"

namespace stentor::chat {

class Walks {
public:
    using Begun = std::expected<void, Refusal>;

    Walks(Context& context, Outlet& outlet, Sessions& sessions, BackwardSteps& steps,
          LocalRooms& rooms, AskGate& gate)
        : context_(context),
          outlet_(outlet),
          sessions_(sessions),
          steps_(steps),
          rooms_(rooms),
          gate_(gate) {}

    // Of a logged-in session that is in the middle of nothing.
    Begun begin_direct(Session& session, std::string_view command_id, const DirectCommand& command);
    Begun begin_rooms(Session& session, std::string_view command_id);
    Begun begin_sync(Session& session, std::string_view command_id, const SyncCommand& command);

    // The ask phase; false when the lane is full.
    bool take_step(Session& session, DirectMessage& direct);
    bool take_step(Session& session, RoomList& list);
    bool take_step(Session& session, Sync& sync);

    void handle(const UserFound& told);
    void handle(RoomsListed&& told);
    // Behind a Joined or JoinRefused with this number.
    void on_join_answered(ConnectionId connection, JoinNumber number);
    // The outbox is half empty again.
    void on_drained(ConnectionId connection);

private:
    template <typename What>
    void begin(Session& session, std::string_view command_id, What&& what);
    void add_step(Session& session) { steps_.add(WalkStep{session.id}); }
    void add_step(Session& session, Sync& sync);
    void look(Session& session, RoomList& list);
    void finish_list(Session& session);
    void finish(Session& session) {
        session.walk.reset();
        outlet_.go_on(session, Pause::kWalk);
    }
    void fail(Session& session, ErrorCode code, std::string_view message);

    Context& context_;
    Outlet& outlet_;
    Sessions& sessions_;
    BackwardSteps& steps_;
    LocalRooms& rooms_;
    AskGate& gate_;
};

}  // namespace stentor::chat
