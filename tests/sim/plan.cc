// Drawing a plan. Thread: any. Invariant: themes and logs take turns with the seed, so that any
// hundred seeds in a row have them all.
#include "tests/sim/plan.h"

#include <algorithm>
#include <array>

#include "tests/sim/choice.h"

namespace stentor::sim {

std::string_view name_of(LogKind kind) {
    switch (kind) {
        case LogKind::kMemory:
            return "memory";
        case LogKind::kSlow:
            return "slow";
        case LogKind::kRemote:
            return "remote";
        case LogKind::kSqlite:
            return "sqlite";
        case LogKind::kCount:
            break;
    }
    return "?";
}

std::string_view name_of(Theme theme) {
    switch (theme) {
        case Theme::kMixed:
            return "mixed";
        case Theme::kNames:
            return "names";
        case Theme::kSlowReaders:
            return "slow-readers";
        case Theme::kRetention:
            return "retention";
        case Theme::kRaces:
            return "races";
        case Theme::kCrowd:
            return "crowd";
        case Theme::kSlowShard:
            return "slow-shard";
        case Theme::kCount:
            break;
    }
    return "?";
}

namespace {

void dwell_on_theme(Plan& plan, Choice& choice) {
    switch (plan.theme) {
        case Theme::kNames:
            plan.names = static_cast<std::uint32_t>(choice.between(1, 4));
            break;
        case Theme::kSlowReaders:
            plan.slow_readers = 50;
            plan.large_contents = 20;
            plan.limits.outbox_bytes = chat::kOutboxBytesMin;
            break;
        case Theme::kRetention:
            plan.large_contents = 70;
            plan.rooms = 1;
            plan.steps_per_round *= 2;
            break;
        case Theme::kRaces:
            plan.rooms = static_cast<std::uint32_t>(choice.between(1, 2));
            plan.limits.joins_per_second = choice.one_in(2) ? 2 : 0;
            break;
        case Theme::kCrowd:
            plan.clients = static_cast<std::uint32_t>(choice.between(120, 220));
            plan.rooms = choice.one_in(3) ? 2 : 1;
            plan.names = plan.clients;
            plan.rounds = 2;
            plan.steps_per_round = 2800;
            plan.large_contents = 0;
            break;
        case Theme::kSlowShard:
            plan.shards = static_cast<std::uint32_t>(choice.between(2, 8));
            plan.has_slow_shard = true;
            plan.has_stopping_shard = choice.one_in(2);
            break;
        default:
            break;
    }
}

// Outboxes whose runs may hold 48 and 64 KiB, and who fills them. One seed in five, which over 140
// seeds is every theme with every log.
bool has_large_runs(const Plan& plan) {
    return plan.seed % 5 == 2 && plan.theme != Theme::kCrowd;
}

void make_large_runs(Plan& plan, Choice& choice) {
    static constexpr auto kOutboxKiB = std::to_array<std::uint32_t>({192, 256, 256, 1024});
    plan.limits.outbox_bytes = std::size_t{kOutboxKiB[choice.below(kOutboxKiB.size())]} * 1024;
    plan.limits.sends_per_second = 0;
    if (choice.one_in(2)) plan.limits.store_queue_bytes = 8 * 1024 * 1024;
    plan.deflate = true;
    plan.deflating = static_cast<std::uint32_t>(choice.between(20, 100));
    plan.lane_slots = 1u << choice.between(7, 9);
    plan.clients = std::min(plan.clients, static_cast<std::uint32_t>(choice.between(4, 10)));
    plan.rooms = std::min(plan.rooms, static_cast<std::uint32_t>(choice.between(1, 2)));
    plan.steps_per_round = static_cast<std::uint32_t>(choice.between(1200, 2400));
    plan.slow_readers = static_cast<std::uint32_t>(choice.between(20, 60));
    plan.bursts = static_cast<std::uint32_t>(choice.between(8, 24));
}

}  // namespace

Plan plan_for(std::uint64_t seed) {
    Choice choice(seed * 0x9e3779b97f4a7c15u + 1);
    const auto number = [&choice](std::uint64_t first, std::uint64_t last) {
        return static_cast<std::uint32_t>(choice.between(first, last));
    };
    Plan plan;
    plan.seed = seed;
    plan.theme = static_cast<Theme>(seed % static_cast<std::uint64_t>(Theme::kCount));
    plan.log = static_cast<LogKind>(seed / static_cast<std::uint64_t>(Theme::kCount) %
                                    static_cast<std::uint64_t>(LogKind::kCount));
    plan.shards = number(1, 8);
    plan.lane_slots = 1u << number(1, 6);
    plan.pending_max = number(2, 64);
    plan.clients = number(2, 24);
    plan.rooms = number(1, 5);
    plan.names = number(4, 40);
    plan.rounds = number(1, 3);
    plan.steps_per_round = number(500, 3000);
    plan.slow_readers = number(0, 20);
    plan.large_contents = choice.one_in(3) ? 5 : 0;
    plan.time_jumps = choice.one_in(2) ? number(100, 2000) : 0;
    plan.has_stopping_shard = choice.one_in(6);
    plan.ends_by_drain = choice.one_in(3);
    plan.limits.outbox_bytes = choice.one_in(2) ? chat::kOutboxBytesMin : 64 * 1024;
    plan.limits.sends_per_second = choice.one_in(6) ? 20 : 0;
    plan.deflating = choice.one_in(4) ? 0 : number(0, 100);
    plan.deflate = !choice.one_in(8);
    plan.limits.joins_per_second = choice.one_in(6) ? 10 : 0;
    plan.limits.store_queue_bytes = choice.one_in(3) ? number(2, 32) * 1024 : 8 * 1024 * 1024;
    plan.clock_steps = choice.one_in(3) ? number(50, 500) : 0;
    plan.durability = choice.one_in(3) ? chat::Durability::kSynced : chat::Durability::kDisk;
    plan.retain_events = choice.one_in(3) ? 0 : number(20, 200);
    plan.retain_days = choice.one_in(3) && plan.log == LogKind::kSqlite ? number(1, 3) : 0;
    plan.crashes = choice.one_in(4) ? 0 : number(200, 1500);
    plan.restores = choice.one_in(2);
    if (plan.retain_days > 0 && plan.clock_steps == 0) {
        plan.clock_steps = number(100, 500);
    }
    // Then most pages are read from the disk.
    if (plan.log == LogKind::kSqlite && choice.one_in(3)) {
        plan.limits.history_bytes_per_shard_max = number(2, 64) * 1024;
    }
    dwell_on_theme(plan, choice);
    if (has_large_runs(plan)) make_large_runs(plan, choice);
    plan.hints = choice.one_in(3) ? 0 : number(10, 100);
    plan.hand_overs_refused = choice.one_in(2) ? 0 : number(1, 60);
    return plan;
}

}  // namespace stentor::sim
