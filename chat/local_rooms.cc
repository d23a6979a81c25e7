// Memberships of this shard: join and leave. What they get is in local_deliveries.cc.
// Thread: owner reactor.
// Invariant: see local_rooms.h.
#include "chat/local_rooms.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "chat/dialect/dialect.h"
#include "chat/direct_room.h"
#include "chat/names.h"
#include "core/check.h"

namespace stentor::chat {

LocalRooms::LocalRooms(Context& context, Outlet& outlet, Sessions& sessions, AskGate& gate)
    : context_(context), outlet_(outlet), sessions_(sessions), gate_(gate) {}

// ---- the table of rooms

LocalRooms::Room* LocalRooms::find(LocalRoomId id) {
    if (id.slot >= rooms_.size() || rooms_[id.slot].generation != id.generation) {
        return nullptr;
    }
    return &rooms_[id.slot];
}

std::uint32_t LocalRooms::find_or_add(const std::string& name) {
    if (const auto at = by_name_.find(name); at != by_name_.end()) {
        return at->second;
    }
    std::uint32_t slot = static_cast<std::uint32_t>(rooms_.size());
    if (free_.empty()) {
        rooms_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    rooms_[slot].name = name;
    ++rooms_[slot].generation;
    begin_topic(slot);
    by_name_.emplace(name, slot);
    context_.gauge(ShardGauge::kLocalRooms, 1);
    return slot;
}

// Seqs go on, and so does the topic: what outboxes hold of the room is missed when it is let go.
void LocalRooms::handle(const EpochRenewed& told) {
    if (const auto known = by_name_.find(told.room); known != by_name_.end()) {
        rooms_[known->second].epoch = told.epoch;
    }
}

// What outboxes hold of an epoch that is over is nobody's loss.
void LocalRooms::begin_topic(std::uint32_t slot) {
    Room& room = rooms_[slot];
    direct_by_topic_.erase(room.topic);
    room.topic = ++topics_used_;
    if (room.name.starts_with(kDirectRoomPrefix)) {
        direct_by_topic_.emplace(room.topic, slot);
    }
}

void LocalRooms::note_position(std::uint32_t slot, const std::string& epoch, std::uint64_t seq) {
    Room& room = rooms_[slot];
    if (room.epoch != epoch) {
        room.epoch = epoch;
        begin_topic(slot);
    }
    room.last_seq = seq;
}

void LocalRooms::release(std::uint32_t slot) {
    Room& room = rooms_[slot];
    if (--room.memberships > 0) {
        return;
    }
    by_name_.erase(room.name);
    direct_by_topic_.erase(room.topic);
    const std::uint32_t generation = room.generation + 1;
    room = Room{};
    room.generation = generation;
    free_.push_back(slot);
    context_.gauge(ShardGauge::kLocalRooms, -1);
}

Membership* LocalRooms::membership_in(Session& session, std::uint32_t room) {
    const auto at = std::ranges::find(session.rooms, room, &Membership::room);
    return at == session.rooms.end() ? nullptr : &*at;
}

Membership* LocalRooms::membership_in(Session& session, std::string_view room) const {
    // Most sessions are in few rooms and write a name as the room does: then no hash is needed.
    if (session.rooms.size() <= kNamesComparedMax) {
        for (Membership& membership : session.rooms.all()) {
            if (rooms_[membership.room].name == room) return &membership;
        }
    }
    auto at = by_name_.find(room);
    if (at ==
        by_name_.end()) {  // not spelt as the room is; seldom, so the tables of Unicode may work
        const auto name = normalize_room_name(room);
        at = name ? by_name_.find(*name) : by_name_.end();
    }
    return at == by_name_.end() ? nullptr : membership_in(session, at->second);
}

// An outbox may still hold parcels of a room that was in the slot before, or of an older epoch:
// they have other topics.
Membership* LocalRooms::membership_by_topic(Session& session, std::uint32_t topic) {
    const auto at = std::ranges::find_if(session.rooms, [&](const Membership& membership) {
        return rooms_[membership.room].topic == topic;
    });
    return at == session.rooms.end() ? nullptr : &*at;
}

Membership* LocalRooms::attempt(Session& session, JoinNumber number) {
    const auto at = std::ranges::find(session.rooms, number, &Membership::number);
    return at == session.rooms.end() ? nullptr : &*at;
}

Membership& LocalRooms::add_membership(Session& session, const std::string& name) {
    const std::uint32_t slot = find_or_add(name);
    ++rooms_[slot].memberships;
    context_.gauge(ShardGauge::kMemberships, 1);
    return session.rooms.emplace_back({slot, 0, Membership::State::kJoining, 0, 0});
}

// ---- commands

std::expected<std::string, Refusal> LocalRooms::name_for(const Session& session,
                                                         std::string_view room) {
    if (!room.starts_with(kDirectRoomPrefix)) {
        auto name = normalize_room_name(room);
        if (!name) {
            return std::unexpected(Refusal{ErrorCode::kBadRoom, {}, std::move(name.error())});
        }
        return std::move(*name);
    }
    const auto direct = DirectRoom::parse(room);
    if (!direct) {
        return std::unexpected(Refusal{
            ErrorCode::kBadRoom, {}, "room: begins with \"dm.\" and is no direct room's name"});
    }
    if (!direct->has(session.user->id)) {
        return std::unexpected(
            Refusal{ErrorCode::kForbidden, {}, "room: is for its two users alone"});
    }
    return std::string(room);
}

std::expected<void, Refusal> LocalRooms::join(Session& session, const JoinCommand& command,
                                              std::string_view command_id) {
    auto name = name_for(session, command.room);
    if (!name) {
        return std::unexpected(std::move(name.error()));
    }
    Membership* membership = membership_in(session, *name);
    if (membership == nullptr || membership->implicit()) {
        if (context_.memory.at_least(MemoryPressure::Level::kNoJoins)) {
            context_.count(ShardCounter::kRefusedForMemory);
            return std::unexpected(Refusal{
                ErrorCode::kUnavailable, {}, "the server is short of memory: try again later"});
        }
        const auto joined = std::ranges::count_if(
            session.rooms.all(), [](const Membership& one) { return !one.implicit(); });
        if (joined >= kRoomsPerConnectionMax) {
            return std::unexpected(
                Refusal{ErrorCode::kTooManyRooms,
                        {},
                        fmt::format("a connection can be in {} rooms", kRoomsPerConnectionMax)});
        }
    }
    if (membership == nullptr) {
        membership = &add_membership(session, *name);
    } else {
        if (is_told(*membership)) {
            membership->first_seq = 0;
        }
        suspend(session, *membership);
    }
    membership->number = ++session.joins_begun;

    auto ask = std::make_unique<Join>();
    ask->connection = session.id;
    ask->number = membership->number;
    ask->local_room = {membership->room, rooms_[membership->room].generation};
    ask->user = session.user->id;
    ask->name = session.user->name;
    ask->command_id = command_id;
    ask->takes_twin = session.takes_twin();
    ask->resume = command.since.has_value();
    if (command.since) {
        ask->since = {std::string(command.since->epoch), command.since->seq};
    }
    // Who resumes in vain starts again from what a newcomer would be given.
    ask->history = command.history.value_or(ask->resume ? kResumeHistory : 0);
    const std::uint32_t home = context_.home_of_text(*name);
    ask->room = std::move(*name);
    gate_.ask_for_page(session, home, std::move(ask));
    return {};
}

namespace {

Refusal not_in_room(std::string_view room) {
    return {ErrorCode::kNotInRoom, {}, fmt::format("join the room \"{}\" first", room)};
}

}  // namespace

std::expected<std::string, Refusal> LocalRooms::room_of(Session& session,
                                                        std::string_view room) const {
    if (room.starts_with(kDirectRoomPrefix)) {
        return name_for(session, room);
    }
    const Membership* membership = membership_in(session, room);
    if (membership == nullptr) {
        return std::unexpected(not_in_room(room));
    }
    return rooms_[membership->room].name;
}

std::expected<void, Refusal> LocalRooms::leave(Session& session, std::string_view room,
                                               std::string_view command_id) {
    Membership* membership = membership_in(session, room);
    if (membership == nullptr || membership->implicit()) {
        return std::unexpected(not_in_room(room));
    }
    tell_missed(session, *membership);
    suspend(session, *membership);
    membership->state = Membership::State::kLeaving;
    membership->first_seq = 0;
    const std::string& name = rooms_[membership->room].name;
    gate_.ask(session, context_.home_of_text(name),
              std::make_unique<Leave>(Leave{session.id, membership->number, false,
                                            session.takes_twin(), name, std::string(command_id)}));
    return {};
}

std::vector<std::string> LocalRooms::depart(Session& session) {
    std::vector<std::string> names;
    names.reserve(session.rooms.size());
    while (!session.rooms.empty()) {
        if (!session.rooms.back().implicit()) {
            names.push_back(rooms_[session.rooms.back().room].name);
        }
        remove(session, session.rooms.back());
    }
    return names;
}

// ---- answers

void LocalRooms::handle(const Joined& told) {
    Session* session = sessions_.find(told.connection);
    if (session == nullptr) {
        return;
    }
    Membership* membership = attempt(*session, told.number);
    // Who left or joined anew in the meantime gets the answer, but no delivery by it.
    if (membership != nullptr && membership->state == Membership::State::kJoining) {
        note_position(membership->room, told.page.epoch, told.page.head);
        go_live(*session, *membership, told.page.head + 1);
    }
    session->dialect->on_joined(*session, told);
    gate_.page_answered(*session);
}

void LocalRooms::handle(const JoinRefused& told) {
    Session* session = sessions_.find(told.connection);
    if (session == nullptr) {
        return;
    }
    if (Membership* membership = attempt(*session, told.number)) {
        tell_missed(*session, *membership);
        remove(*session, *membership);
    }
    session->dialect->on_refused(*session, {told.code, told.command_id, told.message, told.room});
    gate_.page_answered(*session);
}

void LocalRooms::handle(const Left& told) {
    Session* session = sessions_.find(told.connection);
    if (session == nullptr) {
        return;
    }
    if (Membership* membership = attempt(*session, told.number)) {
        tell_missed(*session, *membership);
        remove(*session, *membership);
    }
    session->dialect->on_left(*session, told.command_id, told.room);
}

// Of a direct room, whose events come without a membership too: what was let go, or kept back for
// the answer to a join, and what no answer speaks of now.
void LocalRooms::tell_missed(Session& session, const Membership& membership) {
    const Room& room = rooms_[membership.room];
    if (!is_told(membership) && room.name.starts_with(kDirectRoomPrefix) &&
        membership.first_seq > 0 && membership.first_seq <= room.last_seq) {
        session.dialect->on_gap(session, room.name, room.epoch, membership.first_seq,
                                room.last_seq);
    }
}

std::vector<std::uint32_t>& LocalRooms::members_like(const Session& session, std::uint32_t room) {
    if (session.dialect->takes_native_frames()) {
        return session.takes_twin() ? rooms_[room].deflating : rooms_[room].plain;
    }
    std::vector<Rendered>& rendered = rooms_[room].rendered;
    const auto at = std::ranges::find(rendered, session.dialect, &Rendered::dialect);
    return (at != rendered.end() ? *at : rendered.emplace_back(session.dialect)).members;
}

void LocalRooms::go_live(Session& session, Membership& membership, std::uint64_t first_seq) {
    std::vector<std::uint32_t>& members = members_like(session, membership.room);
    membership.state = Membership::State::kLive;
    membership.first_seq = first_seq;
    membership.member_index = static_cast<std::uint32_t>(members.size());
    members.push_back(session.id.slot);
}

void LocalRooms::suspend(Session& session, Membership& membership) {
    if (membership.state == Membership::State::kLive) {
        std::vector<std::uint32_t>& members = members_like(session, membership.room);
        const std::uint32_t last = members.back();
        members[membership.member_index] = last;
        members.pop_back();
        if (last != session.id.slot) {
            Membership* moved = membership_in(sessions_.at(last), membership.room);
            STENTOR_CHECK(moved != nullptr);  // who stands in the list is a member
            moved->member_index = membership.member_index;
        }
    } else if (membership.state == Membership::State::kGapped) {
        context_.gauge(ShardGauge::kGapped, -1);
    }
    membership.state = Membership::State::kJoining;
}

void LocalRooms::remove(Session& session, Membership& membership) {
    suspend(session, membership);
    const std::uint32_t room = membership.room;
    if (&membership != &session.rooms.back()) {
        membership = session.rooms.back();
    }
    session.rooms.pop_back();
    context_.gauge(ShardGauge::kMemberships, -1);
    release(room);
}

}  // namespace stentor::chat
