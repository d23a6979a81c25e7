// Pages of a room that are on their way from its log, and who waits for them: who asks for the same
// page meanwhile waits for the same read.
// Thread: owner reactor of the home.
// Invariant: each wait ends once; a page that something changed while it was read is read again,
// so that nobody gets a state that is older than what it was told live.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "chat/home/event_pages.h"

namespace stentor::chat {

class PageReads {
public:
    struct Waiting {
        ConnectionId connection;
        std::string command_id;
        bool from_oldest;
        std::uint64_t end;   // exclusive bound of what was asked for
        std::uint64_t head;  // newest event when it was
    };
    struct Answered {
        std::vector<Waiting> waiting;
        PageRange range;
        bool is_present;  // nothing changed in it meanwhile
    };

    // `request`, if a new read must begin; 0: one is under way.
    std::uint64_t wait(const PageRange& range, Waiting&& waiting);
    // Nothing: it is to be read again, by repeat().
    std::optional<Answered> answered(std::uint64_t request, bool failed);
    // The next read that must be begun again, if any: its new number is in it.
    struct Again {
        std::uint64_t request;
        PageRange range;
    };
    std::optional<Again> repeat();
    bool must_repeat() const;
    // Some of the events first .. last are others now.
    void changed(std::uint64_t first, std::uint64_t last);
    bool empty() const { return reads_.empty(); }

private:
    // In a page that changes all the time somebody must be given something in the end.
    static constexpr std::uint8_t kRepeatsMax = 3;
    struct Read {
        std::uint64_t request;  // 0: to be begun again
        PageRange range;
        bool stale = false;
        std::uint8_t repeats = 0;
        std::vector<Waiting> waiting{};
    };
    std::list<Read> reads_;
    std::uint64_t requests_ = 0;
};

}  // namespace stentor::chat
