// The tables of connections and of users logged in here.
// Thread: owner reactor.
// Invariant: see sessions.h.
#include "chat/sessions.h"

#include <utility>

#include "core/check.h"

namespace stentor::chat {

void SessionsOfUser::push(Session& session) {
    session.next_of_user = std::exchange(first_, &session);
    ++size_;
}

void SessionsOfUser::erase(Session& session) {
    Session** link = &first_;
    while (*link != &session) {
        STENTOR_CHECK(*link != nullptr);
        link = &(*link)->next_of_user;
    }
    *link = std::exchange(session.next_of_user, nullptr);
    --size_;
}

Session& Sessions::add(ConnectionId id, Front::Listener listener) {
    if (id.slot >= by_slot_.size()) {
        by_slot_.resize(id.slot + 1);
    }
    STENTOR_CHECK(by_slot_[id.slot] == nullptr);
    by_slot_[id.slot] = std::make_unique<Session>(id, listener);
    context_.gauge(ShardGauge::kConnections, 1);
    return *by_slot_[id.slot];
}

Session* Sessions::find(ConnectionId id) {
    if (id.slot >= by_slot_.size()) {
        return nullptr;
    }
    Session* session = by_slot_[id.slot].get();
    return session != nullptr && session->id == id ? session : nullptr;
}

void Sessions::remove(Session& session) {
    context_.gauge(ShardGauge::kConnections, -1);
    context_.gauge(ShardGauge::kPausedConnections, session.pauses != 0 ? -1 : 0);
    by_slot_[session.id.slot].reset();
}

LocalUser* Sessions::find_user(UserId id) {
    const auto at = users_.find(id);
    return at == users_.end() ? nullptr : at->get();
}

LocalUser& Sessions::log_in(Session& session, UserId id) {
    LocalUser* user = find_user(id);
    if (user == nullptr) {
        auto made = std::make_unique<LocalUser>(id);
        user = made.get();
        users_.insert(std::move(made));
        context_.gauge(ShardGauge::kLocalUsers, 1);
    }
    user->sessions.push(session);
    session.user = user;
    context_.gauge(ShardGauge::kSessions, 1);
    return *user;
}

void Sessions::log_out(Session& session) {
    LocalUser& user = *session.user;
    session.user = nullptr;
    user.sessions.erase(session);
    context_.gauge(ShardGauge::kSessions, -1);
    if (user.sessions.empty()) {
        users_.erase(user.id);
        context_.gauge(ShardGauge::kLocalUsers, -1);
    }
}

}  // namespace stentor::chat
