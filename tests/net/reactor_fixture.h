// A reactor that the test turns by hand, a scripted application on it, and peers over loopback.
// Thread: the test's, for all of it. Invariant: a turn does not block unless the application
// may_sleep.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/instant.h"
#include "net/application.h"
#include "net/reactor.h"
#include "net/unique_fd.h"

namespace stentor::net {

// Consumes and keeps everything, unless the test scripts otherwise.
class ScriptedApplication : public Application {
public:
    struct Seen {
        std::string bytes;
        int fins = 0;
        int drains = 0;
        bool closed = false;
    };
    std::map<std::uint64_t, Seen> seen;
    std::vector<ConnectionId> opened;
    int closed = 0;
    bool may_sleep = false;
    std::optional<core::Instant> deadline;
    std::function<std::size_t(ConnectionId, std::span<std::byte>)> bytes_script;
    std::function<void(ConnectionId)> fin_script;
    std::function<void(ConnectionId)> drained_script;
    std::function<void(ConnectionId)> closed_script;

    Seen& of(ConnectionId id) { return seen[id.packed()]; }

    void on_open(ConnectionId id, std::uint32_t) override {
        opened.push_back(id);
        of(id);
    }
    std::size_t on_bytes(ConnectionId id, std::span<std::byte> bytes) override {
        EXPECT_FALSE(of(id).closed);
        if (bytes_script) return bytes_script(id, bytes);
        return keep(id, bytes);
    }
    std::size_t keep(ConnectionId id, std::span<std::byte> bytes) {
        of(id).bytes.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return bytes.size();
    }
    void on_peer_finished(ConnectionId id) override {
        ++of(id).fins;
        if (fin_script) fin_script(id);
    }
    void on_drained(ConnectionId id) override {
        ++of(id).drains;
        if (drained_script) drained_script(id);
    }
    void on_closed(ConnectionId id) override {
        EXPECT_FALSE(of(id).closed) << "closed twice";
        of(id).closed = true;
        ++closed;
        if (closed_script) closed_script(id);
    }
    void on_lanes(core::Instant) override {}
    void on_timers(core::Instant) override {}
    std::optional<core::Instant> next_deadline() const override { return deadline; }
    bool prepare_sleep() override { return may_sleep; }
    void awake() override {}
};

// The client's end of a connection; never blocks.
class Peer {
public:
    // To a listening socket on loopback. A small receive buffer makes a slow reader of it.
    explicit Peer(std::uint16_t port, int receive_buffer_bytes = 0);

    // Hands over what the socket takes; returns how much.
    std::size_t send(std::string_view text);
    // Reads what is there into received; notes the end.
    void read(std::size_t bytes_max = SIZE_MAX);
    void shut_for_writing();
    void reset();  // closes with RST
    void close() { fd_.reset(); }
    int fd() const { return fd_.get(); }

    std::string received;
    bool ended = false;  // the other end finished
    bool was_reset = false;

private:
    UniqueFd fd_;
};

// How a connection comes to the reactor.
struct Arrival {
    int receive_buffer_bytes = 0;  // of the peer; small makes a slow reader of it
    bool tls = false;
    bool proxied = false;
};

class ReactorTest : public testing::Test {
protected:
    ~ReactorTest() override;
    // With the manual clock, unless `real_time`.
    void start(ReactorConfig config = {}, bool real_time = false);
    // A connection that the application has already seen opened.
    ConnectionId connect(const Arrival& how = {});
    Peer& peer(std::size_t index) { return *peers_[index]; }

    // Turns until the condition holds; fails the test when it never does.
    void turn_until(const std::function<bool()>& condition);
    void turn(int times = 1);
    // Turns, asleep when there is nothing to do, until 50 ms have passed; returns how often.
    int turns_while_idle();
    Link& link() { return *reactor_; }
    std::string text_of(ConnectionId id) { return app_.of(id).bytes; }

    core::ManualClock clock_;
    ScriptedApplication app_;
    std::unique_ptr<Reactor> reactor_;
    UniqueFd listener_;
    std::uint16_t port_ = 0;
    std::vector<std::unique_ptr<Peer>> peers_;
};

// With a certificate of its own, for localhost.
std::unique_ptr<TlsContexts> make_tls_contexts();

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}
// Text that shows a lost, doubled or swapped byte.
std::string pattern(std::size_t size, std::uint32_t seed = 1);

}  // namespace stentor::net
