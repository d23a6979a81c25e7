// See homes_fixture.h.
// Thread: one.
// Invariant: see homes_fixture.h.
#include "tests/chat/support/homes_fixture.h"

namespace stentor::chat {

HomesFixture::HomesFixture(RoomLog& room_log) : homes(context, room_log, &directory) {}
HomesFixture::~HomesFixture() = default;

void HomesFixture::turn() {
    context.timers.advance(context.now, [this](core::Timer& timer) { homes.on_timer(timer); });
    homes.end_turn();
}

Join HomesFixture::join_of(std::uint32_t n, const std::string& room) const {
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

Box<Joined> HomesFixture::join(std::uint32_t n, const std::string& room) {
    ask(join_of(n, room));
    return last<Box<Joined>>();
}

Box<Joined> HomesFixture::resume(std::uint32_t n, const std::string& epoch, std::uint64_t seq) {
    Join join = join_of(n, "lobby");
    join.resume = true;
    join.since = {epoch, seq};
    ask(std::move(join));
    return last<Box<Joined>>();
}

Publish HomesFixture::publish_of(std::uint32_t n, EventKind kind, const std::string& content,
                                 std::uint64_t target, bool on) const {
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

void HomesFixture::send(std::uint32_t n, const std::string& content) {
    ask(publish_of(n, EventKind::kMessage, content));
}

Box<HistoryRead> HomesFixture::history(std::uint32_t n, std::uint64_t after, std::uint64_t before) {
    ask(history_of(n, after, before));
    return last<Box<HistoryRead>>();
}

ReadHistory HomesFixture::history_of(std::uint32_t n, std::uint64_t after,
                                     std::uint64_t before) const {
    return {.connection = connection(1, n),
            .room = "lobby",
            .command_id = "h",
            .from_oldest = true,
            .after = after,
            .before = before,
            .limit = 100,
            .user = user(n)};
}

std::string HomesFixture::shown(std::uint64_t seq) {
    return std::string(history(1, seq - 1, seq + 1)->page.events.text());
}

}  // namespace stentor::chat
