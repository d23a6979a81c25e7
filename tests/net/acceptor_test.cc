// Acceptor, hand-off and reactors, each on a thread of its own, as in the server.
#include "net/acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "net/handoff.h"
#include "tests/net/loopback.h"
#include "tests/net/reactor_fixture.h"
#include "tests/support/io_kind.h"

namespace stentor::net {
namespace {

// Echoes, and finishes when the peer has; sleeps whenever it may.
class EchoApplication final : public ScriptedApplication {
public:
    explicit EchoApplication(Reactor& reactor) {
        may_sleep = true;
        bytes_script = [&reactor](ConnectionId id, std::span<std::byte> bytes) {
            reactor.send(id, bytes);
            return bytes.size();
        };
        fin_script = [&reactor](ConnectionId id) { reactor.finish(id); };
    }
};

class AcceptorTest : public testing::Test {
protected:
    void start(std::uint32_t reactors, std::uint32_t acceptors, AcceptorConfig config = {}) {
        handoff_ = std::make_unique<Handoff>(reactors, acceptors);
        for (std::uint32_t i = 0; i < reactors; ++i) {
            reactors_.push_back(
                *Reactor::create({.shard = static_cast<std::uint8_t>(i), .io = test::io_for_test()},
                                 handoff_.get()));
            applications_.push_back(std::make_unique<EchoApplication>(*reactors_[i]));
            threads_.emplace_back(
                [reactor = reactors_.back().get(), application = applications_.back().get()] {
                    reactor->run(*application);
                });
        }
        auto listeners =
            Listener::open(*ListenAddress::parse("127.0.0.1:0"), {.sockets = acceptors});
        ASSERT_TRUE(listeners) << listeners.error().message();
        port_ = listeners->front().address().port;
        for (std::uint32_t i = 0; i < acceptors; ++i) {
            std::vector<Listener> own;
            own.push_back(std::move((*listeners)[i]));
            config.index = i;
            acceptors_.push_back(*Acceptor::create(config, *handoff_, std::move(own)));
            threads_.emplace_back([acceptor = acceptors_.back().get()] { acceptor->run(); });
        }
    }
    void stop() {
        for (const auto& acceptor : acceptors_) acceptor->stop();
        for (const auto& reactor : reactors_) reactor->stop();
        for (std::thread& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }
    ~AcceptorTest() override {
        stop();
        for (const auto& reactor : reactors_) EXPECT_EQ(reactor->connections(), 0u);
        EXPECT_EQ(handoff_->total(), 0u);
    }
    // Blocks until `peer` has heard that much, or the end.
    static void hear(Peer& peer, std::size_t bytes) {
        while (peer.received.size() < bytes && !peer.ended && !peer.was_reset) {
            pollfd readable{.fd = peer.fd(), .events = POLLIN, .revents = 0};
            ASSERT_EQ(::poll(&readable, 1, 30'000), 1) << "nothing came";
            peer.read();
        }
    }
    template <typename Condition>
    static void wait_until(Condition&& condition) {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), patience) << "it never came true";
            std::this_thread::yield();
        }
    }

    std::unique_ptr<Handoff> handoff_;
    std::vector<std::unique_ptr<Reactor>> reactors_;
    std::vector<std::unique_ptr<EchoApplication>> applications_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::vector<std::thread> threads_;
    std::uint16_t port_ = 0;
};

// Sockets go to the reactor with the fewest connections, are served there, and are counted out
// again.
TEST_F(AcceptorTest, ConnectionsAreSpreadEvenlyAndServed) {
    start(3, 1);
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 60; ++i) {
        peers.push_back(std::make_unique<Peer>(port_));
        peers.back()->send("hello");
    }
    for (const auto& peer : peers) {
        hear(*peer, 5);
        EXPECT_EQ(peer->received, "hello");
    }
    for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(handoff_->load(i), 20u);
    peers.clear();
    wait_until([&] { return handoff_->total() == 0; });
    wait_until([&] { return reactors_[0]->connections() == 0; });
}

// Several acceptors share one address; none of their connections is lost.
TEST_F(AcceptorTest, SeveralAcceptorsShareAnAddress) {
    start(2, 3);
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 100; ++i) peers.push_back(std::make_unique<Peer>(port_));
    for (const auto& peer : peers) peer->send("x");
    for (const auto& peer : peers) {
        hear(*peer, 1);
        EXPECT_EQ(peer->received, "x");
    }
    std::uint64_t accepted = 0;
    for (const auto& acceptor : acceptors_) accepted += acceptor->metrics().accepted_total.value();
    EXPECT_EQ(accepted, 100u);
}

