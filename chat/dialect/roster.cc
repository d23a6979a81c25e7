// See roster.h.
// Thread: owner reactor.
// Invariant: see roster.h.
#include "chat/dialect/roster.h"

#include <algorithm>

namespace stentor::chat {

std::vector<MemberName>::iterator Roster::find(UserId user) {
    return std::ranges::find(members_, user, &MemberName::user);
}

void Roster::begin(const MembersPage& page) {
    members_.clear();
    version_ = page.version;
    go_on(page);
}

void Roster::go_on(const MembersPage& page) {
    for (const MemberName& member : page.members) add(member.user, member.name);
    const bool wants_more = page.more && !page.members.empty() && members_.size() < kListedMax;
    wanted_ = wants_more ? std::optional(page.members.back().user) : std::nullopt;
}

void Roster::add(UserId user, std::string_view name) {
    const auto at = find(user);
    if (at != members_.end()) {
        at->name = name;
    } else if (members_.size() < kNamesMax) {
        members_.push_back({user, std::string(name)});
    }
}

Roster::News Roster::apply(const RoomFrame& presence) {
    if (!version_ || presence.version > *version_ + 1) wanted_ = UserId{};
    version_ = presence.version;
    News news;
    for (const UserId user : presence.left) {
        const auto at = find(user);
        if (at == members_.end()) continue;  // of a large room, not known by name
        news.left.push_back(std::move(at->name));
        members_.erase(at);
    }
    for (const RoomFrame::Named& member : presence.joined) {
        const auto at = find(member.user);
        if (at != members_.end() && at->name != member.name) news.left.push_back(at->name);
        add(member.user, member.name);
        news.joined.emplace_back(member.name);
    }
    return news;
}

}  // namespace stentor::chat
