// Memberships of this shard: join, leave, deliver, and gaps for slow readers.
// Thread: owner reactor.
// Invariant: see local_rooms.h.
#include "chat/local_rooms.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "chat/dialect/dialect.h"
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
    rooms_[slot].topic = ++topics_used_;
    ++rooms_[slot].generation;
    by_name_.emplace(name, slot);
    context_.gauge(ShardGauge::kLocalRooms, 1);
    return slot;
}

void LocalRooms::release(std::uint32_t slot) {
    Room& room = rooms_[slot];
    if (--room.memberships > 0) {
        return;
    }
    by_name_.erase(room.name);
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

// ---- commands

std::expected<void, Refusal> LocalRooms::join(Session& session, const JoinCommand& command,
                                              std::string_view command_id) {
    auto name = normalize_room_name(command.room);
    if (!name) {
        return std::unexpected(Refusal{ErrorCode::kBadRoom, {}, std::move(name.error())});
    }
    Membership* membership = membership_in(session, *name);
    if (membership != nullptr) {
        suspend(session, *membership);
    } else if (session.rooms.size() >= kRoomsPerConnectionMax) {
        return std::unexpected(
            Refusal{ErrorCode::kTooManyRooms,
                    {},
                    fmt::format("a connection can be in {} rooms", kRoomsPerConnectionMax)});
    } else {
        const std::uint32_t slot = find_or_add(*name);
        ++rooms_[slot].memberships;
        membership =
            &session.rooms.emplace_back(Membership{slot, 0, Membership::State::kJoining, 0, 0});
        context_.gauge(ShardGauge::kMemberships, 1);
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

std::expected<std::string, Refusal> LocalRooms::room_of(Session& session,
                                                        std::string_view room) const {
    const Membership* membership = membership_in(session, room);
    if (membership == nullptr) {
        return std::unexpected(
            Refusal{ErrorCode::kNotInRoom, {}, fmt::format("join the room \"{}\" first", room)});
    }
    return rooms_[membership->room].name;
}

std::expected<void, Refusal> LocalRooms::leave(Session& session, std::string_view room,
                                               std::string_view command_id) {
    auto name = room_of(session, room);
    if (!name) {
        return std::unexpected(std::move(name.error()));
    }
    Membership& membership = *membership_in(session, *name);
    suspend(session, membership);
    membership.state = Membership::State::kLeaving;
    const std::uint32_t home = context_.home_of_text(*name);
    gate_.ask(
        session, home,
        std::make_unique<Leave>(Leave{session.id, membership.number, false, session.takes_twin(),
                                      std::move(*name), std::string(command_id)}));
    return {};
}

std::vector<std::string> LocalRooms::depart(Session& session) {
    std::vector<std::string> names;
    names.reserve(session.rooms.size());
    while (!session.rooms.empty()) {
        names.push_back(rooms_[session.rooms.back().room].name);
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
        Room& room = rooms_[membership->room];
        if (room.epoch != told.page.epoch) {
            room.epoch = told.page.epoch;
            room.topic = ++topics_used_;
        }
        room.last_seq = told.page.head;
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
        remove(*session, *membership);
    }
    session->dialect->on_refused(*session, {told.code, told.command_id, told.message});
    gate_.page_answered(*session);
}

void LocalRooms::handle(const Left& told) {
    Session* session = sessions_.find(told.connection);
    if (session == nullptr) {
        return;
    }
    if (Membership* membership = attempt(*session, told.number)) {
        remove(*session, *membership);
    }
    session->dialect->on_left(*session, told.command_id, told.room);
}

std::vector<std::uint32_t>& LocalRooms::members_like(const Session& session, std::uint32_t room) {
    return session.takes_twin() ? rooms_[room].deflating : rooms_[room].plain;
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

// ---- deliveries

void LocalRooms::handle(const Deliver& told) {
    Room* room = find(told.local_room);
    if (room == nullptr) {
        return;  // everybody left in the meantime
    }
    if (told.last_seq > 0) {
        room->last_seq = told.last_seq;
    }
    deliver(*room, room->plain, told.frames, told);
    deliver(*room, room->deflating, told.twin.empty() ? told.frames : told.twin, told);
}

void LocalRooms::deliver(const Room& room, const std::vector<std::uint32_t>& members,
                         const core::SharedBytes& frames, const Deliver& told) {
    if (members.empty()) {
        return;
    }
    net::Link& link = outlet_.link();
    net::Parcel& parcel = link.make_parcel(frames);
    parcel.kind = told.first_seq > 0 ? net::ParcelKind::kEvents : net::ParcelKind::kEphemeral;
    parcel.topic = room.topic;
    parcel.first_seq = told.first_seq;
    parcel.last_seq = told.last_seq;
    full_.clear();
    link.deliver(members, parcel, full_);
    context_.count(ShardCounter::kDeliveries, members.size() - full_.size());
    for (const std::uint32_t slot : full_) {
        make_room_or_gap(sessions_.at(slot), parcel);
    }
    link.release_parcel(parcel);
}

void LocalRooms::make_room_or_gap(Session& session, net::Parcel& parcel) {
    net::Link& link = outlet_.link();
    const std::uint32_t slot = session.id.slot;
    std::vector<std::uint32_t> still_full;
    const auto fits_now = [&] {
        still_full.clear();
        link.deliver({&slot, 1}, parcel, still_full);
        return still_full.empty();
    };
    const bool shed = link.shed_ephemeral(session.id) > 0;
    const bool is_ephemeral = parcel.kind == net::ParcelKind::kEphemeral;
    context_.count(ShardCounter::kEphemeralShed, shed || is_ephemeral ? 1 : 0);
    if ((shed && fits_now()) || is_ephemeral) {
        return;
    }
    // Room by room, the heaviest first, until it fits or its own room is the one that goes.
    while (const auto heaviest = link.heaviest_topic(session.id)) {
        const std::uint64_t from = link.shed_topic(session.id, *heaviest);
        Membership* membership = membership_by_topic(session, *heaviest);
        // Who leaves or joins anew misses nothing: the answer under way says where it is.
        if (membership != nullptr && membership->state == Membership::State::kLive) {
            enter_gap(session, *membership, from);
        }
        if (*heaviest == parcel.topic || fits_now()) {
            return;
        }
    }
    enter_gap(session, *membership_by_topic(session, parcel.topic), parcel.first_seq);
}

// `from` may be of an earlier attempt, whose parcels were still queued: those are not missed.
void LocalRooms::enter_gap(Session& session, Membership& membership, std::uint64_t from) {
    suspend(session, membership);
    membership.state = Membership::State::kGapped;
    membership.first_seq = std::max(membership.first_seq, from);
    context_.gauge(ShardGauge::kGapped, 1);
    context_.count(ShardCounter::kGaps);
    outlet_.link().watch_drain(session.id);
}

void LocalRooms::on_drained(Session& session) {
    // By index: on_gap() sends, and what it sends must not upset the walk.
    for (std::size_t i = 0; i < session.rooms.size(); ++i) {
        Membership& membership = session.rooms[i];
        if (membership.state != Membership::State::kGapped) {
            continue;
        }
        const Room& room = rooms_[membership.room];
        const std::uint64_t from = membership.first_seq;
        suspend(session, membership);
        go_live(session, membership, room.last_seq + 1);
        if (from <= room.last_seq) {  // else all that was let go was of an earlier attempt
            session.dialect->on_gap(session, room.name, room.epoch, from, room.last_seq);
        }
    }
}

}  // namespace stentor::chat
