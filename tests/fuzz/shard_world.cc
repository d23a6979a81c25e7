// See shard_world.h.
// Thread: one.
// Invariant: see shard_world.h.
#include "tests/fuzz/shard_world.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tests/fuzz/json_check.h"

namespace stentor::fuzz {
namespace {

using chat::FakeLink;
using chat::ShardGauge;
using namespace std::chrono_literals;

// As a reactor has it: how long a connection may take to end, and a full outbox to move.
constexpr core::Duration kFinish = 3s;
constexpr core::Duration kStall = 30s;
constexpr int kRoundsMax = 20'000;

// Bytes that the shard has not seen, or is to see anew.
bool has_bytes(const FakeLink::Connection& connection) {
    return !connection.input.empty() &&
           (connection.shows_anew || connection.input.size() != connection.shown);
}
// Has the reactor something to tell of this connection?
bool has_news(const ShardWorld::Peer& peer, const FakeLink::Connection& connection) {
    if (connection.finished || connection.aborted || connection.paused) return false;
    return has_bytes(connection) || (peer.fin && !peer.told_of_fin);
}

}  // namespace

ShardWorld::ShardWorld(const chat::Limits& limits, std::size_t lane_slots)
    : cluster_({.shards = kShards,
                .limits = limits,
                .lane_slots = lane_slots,
                .pending_max = lane_slots}) {
    for (const auto& node : cluster_.nodes) node->link.hands_over = true;
}

ShardWorld::Peer& ShardWorld::open(std::uint32_t shard, Speaks speaks) {
    constexpr std::uint16_t kPublicListener = 0;
    constexpr std::uint16_t kLineListener = 1;
    auto peer = std::make_unique<Peer>();
    peer->shard = shard;
    peer->speaks = speaks;
    peer->id = cluster_.nodes[shard]->link.connect().id;
    peer->read_at = cluster_.clock.now();
    cluster_.nodes[shard]->shard.on_open(peer->id,
                                         speaks == Speaks::kLine ? kLineListener : kPublicListener);
    return *peers_.emplace_back(std::move(peer));
}

std::size_t ShardWorld::live() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(peers_, [](const auto& peer) { return !peer->gone; }));
}

// ---- what a peer does

void ShardWorld::send(Peer& peer, std::string_view bytes) {
    FakeLink::Connection* connection = find(peer);
    if (connection != nullptr && !peer.fin) connection->input += bytes;
}

void ShardWorld::read(Peer& peer, std::size_t bytes_max) {
    if (find(peer) == nullptr) return;
    const std::string bytes = cluster_.nodes[peer.shard]->link.read(peer.id, bytes_max);
    if (!bytes.empty()) peer.read_at = cluster_.clock.now();
    if (peer.speaks == Speaks::kHttp || peer.speaks == Speaks::kLine) return;
    peer.frames.append(bytes);
    peer.frames.read([&](std::string_view text) {
        if (peer.speaks != Speaks::kEcho) STENTOR_CHECK(ws::is_valid_utf8(bytes_of(text)));
        if (peer.speaks == Speaks::kNative) hear(peer, text);
        if (peer.speaks == Speaks::kClassic) STENTOR_CHECK(JsonObject(text).text("type"));
    });
}

void ShardWorld::hear(Peer& peer, std::string_view json) {
    const JsonObject frame(json);
    const std::string type = frame.text("type").value_or("");
    STENTOR_CHECK(!type.empty());
    if (const auto id = frame.text("id")) ++peer.commands[*id].answered;
    if (const auto given = frame.text("session")) session_ = *given;
    if (const auto epoch = frame.text("epoch")) epoch_ = *epoch;
    if (const auto user = frame.text("user")) user_ = *user;
    const std::string room = frame.text("room").value_or("");
    if (room.starts_with("dm.")) direct_room_ = room;
    if (type == "joined") peer.seqs[room] = frame.number("seq").value();
    if (type == "gap") peer.seqs[room] = frame.number("to").value();
    constexpr std::array<std::string_view, 4> kEvents{"message", "edited", "deleted", "reacted"};
    if (std::ranges::find(kEvents, type) != kEvents.end())
        note_event(peer, room, frame.number("seq").value());
}

// One order without a hole, but for the gaps that were said. Of a direct room one hears without
// having joined it.
void ShardWorld::note_event(Peer& peer, const std::string& room, std::uint64_t seq) {
    const auto known = peer.seqs.find(room);
    STENTOR_CHECK(known != peer.seqs.end() || room.starts_with("dm."));
    STENTOR_CHECK(known == peer.seqs.end() || seq == known->second + 1);
    peer.seqs[room] = seq;
}

void ShardWorld::reset(Peer& peer) {
    if (FakeLink::Connection* connection = find(peer)) connection->aborted = true;
}

// ---- what a reactor does

void ShardWorld::tell_of_end(Peer& peer) {
    const FakeLink::Connection* connection = find(peer);
    if (connection == nullptr || !has_news(peer, *connection) || has_bytes(*connection)) return;
    peer.told_of_fin = true;
    cluster_.nodes[peer.shard]->shard.on_peer_finished(peer.id);
}

