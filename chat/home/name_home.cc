// Claims, releases and holds of names.
// Thread: owner reactor.
// Invariant: see name_home.h.
#include "chat/home/name_home.h"

#include <algorithm>

namespace stentor::chat {

void NameHome::handle(const ClaimName& ask) {
    auto [at, is_new] =
        holders_.try_emplace(core::CompactText(ask.skeleton), Holder{.user = ask.user});
    Holder& holder = at->second;
    const bool granted = holder.user == ask.user;
    if (granted) {
        holder.claims += ask.claims;
        if (holder.hold != 0) {
            holder.hold = 0;  // the entry in holds_ is void now
            --held_;
        }
    }
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
        holds_begun_ += holds_begun_ == UINT32_MAX ? 2 : 1;  // 0 is nobody's
        holder.hold = holds_begun_;
        ++held_;
        holds_.push_back({context_.now + context_.limits.name_hold, holder.hold, ask.skeleton});
        // Void entries count too: the queue is what is bounded.
        if (holds_.size() > kHeldNamesMax) {
            context_.count(ShardCounter::kNamesForgotten);
            forget_front();
        }
    }
    update_gauges();
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
