// The connections of a shard by slot, and its users: who is logged in here, by which connections.
// Thread: owner reactor.
// Invariant: a user stands here exactly while a session of it is logged in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "chat/context.h"
#include "chat/session.h"
#include "chat/users_by_id.h"
#include "core/compact_text.h"

namespace stentor::chat {

// The sessions of one user, linked through Session::next_of_user; a user has few.
class SessionsOfUser {
public:
    void push(Session& session);
    void erase(Session& session);
    std::size_t size() const { return size_; }
    template <typename Fn>
    void for_each(Fn&& fn) const {
        for (Session* at = first_; at != nullptr; at = at->next_of_user) {
            fn(*at);
        }
    }
    bool empty() const { return size_ == 0; }

private:
    Session* first_ = nullptr;
    std::uint32_t size_ = 0;
};

struct LocalUser {
    explicit LocalUser(UserId user) : id(user) {}

    const UserId id;
    core::CompactText name;
    SessionsOfUser sessions;  // each of them claims the name
};
static_assert(sizeof(LocalUser) == 40);

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
    UsersById<LocalUser> users_;
};

}  // namespace stentor::chat
