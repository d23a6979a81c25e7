// Members in one vector, tables beside it once it is long.
// Thread: owner reactor of the home.
// Invariant: see room_members.h.
#include "chat/home/room_members.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace stentor::chat {

RoomMembers::Member* RoomMembers::find(UserId user) {
    if (tables_) {
        const auto at = tables_->by_user.find(user);
        return at == tables_->by_user.end() ? nullptr : &members_[at->second];
    }
    const auto at = std::ranges::find(members_, user, &Member::user);
    return at == members_.end() ? nullptr : &*at;
}

RoomMembers::Member* RoomMembers::find(ConnectionId session) {
    const std::uint64_t id = session.packed();
    if (tables_) {
        const auto at = tables_->by_session.find(BySession::Session{id});
        if (at != tables_->by_session.end()) return &members_[*at];
    } else {
        const auto at = std::ranges::find(members_, id, &Member::session_);
        if (at != members_.end()) return &*at;
    }
    if (further_) {
        const auto at = further_->find(id);
        if (at != further_->end()) return find(at->second);
    }
    return nullptr;
}

RoomMembers::Member& RoomMembers::add(UserId user) {
    if (members_.size() == members_.capacity()) {  // doubling would leave a third unused
        members_.reserve(members_.size() + std::max<std::size_t>(2, members_.size() / 8));
    }
    members_.emplace_back(user);
    if (tables_) {
        enter(place_of(members_.back()));
    } else if (members_.size() > kLookedThroughMax) {
        tables_ = std::make_unique<Tables>(members_);
        for (std::uint32_t place = 0; place < members_.size(); ++place) enter(place);
    }
    return members_.back();
}

void RoomMembers::remove(UserId user) {
    Member* member = find(user);
    STENTOR_CHECK(member != nullptr && !member->has_sessions());
    const std::uint32_t place = place_of(*member);
    const std::uint32_t last = place_of(members_.back());
    if (tables_) {
        strike(last);
        if (place != last) strike(place);
    }
    if (place != last) *member = std::move(members_.back());
    members_.pop_back();
    if (members_.empty()) {
        tables_.reset();
        members_.shrink_to_fit();
    } else if (tables_ && place != last) {
        enter(place);
    }
}

void RoomMembers::enter(std::uint32_t place) {
    tables_->by_user.emplace(members_[place].user, place);
    if (members_[place].session_ != 0) tables_->by_session.insert(place);
}

void RoomMembers::strike(std::uint32_t place) {
    tables_->by_user.erase(members_[place].user);
    if (members_[place].session_ != 0) tables_->by_session.erase(place);
}

bool RoomMembers::add_session(Member& member, ConnectionId session) {
    if (find(session) != nullptr) return false;
    ++sessions_;
    if (member.session_ == 0) {
        member.session_ = session.packed();
        if (tables_) tables_->by_session.insert(place_of(member));
    } else {
        if (!further_) further_ = std::make_unique<Further>();
        further_->emplace(session.packed(), member.user);
        ++member.further_;
    }
    return true;
}

void RoomMembers::remove_session(Member& member, ConnectionId session) {
    --sessions_;
    if (member.session_ == session.packed()) {
        if (tables_) tables_->by_session.erase(place_of(member));
        member.session_ = 0;
        return;
    }
    STENTOR_CHECK(further_ && further_->erase(session.packed()) == 1);
    --member.further_;
    if (further_->empty()) further_.reset();
}

MembersPage RoomMembers::page(UserId after, std::size_t limit) const {
    MembersPage page;
    page.count = members_.size();
    const auto put = [&](const Member& member) {
        page.more = page.members.size() == limit;
        if (!page.more) page.members.push_back({member.user, std::string(member.name)});
        return !page.more;
    };
    if (tables_) {
        auto at = tables_->by_user.upper_bound(after);
        while (at != tables_->by_user.end() && put(members_[at->second])) ++at;
        return page;
    }
    std::vector<const Member*> ordered;
    for (const Member& member : members_) {
        if (after < member.user) ordered.push_back(&member);
    }
    std::ranges::sort(ordered, {}, [](const Member* member) { return member->user; });
    for (const Member* member : ordered) {
        if (!put(*member)) break;
    }
    return page;
}

}  // namespace stentor::chat
