// The directory where users outlive the process: what is noted goes to the store's thread that
// writes, what is asked to the one that reads. Their answers come as Rank::kStored to the shard,
// which passes them on (chat/shard.cc).
// Thread: owner reactor.
// Invariant: notes about one user go by one lane, in order.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "chat/directory.h"

namespace stentor::chat {

// The store's participants of the queue.
struct StoreLanes {
    std::uint32_t writer;
    std::uint32_t reader;
};

class LaneDirectory final : public Directory {
public:
    // `port` outlives this.
    LaneDirectory(Port& port, StoreLanes store) : port_(port), store_(store) {}

    void note_user(UserId user, std::string_view name, bool connected) override;
    void note_position(UserId user, std::string_view room, const Position& read) override;
    // The writer notes it with the event itself.
    void note_direct(UserId /*user*/, std::string_view /*room*/,
                     std::string_view /*epoch*/) override {}
    void find_user(const FindUser& ask) override;
    void list_rooms(const ListRooms& ask) override;

private:
    template <typename T>
    void push(std::uint32_t participant, T&& what) {
        port_.push(participant, static_cast<std::uint32_t>(Rank::kAppend), std::forward<T>(what));
    }

    Port& port_;
    const StoreLanes store_;
};

}  // namespace stentor::chat
