// Which events a page holds, and the pages that were written lately: of a thousand clients that
// come back at once and ask alike, one pays (docs/life-of-a-message.md).
// Thread: owner reactor of the homes.
// Invariant: a kept page shows the present state of its events; what is kept is bounded.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "chat/envelope.h"
#include "chat/limits.h"

namespace stentor::chat {

// Events after + 1 .. before - 1, at most kPageEventsMax; of those as many as fit the bytes of a
// page, from the oldest on or from the newest.
struct PageRange {
    std::uint64_t after = 0;
    std::uint64_t before = 1;
    bool from_oldest = true;

    // The range of a ReadHistory or a Join, in a room of the events first .. head.
    static PageRange from(std::uint64_t after, std::uint64_t end, std::uint32_t limit,
                          std::uint64_t first);
    static PageRange up_to(std::uint64_t end, std::uint32_t limit, std::uint64_t first);

    bool empty() const { return after + 1 >= before; }
    // Are some of first .. last in it?
    bool meets(std::uint64_t first, std::uint64_t last) const {
        return after < last && first < before;
    }
    friend bool operator==(const PageRange&, const PageRange&) = default;
};

// What is in a page: first .. last, none when first is above last.
struct EventTexts {
    std::uint64_t first = 1;
    std::uint64_t last = 0;
    core::SharedBytes json;
};

// What a page may weigh.
inline std::size_t page_bytes_max(const Limits& limits) {
    return std::min(kPageBytesMax, limits.outbox_bytes / 2);
}

class EventPages {
public:
    // Null: not kept. Valid until anything is called.
    const EventTexts* find(RoomKey room, const PageRange& range);
    void keep(RoomKey room, const PageRange& range, const EventTexts& texts);
    // Some of the events first .. last of the room are others now.
    void changed(RoomKey room, std::uint64_t first, std::uint64_t last);

private:
    static constexpr std::size_t kPagesMax = 64;
    static constexpr std::size_t kBytesMax = 2 * 1024 * 1024;
    struct Page {
        RoomKey room;
        PageRange range;
        EventTexts texts;
        std::uint64_t used;  // when last, in keeps and finds
    };
    void let_go(std::size_t at);

    std::vector<Page> pages_;
    std::size_t bytes_ = 0;
    std::uint64_t uses_ = 0;
};

}  // namespace stentor::chat
