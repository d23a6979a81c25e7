// What a link's deliveries show of the runs in which events come (chat/home/event_run.h): which are
// large, why they ended, what their twins are like. For coverage alone.
// Thread: the simulation has one. Invariant: it changes nothing but what was seen; a run counts
// once a shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "net/outbox.h"
#include "net/parcel.h"
#include "tests/sim/world.h"

namespace stentor::sim {

class RunWatch {
public:
    explicit RunWatch(World& world) : world_(world) {}

    void delivered(const net::Parcel& parcel);
    // How many of what waits to be sent are larger than the runs of a small outbox.
    static std::size_t large_pieces(const net::Outbox& outbox);

private:
    struct Frame {
        std::size_t offset = 0;
        bool compressed = false;
        std::string_view payload;
    };
    struct Last {
        std::uint64_t first_seq = 0;
        std::uint64_t last_seq = 0;
        std::size_t bytes = 0;
        core::Instant made{};
    };
    static std::vector<Frame> frames_of(std::string_view run);
    void see_twin(std::size_t bytes, const std::vector<Frame>& frames);
    void see_end(const Last& last, std::size_t next_bytes, std::string_view next_json);
    void see_depth(std::uint64_t first_seq, const std::vector<Frame>& frames);

    World& world_;
    std::map<std::uint32_t, Last> plain_;  // the newest, by topic
    std::map<std::uint32_t, Last> twins_;
};

}  // namespace stentor::sim
