// The table of rooms at home here, and the way to the log and back.
// Thread: owner reactor.
// Invariant: see room_homes.h.
#include "chat/home/room_homes.h"

#include <type_traits>
#include <utility>

#include "core/check.h"

namespace stentor::chat {

namespace {

const std::string& room_of(const RoomHomes::Ask& ask) {
    return std::visit([](const auto& box) -> const std::string& { return box->room; }, ask);
}

ConnectionId connection_of(const RoomHomes::Ask& ask) {
    return std::visit([](const auto& box) { return box->connection; }, ask);
}

}  // namespace

RoomHomes::Entry::Entry(Context& context, RoomKey key, std::string name)
    : room(context, key, std::move(name)), timer(key) {}

RoomHomes::RoomHomes(Context& context, RoomLog& log) : context_(context), log_(log) {}
RoomHomes::~RoomHomes() = default;

void RoomHomes::handle(Ask&& ask) {
    const bool may_open = std::holds_alternative<Box<Join>>(ask);
    const auto known = by_name_.find(room_of(ask));
    Entry* entry = known != by_name_.end() ? find(known->second)
                   : may_open              ? find_or_open(room_of(ask))
                                           : nullptr;
    if (entry == nullptr) {
        if (may_open) {
            refuse(ask, ErrorCode::kUnavailable, "too many rooms: try again later");
        } else {
            refuse(ask, ErrorCode::kNotInRoom, "join the room first");
        }
    } else if (!entry->open || !entry->waiting.empty()) {
        wait(*entry, std::move(ask));
    } else {
        apply(*entry, std::move(ask));
    }
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
    rooms_.emplace(key, std::make_unique<Entry>(context_, key, name));
    by_name_.emplace(name, key);
    context_.gauge(ShardGauge::kHomeRooms, 1);
    log_.open(key, name, *this);
    return find(key);  // a log that fails at once has taken it away again
}

// ---- while the log opens a room

void RoomHomes::wait(Entry& entry, Ask&& ask) {
    if (entry.waiting.size() >= kWaitingForLogMax) {
        turn_away(entry, std::move(ask));
        return;
    }
    if (!entry.open && !entry.timer.scheduled()) {
        context_.timers.schedule(entry.timer, context_.now + kRoomOpenTimeout);
    }
    entry.waiting.push_back(std::move(ask));
    context_.gauge(ShardGauge::kWaitingAsks, 1);
}

// The list is full. A shard lets go of a membership when its newest join is refused or a leave was
// asked for, so no older join of that connection may come true behind it: what it asked before is
// refused with it, and its session ends.
void RoomHomes::turn_away(Entry& entry, Ask&& ask) {
    constexpr auto kBusy = "the room is busy: nothing was accepted, try again";
    const bool joins = std::holds_alternative<Box<Join>>(ask);
    const bool leaves = std::holds_alternative<Box<Leave>>(ask);
    const ConnectionId connection = connection_of(ask);
    if (joins || leaves) {
        const auto refused = std::erase_if(entry.waiting, [&](const Ask& earlier) {
            const bool is_its = connection_of(earlier) == connection;
            if (is_its) {
                refuse(earlier, ErrorCode::kUnavailable, kBusy);
            }
            return is_its;
        });
        context_.gauge(ShardGauge::kWaitingAsks, -static_cast<std::int64_t>(refused));
    }
    if (leaves && entry.open) {
        apply(entry, std::move(ask));
        return;
    }
    if (joins && entry.open) {
        const bool takes_twin = std::get<Box<Join>>(ask)->takes_twin;
        apply(entry, std::make_unique<Leave>(
                         Leave{connection, 0, false, takes_twin, entry.room.name(), {}}));
    }
    refuse(ask, leaves ? ErrorCode::kNotInRoom : ErrorCode::kUnavailable, kBusy);
}

void RoomHomes::on_log_opened(LogOpened&& opened) {
    Entry* entry = find(opened.key);
    STENTOR_CHECK(entry != nullptr && !entry->open);
    if (opened.failed) {
        refuse_waiting(*entry);
        forget(*entry);
        return;
    }
    entry->open = true;
    entry->room.begin(std::move(opened.epoch), opened.head);
    context_.timers.cancel(entry->timer);
    touch(*entry);
}

// As many as the lanes above have room for; the rest in the next turn.
void RoomHomes::apply_waiting(Entry& entry) {
    while (!entry.waiting.empty() && context_.room_above_asks()) {
        Ask ask = std::move(entry.waiting.front());
        entry.waiting.pop_front();
        context_.gauge(ShardGauge::kWaitingAsks, -1);
        apply(entry, std::move(ask));
    }
}

void RoomHomes::refuse_waiting(Entry& entry) {
    context_.gauge(ShardGauge::kWaitingAsks, -static_cast<std::int64_t>(entry.waiting.size()));
    for (const Ask& ask : std::exchange(entry.waiting, {})) {
        refuse(ask, ErrorCode::kUnavailable, "the room could not be opened: try again");
    }
}

void RoomHomes::refuse(const Ask& ask, ErrorCode code, const char* message) {
    if (code == ErrorCode::kUnavailable) {
        context_.count(ShardCounter::kRefusedBusy);
    }
    std::visit(
        [&](const auto& box) {
            using Asked = std::remove_cvref_t<decltype(*box)>;
            if constexpr (std::is_same_v<Asked, Join>) {
                context_.tell(box->connection.shard, std::make_unique<JoinRefused>(JoinRefused{
                                                         box->connection, box->number, code,
                                                         box->room, box->command_id, message}));
            } else {
                if constexpr (std::is_same_v<Asked, Leave>) {
                    if (box->number == 0) {
                        return;  // nobody waits for an answer
                    }
                }
                context_.tell(box->connection.shard, std::make_unique<Refused>(Refused{
                                                         box->connection, code, box->command_id,
                                                         message, kAnsweredByPage<Asked>}));
            }
        },
        ask);
}

// ---- asks and log answers

void RoomHomes::apply(Entry& entry, Ask&& ask) {
    touch(entry);
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
    if (refused.code != ErrorCode::kIdReused) {
        context_.count(ShardCounter::kRefusedBusy);
    }
    entry->room.on_refused(std::move(refused));
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
    for (const RoomKey key : std::exchange(touched_, {})) {
        Entry* entry = find(key);
        if (entry == nullptr) {
            continue;
        }
        if (entry->open) {
            apply_waiting(*entry);
            entry->room.tell_what_is_new();
            bound_history(entry->room);
            log_.forget_before(key, entry->room.first_kept());
        }
        entry->touched = false;
        if (!entry->open) {
            continue;
        }
        if (!entry->waiting.empty()) {
            touch(*entry);
        }
        settle(*entry);
    }
}

// After a change: when to look again, and whether the room is still wanted.
void RoomHomes::settle(Entry& entry) {
    if (const auto next = entry.room.next_deadline()) {
        context_.timers.schedule(entry.timer, *next);
    } else {
        context_.timers.cancel(entry.timer);
    }
    if (!entry.room.deserted() || !entry.waiting.empty()) {
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
