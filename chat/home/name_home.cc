// Claims, releases and holds of names.
// Thread: owner reactor.
// Invariant: see name_home.h.
#include "chat/home/name_home.h"

#include <algorithm>

#include "chat/names.h"

namespace stentor::chat {

bool NameHome::may_hold(UserId user, std::string_view skeleton) {
    return user == kOperator || !is_operators(skeleton);
}

bool NameHome::claim(const ClaimName& ask) {
    if (!may_hold(ask.user, ask.skeleton)) return false;
    auto [at, is_new] =
        holders_.try_emplace(core::CompactText(ask.skeleton), Holder{.user = ask.user});
    Holder& holder = at->second;
    if (holder.user != ask.user) return false;
    holder.claims += ask.claims;
    if (holder.hold != 0) {
        holder.hold = 0;  // the entry in holds_ is void now
        --held_;
    }
    return true;
}

void NameHome::handle(const ClaimName& ask) {
    const bool granted = claim(ask);
    update_gauges();
    if (ask.connection.generation != 0) {
        context_.tell(ask.connection.shard, std::make_unique<NameAnswered>(NameAnswered{
                                                ask.connection, ask.user, granted, ask.skeleton}));
    }
}

void NameHome::handle(const ReleaseName& ask) {
    const auto at = holders_.find(std::string_view(ask.skeleton));
    // A hold may have been cut short while claims moved to a new name; then it is somebody else's.
    if (at == holders_.end() || at->second.user != ask.user || at->second.hold != 0) {
        return;
    }
    Holder& holder = at->second;
    holder.claims -= std::min(holder.claims, ask.claims);
    if (holder.claims == 0) {
        begin_hold(holder, ask.skeleton, context_.limits.name_hold);
    }
    update_gauges();
}

void NameHome::begin_hold(Holder& holder, const std::string& skeleton, core::Duration time) {
    holds_begun_ += holds_begun_ == UINT32_MAX ? 2 : 1;  // 0 is nobody's
    holder.hold = holds_begun_;
    ++held_;
    holds_.push_back({context_.now + time, holder.hold, skeleton});
    // Void entries count too: the queue is what is bounded.
    if (holds_.size() > kHeldNamesMax) {
        context_.count(ShardCounter::kNamesForgotten);
        forget_front();
    }
}

void NameHome::hold(const HeldName& held) {
    if (!may_hold(held.user, held.skeleton)) return;  // of a store that is older than this rule
    const auto [at, is_new] =
        holders_.try_emplace(core::CompactText(held.skeleton), Holder{.user = held.user});
    if (is_new) {
        begin_hold(at->second, held.skeleton, held.left);
    }
    update_gauges();
}

UserId NameHome::holder_of(const std::string& skeleton) const {
    const auto at = holders_.find(std::string_view(skeleton));
    return at == holders_.end() ? UserId{} : at->second.user;
}

void NameHome::handle(const FindName& ask) {
    context_.tell(ask.connection.shard, UserFound{ask.connection, holder_of(ask.skeleton)});
}

void NameHome::handle(const KickName& ask) {
    const UserId user = holder_of(ask.skeleton);
    for (std::uint32_t shard = 0; user && shard < context_.shards; ++shard) {
        context_.tell(shard, KickUser{user});
    }
    context_.tell(
        ask.connection.shard,
        std::make_unique<Kicked>(Kicked{ask.connection, ask.command_id, static_cast<bool>(user)}));
}

void NameHome::on_timers() {
    while (!holds_.empty() && holds_.front().until <= context_.now) {
        forget_front();
    }
    update_gauges();
}

std::optional<core::Instant> NameHome::next_deadline() const {
    return holds_.empty() ? std::nullopt : std::optional(holds_.front().until);
}

void NameHome::forget_front() {
    const Hold& hold = holds_.front();
    const auto at = holders_.find(std::string_view(hold.skeleton));
    if (at != holders_.end() && at->second.hold == hold.number) {
        holders_.erase(at);
        --held_;
    }
    holds_.pop_front();
}

void NameHome::update_gauges() {
    context_.metrics.gauges[ShardGauge::kHomeNames].set(static_cast<std::int64_t>(holders_.size()));
    context_.metrics.gauges[ShardGauge::kHeldNames].set(static_cast<std::int64_t>(held_));
}

}  // namespace stentor::chat
