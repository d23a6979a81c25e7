// A shard put together: what the reactor calls, and which part each envelope goes to.
// Thread: owner reactor.
// Invariant: see shard.h.
#include "chat/shard.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "chat/answers.h"
#include "chat/ask_gate.h"
#include "chat/backward_steps.h"
#include "chat/connections.h"
#include "chat/context.h"
#include "chat/dialect/dialect_steps.h"
#include "chat/dialect/service.h"
#include "chat/home/name_home.h"
#include "chat/home/room_homes.h"
#include "chat/home/user_home.h"
#include "chat/liveness.h"
#include "chat/local_rooms.h"
#include "chat/logins.h"
#include "chat/memory_directory.h"
#include "chat/message_pace.h"
#include "chat/outlet.h"
#include "chat/sessions.h"
#include "chat/verbs.h"
#include "chat/walks.h"
#include "core/check.h"

namespace stentor::chat {

namespace {

// What one turn handles of each rank before the sockets have their turn again.
constexpr std::size_t kTellsPerTurn = 16384;

std::unique_ptr<Directory> make_directory(const ShardParts& parts, Context& context) {
    if (parts.store) {
        return std::make_unique<LaneDirectory>(parts.port, *parts.store);
    }
    return std::make_unique<MemoryDirectory>(context);
}

}  // namespace

class ShardState {
public:
    explicit ShardState(const ShardParts& parts);

    Connections& connections() { return connections_; }
    void drained(ConnectionId id);
    void lanes(core::Instant now);
    void timers(core::Instant now);
    std::optional<core::Instant> next_deadline() const;
    bool prepare_sleep();
    void awake();
    const ShardMetrics& metrics() const { return context_.metrics; }

private:
    void run_steps();
    bool take_step(ConnectionId connection);
    void handle_stored(Envelope&& answer);
    void handle_ask(std::uint32_t from, Envelope&& ask);
    void handle_tell(Envelope&& tell);
    // Asks that may be handled only when the lanes above have room.
    bool stalled() const { return !context_.room_above_asks(); }

    Context context_;
    RoomLog& log_;

    Outlet outlet_;
    Sessions sessions_;
    AskGate gate_;
    BackwardSteps steps_;
    Liveness liveness_;
    MessagePace pace_;
    Logins logins_;
    LocalRooms rooms_;
    Walks walks_;
    Verbs verbs_;
    Answers answers_;
    const std::function<void()> end_server_;
    DialectSteps dialect_steps_;
    DialectTable dialects_;
    Connections connections_;

    const std::unique_ptr<Directory> directory_;
    RoomHomes room_homes_;
    NameHome name_home_;
    UserHome user_home_;

