// One room at its home: opening, membership, presence.
// Thread: owner reactor.
// Invariant: see room_home.h.
#include "chat/home/room_home.h"

#include <algorithm>
#include <utility>

namespace stentor::chat {

RoomHome::RoomHome(RoomServices& services, RoomKey key, std::string_view name)
    : services_(services),
      key_(key),
      name_(name),
      direct_(DirectRoom::parse(name)),
      shards_(services.context.shards),
      held_(services) {}

RoomHome::~RoomHome() {
    context().gauge(ShardGauge::kHomeRoomMembers, -static_cast<std::int64_t>(members_.size()));
}

void RoomHome::begin(const LogOpened& opened) {
    epoch_ = opened.epoch;
    head_ = opened.head;
    held_.begin(opened.head, opened.recent);
    if (services_.log.keeps_events()) {
        first_in_log_ = opened.first != 0 ? opened.first : opened.head + 1;
        in_doubt_ = opened.in_doubt;
        held_.drop_before(first_in_log_);  // retention may have gone on meanwhile
    }
}

bool RoomHome::needs_new_epoch(const Join& ask) const {
    return in_doubt_ && ask.resume && epoch_ == ask.since.epoch && ask.since.seq > head_;
}

void RoomHome::renew(const LogOpened& opened) {
    epoch_ = opened.epoch;
    in_doubt_ = false;
    for (std::uint32_t shard = 0; shard < shards_.size(); ++shard) {
        context().tell(shard, std::make_unique<EpochRenewed>(
                                  EpochRenewed{std::string(name_), std::string(epoch_)}));
    }
}

// ---- who is in it

bool RoomHome::is_in(ConnectionId connection, const std::string& command_id, bool page) {
    const bool in = direct_ || members_.find(connection) != nullptr;
    if (!in) refuse_stranger(connection, command_id, page);
    return in;
}

void RoomHome::refuse_stranger(ConnectionId connection, const std::string& command_id, bool page) {
    context().tell(connection.shard,
                   std::make_unique<Refused>(
                       Refused{connection, ErrorCode::kNotInRoom, command_id,
                               "join the room \"" + std::string(name_) + "\" first", page}));
}

void RoomHome::handle(const Join& ask) {
    close_run();  // a run ends at any change of membership: who is new gets the events by the page
    presence_.listed();  // on its page stand users whose joins wait to be told
    Member* member = members_.find(ask.user);
    if (member == nullptr) {
        member = &members_.add(ask.user);
        member->name = ask.name;
        presence_.joined(ask.user);
        context().gauge(ShardGauge::kHomeRoomMembers, 1);
    } else {
        set_name(*member, ask.name);
    }
    member->return_by = 0;
    shards_[ask.connection.shard].local_room = ask.local_room;
    if (members_.add_session(*member, ask.connection)) {
        count_session(ask.connection.shard, ask.takes_twin, 1);
    }

    auto joined = std::make_unique<Joined>();
    joined->connection = ask.connection;
    joined->number = ask.number;
    joined->room = name_;
    joined->command_id = ask.command_id;
    join_page(ask, *joined);
    joined->members = members_.page(UserId{}, kPageMembersMax);
    joined->members.version = presence_.version();
    context().count(ShardCounter::kJoins);
    context().tell(ask.connection.shard, std::move(joined));
}

void RoomHome::handle(const Leave& ask) {
    Member* member = members_.find(ask.connection);
    if (member == nullptr) {
        if (ask.number != 0) {  // its join was refused, or it left before
            refuse_stranger(ask.connection, ask.command_id, false);
        }
        return;
    }
    close_run();
    if (ask.number != 0) {
        context().tell(ask.connection.shard,
                       std::make_unique<Left>(
                           Left{ask.connection, ask.number, std::string(name_), ask.command_id}));
    }
    members_.remove_session(*member, ask.connection);
    count_session(ask.connection.shard, ask.takes_twin, -1);
    if (member->has_sessions()) {
        return;
    }
    if (ask.dropped) {
        returns_begun_ += returns_begun_ == UINT32_MAX ? 2 : 1;  // 0 is nobody's
        member->return_by = returns_begun_;
        if (!returns_) returns_ = std::make_unique<std::list<Return>>();
        returns_->push_back({context().now + kDroppedUserStays, member->return_by, member->user});
    } else {
        remove_user(member->user);
    }
}

// A run ends before the count changes, so all of it has a twin or none.
void RoomHome::count_session(std::uint32_t shard, bool takes_twin, std::int32_t by) {
    const auto change = static_cast<std::uint32_t>(by);  // modulo 2^32, as the counts are
    shards_[shard].sessions += change;
    if (takes_twin) {
        shards_[shard].twin_sessions += change;
        twin_sessions_ += change;
        context().gauge(ShardGauge::kHomeTwinSessions, by);
    }
}

void RoomHome::remove_user(UserId user) {
    members_.remove(user);
    presence_.left(user);
    context().gauge(ShardGauge::kHomeRoomMembers, -1);
}

void RoomHome::set_name(Member& member, std::string_view name) {
    if (member.name != name) {
        member.name = name;
        presence_.renamed(member.user);
    }
}

void RoomHome::on_timer() {
    while (returns_ && returns_->front().until <= context().now) {
        const Return& due = returns_->front();
        const Member* member = members_.find(due.user);
        if (member != nullptr && member->return_by == due.number) {
            remove_user(due.user);
        }
        returns_->pop_front();
        if (returns_->empty()) returns_.reset();
    }
}

std::optional<core::Instant> RoomHome::next_deadline() const {
    std::optional<core::Instant> next = presence_.next_deadline();
    const auto consider = [&next](std::optional<core::Instant> at) {
        if (at && (!next || *at < *next)) next = at;
    };
    if (returns_) consider(returns_->front().until);
    if (positions_) consider(positions_->next_deadline());
    return next;
}

void RoomHome::tell_presence() {
    const PresenceLedger::News news = presence_.take(context().now, members_.size());
    if (members_.sessions() == 0) {
        return;
    }
    std::vector<MemberView> joined;
    for (const UserId user : news.joined) {
        joined.push_back({user, members_.find(user)->name});
    }
    std::string json;
    append_presence(json, name_, presence_.version(), members_.size(), joined, news.left);
    EventRun frame;
    frame.append(json, twin_deflater());
    tell_members(core::SharedBytes::copy_of(frame.plain()),
                 core::SharedBytes::copy_of(frame.twin()), 0, 0);
}

void RoomHome::handle(const ListMembers& ask) {
    if (!is_in(ask.connection, ask.command_id, true)) {
        return;
    }
    presence_.listed();
    auto listed = std::make_unique<MembersListed>(
        MembersListed{ask.connection, std::string(name_), ask.command_id, {}});
    listed->page = members_.page(ask.after, ask.limit);
    listed->page.version = presence_.version();
    context().tell(ask.connection.shard, std::move(listed));
}

}  // namespace stentor::chat
