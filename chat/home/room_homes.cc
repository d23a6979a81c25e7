// The table of rooms at home here, and the way to the log and back.
// Thread: owner reactor.
// Invariant: see room_homes.h.
#include "chat/home/room_homes.h"

#include <type_traits>
#include <utility>

#include "core/check.h"

namespace stentor::chat {

namespace {

// Of what all rooms hold, and of the rooms, that go at a time while memory is short: whoever looks
// whether it helped looks again soon.
constexpr std::int64_t kRelievedPart = 8;
constexpr int kRelievedRoomsMax = 1024;

const std::string& room_of(const RoomHomes::Ask& ask) {
    return std::visit([](const auto& box) -> const std::string& { return box->room; }, ask);
}

// Nobody waits for what these do, and what is not open has nobody to tell.
bool only_touches(const RoomHomes::Ask& ask) {
    return std::holds_alternative<Box<SayTyping>>(ask) || std::holds_alternative<Box<Leave>>(ask);
}

}  // namespace

RoomHomes::Entry::Entry(RoomServices& services, RoomKey key, std::string_view name)
    : room(services, key, name), timer(key) {}

RoomHomes::RoomHomes(Context& context, RoomLog& log, Directory* directory)
    : services_{.context = context, .log = log, .directory = directory},
      context_(context),
      log_(log) {}
RoomHomes::~RoomHomes() = default;

void RoomHomes::handle(Ask&& ask) {
    const std::string& room = room_of(ask);
    const bool is_direct = room.starts_with(kDirectRoomPrefix);
    if (is_direct && !is_admitted(ask)) {
        return;
    }
    const bool may_open =
        std::holds_alternative<Box<Join>>(ask) || (is_direct && !only_touches(ask));
    const auto known = by_name_.find(room);
    Entry* entry = known != by_name_.end() ? find(known->second)
                   : may_open              ? find_or_open(room)
                                           : nullptr;
    if (entry == nullptr) {
        if (may_open) {
            refuse(ask, ErrorCode::kUnavailable, "too many rooms: try again later");
        } else {
            refuse(ask, ErrorCode::kNotInRoom, "join the room first");
        }
    } else if (entry->must_wait()) {
        wait(*entry, std::move(ask));
    } else {
        apply(*entry, std::move(ask));
    }
}

// A direct room is its two users' alone; its name says who they are.
bool RoomHomes::is_admitted(const Ask& ask) {
    const auto direct = DirectRoom::parse(room_of(ask));
    const bool is_admitted = std::visit(
        [&](const auto& box) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(*box)>, Leave>) {
                return true;
            } else {
                return direct && direct->has(box->user);
            }
        },
        ask);
    if (!is_admitted && !direct) {
        refuse(ask, ErrorCode::kBadRoom, "names that begin with dm. are those of direct rooms");
    } else if (!is_admitted) {
        refuse(ask, ErrorCode::kForbidden, "a direct room is used by its two users alone");
    }
    return is_admitted;
}

void RoomHomes::handle(LookAtRooms&& ask) {
    std::size_t work = kUnreadWorkMax;
    std::erase_if(ask.rooms, [&](RoomLine& line) {
        const auto known = by_name_.find(line.room);
        Entry* entry = known == by_name_.end() ? nullptr : find(known->second);
        if (entry == nullptr || !entry->open) {
            return !log_.keeps_events();  // then it is gone
        }
        entry->room.look(line, ask.user, work);
        return false;
    });
    context_.tell(ask.connection.shard, std::make_unique<RoomsListed>(RoomsListed{
                                            ask.connection, false, std::move(ask.rooms)}));
}

RoomHomes::Entry* RoomHomes::find(RoomKey key) {
    const auto at = rooms_.find(key);
    return at == rooms_.end() ? nullptr : at->second.get();
}

RoomHomes::Entry* RoomHomes::find_or_open(const std::string& name) {
    if (rooms_.size() >= context_.limits.rooms_per_shard_max && !make_room()) {
        return nullptr;
    }
    // The shard's index in the high byte makes keys of different homes differ, for the log's sake.
    const RoomKey key = std::uint64_t{context_.index} << 56 | ++keys_used_;
    rooms_.emplace(key, std::make_unique<Entry>(services_, key, name));
    by_name_.emplace(name, key);
    context_.gauge(ShardGauge::kHomeRooms, 1);
    log_.open(key, name, *this);
    return find(key);  // a log that fails at once has taken it away again
}

// ---- asks and log answers

void RoomHomes::apply(Entry& entry, Ask&& ask) {
    touch(entry);
    if (const auto* join = std::get_if<Box<Join>>(&ask);
        join && entry.room.needs_new_epoch(**join)) {
        begin_renewal(entry, std::move(ask));
        return;
    }
    std::visit(
        [&](auto& box) {
            using Asked = std::remove_cvref_t<decltype(*box)>;
            if constexpr (std::is_same_v<Asked, Publish>) {
                if (auto publish = entry.room.handle(std::move(box))) {
                    log_.append(entry.room.key(), std::move(publish), *this);
                }
            } else {
                entry.room.handle(*box);
            }
        },
        ask);
}

void RoomHomes::on_log_opened(LogOpened&& opened) {
    Entry* entry = find(opened.key);
    STENTOR_CHECK(entry != nullptr && (!entry->open || entry->renewal == Renewal::kAsked));
    if (opened.failed) {
        refuse_waiting(*entry);
        if (!entry->open) {
            forget(*entry);
            return;
        }
    } else if (entry->open) {
        entry->room.renew(opened);
    } else {
        entry->open = true;
        entry->room.begin(opened);
    }
    entry->renewal = Renewal::kNone;
    context_.timers.cancel(entry->timer);
    touch(*entry);
}

