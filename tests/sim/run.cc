// The phases of a run and what must hold between them. Thread: the simulation has one.
// Invariant: checks at rest look only at a cluster that is at rest.
#include "tests/sim/run.h"

#include <algorithm>
#include <map>
#include <set>

#include "chat/names.h"
#include "tests/sim/cluster.h"

namespace stentor::sim {

namespace {

using namespace std::chrono_literals;

class Run {
public:
    explicit Run(std::uint64_t seed, bool trace) : world_(plan_for(seed)) {
        world_.report.trace_to_stdout(trace);
        cluster_.emplace(world_);
    }

    Outcome play() {
        tell_plan();
        for (std::uint32_t round = 0; round < world_.plan.rounds && going(); ++round) {
            cluster_->be_busy(world_.plan.steps_per_round);
            rest_and_check();
            if (going() && may_crash_at_rest()) {
                world_.report.saw(Seen::kCrashAtRest);
                cluster_->crash();
                rest_and_check();
            }
        }
        if (going()) {
            idle_and_check();
        }
        if (going()) {
            end_and_check();
        }
        return Outcome{world_.report.failure(), world_.report.coverage(), world_.report.digest(),
                       world_.truth.events(), cluster_->turns()};
    }

private:
    bool going() const { return !world_.report.failed(); }
    template <typename... Arguments>
    void expect(bool holds, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        world_.report.expect(holds, format, std::forward<Arguments>(arguments)...);
    }
    std::int64_t total(chat::ShardGauge gauge) const {
        std::int64_t sum = 0;
        for (const auto& node : cluster_->nodes()) {
            sum += node->shard().metrics().gauges[gauge].value();
        }
        return sum;
    }

    bool may_crash_at_rest() {
        return world_.plan.log == LogKind::kSqlite && world_.plan.crashes > 0 &&
               world_.choice.one_in(2);
    }

    void tell_plan() {
        const Plan& plan = world_.plan;
        world_.report.trace(
            "seed {}: {}, {} log, {} shards, {} clients, {} rooms, lanes of {}, {} may pend",
            plan.seed, name_of(plan.theme), name_of(plan.log), plan.shards, plan.clients,
            plan.rooms, plan.lane_slots, plan.pending_max);
    }

    // Users who dropped are gone after ten seconds, and the last change of presence may have been
    // shed for a slow reader: one more makes the jump visible.
    void rest_and_check() {
        world_.report.trace("------ rest");
        cluster_->come_to_rest();
        if (going()) cluster_->pass(12s);
        if (going()) cluster_->come_to_rest();
        if (going()) cluster_->stir_presence();
        if (going()) cluster_->come_to_rest();
        // A big room tells of 20 names in half a second.
        if (going()) cluster_->pass(500ms * (2 + world_.plan.clients / 10));
        if (going()) cluster_->come_to_rest();
        if (going()) check_clients();
        if (going()) check_rooms();
        if (going()) check_names();
        if (going()) check_gauges_at_rest();
    }

    void check_clients() {
        for (const auto& client : cluster_->clients()) {
            client->check_what_it_sent();
            for (const auto& [name, room] : client->rooms()) {
                if (!room.in_room()) {
                    continue;
                }
                // Of a direct room that was forgotten since, and is another one, nobody tells.
                if (world_.truth.is_forgotten(name, room.epoch())) continue;
                const std::string& epoch = world_.truth.epoch(name);
                expect(world_.truth.newest_name(name, room.epoch()) == epoch,
                       "{} is in an old epoch of {}", client->label(), name);
                expect(room.next_live() == world_.truth.head(name, epoch) + 1,
                       "{} has {} up to {} of {}", client->label(), name, room.next_live() - 1,
                       world_.truth.head(name, epoch));
            }
        }
    }

    void check_rooms() {
        std::map<std::string, std::set<std::string>> in_room;
        std::int64_t memberships = 0;
        for (const auto& client : cluster_->clients()) {
            for (const auto& [name, room] : client->rooms()) {
                if (room.in_room() && !room.direct()) {
                    in_room[name].insert(client->user());
                    ++memberships;
                }
            }
        }
        std::map<std::string, std::uint64_t> versions;
        for (const auto& client : cluster_->clients()) {
            for (const auto& [name, room] : client->rooms()) {
                if (!room.in_room() || room.direct()) {
                    continue;
                }
                std::set<std::string> seen;
                for (const auto& [user, user_name] : room.members()) {
                    seen.insert(user);
                }
                expect(seen == in_room[name], "{} sees {} members of {} instead of {}",
                       client->label(), seen.size(), name, in_room[name].size());
                const auto [at, is_first] = versions.emplace(name, room.version());
                expect(at->second == room.version(), "{} has version {} of {}, others {}",
                       client->label(), room.version(), name, at->second);
            }
        }
        expect(total(chat::ShardGauge::kMemberships) == memberships,
               "{} memberships on the shards, {} at the clients",
               total(chat::ShardGauge::kMemberships), memberships);
    }

