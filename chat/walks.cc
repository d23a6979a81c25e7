// The steps of direct messages, lists of rooms and syncs.
// Thread: owner reactor.
// Invariant: see walks.h.
#include "chat/walks.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

#include "chat/direct_room.h"
#include "chat/names.h"

namespace stentor::chat {

template <typename What>
void Walks::begin(Session& session, std::string_view command_id, What&& what) {
    session.walk = std::make_unique<Walk>(Walk{std::string(command_id), std::forward<What>(what)});
    outlet_.pause(session, Pause::kWalk);
}

void Walks::fail(Session& session, ErrorCode code, std::string_view message) {
    session.dialect->on_refused(session, {code, session.walk->command_id, message});
    finish(session);
}

// ---- direct

Walks::Begun Walks::begin_direct(Session& session, std::string_view command_id,
                                 const DirectCommand& command) {
    if (const auto user = UserId::parse(command.to)) {
        gate_.ask(session, context_.home_of(*user), FindUser{session.id, *user});
    } else {
        const auto name = normalize_user_name(command.to);
        if (!name) {
            return std::unexpected(
                Refusal{ErrorCode::kNoSuchUser, {}, "to: neither a user id nor a user name"});
        }
        std::string skeleton = name_skeleton(*name);
        const std::uint32_t home = context_.home_of_text(skeleton);
        gate_.ask(session, home,
                  std::make_unique<FindName>(FindName{session.id, std::move(skeleton)}));
    }
    begin(session, command_id, DirectMessage{.content = std::string(command.content)});
    return {};
}

void Walks::handle(const UserFound& told) {
    Session* session = sessions_.find(told.connection);
    if (session == nullptr) {
        return;
    }
    if (told.user) {
        session->walking<DirectMessage>().to = told.user;
        add_step(*session);
    } else {
        fail(*session, ErrorCode::kNoSuchUser, "to: there is nobody of that name or id");
    }
}

bool Walks::take_step(Session& session, DirectMessage& direct) {
    const UserId from = session.user->id;
    std::string room = DirectRoom::of(from, direct.to).to_string();
    const std::uint32_t home = context_.home_of_text(room);
    if (!steps_.may_ask(home)) {
        return false;
    }
    auto publish = context_.publishes.take();
    publish->connection = session.id;
    publish->user = from;
    publish->name = session.user->name;
    publish->room = std::move(room);
    publish->command_id = session.walk->command_id;
    publish->content = std::move(direct.content);
    context_.ask(home, std::move(publish));
    finish(session);
    return true;
}

// ---- rooms

Walks::Begun Walks::begin_rooms(Session& session, std::string_view command_id) {
    const UserId user = session.user->id;
    gate_.ask(session, context_.home_of(user), ListRooms{session.id, user});
    begin(session, command_id, RoomList{});
    return {};
}

void Walks::handle(RoomsListed&& told) {
    Session* session = sessions_.find(told.connection);
    if (session == nullptr) {
        return;
    }
    RoomList& list = session->walking<RoomList>();
    --list.answers_due;
    list.failed = list.failed || told.failed;
    std::ranges::move(told.rooms, std::back_inserter(list.rooms));
    if (!std::exchange(list.listed, true)) {
        look(*session, list);
    }
    if (list.answers_due == 0) {
        finish_list(*session);
    }
}

// Each home is asked once, for all of its rooms.
void Walks::look(Session& session, RoomList& list) {
    std::map<std::uint32_t, std::vector<RoomLine>> by_home;
    for (RoomLine& line : std::exchange(list.rooms, {})) {
        by_home[context_.home_of_text(line.room)].push_back(std::move(line));
    }
    for (auto& [home, rooms] : by_home) {
        list.looks.push_back({home, std::make_unique<LookAtRooms>(LookAtRooms{
                                        session.id, session.user->id, std::move(rooms)})});
    }
    list.answers_due = list.looks.size();
    if (!list.looks.empty()) {
        add_step(session);
    }
}

bool Walks::take_step(Session& /*session*/, RoomList& list) {
    while (!list.looks.empty()) {
        RoomList::Look& look = list.looks.back();
        if (!steps_.may_ask(look.home)) {
            return false;
        }
        context_.ask(look.home, std::move(look.ask));
        list.looks.pop_back();
    }
    return true;
}

void Walks::finish_list(Session& session) {
    RoomList& list = session.walking<RoomList>();
    if (list.failed) {
        fail(session, ErrorCode::kUnavailable, "the rooms could not be looked up: try again");
        return;
    }
    std::ranges::sort(list.rooms, {}, &RoomLine::room);  // whatever homes they are of
    session.dialect->on_rooms(session, session.walk->command_id, list.rooms);
    finish(session);
}

// ---- sync

Walks::Begun Walks::begin_sync(Session& session, std::string_view command_id,
                               const SyncCommand& command) {
    Sync sync{.rooms = {}, .first_join = session.joins_begun + 1};
    sync.rooms.reserve(command.rooms.size());
    for (const SyncRoom& wanted : command.rooms) {
        sync.rooms.push_back({.room = std::string(wanted.room),
                              .since = {std::string(wanted.since.epoch), wanted.since.seq}});
    }
    begin(session, command_id, std::move(sync));
    add_step(session, session.walking<Sync>());
    return {};
}

void Walks::add_step(Session& session, Sync& sync) {
    if (!std::exchange(sync.step_waits, true)) {
        add_step(session);
    }
}

bool Walks::take_step(Session& session, Sync& sync) {
    while (sync.next < sync.rooms.size()) {
        if (session.pages_asked >= kPagesAskedMax || session.is(Pause::kBacklog)) {
            sync.step_waits = false;  // goes on when a page came, or the client read
            return true;
        }
        const Sync::Wanted& wanted = sync.rooms[sync.next];
        const auto name = LocalRooms::name_for(session, wanted.room);
        if (name && !steps_.may_ask(context_.home_of_text(*name))) {
            return false;
        }
        ++sync.next;
        const auto asked =
            rooms_.join(session,
                        {.room = wanted.room,
                         .since = SincePosition{wanted.since.epoch, wanted.since.seq},
                         .history = std::nullopt},
                        {});
        if (asked) {
            ++sync.answers_due;
        } else {
            session.dialect->on_refused(
                session, {asked.error().code, {}, asked.error().message, wanted.room});
        }
    }
    sync.step_waits = false;
    if (sync.answers_due == 0) {
        session.dialect->on_synced(session, session.walk->command_id);
        finish(session);
    }
    return true;
}

void Walks::on_join_answered(ConnectionId connection, JoinNumber number) {
    Session* session = sessions_.find(connection);
    Sync* sync = session == nullptr ? nullptr : session->walks<Sync>();
    if (sync != nullptr && number >= sync->first_join) {
        --sync->answers_due;
        add_step(*session, *sync);
    }
}

void Walks::on_drained(ConnectionId connection) {
    Session* session = sessions_.find(connection);
    Sync* sync = session == nullptr ? nullptr : session->walks<Sync>();
    if (sync != nullptr) {
        add_step(*session, *sync);
    }
}

}  // namespace stentor::chat
