// A server of the dialect `raw` with one room, that breaks a promise now and then: what the load
// tool must notice. Thread: its own; constructed and destroyed by the test. Invariant: it ends with
// its owner.
#pragma once

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/unique_fd.h"

namespace stentor::bench::test {

enum class Fault : std::uint8_t { kNone, kDrop, kRepeat, kSwap, kForge, kHangUp };

class FakeServer {
public:
    explicit FakeServer(Fault fault);
    ~FakeServer();
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    std::string url() const;

private:
    struct Peer {
        net::UniqueFd fd;
        std::string in;
        bool upgraded = false;
        bool member = false;
        std::string held;  // swapped with the next one
    };

    void run();
    void accept_one();
    bool read(Peer& peer);
    void take_frames(Peer& peer);
    void on_text(Peer& peer, const std::string& text);
    void deliver(Peer& peer, std::string_view text);

    const Fault fault_;
    net::UniqueFd listener_;
    net::UniqueFd stop_;
    std::uint64_t deliveries_ = 0;
    std::map<int, Peer> peers_;
    std::thread thread_;
};

}  // namespace stentor::bench::test