// Beyond the limit a peer reads a 503 with Retry-After and the end, though it has sent a request;
// when one of the others leaves there is room again.
TEST_F(AcceptorTest, BeyondTheLimitPeersAreToldToComeBack) {
    start(1, 1, {.connections_max = 2});
    Peer first(port_);
    auto second = std::make_unique<Peer>(port_);
    first.send("1");
    second->send("2");
    hear(first, 1);
    hear(*second, 1);
    Peer third(port_);
    third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    hear(third, 1'000'000);
    EXPECT_TRUE(third.ended);
    EXPECT_TRUE(third.received.starts_with("HTTP/1.1 503 ")) << third.received;
    EXPECT_NE(third.received.find("\r\nRetry-After: "), std::string::npos);
    EXPECT_EQ(acceptors_[0]->metrics().refused_total.value(), 1u);
    second.reset();
    wait_until([&] { return handoff_->total() == 1; });
    Peer fourth(port_);
    fourth.send("4");
    hear(fourth, 1);
    EXPECT_EQ(fourth.received, "4");
}

// While it is closed whoever comes is told so, and whoever is in stays; then the door is open
// again.
TEST_F(AcceptorTest, WhileClosedNobodyNewIsLetIn) {
    std::atomic<bool> closed{false};
    start(1, 1, {.closed = &closed});
    Peer inside(port_);
    inside.send("1");
    hear(inside, 1);
    closed = true;
    Peer refused(port_);
    hear(refused, 1'000'000);
    EXPECT_TRUE(refused.received.starts_with("HTTP/1.1 503 ")) << refused.received;
    inside.send("2");
    hear(inside, 2);
    EXPECT_EQ(inside.received, "12");
    EXPECT_EQ(acceptors_[0]->metrics().refused_closed_total.value(), 1u);
    closed = false;
    Peer later(port_);
    later.send("3");
    hear(later, 1);
    EXPECT_EQ(later.received, "3");
    stop();
}

class FileLimit {
public:
    // No descriptor can be opened until this goes.
    FileLimit() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::close(lowest_free);
        rlimit none = before_;
        none.rlim_cur = static_cast<rlim_t>(lowest_free);
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    }
    ~FileLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    FileLimit(const FileLimit&) = delete;
    FileLimit& operator=(const FileLimit&) = delete;

private:
    rlimit before_{};
};

// Without a free descriptor a peer is closed instead of left waiting, those who are in go on, and
// when descriptors are free again so is the way in.
TEST_F(AcceptorTest, OutOfDescriptorsNeitherHangsNorStaysDeaf) {
    start(1, 1, {.back_off = std::chrono::milliseconds(5)});
    Peer inside(port_);
    inside.send("a");
    hear(inside, 1);
    const UniqueFd outside = socket_to_connect();
    {
        const FileLimit none;
        ASSERT_EQ(connect_from(outside.get(), port_), 0);
        char byte = 0;
        EXPECT_LE(::recv(outside.get(), &byte, 1, 0), 0) << "closed, not served";
        inside.send("b");
        hear(inside, 2);
        EXPECT_EQ(inside.received, "ab");
    }
    Peer later(port_);
    later.send("c");
    hear(later, 1);
    EXPECT_EQ(later.received, "c");
    // None when descriptors are free again before it looks for another peer to let go.
    EXPECT_LE(acceptors_[0]->metrics().back_offs_total.value(), 1u);
    EXPECT_EQ(acceptors_[0]->metrics().out_of_files_total.value(), 1u);
}

// The kernel does not take megabytes of a peer that does not read: what waits is in the outbox,
// whose bound says when it is too much.
TEST_F(AcceptorTest, WhatWaitsForASlowReaderIsInItsOutbox) {
    constexpr std::size_t kSent = std::size_t{8} << 20;
    constexpr std::size_t kKernelMax = std::size_t{1} << 20;
    start(1, 1);
    Peer peer(port_, 64 * 1024);
    const std::string piece = pattern(64 * 1024);
    const auto& metrics = reactors_[0]->metrics();
    std::size_t sent = 0;
    wait_until([&] {
        sent += peer.send(std::string_view(piece).substr(0, std::min(piece.size(), kSent - sent)));
        return sent == kSent && metrics.received_bytes_total.value() == kSent;
    });
    wait_until([&] {
        return metrics.outbox_bytes.value() ==
               static_cast<std::int64_t>(kSent - metrics.sent_bytes_total.value());
    });
    EXPECT_GE(metrics.outbox_bytes.value(), static_cast<std::int64_t>(kSent - kKernelMax));
}

