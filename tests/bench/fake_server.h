// A server of the dialect `raw` that breaks a promise now and then: what the load tool must notice.
// It remembers who joined by which path. Thread: its own; constructed and destroyed by the test.
// Invariant: it ends with its owner.
#pragma once

#include <poll.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
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

    std::string url() const;  // ends in a slash

    struct Join {
        std::string path;   // of the upgrade
        std::string frame;  // that asked for it, of `raw` or `native`
    };
    // All until now; waits until there are `least`.
    std::vector<Join> joins(std::size_t least);

private:
    struct Peer {
        net::UniqueFd fd;
        std::string in;
        std::string path;  // empty until upgraded
        std::string room;  // empty until joined
        std::string held;  // swapped with the next one
    };

    void run();
    void accept_one();
    bool read(Peer& peer);
    void take_frames(Peer& peer);
    void on_text(Peer& peer, const std::string& text);
    void remember(const Peer& peer, const std::string& text);
    void deliver(Peer& peer, std::string_view text);

    const Fault fault_;
    net::UniqueFd listener_;
    net::UniqueFd stop_;
    std::uint64_t deliveries_ = 0;
    std::map<int, Peer> peers_;
    std::mutex mutex_;
    std::condition_variable joined_;
    std::vector<Join> joins_;  // under mutex_
    std::thread thread_;
};

}  // namespace stentor::bench::test