    std::optional<core::Duration> sheds_beyond_;  // told in this turn; the last one counts
    bool sleeps_by_doorbell_ = false;
};

ShardState::ShardState(const ShardParts& parts)
    : context_{.index = parts.index,
               .shards = parts.shards,
               .port = parts.port,
               .clock = parts.clock,
               .random = parts.random,
               .limits = parts.limits,
               .home_key = parts.home_key,
               .timers = core::TimerWheel(parts.clock.now()),
               .now = parts.clock.now(),
               .metrics = {},
               .memory = parts.memory},
      log_(parts.log),
      outlet_(context_, parts.link),
      sessions_(context_),
      gate_(context_, outlet_, sessions_),
      steps_(context_),
      liveness_(context_, outlet_, sessions_),
      pace_(context_, outlet_, sessions_),
      logins_(context_, outlet_, sessions_, steps_, liveness_, parts.tokens),
      rooms_(context_, outlet_, sessions_, gate_),
      walks_(context_, outlet_, sessions_, steps_, rooms_, gate_),
      verbs_(context_, outlet_, logins_, walks_, rooms_, gate_),
      answers_(context_, outlet_, sessions_, gate_),
      end_server_(parts.end_server),
      dialect_steps_(sessions_),
      dialects_({.context = context_,
                 .outlet = outlet_,
                 .verbs = verbs_,
                 .gate = gate_,
                 .steps = dialect_steps_,
                 .tokens = parts.tokens,
                 .end_server = end_server_}),
      connections_({.context = context_,
                    .front = parts.front,
                    .outlet = outlet_,
                    .sessions = sessions_,
                    .steps = steps_,
                    .logins = logins_,
                    .rooms = rooms_,
                    .liveness = liveness_,
                    .pace = pace_,
                    .dialects = dialects_},
                   parts.listeners),
      directory_(make_directory(parts, context_)),
      room_homes_(context_, parts.log, directory_.get()),
      name_home_(context_),
      user_home_(context_, *directory_) {
    for (const HeldName& held : parts.held_names) {
        if (context_.home_of_text(held.skeleton) == context_.index) {
            name_home_.hold(held);
        }
    }
}

// ---- the turn

// Ranks from below: what asks create is told in the same turn, by way of the lanes to ourselves
// too.
void ShardState::lanes(core::Instant now) {
    context_.now = now;
    Port& port = context_.port;
    run_steps();
    port.publish();
    port.drain(
        Context::rank(Rank::kStored), kAsksPerTurn, [this] { return context_.room_for_tells(); },
        [this](std::uint32_t, Envelope&& answer) { handle_stored(std::move(answer)); });
    port.drain(
        Context::rank(Rank::kAsk), kAsksPerTurn, [this] { return !stalled(); },
        [this](std::uint32_t from, Envelope&& ask) { handle_ask(from, std::move(ask)); });
    room_homes_.end_turn();
    port.publish();
    port.drain(
        Context::rank(Rank::kTell), kTellsPerTurn, [] { return true; },
        [this](std::uint32_t, Envelope&& tell) { handle_tell(std::move(tell)); });
    run_steps();
    port.publish();
    if (const auto age = std::exchange(sheds_beyond_, std::nullopt)) {
        rooms_.shed(context_.now - *age);
    }
    rooms_.sweep_direct_rooms();
    gate_.open_where_there_is_room();
    context_.metrics.gauges[ShardGauge::kPendingEnvelopes].set(
        static_cast<std::int64_t>(port.pending()));
    context_.metrics.gauges[ShardGauge::kInflaters].set(
        static_cast<std::int64_t>(context_.inflaters.borrowed()));
}

void ShardState::run_steps() {
    steps_.run([this](ConnectionId connection) { return take_step(connection); });
    dialect_steps_.run();
}

// Of a connection that ends meanwhile nothing more is asked.
bool ShardState::take_step(ConnectionId connection) {
    Session* session = sessions_.find(connection);
    if (session == nullptr || session->walk == nullptr) {
        return true;
    }
    return std::visit(
        [&](auto& what) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(what)>, Login>) {
                return logins_.take_step(*session, what);
            } else {
                return session->stage == Stage::kEnding || walks_.take_step(*session, what);
            }
        },
        session->walk->what);
}

// What the store says of users is for the connection that asked, what it says of rooms for the log.
void ShardState::handle_stored(Envelope&& answer) {
    if (const auto* found = std::get_if<UserFound>(&answer)) {
        context_.tell(found->connection.shard, UserFound(*found));
    } else if (auto* listed = std::get_if<Box<RoomsListed>>(&answer)) {
        const std::uint32_t shard = (*listed)->connection.shard;
        context_.tell(shard, std::move(*listed));
    } else {
        log_.on_answer(std::move(answer), room_homes_);
    }
}

void ShardState::handle_ask(std::uint32_t from, Envelope&& ask) {
    std::visit(
        [&](auto&& what) {
            using Asked = std::remove_cvref_t<decltype(what)>;
            if constexpr (std::is_same_v<Asked, AttachUser>) {
                user_home_.handle(what);
            } else if constexpr (std::is_same_v<Asked, DetachUser>) {
                user_home_.handle(what, from);
            } else if constexpr (std::is_same_v<Asked, Box<SetUserName>>) {
                user_home_.handle(*what);
            } else if constexpr (std::is_same_v<Asked, Box<SurveyRooms>>) {
                room_homes_.handle(*what);
            } else if constexpr (std::is_same_v<Asked, Box<ClaimName>> ||
                                 std::is_same_v<Asked, Box<ReleaseName>> ||
                                 std::is_same_v<Asked, Box<FindName>> ||
                                 std::is_same_v<Asked, Box<KickName>>) {
                name_home_.handle(*what);
            } else if constexpr (std::is_same_v<Asked, FindUser> ||
                                 std::is_same_v<Asked, ListRooms>) {
                user_home_.handle(what);
            } else if constexpr (std::is_same_v<Asked, Box<LookAtRooms>>) {
                room_homes_.handle(std::move(*what));
            } else if constexpr (std::is_constructible_v<RoomHomes::Ask, Asked&&>) {
                room_homes_.handle(std::move(what));
            } else {
                STENTOR_CHECK(false && "not an ask");
            }
        },
        std::move(ask));
}