// With a crowd at the door and no descriptor for any of them, the acceptor wakes twice for each
// pause (to find that there is none, and when the pause is over), and lets many go each time, so
// that nobody stands behind them when descriptors are free again.
TEST_F(AcceptorTest, OutOfDescriptorsDoesNotSpin) {
    start(1, 1, {.back_off = std::chrono::milliseconds(5)});
    const auto& metrics = acceptors_[0]->metrics();
    std::vector<UniqueFd> crowd(200);
    for (UniqueFd& fd : crowd) fd = socket_to_connect();
    {
        const FileLimit none;
        const std::uint64_t woken = metrics.wakeups_total.value();
        for (const UniqueFd& fd : crowd) ASSERT_EQ(connect_from(fd.get(), port_), 0);
        wait_until([&] { return metrics.out_of_files_total.value() == crowd.size(); });
        EXPECT_LE(metrics.wakeups_total.value() - woken, 2 * metrics.back_offs_total.value() + 2);
    }
    // Who comes in the very moment of the last one may still go with it.
    wait_until([&] {
        Peer later(port_);
        later.send("c");
        while (later.received.empty() && !later.ended && !later.was_reset) later.read();
        return later.received == "c";
    });
}

// Descriptors that accepted sockets use up come back with their end, and then the next is let in.
TEST_F(AcceptorTest, DescriptorsThatConnectionsFreeLetOthersIn) {
    start(1, 1, {.back_off = std::chrono::milliseconds(5)});
    Peer first(port_);
    first.send("a");
    hear(first, 1);
    const UniqueFd second = socket_to_connect();
    const UniqueFd third = socket_to_connect();
    const FileLimit none;
    ASSERT_EQ(connect_from(second.get(), port_), 0);
    char byte = 0;
    EXPECT_LE(::recv(second.get(), &byte, 1, 0), 0);
    wait_until([&] { return acceptors_[0]->metrics().out_of_files_total.value() == 1; });
    // The server's end goes first: only that descriptor comes back within the limit.
    first.shut_for_writing();
    hear(first, 2);
    EXPECT_TRUE(first.ended);
    wait_until([&] { return handoff_->total() == 0; });
    ASSERT_EQ(connect_from(third.get(), port_), 0);
    ASSERT_EQ(::send(third.get(), "c", 1, 0), 1);
    EXPECT_EQ(::recv(third.get(), &byte, 1, 0), 1);
    EXPECT_EQ(byte, 'c');
}

// Peers that were refused and do not go are kept in a bounded number, and each of them not for
// ever.
TEST_F(AcceptorTest, TheRefusedAreFew) {
    const auto open_files = [] {
        const auto files = std::filesystem::directory_iterator("/proc/self/fd");
        return std::distance(begin(files), end(files));
    };
    start(1, 1, {.connections_max = 0, .linger_timeout = std::chrono::hours(1)});
    constexpr int kPeers = 200;
    const auto before = open_files();
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < kPeers; ++i) peers.push_back(std::make_unique<Peer>(port_));
    const auto& metrics = acceptors_[0]->metrics();
    wait_until([&] { return metrics.refused_total.value() == kPeers; });
    EXPECT_LE(open_files(), before + kPeers + 64 + 1);
    for (const auto& peer : peers) {
        hear(*peer, 1'000'000);
        EXPECT_TRUE(peer->received.starts_with("HTTP/1.1 503 "));
    }
}

// An address that has as many connections as it may is told so; another address gets in, and so
// does the first when one of its connections has ended.
TEST_F(AcceptorTest, AnAddressHasItsLimit) {
    AddressLimiter addresses(2, {1, 2});
    start(1, 1, {.addresses = &addresses});
    std::vector<UniqueFd> peers(4);
    for (UniqueFd& fd : peers) fd = socket_to_connect();
    const auto answer = [&](const UniqueFd& fd) {
        EXPECT_EQ(::send(fd.get(), "x", 1, MSG_NOSIGNAL), 1);
        char text[8] = {};
        EXPECT_GT(::recv(fd.get(), text, sizeof text - 1, 0), 0);
        return std::string(text);
    };
    for (std::size_t i = 0; i < 2; ++i) {
        ASSERT_EQ(connect_from(peers[i].get(), port_, 0x7f000002), 0);
        EXPECT_EQ(answer(peers[i]), "x");
    }
    ASSERT_EQ(connect_from(peers[2].get(), port_, 0x7f000002), 0);
    EXPECT_EQ(answer(peers[2]), "HTTP/1.");
    EXPECT_EQ(acceptors_[0]->metrics().refused_per_address_total.value(), 1u);
    ASSERT_EQ(connect_from(peers[3].get(), port_, 0x7f000003), 0);
    EXPECT_EQ(answer(peers[3]), "x");
    peers[0].reset();
    wait_until([&] { return handoff_->total() == 2; });
    const UniqueFd again = socket_to_connect();
    ASSERT_EQ(connect_from(again.get(), port_, 0x7f000002), 0);
    EXPECT_EQ(answer(again), "x");
    stop();
}

// stop() ends a reactor that sleeps without a deadline, from another thread, with its connections.
TEST_F(AcceptorTest, StopEndsASleepingReactorAndResetsItsConnections) {
    start(1, 1);
    Peer peer(port_);
    peer.send("x");
    hear(peer, 1);
    reactors_[0]->stop();
    hear(peer, 2);
    EXPECT_TRUE(peer.was_reset);
}

}  // namespace
}  // namespace stentor::net
