// An acceptor thread: accepts in batches and hands each socket to the reactor with the fewest
// connections; says no cheaply when there are too many.
// Thread: its own (run), except stop() and metrics(), which are any thread's.
// Invariant: an accepted socket is handed over or answered and closed, never dropped; no state of
// the system (EMFILE, full lanes) makes it spin.
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
};

struct alignas(core::kCacheLineBytes) AcceptorMetrics {
    core::Counter accepted_total;
    core::Counter refused_total;  // over connections_max: answered by 503
    core::Counter
        out_of_files_total;  // EMFILE, ENFILE: accepted into the reserve descriptor and closed
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
    static void set_options(int fd);
    bool on_accept_error(int error, int listener_fd);
    void spend_reserve(int listener_fd);
    void hand_over(NewSocket socket);
    void hand_on_pending();
    void refuse(UniqueFd fd, const Listener& listener);
    void throw_away_from_refused(int fd);
    void expire_refused();
    // The reactor with the fewest connections and room in its lane.
    std::optional<std::uint32_t> choose_reactor();
    void back_off(core::Duration time);
    int wait_ms() const;

    AcceptorConfig config_;
    Handoff& handoff_;
    std::vector<Listener> listeners_;
    UniqueFd epoll_;
    UniqueFd stop_bell_;
    UniqueFd reserve_;
    std::deque<Refused> refused_;  // oldest first
    std::atomic<bool> stopping_{false};
    AcceptorMetrics metrics_;
};

}  // namespace stentor::net