void RoomHomes::on_log_stored(LogStored&& stored) {
    Entry* entry = find(stored.key);
    if (entry == nullptr) {
        return;  // a shared log speaks of a room that nobody here is in any more
    }
    touch(*entry);
    entry->room.on_stored(std::move(stored));
}

void RoomHomes::on_log_refused(LogRefused&& refused) {
    Entry* entry = find(refused.key);
    STENTOR_CHECK(entry != nullptr);  // a room with an append under way is not forgotten
    touch(*entry);
    if (refused.code == ErrorCode::kUnavailable || refused.code == ErrorCode::kNotStored) {
        context_.count(ShardCounter::kRefusedBusy);
    }
    entry->room.on_refused(refused);
}

void RoomHomes::on_log_read(LogRead&& read) {
    Entry* entry = find(read.key);
    STENTOR_CHECK(entry != nullptr);  // nor one with a read under way
    touch(*entry);
    entry->room.on_read(std::move(read));
}

void RoomHomes::on_log_trimmed(LogTrimmed trimmed) {
    if (Entry* entry = find(trimmed.key); entry != nullptr && entry->open) {
        touch(*entry);
        entry->room.on_trimmed(trimmed.first);
    }
}

void RoomHomes::touch(Entry& entry) {
    if (entry.empty_at) {  // before somebody makes room: it may have a member within this turn
        empty_.erase(*entry.empty_at);
        entry.empty_at.reset();
    }
    if (!entry.touched) {
        entry.touched = true;
        touched_.push_back(entry.room.key());
    }
}

void RoomHomes::end_turn() {
    if (std::exchange(must_relieve_, false)) {
        relieve();
    }
    std::swap(touched_, touched_now_);
    for (const RoomKey key : touched_now_) {
        Entry* entry = find(key);
        if (entry == nullptr) {
            continue;
        }
        if (entry->open) {
            apply_waiting(*entry);
            entry->room.tell_what_is_new();
            bound_history(entry->room);
            log_.forget_before(key, entry->room.first_held());
        }
        entry->touched = false;
        if (!entry->open) {
            continue;
        }
        go_on_renewing(*entry);
        if ((entry->waiting && entry->renewal == Renewal::kNone) || entry->room.must_go_on()) {
            touch(*entry);
        }
        settle(*entry);
    }
    touched_now_.clear();
}

// After a change: when to look again, and whether the room is still wanted.
void RoomHomes::settle(Entry& entry) {
    if (entry.renewal != Renewal::kNone) {
        context_.timers.schedule(entry.timer, entry.patience_ends);
        return;
    }
    if (const auto next = entry.room.next_deadline()) {
        context_.timers.schedule(entry.timer, *next);
    } else {
        context_.timers.cancel(entry.timer);
    }
    if (!entry.room.deserted() || entry.waiting) {
        return;
    }
    if (entry.room.has_history()) {
        entry.empty_at = empty_.insert(empty_.end(), entry.room.key());
    } else {
        forget(entry);
    }
}

void RoomHomes::on_timer(core::Timer& timer) {
    Entry* entry = find(timer.cookie);
    STENTOR_CHECK(entry != nullptr);
    if (!entry->open) {
        refuse_waiting(*entry);  // the log may still open it; later asks wait anew
        return;
    }
    if (entry->renewal != Renewal::kNone && entry->patience_ends <= context_.now) {
        refuse_waiting(*entry);
        entry->patience_ends = context_.now + kRoomOpenTimeout;
    }
    entry->room.on_timer();
    touch(*entry);
}

// ---- bounds

void RoomHomes::forget(Entry& entry) {
    const RoomKey key = entry.room.key();
    if (entry.empty_at) {
        empty_.erase(*entry.empty_at);
    }
    if (entry.open) {
        log_.close(key);
    }
    context_.timers.cancel(entry.timer);
    context_.gauge(ShardGauge::kHomeRooms, -1);
    by_name_.erase(entry.room.name());
    rooms_.erase(key);
}

bool RoomHomes::make_room() {
    if (empty_.empty()) {
        return false;
    }
    context_.count(ShardCounter::kRoomsForgotten);
    forget(*find(empty_.front()));
    return true;
}

// A log that is behind is not told of more: what is left goes later.
void RoomHomes::relieve() {
    const core::Gauge& bytes = context_.metrics.gauges[ShardGauge::kHistoryBytes];
    const std::int64_t enough = bytes.value() - bytes.value() / kRelievedPart;
    for (int i = 0; i < kRelievedRoomsMax && context_.room_above_asks() && make_room(); ++i) {
        if (bytes.value() < enough) {
            return;
        }
    }
}

// Over the shard's budget: first empty rooms go, then the oldest events of the room that grows.
void RoomHomes::bound_history(RoomHome& newest) {
    const core::Gauge& bytes = context_.metrics.gauges[ShardGauge::kHistoryBytes];
    const auto budget = static_cast<std::int64_t>(context_.limits.history_bytes_per_shard_max);
    while (bytes.value() > budget && !empty_.empty() && empty_.front() != newest.key()) {
        make_room();
    }
    while (bytes.value() > budget && newest.has_history()) {
        newest.drop_oldest_event();
    }
}

}  // namespace stentor::chat
