// Who is in a room, by user and by session. A small room is looked through, which costs nothing to
// keep; a larger one has tables (docs/limits.md sums up what a member costs).
// Thread: owner reactor of the home.
// Invariant: one member a user; a session is one member's; the tables, where there are any, name
// each member and each first session once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "chat/envelope.h"
#include "core/compact_text.h"
#include "core/hash.h"

namespace stentor::chat {

class RoomMembers {
public:
    class Member {
    public:
        explicit Member(UserId id) : user(id) {}
        bool has_sessions() const { return session_ != 0 || further_ > 0; }

        UserId user;
        core::CompactText name;
        std::uint32_t return_by = 0;  // number of the drop that it may come back from; 0: is here

    private:
        friend class RoomMembers;
        std::uint32_t further_ = 0;  // sessions that stand in RoomMembers::further_
        std::uint64_t session_ = 0;  // most users have one; 0: none
    };
    static_assert(sizeof(Member) == 40);

    RoomMembers() = default;
    RoomMembers(const RoomMembers&) = delete;
    RoomMembers& operator=(const RoomMembers&) = delete;

    std::size_t size() const { return members_.size(); }
    bool empty() const { return members_.empty(); }
    std::size_t sessions() const { return sessions_; }

    // A member stays where it is until one is added or removed. Null: there is none.
    Member* find(UserId user);
    Member* find(ConnectionId session);
    Member& add(UserId user);  // who is no member yet
    void remove(UserId user);  // a member without sessions
    // False: it was there.
    bool add_session(Member& member, ConnectionId session);
    void remove_session(Member& member, ConnectionId session);
    // In the order of user ids, from behind `after`. `more`: there are others behind them.
    MembersPage page(UserId after, std::size_t limit) const;

private:
    static constexpr std::size_t kLookedThroughMax = 32;
    // Members by their first session, as their places.
    struct BySession {
        using is_transparent = void;
        using is_avalanching = void;
        struct Session {
            std::uint64_t id;
        };
        std::uint64_t id_of(Session session) const { return session.id; }
        std::uint64_t id_of(std::uint32_t place) const { return (*members)[place].session_; }
        std::size_t operator()(const auto& key) const { return core::IdHash{}(id_of(key)); }
        bool operator()(const auto& a, const auto& b) const { return id_of(a) == id_of(b); }

        const std::vector<Member>* members;
    };
    struct Tables {
        explicit Tables(const std::vector<Member>& members)
            : by_session(0, BySession{&members}, BySession{&members}) {}
        std::map<UserId, std::uint32_t> by_user;
        boost::unordered_flat_set<std::uint32_t, BySession, BySession> by_session;
    };

    std::uint32_t place_of(const Member& member) const {
        return static_cast<std::uint32_t>(&member - members_.data());
    }
    void enter(std::uint32_t place);
    void strike(std::uint32_t place);

    std::vector<Member> members_;
    std::unique_ptr<Tables> tables_;  // of a room that was larger than kLookedThroughMax
    // Sessions beside a user's first one.
    using Further = boost::unordered_flat_map<std::uint64_t, UserId, core::IdHash>;
    std::unique_ptr<Further> further_;
    std::size_t sessions_ = 0;
};

}  // namespace stentor::chat
