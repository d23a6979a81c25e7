// Where a user is connected, and what it is called everywhere.
// Thread: owner reactor.
// Invariant: see user_home.h.
#include "chat/home/user_home.h"

#include <algorithm>

#include "core/check.h"

namespace stentor::chat {

void UserHome::handle(const AttachUser& ask) {
    const std::uint32_t shard = ask.connection.shard;
    auto at = users_.find(ask.user);
    const bool is_new = at == users_.end();
    if (is_new) {
        at = users_.insert(std::make_unique<User>(ask.user)).first;
    }
    User& user = **at;
    const auto here = std::ranges::find(user.shards, shard, &OnShard::shard);
    if (here == user.shards.end()) {
        user.shards.push_back({shard, 1});
    } else {
        ++here->connections;
    }
    context_.gauge(ShardGauge::kHomeUsers, is_new ? 1 : 0);
    context_.tell(shard, std::make_unique<UserAttached>(
                             UserAttached{ask.connection, std::string(user.name)}));
}

void UserHome::handle(const DetachUser& ask, std::uint32_t shard) {
    const auto at = users_.find(ask.user);
    STENTOR_CHECK(at != users_.end());
    auto& shards = (*at)->shards;
    const auto here = std::ranges::find(shards, shard, &OnShard::shard);
    STENTOR_CHECK(here != shards.end());
    if (--here->connections == 0) {
        shards.erase(here);
    }
    if (shards.empty()) {
        if (!(*at)->name.empty()) {  // else it never logged in
            directory_.note_user(ask.user, (*at)->name.view(), false);
        }
        users_.erase(at);
        context_.gauge(ShardGauge::kHomeUsers, -1);
    }
}

void UserHome::handle(const SetUserName& ask) {
    const auto at = users_.find(ask.user);
    STENTOR_CHECK(at != users_.end());  // the asker is attached until it says otherwise
    User& user = **at;
    if (user.name == ask.name) {
        return;
    }
    user.name = ask.name;
    directory_.note_user(ask.user, ask.name, true);
    // The asker too: when two shards rename at once, all of them end with what came last here.
    for (const OnShard& on : user.shards) {
        context_.tell(on.shard, std::make_unique<UserRenamed>(UserRenamed{ask.user, ask.name}));
    }
}

void UserHome::handle(const FindUser& ask) {
    const auto at = users_.find(ask.user);
    if (at != users_.end() && !(*at)->name.empty()) {
        context_.tell(ask.connection.shard, UserFound{ask.connection, ask.user});
    } else {
        directory_.find_user(ask);
    }
}

}  // namespace stentor::chat