void ShardWorld::move_on(FakeLink& link) {
    for (FakeLink::HandedOver& moved : std::exchange(link.handed_over, {})) {
        const auto peer =
            std::ranges::find(peers_, moved.id, [](const auto& one) { return one->id; });
        STENTOR_CHECK(peer != peers_.end() && moved.shard != (*peer)->shard);
        chat::SmallCluster::Node& next = *cluster_.nodes[moved.shard];
        FakeLink::Connection& connection = next.link.connect();
        connection.input = std::move(moved.input);
        (*peer)->shard = moved.shard;
        (*peer)->id = connection.id;
        next.shard.on_open(connection.id, moved.listener);
    }
}

void ShardWorld::note_end(Peer& peer) {
    const FakeLink::Connection* connection = find(peer);
    peer.gone = connection == nullptr;
    if (peer.gone || !connection->finished || peer.finished_at != core::Instant{}) return;
    peer.finished_at = cluster_.clock.now();
}

void ShardWorld::turn(std::uint32_t shard) {
    chat::SmallCluster::Node& node = *cluster_.nodes[shard];
    node.shard.awake();
    node.link.receive(node.shard);
    for (const auto& peer : peers_) {
        if (peer->shard == shard) tell_of_end(*peer);
    }
    node.shard.on_lanes(cluster_.clock.now());
    node.shard.on_timers(cluster_.clock.now());
    node.link.call_drained(node.shard);
    node.link.reap(node.shard);
    move_on(node.link);
    for (const auto& peer : peers_) note_end(*peer);
}

bool ShardWorld::quiet_after_turns() {
    const std::size_t live_before = live();
    for (std::uint32_t shard = 0; shard < kShards; ++shard) turn(shard);
    bool quiet = live() == live_before;
    for (const auto& node : cluster_.nodes) quiet = node->shard.prepare_sleep() && quiet;
    for (const auto& peer : peers_) {
        const FakeLink::Connection* connection = find(*peer);
        quiet = quiet && (connection == nullptr || !has_news(*peer, *connection));
    }
    return quiet;
}

void ShardWorld::settle() {
    int rounds = 0;
    while (!quiet_after_turns()) STENTOR_CHECK(++rounds < kRoundsMax);
}

void ShardWorld::let_time_run_out() {
    const core::Instant now = cluster_.clock.now();
    for (const auto& peer : peers_) {
        FakeLink::Connection* connection = find(*peer);
        if (connection == nullptr) continue;
        const bool ends = peer->finished_at != core::Instant{};
        const bool stalls = connection->watches_drain && !connection->outbox.empty();
        connection->aborted = connection->aborted || (ends && now - peer->finished_at >= kFinish) ||
                              (stalls && now - peer->read_at >= kStall);
    }
}

// No shard is late: time stops at each deadline on the way.
void ShardWorld::pass(core::Duration time) {
    settle();
    const core::Instant end = cluster_.clock.now() + time;
    while (cluster_.clock.now() < end) {
        core::Instant next = end;
        for (const auto& node : cluster_.nodes) {
            next = std::min(next, std::max(node->shard.next_deadline().value_or(end),
                                           cluster_.clock.now() + 1ms));
        }
        cluster_.clock.advance(next - cluster_.clock.now());
        let_time_run_out();
        settle();
    }
}

void ShardWorld::drain() {
    draining_ = true;
    cluster_.say_drain();
}

// ---- what must hold

void ShardWorld::expect_consistent() const {
    const auto& limits = cluster_.plan.limits;
    for (const auto& node : cluster_.nodes) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(ShardGauge::kCount); ++i) {
            STENTOR_CHECK(node->shard.metrics().gauges[static_cast<ShardGauge>(i)].value() >= 0);
        }
    }
    STENTOR_CHECK(cluster_.gauge(ShardGauge::kConnections) == static_cast<std::int64_t>(live()));
    // Answers are not refused; who is owed half an outbox of them is not read, and may be owed two
    // pages and what one read made beyond it.
    const std::size_t answers_max = 2 * chat::kPageBytesMax + std::size_t{64} * 1024;
    for (const auto& peer : peers_) {
        const FakeLink::Connection* connection = find(*peer);
        STENTOR_CHECK(connection == nullptr ||
                      connection->outbox.bytes() <= limits.outbox_bytes + answers_max);
    }
}

void ShardWorld::expect_empty() const {
    STENTOR_CHECK(live() == 0);
    for (const auto& node : cluster_.nodes) STENTOR_CHECK(node->link.parcels.live() == 0);
    for (std::size_t i = 0; i < static_cast<std::size_t>(ShardGauge::kCount); ++i) {
        const auto gauge = static_cast<ShardGauge>(i);
        // Memory rooms keep their history when everybody has left.
        if (gauge == ShardGauge::kHomeRooms || gauge == ShardGauge::kHistoryBytes) continue;
        STENTOR_CHECK(cluster_.gauge(gauge) == 0);
    }
}

}  // namespace stentor::fuzz
