// Numbers at once; knows again the ids of recent sends.
// Thread: owner reactor.
// Invariant: see memory_log.h.
#include "chat/log/memory_log.h"

#include <algorithm>

#include "core/check.h"

namespace stentor::chat {

MemoryLog::MemoryLog(const core::Clock& clock, RandomSource& random)
    : clock_(clock), random_(random), content_key_{random.next(), random.next()} {}

void MemoryLog::open(RoomKey key, std::string_view /*room*/, LogSink& sink) {
    auto room = std::make_unique<Room>();
    room->epoch = random_epoch(random_);
    std::string epoch = room->epoch;
    const bool is_new = rooms_.emplace(key, std::move(room)).second;
    STENTOR_CHECK(is_new);
    sink.on_log_opened({.key = key, .failed = false, .epoch = std::move(epoch), .head = 0});
}

void MemoryLog::append(RoomKey key, std::unique_ptr<Publish> publish, LogSink& sink) {
    Room& room = *rooms_.at(key);
    publish->epoch = room.epoch;
    publish->durability = Durability::kMemory;

    std::string id;
    std::uint64_t hash = 0;
    if (!publish->command_id.empty()) {
        id = id_key(*publish);
        hash = content_hash(*publish);
        if (const KnownId* first = room.find(id); first != nullptr) {
            if (first->content_hash != hash) {
                sink.on_log_refused({key, ErrorCode::kIdReused, std::move(publish)});
                return;
            }
            publish->seq = first->seq;
            publish->at_ms = first->at_ms;
            publish->duplicate = true;
            sink.on_log_stored({key, std::move(publish), true});
            return;
        }
    }

    publish->seq = ++room.head;
    // A clock that was set back must not make a later event look older.
    publish->at_ms = room.last_at_ms = std::max(room.last_at_ms, clock_.unix_ms());
    if (!id.empty()) {
        room.add({std::move(id), publish->seq, publish->at_ms, hash});
    }
    sink.on_log_stored({key, std::move(publish), true});
}

void MemoryLog::forget_before(RoomKey key, std::uint64_t seq) {
    Room& room = *rooms_.at(key);
    while (!room.ids.empty() && room.ids.front().seq < seq) {
        room.forget_oldest();
    }
}

void MemoryLog::close(RoomKey key) {
    rooms_.erase(key);
}

void MemoryLog::on_answer(Envelope&& /*answer*/, LogSink& /*sink*/) {
    STENTOR_CHECK(false && "nobody answers for a log without a thread");
}

const MemoryLog::KnownId* MemoryLog::Room::find(std::string_view id) const {
    if (by_key.empty()) {
        const auto known = std::ranges::find(ids, id, &KnownId::key);
        return known == ids.end() ? nullptr : &*known;
    }
    const auto known = by_key.find(id);
    return known == by_key.end() ? nullptr : *known;
}

void MemoryLog::Room::add(KnownId&& known) {
    ids.push_back(std::move(known));
    if (!by_key.empty()) {
        by_key.insert(&ids.back());
    } else if (ids.size() > kLookedThroughMax) {
        for (const KnownId& one : ids) {
            by_key.insert(&one);
        }
    }
}

void MemoryLog::Room::forget_oldest() {
    by_key.erase(&ids.front());
    ids.pop_front();
}

std::string MemoryLog::id_key(const Publish& publish) {
    std::string key(sizeof publish.user.value, '\0');
    std::copy_n(reinterpret_cast<const char*>(&publish.user.value), key.size(), key.data());
    return key += publish.command_id;
}

// Keyed, so that nobody can look for a second text with the same hash.
std::uint64_t MemoryLog::content_hash(const Publish& publish) const {
    return core::siphash_1_3(content_key_, publish.content) ^ core::mix64(publish.reply_to);
}

}  // namespace stentor::chat
