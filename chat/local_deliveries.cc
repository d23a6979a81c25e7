// What the memberships of this shard get: deliveries in the form of each, and gaps for those who
// read too slowly.
// Thread: owner reactor.
// Invariant: see local_rooms.h.
#include <algorithm>
#include <utility>

#include "chat/dialect/dialect.h"
#include "chat/local_rooms.h"
#include "core/check.h"
#include "ws/frame_writer.h"

namespace stentor::chat {

namespace {

// How many direct rooms a turn looks at, to let them go.
constexpr std::size_t kSweptPerTurn = 16;

net::ParcelKind kind_of(std::uint64_t first_seq) {
    return first_seq > 0 ? net::ParcelKind::kEvents : net::ParcelKind::kEphemeral;
}

}  // namespace

void LocalRooms::handle(const Deliver& told) {
    Room* room = find(told.local_room);
    if (room == nullptr) {
        return;  // everybody left in the meantime
    }
    if (told.last_seq > 0) {
        room->last_seq = told.last_seq;
    }
    const Delivery what{kind_of(told.first_seq), room->topic, told.first_seq, told.last_seq};
    deliver(what, room->plain, told.frames);
    deliver(what, room->deflating, told.twin.empty() ? told.frames : told.twin);
    for (const Rendered& rendered : room->rendered) {
        deliver_rendered(what, *rendered.dialect, rendered.members, told.frames);
    }
}

void LocalRooms::handle(const DeliverToOthers& told) {
    Room* room = find(told.local_room);
    if (room == nullptr) {
        return;
    }
    const Delivery what{net::ParcelKind::kEphemeral, room->topic, 0, 0};
    deliver(what, without(room->plain, told.except), told.frame);
    deliver(what, without(room->deflating, told.except), told.frame);
    for (const Rendered& rendered : room->rendered) {
        deliver_rendered(what, *rendered.dialect, without(rendered.members, told.except),
                         told.frame);
    }
}

// Valid until the next call. A user has few sessions: most lists hold none of them.
std::span<const std::uint32_t> LocalRooms::without(const std::vector<std::uint32_t>& members,
                                                   UserId except) {
    const LocalUser* user = sessions_.find_user(except);
    if (user == nullptr || members.empty()) {
        return members;
    }
    few_ = members;
    user->sessions.for_each([this](const Session& session) { std::erase(few_, session.id.slot); });
    return few_;
}

// ---- direct rooms

void LocalRooms::handle(const DeliverDirect& told) {
    const bool is_event = told.first_seq > 0;
    if (const auto known = by_name_.find(told.room); is_event && known != by_name_.end()) {
        note_position(known->second, told.epoch, told.last_seq);
    }
    few_.clear();
    few_rendered_.clear();
    const auto& [one, other] = told.users;
    if (one != told.except) {
        collect(one, told);
    }
    if (other != told.except && other != one) {
        collect(other, told);
    }
    if (few_.empty() && few_rendered_.empty()) {
        return;
    }
    Delivery what{kind_of(told.first_seq), 0, told.first_seq, told.last_seq};
    std::uint32_t slot = 0;
    if (is_event) {
        slot = find_or_add(told.room);
        ++rooms_[slot].memberships;  // while we work with it
        note_position(slot, told.epoch, told.last_seq);
        what.topic = rooms_[slot].topic;
    }
    std::vector<net::Parcel*> parcels{deliver(what, few_, told.frames)};
    for (const Rendered& rendered : few_rendered_) {
        parcels.push_back(deliver_rendered(what, *rendered.dialect, rendered.members, told.frames));
    }
    std::erase(parcels, nullptr);
    if (is_event) {
        hold(slot, std::move(parcels));
        release(slot);
    }
}

// The user's sessions here that are to get what the room says now. To who joins, its page will say;
// if there is none, where what it was not given began.
void LocalRooms::collect(UserId id, const DeliverDirect& told) {
    const LocalUser* user = sessions_.find_user(id);
    if (user == nullptr) {
        return;
    }
    const auto known = by_name_.find(told.room);
    user->sessions.for_each([&](Session& session) {
        Membership* membership =
            known == by_name_.end() ? nullptr : membership_in(session, known->second);
        if (membership != nullptr && !is_told(*membership)) {
            if (membership->first_seq == 0) {
                membership->first_seq = told.first_seq;
            }
            return;
        }
        if (session.dialect->takes_native_frames()) {
            few_.push_back(session.id.slot);
            return;
        }
        const auto at = std::ranges::find(few_rendered_, session.dialect, &Rendered::dialect);
        (at != few_rendered_.end() ? *at
                                   : few_rendered_.emplace_back(Rendered{session.dialect, {}}))
            .members.push_back(session.id.slot);
    });
}

LocalRooms::~LocalRooms() {
    for (const std::uint32_t slot : held_) {
        let_go(rooms_[slot]);
    }
}

void LocalRooms::hold(std::uint32_t slot, std::vector<net::Parcel*>&& parcels) {
    Room& room = rooms_[slot];
    const bool held = !room.newest.empty();
    if (parcels.empty()) {
        return;  // what is held stays the newest that an outbox may hold
    }
    for (net::Parcel* parcel : parcels) {
        ++parcel->references;
    }
    let_go(room);
    room.newest = std::move(parcels);
    if (!held) {
        ++room.memberships;
        held_.push_back(slot);
    }
}

void LocalRooms::let_go(Room& room) {
    for (net::Parcel* parcel : std::exchange(room.newest, {})) {
        --parcel->references;
        outlet_.link().release_parcel(*parcel);  // if nobody else holds it
    }
}

void LocalRooms::sweep_direct_rooms() {
    for (std::size_t left = std::min(kSweptPerTurn, held_.size()); left > 0; --left) {
        const std::uint32_t slot = held_.front();
        held_.pop_front();
        Room& room = rooms_[slot];
        const bool is_ours_alone = std::ranges::all_of(
            room.newest, [](const net::Parcel* parcel) { return parcel->references == 1; });
        if (is_ours_alone) {
            let_go(room);
            release(slot);
        } else {
            held_.push_back(slot);
        }
    }
}

// ---- one form to those who get it

net::Parcel* LocalRooms::deliver_rendered(const Delivery& what, Dialect& dialect,
                                          std::span<const std::uint32_t> members,
                                          const core::SharedBytes& frames) {
    if (members.empty()) {
        return nullptr;
    }
    rendered_.clear();
    for (std::string_view rest = frames.text(); !rest.empty();) {
        dialect.render(ws::take_server_payload(rest), rendered_);
    }
    return rendered_.empty() ? nullptr
                             : deliver(what, members, core::SharedBytes::copy_of(rendered_));
}

net::Parcel* LocalRooms::deliver(const Delivery& what, std::span<const std::uint32_t> members,
                                 const core::SharedBytes& frames) {
    if (members.empty()) {
        return nullptr;
    }
    net::Link& link = outlet_.link();
    net::Parcel& parcel = link.make_parcel(frames);
    parcel.kind = what.kind;
    parcel.topic = what.topic;
    parcel.first_seq = what.first_seq;
    parcel.last_seq = what.last_seq;
    parcel.made = context_.now;
    full_.clear();
    link.deliver(members, parcel, full_);
    context_.count(ShardCounter::kDeliveries, members.size() - full_.size());
    for (const std::uint32_t slot : full_) {
        make_room_or_gap(sessions_.at(slot), parcel);
    }
    net::Parcel* const queued = parcel.references > 0 ? &parcel : nullptr;
    link.release_parcel(parcel);
    return queued;
}

// ---- slow readers

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
        enter_gap_of(session, *heaviest, from);
        if (*heaviest == parcel.topic || fits_now()) {
            return;
        }
    }
    enter_gap_of(session, parcel.topic, parcel.first_seq);
}

void LocalRooms::enter_gap_of(Session& session, std::uint32_t topic, std::uint64_t from) {
    Membership* membership = membership_by_topic(session, topic);
    if (membership == nullptr) {
        const auto direct = direct_by_topic_.find(topic);
        if (direct == direct_by_topic_.end()) {
            return;  // it left the room, or the epoch is over
        }
        membership = &add_membership(session, rooms_[direct->second].name);
        enter_gap(session, *membership, from);
    } else if (membership->state == Membership::State::kLive) {
        enter_gap(session, *membership, from);
    } else if (membership->state != Membership::State::kGapped &&
               (membership->first_seq == 0 || from < membership->first_seq)) {
        // The answer under way to who joins anew or leaves says where it is; where there is none,
        // or it says nothing of that, tell_missed() does.
        membership->first_seq = from;
    }
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
        if (!membership.implicit()) {
            go_live(session, membership, room.last_seq + 1);
        }
        if (from <= room.last_seq) {  // else all that was let go was of an earlier attempt
            session.dialect->on_gap(session, room.name, room.epoch, from, room.last_seq);
        }
        if (session.rooms[i].implicit()) {
            remove(session, session.rooms[i]);
            --i;  // another one may stand there now
        }
    }
}

}  // namespace stentor::chat
