// The rooms of shard 0 over a log of the test's choice: asks in, and what was told, by kind.
// Thread: one.
// Invariant: each ask is followed by the end of its turn.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "chat/direct_room.h"
#include "chat/home/room_homes.h"
#include "tests/chat/support/home_fixture.h"

namespace stentor::chat {

// What homes note of users, as lines.
class NotedDirectory final : public Directory {
public:
    void note_user(UserId, std::string_view, bool) override {}
    void note_position(UserId user, std::string_view room, const Position& read) override {
        lines += std::to_string(user.value) + " read " + std::string(room) + " " +
                 std::to_string(read.seq) + "\n";
    }
    void note_direct(UserId user, std::string_view room, std::string_view) override {
        lines += std::to_string(user.value) + " has " + std::string(room) + "\n";
    }
    void find_user(const FindUser&) override {}
    void list_rooms(const ListRooms&) override {}

    std::string lines;
};

class HomesFixture : public HomeFixture {
public:
    explicit HomesFixture(RoomLog& room_log);
    ~HomesFixture();

    void turn();
    template <typename What>
    void ask(What&& what) {
        homes.handle(std::make_unique<std::remove_cvref_t<What>>(std::forward<What>(what)));
        turn();
    }

    // User n joins by connection n of shard 1.
    Join join_of(std::uint32_t n, const std::string& room) const;
    Box<Joined> join(std::uint32_t n, const std::string& room = "lobby");
    Box<Joined> resume(std::uint32_t n, const std::string& epoch, std::uint64_t seq);
    Publish publish_of(std::uint32_t n, EventKind kind, const std::string& content,
                       std::uint64_t target = 0, bool on = true) const;
    void send(std::uint32_t n, const std::string& content);
    // The page of a history command; with it, what was told before is gone.
    Box<HistoryRead> history(std::uint32_t n, std::uint64_t after, std::uint64_t before = 0);
    ReadHistory history_of(std::uint32_t n, std::uint64_t after, std::uint64_t before = 0) const;
    // The JSON of one event as history shows it.
    std::string shown(std::uint64_t seq);

    // The newest tell of that kind to shard 1, or nothing.
    template <typename Tell>
    Tell last() {
        Tell found{};
        for (Envelope& tell : told(1)) {
            if (auto* one = std::get_if<Tell>(&tell)) found = std::move(*one);
        }
        return found;
    }
    template <typename Tell>
    std::vector<Tell> all(std::uint32_t shard = 1) {
        std::vector<Tell> found;
        for (Envelope& tell : told(shard)) {
            if (auto* one = std::get_if<Tell>(&tell)) found.push_back(std::move(*one));
        }
        return found;
    }

    NotedDirectory directory;
    RoomHomes homes;
};

}  // namespace stentor::chat