    // A name is one user's. Who has two tabs may have renamed in the other one.
    void check_names() {
        std::map<std::string, std::set<std::string>> names_of;
        for (const auto& client : cluster_->clients()) {
            if (client->logged_in()) {
                names_of[client->user()].insert(client->name());
            }
        }
        std::map<std::string, std::string> holders;
        for (const auto& [user, names] : names_of) {
            if (names.size() == 1) {
                const auto [at, is_first] =
                    holders.emplace(chat::name_skeleton(*names.begin()), user);
                expect(is_first, "{} is the name of {} and of {}", *names.begin(), at->second,
                       user);
            }
        }
    }

    void check_gauges_at_rest() {
        using chat::ShardGauge;
        std::int64_t sessions = 0;
        std::set<std::string> users;
        for (const auto& client : cluster_->clients()) {
            sessions += client->logged_in() ? 1 : 0;
            if (client->logged_in()) {
                users.insert(client->user());
            }
        }
        expect(total(ShardGauge::kSessions) == sessions, "{} sessions, {} clients",
               total(ShardGauge::kSessions), sessions);
        expect(total(ShardGauge::kHomeUsers) == static_cast<std::int64_t>(users.size()),
               "{} users at home, {} are logged in", total(ShardGauge::kHomeUsers), users.size());
        for (const ShardGauge none :
             {ShardGauge::kGapped, ShardGauge::kWaitingAsks, ShardGauge::kBackwardSteps,
              ShardGauge::kPendingEnvelopes, ShardGauge::kPausedConnections}) {
            expect(total(none) == 0, "gauge {} is {} at rest", static_cast<int>(none), total(none));
        }
    }

    // No wake-up without cause: a silent minute is pings and little else.
    void idle_and_check() {
        std::vector<std::uint64_t> before;
        for (const auto& node : cluster_->nodes()) {
            before.push_back(node->turns());
        }
        cluster_->pass(60s);
        for (std::size_t i = 0; i < before.size(); ++i) {
            const Node& node = *cluster_->nodes()[i];
            const std::uint64_t most = 40 + 16 * node.link().connections();
            expect(node.turns() - before[i] <= most, "shard {} turned {} times in an idle minute",
                   i, node.turns() - before[i]);
        }
    }

    void end_and_check() {
        world_.report.trace("------ end");
        if (world_.plan.ends_by_drain) {
            cluster_->drain();
        } else {
            cluster_->leave_one_by_one();
        }
        cluster_->pass(30s);
        if (going() && world_.plan.ends_by_drain) {
            for (const auto& client : cluster_->clients()) {
                const bool was_told = client->saw_goodbye() && client->close_code() == 1012;
                expect(was_told || client->came_too_late(), "{} was not told goodbye",
                       client->label());
            }
        }
        if (going()) cluster_->pass(world_.plan.limits.name_hold + 10s);
        if (going()) check_emptiness();
    }

    void check_emptiness() {
        using chat::ShardGauge;
        for (const auto& node : cluster_->nodes()) {
            expect(node->link().connections() == 0, "{} connections are left",
                   node->link().connections());
            expect(node->link().parcels() == 0, "{} parcels are left", node->link().parcels());
        }
        expect(cluster_->quiet(), "the queue is not empty");
        for (std::size_t i = 0; i < static_cast<std::size_t>(ShardGauge::kCount); ++i) {
            const auto gauge = static_cast<ShardGauge>(i);
            // Memory rooms keep their history when everybody has left.
            if (gauge != ShardGauge::kHomeRooms && gauge != ShardGauge::kHistoryBytes) {
                expect(total(gauge) == 0, "gauge {} is {} at the end", i, total(gauge));
            }
        }
        expect(total(ShardGauge::kHomeRooms) <= static_cast<std::int64_t>(world_.truth.rooms()),
               "{} rooms at the end", total(ShardGauge::kHomeRooms));
    }

    World world_;
    std::optional<Cluster> cluster_;
};

}  // namespace

Outcome run(std::uint64_t seed, bool trace) {
    return Run(seed, trace).play();
}

}  // namespace stentor::sim
