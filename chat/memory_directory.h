// The directory where rooms live in memory: what is known of a user stands at the user's home
// shard, bounded, and ends with the process.
// Thread: owner reactor.
// Invariant: at most kEntriesMax users and rooms of users; who was heard of longest ago goes first.
#pragma once

#include <cstddef>
#include <list>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "chat/context.h"
#include "chat/directory.h"
#include "core/compact_text.h"
#include "core/hash.h"

namespace stentor::chat {

class MemoryDirectory final : public Directory {
public:
    static constexpr std::size_t kRoomsPerUserMax = 1000;
    static constexpr std::size_t kEntriesMax = 256 * 1024;

    explicit MemoryDirectory(Context& context, std::size_t entries_max = kEntriesMax)
        : context_(context), entries_max_(entries_max) {}

    // Who is connected its home knows by itself; who was is kept here.
    void note_user(UserId user, std::string_view name, bool connected) override;
    void note_position(UserId user, std::string_view room, const Position& read) override;
    void note_direct(UserId user, std::string_view room, std::string_view epoch) override;
    void find_user(const FindUser& ask) override;
    void list_rooms(const ListRooms& ask) override;
    void handle(const PositionNoted& told) override;

    std::size_t entries() const { return entries_; }

private:
    struct Room {
        core::CompactText name;
        core::CompactText epoch;  // a room that begins anew has not been read
        std::uint64_t read;
    };
    struct User {
        UserId id;
        std::vector<Room> rooms;  // the latest last
    };
    User& touch(UserId user);
    void bound();

    Context& context_;
    const std::size_t entries_max_;
    std::list<User> users_;  // the latest last
    boost::unordered_flat_map<std::uint64_t, std::list<User>::iterator, core::IdHash> by_id_;
    std::size_t entries_ = 0;  // users, and rooms of users
};

}  // namespace stentor::chat
