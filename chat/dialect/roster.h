// Who is in the lobby, as one shard knows it while somebody there wants lists of names: from the
// pages of members and the presence behind them. Of a large room a part.
// Thread: owner reactor.
// Invariant: no user twice, at most kNamesMax of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chat/dialect/room_frame.h"
#include "chat/envelope.h"

namespace stentor::chat {

class Roster {
public:
    static constexpr std::size_t kNamesMax = 1000;
    static constexpr std::size_t kListedMax = 200;  // of which so many are listed

    // A page of members: the first one begins anew.
    void begin(const MembersPage& page);
    void go_on(const MembersPage& page);
    // Where the page begins that is wanted: at nobody for the first one. Nothing: none is.
    std::optional<UserId> wanted_page() const { return wanted_; }
    bool knows(std::uint64_t version) const { return version_ == version; }
    void clear() { *this = Roster(); }

    // Who came and who went, by their names: a renaming is both. A presence that does not follow
    // the last one makes the first page wanted.
    struct News {
        std::vector<std::string> left;
        std::vector<std::string> joined;
    };
    News apply(const RoomFrame& presence);

    // The first names, at most kListedMax.
    template <typename Fn>
    void for_each_listed(Fn&& fn) const {
        std::size_t listed = 0;
        for (const MemberName& member : members_) {
            if (listed++ == kListedMax) return;
            fn(std::string_view(member.name));
        }
    }

private:
    void add(UserId user, std::string_view name);
    std::vector<MemberName>::iterator find(UserId user);

    std::vector<MemberName> members_;
    std::optional<std::uint64_t> version_;
    std::optional<UserId> wanted_;
};

}  // namespace stentor::chat
