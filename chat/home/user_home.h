// The users whose hash falls on this shard: on which shards they are connected and what they are
// called now. A user without a connection costs nothing here: its identity is in its session token,
// and what else is known of it in the directory.
// Thread: owner reactor.
// Invariant: connections of a user = attaches - detaches, per shard.
#pragma once

#include <cstdint>

#include <boost/container/small_vector.hpp>

#include "chat/context.h"
#include "chat/directory.h"
#include "chat/users_by_id.h"
#include "core/compact_text.h"

namespace stentor::chat {

class UserHome {
public:
    UserHome(Context& context, Directory& directory) : context_(context), directory_(directory) {}

    // Answers by UserAttached.
    void handle(const AttachUser& ask);
    void handle(const DetachUser& ask, std::uint32_t shard);
    // Tells all shards of the user by UserRenamed, if the name is another.
    void handle(const SetUserName& ask);
    // Answers by UserFound, or has the directory do so.
    void handle(const FindUser& ask);
    void handle(const ListRooms& ask) { directory_.list_rooms(ask); }

private:
    struct OnShard {
        std::uint32_t shard;
        std::uint32_t connections;
    };
    struct User {
        explicit User(UserId user) : id(user) {}

        const UserId id;
        core::CompactText name;  // empty until the first login is through
        // Most users are on one shard.
        boost::container::small_vector<OnShard, 1> shards;
    };
    static_assert(sizeof(User) == 56);

    UsersById<User> users_;
    Context& context_;
    Directory& directory_;
};

}  // namespace stentor::chat
