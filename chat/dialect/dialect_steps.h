// What a dialect wants to ask homes because of something it was told. A tell creates nothing
// (docs/life-of-a-message.md, "When something is full"): it notes the session here, and the
// dialect asks in the next ask phase.
// Thread: owner reactor.
// Invariant: a session that is gone takes no step.
#pragma once

#include <utility>
#include <vector>

#include "chat/dialect/dialect.h"
#include "chat/sessions.h"

namespace stentor::chat {

class DialectSteps {
public:
    explicit DialectSteps(Sessions& sessions) : sessions_(sessions) {}

    void add(const Session& session) { waiting_.push_back(session.id); }
    bool ready() const { return !waiting_.empty(); }
    // The ask phase.
    void run() {
        for (const ConnectionId id : std::exchange(waiting_, {})) {
            Session* session = sessions_.find(id);
            if (session != nullptr && session->stage == Stage::kOpen) {
                session->dialect->on_step(*session);
            }
        }
    }

private:
    Sessions& sessions_;
    std::vector<ConnectionId> waiting_;
};

}  // namespace stentor::chat
