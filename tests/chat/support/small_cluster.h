// A few shards with their queue, log and fake links, turned by hand in one thread; and clients that
// speak the native protocol to them. For the tests of what a session sees.
// Thread: one.
// Invariant: nothing happens but in turn() and settle(); the clock stands still between them.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chat/context.h"
#include "chat/dialect/service.h"
#include "chat/front.h"
#include "chat/log/memory_log.h"
#include "chat/shard.h"
#include "chat/web_assets.h"
#include "tests/chat/support/fake_link.h"
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
    explicit SmallCluster(const ClusterPlan& cluster_plan = {});
    ~SmallCluster();

    void turn(std::uint32_t index);
    // Turns all shards until each of them would sleep.
    void settle();
    // No shard is late: time stops at each deadline on the way.
    void pass(core::Duration time);
    // To every shard, as the server does when it ends.
    void say_drain();

    // Sums over all shards.
    std::int64_t gauge(ShardGauge which) const;
    std::uint64_t counter(ShardCounter which) const;
    std::uint64_t violations(ws::Violation which) const;
    std::uint64_t answers(std::uint16_t status) const;

    struct Node {
        Node(SmallCluster& cluster, std::uint32_t index);
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
                    std::string_view extensions = {});

    void send_raw(std::string_view bytes) { connection().input += bytes; }
    void say(std::string_view json, ws::Opcode opcode = ws::Opcode::kText);
    // Says, lets the shards come to rest, and returns what came: the JSON of all frames, a line
    // each.
    std::string ask(std::string_view json);
    std::string log_in(std::string_view name);
    std::string join(std::string_view room);
    static std::string send_command(std::string_view room, std::string_view id,
                                    std::string_view content);

    // Reads everything, or so many bytes; whole frames come back.
    std::string heard(std::size_t bytes_max = SIZE_MAX);
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
    std::size_t length_at(std::size_t at, std::size_t count) const;
    std::size_t payload_bytes() const;
    std::size_t close_code(std::size_t header) const { return length_at(header, 2); }
    // Size of the frame at the front; 0 while it is not whole.
    std::size_t whole_frame() const;

    SmallCluster& cluster_;
    SmallCluster::Node& node_;
    const ConnectionId id_;
    std::string unread_;
};

}  // namespace stentor::chat