void ShardState::handle_tell(Envelope&& tell) {
    std::visit(
        [&](auto&& what) {
            using Told = std::remove_cvref_t<decltype(what)>;
            if constexpr (std::is_same_v<Told, Deliver>) {
                rooms_.handle(what);
            } else if constexpr (std::is_same_v<Told, Box<DeliverToOthers>> ||
                                 std::is_same_v<Told, Box<DeliverDirect>> ||
                                 std::is_same_v<Told, Box<EpochRenewed>> ||
                                 std::is_same_v<Told, Box<Left>>) {
                rooms_.handle(*what);
            } else if constexpr (std::is_same_v<Told, Box<Joined>> ||
                                 std::is_same_v<Told, Box<JoinRefused>>) {
                rooms_.handle(*what);
                walks_.on_join_answered(what->connection, what->number);
            } else if constexpr (std::is_same_v<Told, Box<PositionNoted>>) {
                directory_->handle(*what);
            } else if constexpr (std::is_same_v<Told, UserFound>) {
                walks_.handle(what);
            } else if constexpr (std::is_same_v<Told, Box<RoomsListed>>) {
                walks_.handle(std::move(*what));
            } else if constexpr (std::is_same_v<Told, Box<UserAttached>> ||
                                 std::is_same_v<Told, Box<UserRenamed>> ||
                                 std::is_same_v<Told, Box<NameAnswered>>) {
                logins_.handle(*what);
            } else if constexpr (std::is_same_v<Told, Acked>) {
                answers_.handle(std::move(what));
            } else if constexpr (std::is_same_v<Told, KickUser>) {
                answers_.handle(what);
            } else if constexpr (std::is_same_v<Told, Box<Refused>> ||
                                 std::is_same_v<Told, Box<MembersListed>> ||
                                 std::is_same_v<Told, Box<HistoryRead>> ||
                                 std::is_same_v<Told, Box<Kicked>> ||
                                 std::is_same_v<Told, Box<RoomsSurveyed>>) {
                answers_.handle(*what);
            } else if constexpr (std::is_same_v<Told, RelieveMemory>) {
                sheds_beyond_ = what.sheds_beyond;
                room_homes_.let_empty_rooms_go();
            } else if constexpr (std::is_same_v<Told, StopReading>) {
                connections_.stop_reading();
            } else if constexpr (std::is_same_v<Told, Drain>) {
                connections_.drain();
            } else {
                STENTOR_CHECK(false && "not a tell");
            }
        },
        std::move(tell));
}

void ShardState::timers(core::Instant now) {
    context_.now = now;
    liveness_.on_timers();
    pace_.on_timers();
    context_.timers.advance(now, [this](core::Timer& timer) { room_homes_.on_timer(timer); });
    name_home_.on_timers();
    room_homes_.end_turn();
    context_.port.publish();
}

std::optional<core::Instant> ShardState::next_deadline() const {
    std::optional<core::Instant> next;
    const auto consider = [&next](std::optional<core::Instant> at) {
        next = next && at ? std::min(*next, *at) : next ? next : at;
    };
    consider(liveness_.next_deadline());
    consider(pace_.next_deadline());
    consider(context_.timers.next_deadline());
    consider(name_home_.next_deadline());
    if (stalled()) {
        consider(context_.now + kStalledRetry);
    }
    return next;
}

void ShardState::drained(ConnectionId id) {
    connections_.drained(id);
    walks_.on_drained(id);
}

// With no room above, asks stay where they are and are no reason to stay awake; the deadline above
// brings us back. Otherwise the doorbell does.
bool ShardState::prepare_sleep() {
    if (stalled()) {
        return true;
    }
    // The last publish() may have made room in our own lists, which nobody rings for.
    if (steps_.ready() || dialect_steps_.ready() || gate_.ready() || room_homes_.ready()) {
        return false;
    }
    sleeps_by_doorbell_ = context_.port.prepare_sleep();
    return sleeps_by_doorbell_;
}

void ShardState::awake() {
    if (std::exchange(sleeps_by_doorbell_, false)) {
        context_.port.awake();
    }
}

// ---- the face that the reactor sees

Shard::Shard(const ShardParts& parts) : state_(std::make_unique<ShardState>(parts)) {}
Shard::~Shard() = default;

void Shard::on_open(ConnectionId id, std::uint32_t listener) {
    state_->connections().open(id, listener);
}
std::size_t Shard::on_bytes(ConnectionId id, std::span<std::byte> bytes) {
    return state_->connections().bytes(id, bytes);
}
void Shard::on_peer_finished(ConnectionId id) {
    state_->connections().peer_finished(id);
}
void Shard::on_drained(ConnectionId id) {
    state_->drained(id);
}
void Shard::on_closed(ConnectionId id) {
    state_->connections().closed(id);
}
void Shard::on_lanes(core::Instant now) {
    state_->lanes(now);
}
void Shard::on_timers(core::Instant now) {
    state_->timers(now);
}
std::optional<core::Instant> Shard::next_deadline() const {
    return state_->next_deadline();
}
bool Shard::prepare_sleep() {
    return state_->prepare_sleep();
}
void Shard::awake() {
    state_->awake();
}
const ShardMetrics& Shard::metrics() const {
    return state_->metrics();
}

}  // namespace stentor::chat
