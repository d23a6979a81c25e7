// The parts of a process. Thread: the simulation has one. Invariant: see process.h.
#include "tests/sim/process.h"

#include <algorithm>

namespace stentor::sim {

namespace {

core::BroadcastQueueConfig queue_config(const Plan& plan) {
    // The shards, the control, the log: one thread or the two of the store.
    return {.participants = plan.shards + 3,
            .ranks = chat::kRanks,
            .lane_slots = plan.lane_slots,
            .pending_max = plan.pending_max};
}

chat::SessionTokens::Key key_for(std::uint64_t seed) {
    chat::SessionTokens::Key key{};
    key[0] = static_cast<std::byte>(seed & 0xff);
    return key;
}

}  // namespace

Process::Process(World& world, const chat::Front& front)
    : world_(world), queue_(queue_config(world.plan)) {
    const Plan& plan = world.plan;
    ++world.processes;
    const std::uint32_t first = plan.shards + 1;
    if (plan.log == LogKind::kSqlite) {
        store_ = std::make_unique<Store>(world, queue_.port(first), queue_.port(first + 1));
    } else if (plan.log != LogKind::kMemory) {
        log_thread_ = std::make_unique<LogThread>(world, queue_.port(first));
    }
    tokens_.emplace(store_ == nullptr ? key_for(plan.seed) : store_->session_key());
    SharedParts shared{.front = front, .tokens = *tokens_, .limits = plan.limits};
    shared.hand_on = [this](std::uint32_t shard, Arrival arrival) {
        nodes_[shard]->link().arrive(std::move(arrival));
    };
    if (store_ != nullptr) {
        shared.store = chat::StoreLanes{first, first + 1};
        shared.held_names = store_->held_names();
    } else if (log_thread_ != nullptr) {
        shared.log_thread = first;
    }
    for (std::uint32_t i = 0; i < plan.shards; ++i) {
        nodes_.push_back(std::make_unique<Node>(world, i, queue_.port(i), shared));
    }
}

bool Process::turn_log() {
    if (store_ != nullptr) {
        return store_->turn(world_.choice.one_in(2));
    }
    if (log_thread_ == nullptr || !log_thread_->runnable()) {
        return false;
    }
    log_thread_->turn();
    return true;
}

bool Process::turn_logs() {
    if (store_ == nullptr) {
        return turn_log();
    }
    const bool wrote = store_->turn(true);
    return store_->turn(false) || wrote;
}

void Process::calm(bool on) {
    if (log_thread_ != nullptr) log_thread_->calm(on);
    if (store_ != nullptr) store_->calm(on);
}

std::optional<core::Instant> Process::next_deadline() const {
    std::optional<core::Instant> next;
    const auto consider = [&next](std::optional<core::Instant> deadline) {
        if (deadline && (!next || *deadline < *next)) next = deadline;
    };
    for (const auto& node : nodes_) consider(node->next_deadline());
    if (log_thread_ != nullptr) consider(log_thread_->next_deadline());
    if (store_ != nullptr) consider(store_->next_deadline());
    return next;
}

bool Process::quiet() const {
    const bool nodes_quiet =
        std::ranges::all_of(nodes_, [](const auto& node) { return node->port().pending() == 0; });
    return nodes_quiet && (log_thread_ == nullptr || log_thread_->waiting() == 0) &&
           (store_ == nullptr || store_->quiet());
}

std::uint64_t Process::turns() const {
    std::uint64_t sum = 0;
    for (const auto& node : nodes_) sum += node->turns();
    return sum;
}

}  // namespace stentor::sim
