// The scheduler. Thread: the simulation has one. Invariant: see cluster.h.
#include "tests/sim/cluster.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace stentor::sim {

namespace {

using namespace std::chrono_literals;

// Rest must come within this much time, whatever went on before.
constexpr core::Duration kRestMax = 300s;
constexpr std::uint32_t kRestRoundsMax = 200'000;
// A slow shard has one turn in so many that it could have.
constexpr std::uint64_t kSlowness = 50;
// Of those that a node has.
constexpr std::uint32_t kPublicListener = 1;
constexpr std::uint64_t kDayMs = 24 * 60 * 60 * 1000;

}  // namespace

Cluster::Cluster(World& world)
    : world_(world),
      front_({.origins = {}, .echo = false, .deflate = world.plan.deflate, .page = {}},
             [] { return std::string(); }),
      process_(std::make_unique<Process>(world, front_)) {
    const Plan& plan = world.plan;
    for (std::uint32_t i = 0; i <= plan.clients; ++i) {
        clients_.push_back(std::make_unique<Client>(world, i, [this](std::shared_ptr<Wire> wire) {
            world_.choice.pick(nodes())->link().arrive(
                {.wire = std::move(wire), .listener = kPublicListener});
        }));
        if (i > 0 && i < plan.clients && world.choice.one_in(5)) {
            clients_.back()->be_tab_of(*clients_[world.choice.below(i)]);
        }
    }
}

// ---- time

void Cluster::advance(core::Duration by) {
    world_.clock.advance(by);
    world_.report.at(
        std::chrono::duration_cast<std::chrono::microseconds>(world_.clock.since_start()).count());
}

