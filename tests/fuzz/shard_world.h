// Two shards with their queue, logs and links, without sockets, and peers that send bytes as a
// script says (chat/shard.h). What a reactor does around them is done here: turns, FIN, time that
// runs out. Thread: one. Invariant: bytes are handed in as net/application.h says: what was left,
// with what is new, when there is something new or reading was resumed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/chat/support/small_cluster.h"
#include "tests/fuzz/server_frames.h"

namespace stentor::fuzz {

class ShardWorld {
public:
    static constexpr std::uint32_t kShards = 2;
    struct Answered {
        int asked = 0;
        int answered = 0;
    };
    // kHttp sends no upgrade. What it and kLine are answered is not looked at.
    enum class Speaks : std::uint8_t { kNative, kEcho, kHttp, kClassic, kPlain, kLine };
    // What the peer of a connection did and saw.
    struct Peer {
        std::uint32_t shard = 0;
        Speaks speaks = Speaks::kNative;
        core::ConnectionId id;
        bool clean = true;  // it sent nothing but whole commands with ids of their own
        bool fin = false;
        bool told_of_fin = false;
        bool gone = false;          // the connection is
        core::Instant read_at;      // when it last took something
        core::Instant finished_at;  // when the shard wanted its end; nothing: it did not
        std::map<std::string, Answered> commands;   // by their ids
        std::map<std::string, std::uint64_t> seqs;  // by room: the last that was seen
        ServerFrames frames;
    };

    ShardWorld(const chat::Limits& limits, std::size_t lane_slots);

    // Whoever names a room in its request may come to another shard.
    Peer& open(std::uint32_t shard, Speaks speaks);
    void send(Peer& peer, std::string_view bytes);
    // Everything that waits for it, or so many bytes.
    void read(Peer& peer, std::size_t bytes_max = SIZE_MAX);
    void reset(Peer& peer);
    void turn(std::uint32_t shard);
    // Until no shard has anything to do but wait for time or peers.
    void settle();
    void pass(core::Duration time);
    void drain();

    const std::vector<std::unique_ptr<Peer>>& peers() const { return peers_; }
    std::size_t live() const;
    bool draining() const { return draining_; }
    // The newest of what servers say and clients say back.
    const std::string& session() const { return session_; }
    const std::string& epoch() const { return epoch_; }
    const std::string& user() const { return user_; }
    const std::string& direct_room() const { return direct_room_; }

    void expect_consistent() const;
    // When every connection has gone and all time has run out.
    void expect_empty() const;

private:
    chat::FakeLink::Connection* find(const Peer& peer) const {
        return cluster_.nodes[peer.shard]->link.find(peer.id);
    }
    // Who was handed over goes on there, with what was left.
    void move_on(chat::FakeLink& link);
    void tell_of_end(Peer& peer);
    void note_end(Peer& peer);
    void hear(Peer& peer, std::string_view json);
    static void note_event(Peer& peer, const std::string& room, std::uint64_t seq);
    void let_time_run_out();
    bool quiet_after_turns();

    chat::SmallCluster cluster_;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::string session_;
    std::string epoch_ = "none";
    std::string user_ = "none";
    std::string direct_room_ = "dm.none.none";
    bool draining_ = false;
};

}  // namespace stentor::fuzz
