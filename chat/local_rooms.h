// The rooms that connections of this shard are in: who gets a delivery, in dense lists a room,
// and who is in gap mode because it reads too slowly (docs/protocol.md, "Slow readers"). What a
// direct room says goes to its two users' connections instead, in the room or not.
// Thread: owner reactor.
// Invariant: a live membership gets every delivery from its Joined on, once, or is told the gap; a
// room exists here while a membership does, or while an outbox may hold what a direct room said.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "chat/ask_gate.h"
#include "chat/context.h"
#include "chat/outlet.h"
#include "chat/protocol/command.h"
#include "chat/sessions.h"

namespace stentor::chat {

class LocalRooms {
public:
    LocalRooms(Context& context, Outlet& outlet, Sessions& sessions, AskGate& gate);
    ~LocalRooms();
    LocalRooms(const LocalRooms&) = delete;
    LocalRooms& operator=(const LocalRooms&) = delete;

    // Asks the home. A session that is in the room already joins anew: from `since`, say.
    std::expected<void, Refusal> join(Session& session, const JoinCommand& command,
                                      std::string_view command_id);
    // No delivery reaches the session from now on; the home answers, behind what was asked before.
    std::expected<void, Refusal> leave(Session& session, std::string_view room,
                                       std::string_view command_id);
    // The room's name as its home knows it, if the session could be in it.
    static std::expected<std::string, Refusal> name_for(const Session& session,
                                                        std::string_view room);
    // The same if it is in it or joining, or it is a direct room of its user.
    std::expected<std::string, Refusal> room_of(Session& session, std::string_view room) const;

    void handle(const Joined& told);
    void handle(const JoinRefused& told);
    void handle(const Left& told);
    void handle(const Deliver& told);
    void handle(const DeliverToOthers& told);
    void handle(const DeliverDirect& told);
    void handle(const EpochRenewed& told);
    // Once a turn: lets go of direct rooms that no outbox speaks of any more.
    void sweep_direct_rooms();
    // Memory is short: connections that read too slowly go into gap mode in the rooms of which they
    // hold something that old (local_shedding.cc).
    void shed(core::Instant made_until);
    // The outbox is half empty again: gaps are told, rooms are live again.
    void on_drained(Session& session);
    // Strikes a session that is gone; returns the rooms that must be left at their homes.
    std::vector<std::string> depart(Session& session);

private:
    static constexpr std::size_t kNamesComparedMax = 4;  // more are looked up in by_name_
    // Members of a dialect whose frames are not the native ones.
    struct Rendered {
        Dialect* dialect;
        std::vector<std::uint32_t> members;
    };
    struct Room {
        std::string name;
        std::string epoch;
        std::uint64_t last_seq = 0;  // of the newest delivery
        std::uint32_t topic = 0;     // of its parcels; another one for each epoch
        // Slots of live memberships: who gets frames as they are, and who gets their twin.
        std::vector<std::uint32_t> plain;
        std::vector<std::uint32_t> deflating;
        std::vector<Rendered> rendered;
        // What a direct room said last, held while an outbox may hold it too: what it said earlier
        // stands in front of it in every outbox.
        std::vector<net::Parcel*> newest;
        std::uint32_t memberships = 0;  // joining and gapped ones too; held parcels count as one
        std::uint32_t generation = 0;   // odd while in use
    };

    Room* find(LocalRoomId id);
    std::uint32_t find_or_add(const std::string& name);
    void begin_topic(std::uint32_t slot);
    void note_position(std::uint32_t slot, const std::string& epoch, std::uint64_t seq);
    Membership& add_membership(Session& session, const std::string& name);
    void release(std::uint32_t slot);
    Membership* membership_in(Session& session, std::string_view room) const;
    static Membership* membership_in(Session& session, std::uint32_t room);
    Membership* membership_by_topic(Session& session, std::uint32_t topic);
    // The membership that this attempt made, unless the session joined anew since.
    static Membership* attempt(Session& session, JoinNumber number);

    std::vector<std::uint32_t>& members_like(const Session& session, std::uint32_t room);
    // What is delivered, whatever its form.
    struct Delivery {
        net::ParcelKind kind;
        std::uint32_t topic;
        std::uint64_t first_seq;
        std::uint64_t last_seq;
    };
    // Some outbox holds the parcel that is returned; null: none does.
    net::Parcel* deliver(const Delivery& what, std::span<const std::uint32_t> members,
                         const core::SharedBytes& frames);
    net::Parcel* deliver_rendered(const Delivery& what, Dialect& dialect,
                                  std::span<const std::uint32_t> members,
                                  const core::SharedBytes& frames);
    std::span<const std::uint32_t> without(const std::vector<std::uint32_t>& members,
                                           UserId except);
    void collect(UserId user, const DeliverDirect& told);
    void hold(std::uint32_t slot, std::vector<net::Parcel*>&& parcels);
    void let_go(Room& room);
    // Does it get what its direct room says now?
    static bool is_told(const Membership& membership) {
        return membership.state == Membership::State::kLive ||
               (membership.state == Membership::State::kLeaving && membership.first_seq == 0);
    }
    void tell_missed(Session& session, const Membership& membership);
    void go_live(Session& session, Membership& membership, std::uint64_t first_seq);
    // Out of the list of members or out of gap mode; the membership itself stays.
    void suspend(Session& session, Membership& membership);
    void enter_gap(Session& session, Membership& membership, std::uint64_t from);
    // Of the room whose topic it is, if the session would miss what was let go.
    void enter_gap_of(Session& session, std::uint32_t topic, std::uint64_t from);
    void remove(Session& session, Membership& membership);
    // The outbox had no room for the parcel: lets go of something else, or of this.
    void make_room_or_gap(Session& session, net::Parcel& parcel);

    Context& context_;
    Outlet& outlet_;
    Sessions& sessions_;
    AskGate& gate_;
    std::deque<Room> rooms_;
    std::vector<std::uint32_t> free_;
    boost::unordered_flat_map<std::string, std::uint32_t, core::StringHash, std::equal_to<>>
        by_name_;
    boost::unordered_flat_map<std::uint32_t, std::uint32_t> direct_by_topic_;  // to the slot
    std::deque<std::uint32_t> held_;  // slots of the rooms that hold what they said last
    // Scratch of deliveries.
    std::vector<std::uint32_t> full_;
    std::vector<std::uint32_t> few_;
    std::vector<Rendered> few_rendered_;
    std::string rendered_;
    std::uint32_t topics_used_ = 0;
};

}  // namespace stentor::chat
