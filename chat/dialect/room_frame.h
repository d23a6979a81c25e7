// What a native frame of a room says, for the dialects that make something else of it.
// Thread: a RoomFrameReader belongs to one reactor.
// Invariant: the views in a RoomFrame live until the reader's next read().
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chat/ids.h"

namespace stentor::chat {

struct RoomFrame {
    enum class Kind : std::uint8_t { kOther, kText, kPresence };
    struct Named {
        UserId user;
        std::string_view name;
    };
    Kind kind = Kind::kOther;
    std::string_view room;
    // Of kText, a message or its new wording.
    std::string_view from;
    std::string_view content;
    bool edited = false;
    // Of kPresence.
    std::uint64_t version = 0;
    std::vector<Named> joined;
    std::vector<UserId> left;

    bool is_private() const;
};

class RoomFrameReader {
public:
    RoomFrameReader();
    ~RoomFrameReader();
    // `json` is a frame of ours.
    const RoomFrame& read(std::string_view json);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// The text as these dialects show it: what was edited and what is private says so, but for what
// begins with '@': that says it itself.
std::string shown_content(const RoomFrame& frame);

}  // namespace stentor::chat
