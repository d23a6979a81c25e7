// Numbers at once; knows again the ids of recent sends.
// Thread: owner reactor.
// Invariant: see memory_log.h.
#include "chat/log/memory_log.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace stentor::chat {

MemoryLog::MemoryLog(const core::Clock& clock, RandomSource& random)
    : clock_(clock),
      random_(random),
      content_key_{random.next(), random.next()},
      id_key_{random.next(), random.next()} {}

void MemoryLog::open(RoomKey key, std::string_view /*room*/, LogSink& sink) {
    auto room = std::make_unique<Room>();
    std::string epoch = random_epoch(random_);
    room->epoch = epoch;
    const bool is_new = rooms_.emplace(key, std::move(room)).second;
    STENTOR_CHECK(is_new);
    sink.on_log_opened({.key = key, .failed = false, .epoch = std::move(epoch), .head = 0});
}

void MemoryLog::append(RoomKey key, std::unique_ptr<Publish> publish, LogSink& sink) {
    Room& room = *rooms_.at(key);
    publish->epoch = room.epoch;
    publish->durability = Durability::kMemory;
    const bool has_id = !publish->command_id.empty();
    const std::uint64_t hash = has_id ? content_hash(*publish) : 0;
    const IdHash id = has_id ? id_hash(*publish) : 0;
    const std::uint64_t first = has_id ? room.find(id) : 0;
    if (first != 0) {
        const Event& known = room.at(first);
        if (known.content_hash != hash) {
            sink.on_log_refused({key, ErrorCode::kIdReused, std::move(publish)});
            return;
        }
        publish->seq = first;
        publish->at_ms = known.at_ms;
        publish->duplicate = true;
        sink.on_log_stored({key, std::move(publish), true});
        return;
    }
    if (publish->kind != EventKind::kMessage) {
        if (const auto code = refusal(room, *publish)) {
            sink.on_log_refused({key, *code, std::move(publish)});
            return;
        }
    }
    publish->seq = room.head + 1;
    // A clock that was set back must not make a later event look older.
    publish->at_ms = room.last_at_ms = std::max(room.last_at_ms, clock_.unix_ms());
    room.add({.id = id,
              .user = publish->user,
              .at_ms = publish->at_ms,
              .content_hash = hash,
              .is_message = publish->kind == EventKind::kMessage},
             *publish);
    sink.on_log_stored({key, std::move(publish), true});
}

std::optional<ErrorCode> MemoryLog::refusal(Room& room, const Publish& publish) {
    const Event* target = room.event(publish.target);
    if (target == nullptr || !target->is_message) {
        return ErrorCode::kNoSuchMessage;
    }
    const bool may = publish.kind == EventKind::kReacted ? room.may_react(publish)
                                                         : target->user == publish.user;
    return may ? std::nullopt : std::optional(ErrorCode::kForbidden);
}

void MemoryLog::read(const ReadLog& /*wanted*/) {
    STENTOR_CHECK(false && "nothing is kept that homes do not hold");
}

void MemoryLog::renew_epoch(RoomKey /*key*/, LogSink& /*sink*/) {
    STENTOR_CHECK(false && "no epoch is older than its process");
}

void MemoryLog::forget_before(RoomKey key, std::uint64_t seq) {
    rooms_.at(key)->forget_before(seq);
}

void MemoryLog::close(RoomKey key) {
    rooms_.erase(key);
}

void MemoryLog::on_answer(Envelope&& /*answer*/, LogSink& /*sink*/) {
    STENTOR_CHECK(false && "nobody answers for a log without a thread");
}

// ---- one room

std::uint64_t MemoryLog::Room::find(IdHash id) const {
    if (by_id_) {
        const auto at = by_id_->find(ById::Wanted{id});
        return at == by_id_->end() ? 0 : *at;
    }
    for (std::size_t i = 0; i < events_.size(); ++i) {
        if (events_[i].id == id) {
            return first() + i;
        }
    }
    return 0;
}

MemoryLog::Event* MemoryLog::Room::event(std::uint64_t seq) {
    return seq < first() || seq > head ? nullptr : &events_[seq - first()];
}

void MemoryLog::Room::add(Event&& event, const Publish& publish) {
    if (publish.kind == EventKind::kDeleted) {
        at(publish.target).is_message = false;
        if (reactions_) reactions_->erase(publish.target);
    } else if (publish.kind == EventKind::kReacted) {
        react(publish);
    }
    ++head;
    events_.push_back(std::move(event));
    if (by_id_) {
        note_id(head);
    } else if (events_.size() > kLookedThroughMax) {
        by_id_ = std::make_unique<Ids>(0, ById{this}, ById{this});
        for (std::uint64_t seq = first(); seq <= head; ++seq) note_id(seq);
    }
}

void MemoryLog::Room::note_id(std::uint64_t seq) {
    if (at(seq).id != 0) by_id_->insert(seq);
}

void MemoryLog::Room::forget_before(std::uint64_t seq) {
    while (!events_.empty() && first() < seq) {
        if (by_id_ && events_.front().id != 0) by_id_->erase(first());
        if (reactions_) reactions_->erase(first());
        events_.pop_front();
    }
    if (reactions_ && reactions_->empty()) reactions_.reset();
}

bool MemoryLog::Room::may_react(const Publish& publish) const {
    if (!publish.on || !reactions_) return true;
    const auto at = reactions_->find(publish.target);
    if (at == reactions_->end()) return true;
    const std::vector<Reaction>& reactions = at->second;
    const auto same = std::ranges::find(reactions, publish.content, &Reaction::emoji);
    if (same == reactions.end() && reactions.size() >= kReactionEmojiMax) return false;
    std::size_t count = 0;
    for (const Reaction& reaction : reactions) count += reaction.users.size();
    return count < kReactionsMax ||
           (same != reactions.end() &&
            std::ranges::find(same->users, publish.user) != same->users.end());
}

void MemoryLog::Room::react(const Publish& publish) {
    if (!reactions_)
        reactions_ = std::make_unique<std::map<std::uint64_t, std::vector<Reaction>>>();
    std::vector<Reaction>& reactions = (*reactions_)[publish.target];
    auto reaction = std::ranges::find(reactions, publish.content, &Reaction::emoji);
    if (reaction == reactions.end()) {
        if (!publish.on) return;
        reaction = reactions.insert(reactions.end(), {publish.content, {}});
    }
    const auto who = std::ranges::find(reaction->users, publish.user);
    if (publish.on && who == reaction->users.end()) {
        reaction->users.push_back(publish.user);
    } else if (!publish.on && who != reaction->users.end()) {
        reaction->users.erase(who);
        if (reaction->users.empty()) reactions.erase(reaction);
    }
}

// Keyed, so that nobody can look for a second text with the same hash.
std::uint64_t MemoryLog::content_hash(const Publish& publish) const {
    const std::uint64_t rest = core::mix64(publish.reply_to) + core::mix64(~publish.target) +
                               2 * static_cast<std::uint64_t>(publish.kind) +
                               (publish.on ? 1U : 0U);
    return core::siphash_1_3(content_key_, publish.content) ^ core::mix64(rest);
}

// Keyed for the same reason, and by user.
MemoryLog::IdHash MemoryLog::id_hash(const Publish& publish) const {
    const core::HashKey key{id_key_.k0 ^ publish.user.value, id_key_.k1};
    return std::max<IdHash>(1, core::siphash_1_3(key, publish.command_id));
}

}  // namespace stentor::chat
