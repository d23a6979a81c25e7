// Asks that wait: while the log opens their room, while it gets a new epoch, for lanes with room.
// Thread: owner reactor.
// Invariant: see room_homes.h.
#include <type_traits>
#include <utility>

#include "chat/home/room_homes.h"

namespace stentor::chat {

namespace {

ConnectionId connection_of(const RoomHomes::Ask& ask) {
    return std::visit([](const auto& box) { return box->connection; }, ask);
}

}  // namespace

void RoomHomes::wait(Entry& entry, Ask&& ask) {
    if (std::holds_alternative<Box<SayTyping>>(ask)) {
        return;  // first to be shed
    }
    if (entry.waiting && entry.waiting->size() >= kWaitingForLogMax) {
        turn_away(entry, std::move(ask));
        return;
    }
    if (!entry.open && !entry.timer.scheduled()) {
        context_.timers.schedule(entry.timer, context_.now + kRoomOpenTimeout);
    }
    if (!entry.waiting) entry.waiting = std::make_unique<std::list<Ask>>();
    entry.waiting->push_back(std::move(ask));
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
        const auto refused = std::erase_if(*entry.waiting, [&](const Ask& earlier) {
            const bool is_its = connection_of(earlier) == connection;
            if (is_its) {
                refuse(earlier, ErrorCode::kUnavailable, kBusy);
            }
            return is_its;
        });
        context_.gauge(ShardGauge::kWaitingAsks, -static_cast<std::int64_t>(refused));
        if (entry.waiting->empty()) entry.waiting.reset();
    }
    settle_refused(entry, std::move(ask), kBusy);
}

// What is refused must leave nothing half true in a room that is open: who leaves is gone, and
// whose join is refused is not in the room by an older one.
void RoomHomes::settle_refused(Entry& entry, Ask&& ask, const char* message) {
    const bool leaves = std::holds_alternative<Box<Leave>>(ask);
    if (entry.open) touch(entry);
    if (leaves && entry.open) {
        entry.room.handle(*std::get<Box<Leave>>(ask));
        return;
    }
    if (entry.open && std::holds_alternative<Box<Join>>(ask)) {
        const Join& join = *std::get<Box<Join>>(ask);
        entry.room.handle(
            Leave{join.connection, 0, false, join.takes_twin, std::string(entry.room.name()), {}});
    }
    refuse(ask, leaves ? ErrorCode::kNotInRoom : ErrorCode::kUnavailable, message);
}

// As many as the lanes above have room for; the rest in the next turn.
void RoomHomes::apply_waiting(Entry& entry) {
    while (entry.waiting && entry.renewal == Renewal::kNone && context_.room_above_asks()) {
        Ask ask = std::move(entry.waiting->front());
        entry.waiting->pop_front();
        if (entry.waiting->empty()) entry.waiting.reset();
        context_.gauge(ShardGauge::kWaitingAsks, -1);
        apply(entry, std::move(ask));
    }
}

void RoomHomes::refuse_waiting(Entry& entry) {
    if (!entry.waiting) {
        return;
    }
    const auto waiting = std::exchange(entry.waiting, nullptr);
    context_.gauge(ShardGauge::kWaitingAsks, -static_cast<std::int64_t>(waiting->size()));
    for (Ask& ask : *waiting) {
        settle_refused(entry, std::move(ask), "the room could not be opened: try again");
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
            } else if constexpr (!std::is_same_v<Asked, SayTyping> &&
                                 !std::is_same_v<Asked, ReadUpTo>) {  // those have no answer
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

// ---- a new epoch

// The join is answered under it. No append may be under way meanwhile, and none follows: all asks
// wait behind the join.
void RoomHomes::begin_renewal(Entry& entry, Ask&& join) {
    entry.renewal = Renewal::kWanted;
    entry.patience_ends = context_.now + kRoomOpenTimeout;
    if (!entry.waiting) entry.waiting = std::make_unique<std::list<Ask>>();
    entry.waiting->push_front(std::move(join));
    context_.gauge(ShardGauge::kWaitingAsks, 1);
}

void RoomHomes::go_on_renewing(Entry& entry) {
    if (entry.renewal == Renewal::kWanted && !entry.room.in_log()) {
        entry.renewal = Renewal::kAsked;
        log_.renew_epoch(entry.room.key(), *this);
    }
}

}  // namespace stentor::chat
