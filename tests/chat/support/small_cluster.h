// A few shards with their queue, log and fake links, turned by hand in one thread; and clients that
// speak the native protocol to them. For the tests of what a session sees.
// Thread: one.
// Invariant: nothing happens but in turn() and settle(); the clock stands still between them.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/context.h"
#include "chat/dialect/service.h"
#include "chat/front.h"
#include "chat/log/memory_log.h"
#include "chat/shard.h"
#include "chat/web_assets.h"
#include "tests/chat/support/fake_link.h"
#include "tests/chat/support/inflated.h"
#include "ws/frame_writer.h"

namespace stentor::chat {

struct ClusterPlan {
    std::uint32_t shards = 1;
    Limits limits{};
    std::size_t lane_slots = 1024;
    std::size_t pending_max = 1024;
};

class SmallCluster {
public:
    explicit SmallCluster(const ClusterPlan& cluster_plan = {})
        : plan(cluster_plan),
          queue({.participants = plan.shards + 1,
                 .ranks = kRanks,
                 .lane_slots = plan.lane_slots,
                 .pending_max = plan.pending_max}) {
        for (std::uint32_t index = 0; index < plan.shards; ++index) {
            nodes.push_back(std::make_unique<Node>(*this, index));
        }
    }

    void turn(std::uint32_t index) {
        Node& node = *nodes[index];
        node.shard.awake();
        node.link.receive(node.shard);
        node.shard.on_lanes(clock.now());
        node.shard.on_timers(clock.now());
        node.link.call_drained(node.shard);
        node.link.reap(node.shard);
    }
    // Turns all shards until each of them would sleep.
    void settle() {
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
    // No shard is late: time stops at each deadline on the way.
    void pass(core::Duration time) {
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
    // To every shard, as the server does when it ends.
    void say_drain() {
        Port& control = queue.port(plan.shards);
        for (std::uint32_t index = 0; index < plan.shards; ++index) {
            control.push(index, Context::rank(Rank::kTell), Envelope(Drain{}));
        }
        control.publish();
    }
    std::int64_t gauge(ShardGauge which) const {
        std::int64_t sum = 0;
        for (const auto& node : nodes) {
            sum += node->shard.metrics().gauges[which].value();
        }
        return sum;
    }
    std::uint64_t counter(ShardCounter which) const {
        std::uint64_t sum = 0;
        for (const auto& node : nodes) {
            sum += node->shard.metrics().counters[which].value();
        }
        return sum;
    }

    std::uint64_t violations(ws::Violation which) const {
        std::uint64_t sum = 0;
        for (const auto& node : nodes) {
            sum += node->shard.metrics().violations[which].value();
        }
        return sum;
    }
    std::uint64_t answers(std::uint16_t status) const {
        std::uint64_t sum = 0;
        for (const auto& node : nodes) {
            sum += node->shard.metrics().http_answers[http_status(status)].value();
        }
        return sum;
    }

    struct Node {
        Node(SmallCluster& cluster, std::uint32_t index)
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
        FakeLink link;
        SeededRandom random;
        MemoryLog log;
        Shard shard;
    };

    const ClusterPlan plan;
    MemoryPressure memory{1};  // what it shows is the test's choice
    core::ManualClock clock;
    BroadcastQueue queue;
    // A page of one file, larger than what a test reads at a time.
    std::vector<std::byte> file = std::vector<std::byte>(4096);
    std::array<WebAsset, 1> page{WebAsset{"/", "text/plain", file, "\"1\""}};
    Front front{{.origins = {},
                 .echo = true,
                 .page = page,
                 .dialects = {*dialect_named("classic"), *dialect_named("plain")}},
                {}};
    std::uint32_t ends_wanted = 0;  // by the operator
    SessionTokens tokens{SessionTokens::Key{}};
    std::vector<std::unique_ptr<Node>> nodes;
};

// A WebSocket client of one shard. What it reads it keeps as the payloads of text frames.
class Client {
public:
    explicit Client(SmallCluster& cluster, std::uint32_t shard = 0, std::string_view path = "/ws",
                    std::string_view extensions = {})
        : cluster_(cluster), node_(*cluster.nodes[shard]), id_(node_.link.connect().id) {
        node_.shard.on_open(id_, {}, 0);
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

    void send_raw(std::string_view bytes) { connection().input += bytes; }
    void say(std::string_view json, ws::Opcode opcode = ws::Opcode::kText) {
        ws::append_masked_frame(connection().input, opcode, json, ws::MaskKey{});
    }
    // Says, lets the shards come to rest, and returns what came: the JSON of all frames, a line
    // each.
    std::string ask(std::string_view json) {
        say(json);
        cluster_.settle();
        return heard();
    }
    std::string log_in(std::string_view name) {
        return ask(R"({"type":"login","id":"l","name":")" + std::string(name) + R"("})");
    }
    std::string join(std::string_view room) {
        return ask(R"({"type":"join","id":"j","room":")" + std::string(room) + R"("})");
    }
    static std::string send_command(std::string_view room, std::string_view id,
                                    std::string_view content) {
        return R"({"type":"send","room":")" + std::string(room) + R"(","id":")" + std::string(id) +
               R"(","content":")" + std::string(content) + R"("})";
    }

    // Reads everything, or so many bytes; whole frames come back.
    std::string heard(std::size_t bytes_max = SIZE_MAX) {
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
    void leave_without_a_word() { connection().leaves = true; }
    void say_close() { say("\x03\xe8", ws::Opcode::kClose); }

    std::string head;  // of the answer to the upgrade
    std::uint64_t deflated_frames = 0;
    std::uint64_t frame_bytes = 0;
    int window_bits = 15;  // what the server's references must keep to

    bool alive() const { return node_.link.find(id_) != nullptr; }
    FakeLink::Connection& connection() { return node_.link.live(id_); }
    ConnectionId id() const { return id_; }

private:
    std::size_t length_at(std::size_t at, std::size_t count) const {
        std::size_t length = 0;
        for (std::size_t i = 0; i < count; ++i) {
            length = length << 8 | static_cast<unsigned char>(unread_[at + i]);
        }
        return length;
    }
    std::size_t payload_bytes() const {
        const std::size_t small = static_cast<unsigned char>(unread_[1]) & 0x7f;
        return small < 126 ? small : length_at(2, small == 126 ? 2 : 8);
    }
    std::size_t close_code(std::size_t header) const { return length_at(header, 2); }
    // Size of the frame at the front; 0 while it is not whole.
    std::size_t whole_frame() const {
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

    SmallCluster& cluster_;
    SmallCluster::Node& node_;
    const ConnectionId id_;
    std::string unread_;
};

}  // namespace stentor::chat
