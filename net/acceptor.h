// An acceptor thread: accepts in batches and hands each socket to the reactor with the fewest
// connections; says no cheaply when there are too many, in all or of one address.
// Thread: its own (run), except stop() and metrics(), which are any thread's.
// Invariant: an accepted socket is handed over or answered and closed, never dropped; no state of
// the system (EMFILE, full lanes) makes it spin; the listeners are watched exactly while
// `resume_at_` is empty.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "core/cache_line.h"
#include "core/error.h"
#include "core/instant.h"
#include "core/metrics.h"
#include "net/address_limiter.h"
#include "net/address_range.h"
#include "net/listener.h"
#include "net/unique_fd.h"

namespace stentor::net {

class Handoff;
struct NewSocket;

struct AcceptorConfig {
    std::uint32_t index = 0;                                   // its place in the hand-off
    std::uint64_t connections_max = 65536;                     // of all reactors together
    core::Duration back_off = std::chrono::milliseconds{100};  // when files or memory run out
    core::Duration linger_timeout = std::chrono::seconds{1};   // for those who were refused
    core::Duration stop_timeout = std::chrono::seconds{1};     // for lanes to make room at the end
    std::vector<AddressRange> proxies = {};     // whose connections begin with a PROXY header
    AddressLimiter* addresses = nullptr;        // outlives the hand-off; none: no limit
    const std::atomic<bool>* closed = nullptr;  // while true nobody new is let in; none: never
};

struct alignas(core::kCacheLineBytes) AcceptorMetrics {
    core::Counter wakeups_total;
    core::Counter accepted_total;
    core::Counter refused_total;              // over connections_max
    core::Counter refused_closed_total;       // while config.closed
    core::Counter refused_per_address_total;  // over the limit of their address
    // EMFILE, ENFILE: accepted into the reserve descriptor and closed
    core::Counter out_of_files_total;
    core::Counter back_offs_total;  // any pause: no files, no memory, no lane with room
};

class Acceptor {
public:
    // One listener of each address. `handoff` outlives the acceptor.
    static std::expected<std::unique_ptr<Acceptor>, core::Error> create(
        const AcceptorConfig& config, Handoff& handoff, std::vector<Listener> listeners);
    ~Acceptor();

    // Accepts until stop(); closes the listeners then.
    void run();
    // Any thread.
    void stop();
    const AcceptorMetrics& metrics() const { return metrics_; }

private:
    struct Refused {
        UniqueFd fd;
        core::Instant until;
    };
    Acceptor(const AcceptorConfig& config, Handoff& handoff, std::vector<Listener> listeners);

    std::expected<void, core::Error> watch(int fd, std::uint64_t token);
    void on_event(std::uint64_t token);
    void accept_batch(const Listener& listener);
    void admit(UniqueFd fd, const PeerAddress& peer, const Listener& listener);
    bool is_proxy(const PeerAddress& peer) const;
    bool on_accept_error(int error, int listener_fd);
    bool let_one_go(int listener_fd);
    void hand_over(NewSocket socket);
    void hand_on();
    void hand_on_the_rest();
    void refuse(UniqueFd fd, const Listener& listener);
    void throw_away_from_refused(int fd);
    void expire_refused();
    // The reactor with the fewest connections and room in its lane.
    std::optional<std::uint32_t> choose_reactor();
    void back_off(core::Duration time);
    void end_back_off();
    void watch_listeners(bool on);
    int wait_ms() const;

    AcceptorConfig config_;
    Handoff& handoff_;
    std::vector<Listener> listeners_;
    UniqueFd epoll_;
    UniqueFd stop_bell_;
    UniqueFd reserve_;
    bool short_of_files_ = false;             // the last accept found no descriptor
    std::deque<Refused> refused_;             // oldest first
    std::optional<core::Instant> resume_at_;  // nobody is accepted before
    std::atomic<bool> stopping_{false};
    AcceptorMetrics metrics_;
};

}  // namespace stentor::net
