// Keeps a connection from being read while the lane to the home it asked is full, or while it
// waits for as many pages as it may be owed (docs/life-of-a-message.md, "When something is full").
// Thread: owner reactor.
// Invariant: beyond its bound a pending list grows by at most one ask for each connection, since
// whoever added it is not read until the list is below the bound again.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "chat/context.h"
#include "chat/outlet.h"
#include "chat/sessions.h"
#include "core/check.h"

namespace stentor::chat {

class AskGate {
public:
    AskGate(Context& context, Outlet& outlet, Sessions& sessions)
        : context_(context), outlet_(outlet), sessions_(sessions), waiting_(context.shards) {}

    template <typename T>
    void ask(Session& session, std::uint32_t home, T&& what) {
        context_.ask(home, std::forward<T>(what));
        if (!context_.room_for_ask(home)) {
            outlet_.pause(session, Pause::kAsks);
            waiting_[home].push_back(session.id);
            context_.count(ShardCounter::kStalls);
        }
    }

    // For an ask that is answered by a page. Forty bytes ask for 128 KiB, and what stands in one
    // ring would be answered by hundreds of MiB before the first answer could pause its asker.
    template <typename T>
    void ask_for_page(Session& session, std::uint32_t home, T&& what) {
        ask(session, home, std::forward<T>(what));
        if (++session.pages_asked >= kPagesAskedMax) {
            outlet_.pause(session, Pause::kPages);
        }
    }

    // The page was sent, so that it counts as backlog, or the ask was refused.
    void page_answered(Session& session) {
        STENTOR_CHECK(session.pages_asked > 0);
        --session.pages_asked;
        outlet_.go_on(session, Pause::kPages);
    }

    // Once a turn, behind publish(): whoever waited for a lane that has room again is read on.
    void open_where_there_is_room() {
        for (std::uint32_t home = 0; home < context_.shards; ++home) {
            if (waiting_[home].empty() || !context_.room_for_ask(home)) {
                continue;
            }
            for (const ConnectionId id : std::exchange(waiting_[home], {})) {
                if (Session* session = sessions_.find(id)) {
                    outlet_.go_on(*session, Pause::kAsks);
                }
            }
        }
    }

    // Does somebody wait for a lane that has room?
    bool ready() const {
        for (std::uint32_t home = 0; home < context_.shards; ++home) {
            if (!waiting_[home].empty() && context_.room_for_ask(home)) {
                return true;
            }
        }
        return false;
    }

private:
    Context& context_;
    Outlet& outlet_;
    Sessions& sessions_;
    std::vector<std::vector<ConnectionId>> waiting_;  // by home
};

}  // namespace stentor::chat