void Cluster::move_time() {
    const Plan& plan = world_.plan;
    advance(std::chrono::microseconds{world_.choice.below(200)});
    if (plan.time_jumps > 0 && world_.choice.one_in(plan.time_jumps)) {
        const bool is_long = plan.retain_days > 0 && world_.choice.one_in(10);
        world_.report.saw(Seen::kLongSleep, is_long ? 1 : 0);
        advance(is_long ? core::Duration{11min}
                        : std::chrono::milliseconds{world_.choice.between(500, 15'000)});
        world_.report.saw(Seen::kTimeJump);
        world_.report.trace("       time jumps");
    }
    if (plan.clock_steps > 0 && world_.choice.one_in(plan.clock_steps)) {
        set_wall_clock();
    }
}

// By an hour at most, back; where things grow too old also forth, by days.
void Cluster::set_wall_clock() {
    const std::uint32_t days = world_.plan.retain_days;
    if (days > 0 && world_.choice.one_in(3)) {
        const std::uint64_t most_days = world_.choice.one_in(2) ? 9 : days + 1;
        world_.clock.set_wall(static_cast<std::int64_t>(world_.choice.below(most_days * kDayMs)));
        world_.report.saw(Seen::kAllTooOld);
    } else {
        world_.clock.set_wall(-static_cast<std::int64_t>(world_.choice.between(1, 3'600'000)));
        world_.report.saw(Seen::kWallClockBack);
    }
    world_.report.trace("       the wall clock is set");
}

void Cluster::jump(core::Duration most) {
    const core::Instant now = world_.clock.now();
    const core::Instant next = std::min(now + most, process_->next_deadline().value_or(now + most));
    advance(std::max<core::Duration>(next - now, 1us));
}

// ---- busy

void Cluster::be_busy(std::uint32_t steps) {
    process_->calm(false);
    const std::uint64_t clients_a_step = 1 + world_.plan.clients / 30;
    for (std::uint32_t i = 0; i < steps && !world_.report.failed(); ++i) {
        move_time();
        const std::uint64_t what = world_.choice.below(100);
        if (what < 45) {
            turn_some_node();
        } else if (what < 55) {
            process_->turn_log();
        } else if (what < 99) {
            for (std::uint64_t n = 0; n < clients_a_step; ++n) {
                Client& client = *clients_[world_.choice.below(world_.plan.clients)];
                if (world_.choice.one_in(2)) {
                    client.follow_a_whim();
                } else if (client.can_read()) {
                    client.read(false);
                }
            }
        } else {
            something_rare();
        }
        if (world_.plan.log == LogKind::kSqlite && world_.plan.crashes > 0 &&
            world_.choice.one_in(world_.plan.crashes)) {
            crash();
        }
    }
}

// Between any two steps.
void Cluster::crash() {
    const bool restores = world_.plan.restores && world_.choice.one_in(2);
    const auto how =
        restores ? Store::End::kRestored : static_cast<Store::End>(world_.choice.below(3));
    static constexpr auto kNames =
        std::to_array<std::string_view>({"closed", "killed", "power cut", "restored"});
    world_.report.trace("------ the server ends ({})", kNames[static_cast<std::size_t>(how)]);
    for (const auto& client : clients_) {
        client->lose_server();
    }
    process_->store()->end(how);
    turns_before_ += process_->turns();
    process_.reset();
    process_ = std::make_unique<Process>(world_, front_);
    for (const auto& client : clients_) {
        client->believe_the_log();
    }
}

void Cluster::turn_some_node() {
    const std::uint64_t index = world_.choice.below(nodes().size());
    if (index == 0 && world_.plan.has_slow_shard && !world_.choice.one_in(kSlowness)) {
        return;
    }
    if (nodes()[index]->runnable()) {
        turn(*nodes()[index]);
    }
}

void Cluster::something_rare() {
    const Plan& plan = world_.plan;
    if (plan.has_stopping_shard && world_.choice.one_in(4)) {
        const auto time = std::chrono::milliseconds{world_.choice.between(1, 40)};
        world_.choice.pick(nodes())->stop_until(world_.clock.now() + time);
    }
    if (plan.theme == Theme::kCrowd && world_.choice.one_in(12)) {
        world_.report.saw(Seen::kMassLeave);
        world_.report.trace("       half of the clients die");
        for (std::uint32_t i = 0; i < plan.clients; i += 2) {
            clients_[i]->die();
        }
    }
}

void Cluster::turn(Node& node) {
    node.turn();
    for (const auto& each : nodes()) {
        each->check_invariants();
    }
}

// ---- rest

bool Cluster::turn_all() {
    bool did = false;
    for (const auto& node : nodes()) {
        if (node->runnable()) {
            turn(*node);
            did = true;
        }
    }
    did = process_->turn_logs() || did;
    if (process_->control().pending() > 0) {
        process_->control().publish();
    }
    for (const auto& client : clients_) {
        if (client->can_read()) {
            client->read(true);
            did = true;
        }
    }
    return did;
}

bool Cluster::rest_all() {
    bool rested = true;
    for (const auto& client : clients_) {
        rested = client->rest() && rested;
    }
    return rested;
}

void Cluster::come_to_rest() {
    process_->calm(true);
    const core::Instant latest = world_.clock.now() + kRestMax;
    for (std::uint32_t round = 0; !world_.report.failed(); ++round) {
        const bool did = turn_all();
        const bool rested = rest_all();
        if (!did && rested && quiet()) {
            return;
        }
        if (world_.clock.now() > latest || round > kRestRoundsMax) {
            const auto who = std::ranges::find_if(clients_, [](const auto& client) {
                return client->what_is_missing() != "nothing";
            });
            world_.report.fail("no rest: {}",
                               who == clients_.end()
                                   ? "something goes on for ever"
                                   : (*who)->label() + " misses " + (*who)->what_is_missing());
            return;
        }
        did ? advance(20us) : jump(1s);
    }
}

void Cluster::pass(core::Duration time) {
    const core::Instant end = world_.clock.now() + time;
    while (world_.clock.now() < end && !world_.report.failed()) {
        if (turn_all()) {
            advance(20us);
        } else {
            jump(end - world_.clock.now());
        }
    }
}

void Cluster::stir_presence() {
    Client& stirrer = *clients_.back();
    for (std::uint32_t i = 0; i < world_.plan.rooms; ++i) {
        stirrer.join_or_leave(fmt::format("room{}", i));
    }
}

// ---- the end

void Cluster::leave_one_by_one() {
    for (const auto& client : clients_) {
        client->leave_for_good(world_.choice.one_in(3));
        if (world_.choice.one_in(2)) {
            turn_all();
        }
    }
}

void Cluster::drain() {
    for (const auto& client : clients_) {
        if (world_.plan.hints > 0 && world_.choice.one_in(4)) client->come_late();
    }
    for (std::uint32_t i = 0; i < world_.plan.shards; ++i) {
        if (world_.choice.one_in(2)) turn_some_node();
    }
    for (const auto& client : clients_) {
        client->stay_away();
    }
    for (std::uint32_t i = 0; i < world_.plan.shards; ++i) {
        process_->control().push(i, static_cast<std::uint32_t>(chat::Rank::kTell), chat::Drain{});
    }
    process_->control().publish();
}

}  // namespace stentor::sim
