// Events read back from the JSON that the encoder wrote (chat/protocol/encode.h), for the few that
// something changes afterwards.
// Thread: owner reactor.
// Invariant: what was read and is appended again unchanged is the same text.
#pragma once

#include <string_view>
#include <vector>

#include <simdjson.h>

#include "chat/protocol/encode.h"

namespace stentor::chat {

class EventReader {
public:
    // `json`: what append_event() wrote; anything else is a fault of ours. What the view shows is
    // valid until the next call.
    const EventView& read(std::string_view json);

private:
    void read_reactions(simdjson::dom::object reactions);

    simdjson::dom::parser parser_;
    EventView view_;
    std::vector<ReactionView> reactions_;
    std::vector<std::vector<std::string_view>> names_;
};

}  // namespace stentor::chat
