// A reactor's turn without sockets. Thread: the simulation has one. Invariant: see node.h.
#include "tests/sim/node.h"

#include <poll.h>

#include <algorithm>

#include "chat/log/lane_log.h"
#include "tests/sim/recording_log.h"

namespace stentor::sim {

namespace {

constexpr auto kAsk = static_cast<std::uint32_t>(chat::Rank::kAsk);
constexpr auto kTell = static_cast<std::uint32_t>(chat::Rank::kTell);

}  // namespace

Node::Node(World& world, std::uint32_t index, chat::Port& port, const SharedParts& shared)
    : world_(world),
      index_(index),
      port_(port),
      random_(world.plan.seed * 1000 + index + (std::uint64_t{world.processes} << 40)),
      link_(world, index, shared.hand_on) {
    if (shared.store) {
        log_ = std::make_unique<chat::LaneLog>(port_, shared.store->writer, shared.store->reader,
                                               shared.limits);
    } else if (shared.log_thread) {
        log_ = std::make_unique<chat::LaneLog>(port_, *shared.log_thread, shared.limits);
    } else {
        log_ = std::make_unique<RecordingLog>(world_, random_);
    }
    shard_ = std::make_unique<chat::Shard>(chat::ShardParts{
        .index = index,
        .shards = world.plan.shards,
        .port = port_,
        .link = link_,
        .clock = world.clock,
        .random = random_,
        .log = *log_,
        .front = shared.front,
        .tokens = shared.tokens,
        .limits = shared.limits,
        .home_key = {world.plan.seed, 1},
        .listeners = {chat::Front::Listener::kAdmin, chat::Front::Listener::kPublic},
        .store = shared.store,
        .held_names = shared.held_names});
}

bool Node::is_rung() const {
    pollfd readable{port_.doorbell().fd(), POLLIN, 0};
    return ::poll(&readable, 1, 0) == 1;
}

std::optional<core::Instant> Node::next_deadline() const {
    std::optional<core::Instant> next = shard_->next_deadline();
    const auto of_link = link_.next_deadline();
    if (of_link && (!next || *of_link < *next)) {
        next = of_link;
    }
    return next;
}

bool Node::runnable() const {
    if (stopped()) {
        return false;
    }
    const core::Instant now = world_.clock.now();
    if (!asleep_ || link_.has_work(now) || is_rung()) {
        return true;
    }
    const auto deadline = next_deadline();
    return deadline && *deadline <= now;
}

void Node::turn() {
    const core::Instant now = world_.clock.now();
    const bool was_asleep = asleep_;
    if (was_asleep) {
        world_.report.saw(Seen::kSleep);
        const auto deadline = next_deadline();
        const bool timely = link_.has_work(now) || (deadline && *deadline <= now);
        if (is_rung()) {
            world_.report.saw(Seen::kWokenByDoorbell);
            const bool needless = !timely && !port_.has_work() && port_.pending() == 0;
            world_.report.saw(Seen::kNeedlessWake, needless ? 1 : 0);
        }
    }
    ++turns_;
    shard_->awake();
    link_.begin_turn(now);
    link_.receive(*shard_);
    shard_->on_lanes(now);
    shard_->on_timers(now);
    link_.flush(*shard_);
    link_.reap(*shard_);
    note_coverage();
    asleep_ = shard_->prepare_sleep();
    if (!asleep_) {
        shard_->awake();
    }
}

void Node::note_coverage() {
    const bool asks_full = !port_.has_room(kAsk);
    if (link_.pauses() > pauses_seen_) {
        world_.report.saw(asks_full ? Seen::kPausedByFullAsks : Seen::kPausedOtherwise);
        pauses_seen_ = link_.pauses();
    }
    const auto& gauges = shard_->metrics().gauges;
    world_.report.saw(Seen::kJoinWhileOpening,
                      gauges[chat::ShardGauge::kWaitingAsks].value() > 0 ? 1 : 0);
    const std::int64_t gapped = gauges[chat::ShardGauge::kGapped].value();
    world_.report.saw(Seen::kGapLeft, gapped < gapped_ ? 1 : 0);
    gapped_ = gapped;
    for (std::uint32_t to = 0; to < world_.plan.shards; ++to) {
        world_.report.saw(Seen::kPendingAsks, port_.pending(to, kAsk) > 0 ? 1 : 0);
        world_.report.saw(Seen::kPendingTells, port_.pending(to, kTell) > 0 ? 1 : 0);
    }
}

void Node::check_invariants() {
    if (asleep_ && port_.has_work() && !is_rung()) {
        // A shard that cannot tell anybody anything looks again soon instead.
        const auto deadline = next_deadline();
        world_.report.expect(deadline && *deadline <= world_.clock.now() + chat::kStalledRetry,
                             "shard {} sleeps over work and was not rung for", index_);
    }
    check_pending();
}

// Bounded memory: a full list grows by one ask for each connection at most, and by what one ask or
// the end of a turn may still tell.
void Node::check_pending() {
    const std::size_t connections = link_.connections();
    // Who died since it asked is still to be taken leave of, and bounded itself.
    const auto departed = static_cast<std::size_t>(
        shard_->metrics().gauges[chat::ShardGauge::kBackwardSteps].value());
    // Asks that waited in vain for a room to be opened are refused all at once.
    waiting_ = std::max(port_.pending() == 0 ? 0 : waiting_, waiting_now_);
    waiting_now_ =
        static_cast<std::size_t>(shard_->metrics().gauges[chat::ShardGauge::kWaitingAsks].value());
    const std::size_t ends_of_turn = 8 + 4 * std::size_t{world_.plan.rooms} + waiting_;
    for (std::uint32_t to = 0; to < world_.plan.shards; ++to) {
        const std::size_t asks = port_.pending(to, kAsk);
        world_.report.expect(
            asks <= world_.plan.pending_max + connections + departed,
            "{} asks pend from shard {} to {}, with {} connections and {} departed", asks, index_,
            to, connections, departed);
        const std::size_t tells = port_.pending(to, kTell);
        world_.report.expect(tells <= world_.plan.pending_max + connections + ends_of_turn,
                             "{} tells pend from shard {} to {}", tells, index_, to);
    }
}

}  // namespace stentor::sim
