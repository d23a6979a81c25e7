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
    explicit HomesFixture(RoomLog& room_log) : homes(context, room_log, &directory) {}

    void turn() {
        context.timers.advance(context.now, [this](core::Timer& timer) { homes.on_timer(timer); });
        homes.end_turn();
    }
    template <typename What>
    void ask(What&& what) {
        homes.handle(std::make_unique<std::remove_cvref_t<What>>(std::forward<What>(what)));
        turn();
    }

    // User n joins by connection n of shard 1.
    Join join_of(std::uint32_t n, const std::string& room) const {
        return {.connection = connection(1, n),
                .number = 1,
                .local_room = {n, 1},
                .user = user(n),
                .name = "n" + std::to_string(n),
                .room = room,
                .command_id = "j",
                .takes_twin = false,
                .resume = false,
                .since = {},
                .history = 100};
    }
    Box<Joined> join(std::uint32_t n, const std::string& room = "lobby") {
        ask(join_of(n, room));
        return last<Box<Joined>>();
    }
    Box<Joined> resume(std::uint32_t n, const std::string& epoch, std::uint64_t seq) {
        Join join = join_of(n, "lobby");
        join.resume = true;
        join.since = {epoch, seq};
        ask(std::move(join));
        return last<Box<Joined>>();
    }
    Publish publish_of(std::uint32_t n, EventKind kind, const std::string& content,
                       std::uint64_t target = 0, bool on = true) const {
        Publish publish{};
        publish.connection = connection(1, n);
        publish.user = user(n);
        publish.name = "n" + std::to_string(n);
        publish.room = "lobby";
        publish.kind = kind;
        publish.content = content;
        publish.target = target;
        publish.on = on;
        return publish;
    }
    void send(std::uint32_t n, const std::string& content) {
        ask(publish_of(n, EventKind::kMessage, content));
    }
    // The page of a history command; with it, what was told before is gone.
    Box<HistoryRead> history(std::uint32_t n, std::uint64_t after, std::uint64_t before = 0) {
        ask(history_of(n, after, before));
        return last<Box<HistoryRead>>();
    }
    ReadHistory history_of(std::uint32_t n, std::uint64_t after, std::uint64_t before = 0) const {
        return {.connection = connection(1, n),
                .room = "lobby",
                .command_id = "h",
                .from_oldest = true,
                .after = after,
                .before = before,
                .limit = 100,
                .user = user(n)};
    }
    // The JSON of one event as history shows it.
    std::string shown(std::uint64_t seq) {
        return std::string(history(1, seq - 1, seq + 1)->page.events.text());
    }

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
