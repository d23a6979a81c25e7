// See small_cluster.h.
// Thread: one.
// Invariant: see small_cluster.h.
#include "tests/chat/support/small_cluster.h"

#include <algorithm>
#include <stdexcept>

#include "tests/chat/support/inflated.h"

namespace stentor::chat {
namespace {

template <typename Fn>
auto sum_of(const SmallCluster& cluster, Fn&& fn) {
    decltype(fn(cluster.nodes[0]->shard.metrics())) sum = 0;
    for (const auto& node : cluster.nodes) sum += fn(node->shard.metrics());
    return sum;
}

}  // namespace

SmallCluster::Node::Node(SmallCluster& cluster, std::uint32_t index)
    : link(index, cluster.clock, cluster.plan.limits.outbox_bytes),
      random(index + 1),
      log(cluster.clock, random),
      shard({.index = index,
             .shards = cluster.plan.shards,
             .port = cluster.queue.port(index),
             .link = link,
             .clock = cluster.clock,
             .random = random,
             .log = log,
             .front = cluster.front,
             .tokens = cluster.tokens,
             .limits = cluster.plan.limits,
             .home_key = {3, 4},
             .listeners = {Front::Listener::kPublic, Front::Listener::kLine,
                           Front::Listener::kConsole},
             .store = {},
             .end_server = [&cluster] { ++cluster.ends_wanted; },
             .memory = cluster.memory}) {}

SmallCluster::SmallCluster(const ClusterPlan& cluster_plan)
    : plan(cluster_plan),
      queue({.participants = plan.shards + 1,
             .ranks = kRanks,
             .lane_slots = plan.lane_slots,
             .pending_max = plan.pending_max}) {
    for (std::uint32_t index = 0; index < plan.shards; ++index) {
        nodes.push_back(std::make_unique<Node>(*this, index));
    }
}

SmallCluster::~SmallCluster() = default;

void SmallCluster::turn(std::uint32_t index) {
    Node& node = *nodes[index];
    node.shard.awake();
    node.link.receive(node.shard);
    node.shard.on_lanes(clock.now());
    node.shard.on_timers(clock.now());
    node.link.call_drained(node.shard);
    node.link.reap(node.shard);
}

void SmallCluster::settle() {
    for (int rounds = 0; rounds < 10000; ++rounds) {
        bool quiet = true;
        for (std::uint32_t index = 0; index < plan.shards; ++index) {
            turn(index);
        }
        for (const auto& node : nodes) {
            quiet = node->link.idle() && node->shard.prepare_sleep() && quiet;
        }
        if (quiet) {
            return;
        }
    }
    throw std::runtime_error("the shards do not come to rest");
}

void SmallCluster::pass(core::Duration time) {
    settle();
    const core::Instant end = clock.now() + time;
    while (clock.now() < end) {
        core::Instant next = end;
        for (const auto& node : nodes) {
            next = std::min(next, std::max(node->shard.next_deadline().value_or(end),
                                           clock.now() + std::chrono::milliseconds{1}));
        }
        clock.advance(next - clock.now());
        settle();
    }
}

void SmallCluster::say_drain() {
    Port& control = queue.port(plan.shards);
    for (std::uint32_t index = 0; index < plan.shards; ++index) {
        control.push(index, Context::rank(Rank::kTell), Envelope(Drain{}));
    }
    control.publish();
}

std::int64_t SmallCluster::gauge(ShardGauge which) const {
    return sum_of(*this, [&](const auto& metrics) { return metrics.gauges[which].value(); });
}

std::uint64_t SmallCluster::counter(ShardCounter which) const {
    return sum_of(*this, [&](const auto& metrics) { return metrics.counters[which].value(); });
}

std::uint64_t SmallCluster::violations(ws::Violation which) const {
    return sum_of(*this, [&](const auto& metrics) { return metrics.violations[which].value(); });
}

std::uint64_t SmallCluster::answers(std::uint16_t status) const {
    return sum_of(*this, [&](const auto& metrics) {
        return metrics.http_answers[http_status(status)].value();
    });
}

Client::Client(SmallCluster& cluster, std::uint32_t shard, std::string_view path,
               std::string_view extensions)
    : cluster_(cluster), node_(*cluster.nodes[shard]), id_(node_.link.connect().id) {
    node_.shard.on_open(id_, 0);
    send_raw("GET " + std::string(path) +
             " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
             (extensions.empty()
                  ? std::string()
                  : "Sec-WebSocket-Extensions: " + std::string(extensions) + "\r\n") +
             "\r\n");
    cluster_.settle();
    head = node_.link.read(id_);
    unread_ = head.substr(head.find("\r\n\r\n") + 4);
}

void Client::say(std::string_view json, ws::Opcode opcode) {
    ws::append_masked_frame(connection().input, opcode, json, ws::MaskKey{});
}

std::string Client::ask(std::string_view json) {
    say(json);
    cluster_.settle();
    return heard();
}

std::string Client::log_in(std::string_view name) {
    return ask(R"({"type":"login","id":"l","name":")" + std::string(name) + R"("})");
}

std::string Client::join(std::string_view room) {
    return ask(R"({"type":"join","id":"j","room":")" + std::string(room) + R"("})");
}

std::string Client::send_command(std::string_view room, std::string_view id,
                                 std::string_view content) {
    return R"({"type":"send","room":")" + std::string(room) + R"(","id":")" + std::string(id) +
           R"(","content":")" + std::string(content) + R"("})";
}

std::string Client::heard(std::size_t bytes_max) {
    if (node_.link.find(id_) != nullptr) {
        unread_ += node_.link.read(id_, bytes_max);
    }
    std::string lines;
    while (const std::size_t size = whole_frame()) {
        const std::size_t header = ws::frame_header_bytes(payload_bytes());
        const auto first = static_cast<unsigned char>(unread_[0]);
        const auto opcode = first & 0x0f;
        std::string payload = unread_.substr(header, size - header);
        if ((first & ws::kRsv1Bit) != 0) {
            ++deflated_frames;
            payload = inflated(payload, window_bits).value_or("BROKEN");
        }
        frame_bytes += size;
        lines += opcode == 8    ? "close " + std::to_string(close_code(header))
                 : opcode == 9  ? "ping"
                 : opcode == 10 ? "pong " + payload
                                : payload;
        lines += '\n';
        unread_.erase(0, size);
    }
    return lines;
}

std::size_t Client::length_at(std::size_t at, std::size_t count) const {
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i) {
        length = length << 8 | static_cast<unsigned char>(unread_[at + i]);
    }
    return length;
}

std::size_t Client::payload_bytes() const {
    const std::size_t small = static_cast<unsigned char>(unread_[1]) & 0x7f;
    return small < 126 ? small : length_at(2, small == 126 ? 2 : 8);
}

std::size_t Client::whole_frame() const {
    if (unread_.size() < 2) {
        return 0;
    }
    const std::size_t small = static_cast<unsigned char>(unread_[1]) & 0x7f;
    if (unread_.size() < (small < 126 ? 2u : small == 126 ? 4u : 10u)) {
        return 0;
    }
    const std::size_t size = ws::frame_header_bytes(payload_bytes()) + payload_bytes();
    return unread_.size() < size ? 0 : size;
}

}  // namespace stentor::chat
