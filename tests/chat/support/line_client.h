// A client of the line dialect, or the operator's console, on one shard of a SmallCluster.
// Thread: one.
// Invariant: as with Client.
#pragma once

#include <string>
#include <string_view>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {

class LineClient {
public:
    static constexpr std::uint32_t kLines = 1;
    static constexpr std::uint32_t kConsole = 2;

    explicit LineClient(SmallCluster& cluster, std::uint32_t shard = 0,
                        std::uint32_t listener = kLines)
        : cluster_(cluster), node_(*cluster.nodes[shard]), id_(node_.link.connect().id) {
        node_.shard.on_open(id_, listener);
        cluster_.settle();
        greeting = heard();
    }

    void say(std::string_view bytes) { connection().input += bytes; }
    // Says, lets the shards come to rest, and returns what came.
    std::string ask(std::string_view bytes) {
        say(bytes);
        cluster_.settle();
        return heard();
    }
    // Without the ends of lines' carriage returns.
    std::string heard() {
        std::string text = node_.link.find(id_) == nullptr ? "" : node_.link.read(id_);
        std::erase(text, '\r');
        return text;
    }
    // All that was said is read before this, or left to the shard that is not reading now.
    std::string end_input() {
        node_.link.receive(node_.shard);
        node_.shard.on_peer_finished(id_);
        return last_words();
    }
    // Turns the shards until the connection is at its end, and returns what it was told.
    std::string last_words() {
        std::string text;
        for (int turns = 0; turns < 1000 && alive() && !connection().finished; ++turns) {
            for (std::uint32_t i = 0; i < cluster_.plan.shards; ++i) turn_without_reaping(i);
        }
        text = heard();
        cluster_.settle();
        return text;
    }
    std::string name() const {
        const std::size_t at = greeting.find("you are ") + 8;
        return greeting.substr(at, greeting.find_first_of(" ;", at) - at);
    }
    bool alive() const { return node_.link.find(id_) != nullptr; }
    FakeLink::Connection& connection() { return node_.link.live(id_); }

    std::string greeting;

private:
    // A connection that is finished and has nothing queued would be gone with what it was told.
    void turn_without_reaping(std::uint32_t index) {
        SmallCluster::Node& node = *cluster_.nodes[index];
        node.shard.awake();
        node.link.receive(node.shard);
        node.shard.on_lanes(cluster_.clock.now());
        node.shard.on_timers(cluster_.clock.now());
        node.link.call_drained(node.shard);
    }

    SmallCluster& cluster_;
    SmallCluster::Node& node_;
    const ConnectionId id_;
};

}  // namespace stentor::chat
