// The connections of a shard by slot, and its users: who is logged in here, by which connections.
// Thread: owner reactor.
// Invariant: a user stands here exactly while a session of it is logged in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "chat/context.h"
#include "chat/session.h"

namespace stentor::chat {

struct LocalUser {
    UserId id;
    std::string name;
    std::vector<Session*> sessions;  // each of them claims the name
};

class Sessions {
public:
    explicit Sessions(Context& context) : context_(context) {}

    Session& add(ConnectionId id, Front::Listener listener);
    // Nothing for an id whose connection is gone.
    Session* find(ConnectionId id);
    // The live session in a slot.
    Session& at(std::uint32_t slot) { return *by_slot_[slot]; }
    void remove(Session& session);
    template <typename Fn>
    void for_each(Fn&& fn) {
        for (const auto& session : by_slot_) {
            if (session) {
                fn(*session);
            }
        }
    }

    LocalUser* find_user(UserId id);
    LocalUser& log_in(Session& session, UserId id);
    void log_out(Session& session);

private:
    Context& context_;
    std::vector<std::unique_ptr<Session>> by_slot_;
    boost::unordered_flat_map<std::uint64_t, std::unique_ptr<LocalUser>, core::IdHash> users_;
};

}  // namespace stentor::chat
