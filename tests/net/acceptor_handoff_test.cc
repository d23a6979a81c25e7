// What an acceptor says of a socket that it hands over, with nobody but the test at the other end
// of the lane.
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "net/acceptor.h"
#include "net/handoff.h"
#include "tests/net/loopback.h"

namespace stentor::net {
namespace {

class AcceptedSocketTest : public testing::Test {
protected:
    void start(const char* address, AcceptorConfig config = {}) {
        auto listeners = Listener::open(*ListenAddress::parse(address), {.index = 7});
        ASSERT_TRUE(listeners) << listeners.error().message();
        address_ = listeners->front().address();
        acceptor_ = *Acceptor::create(config, handoff_, std::move(*listeners));
        thread_ = std::thread([this] { acceptor_->run(); });
    }
    ~AcceptedSocketTest() override { stop(); }
    void stop() {
        acceptor_->stop();
        if (thread_.joinable()) thread_.join();
    }
    NewSocket next() {
        std::optional<NewSocket> next;
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!next && std::chrono::steady_clock::now() < patience) {
            handoff_.reactor_port(0).drain(
                0, 1, [] { return true; },
                [&](std::uint32_t, NewSocket&& socket) { next = std::move(socket); });
            std::this_thread::yield();
        }
        EXPECT_TRUE(next) << "nobody came";
        return next ? std::move(*next) : NewSocket{};
    }

    Handoff handoff_{1, 1};
    ListenAddress address_;
    std::unique_ptr<Acceptor> acceptor_;
    std::thread thread_;
};

// A peer in a trusted range is marked as a proxy and takes no place of its address; others are not
// and do. TLS and the listener's index go along.
TEST_F(AcceptedSocketTest, ProxiesAreMarkedAndTakeNoPlace) {
    AddressLimiter addresses(1, {1, 2});
    start("tls:127.0.0.1:0",
          {.proxies = {*AddressRange::parse("127.0.0.2"), *AddressRange::parse("unix")},
           .addresses = &addresses});
    const UniqueFd proxy = socket_to_connect();
    ASSERT_EQ(connect_from(proxy.get(), address_.port, 0x7f000002), 0);
    const NewSocket of_proxy = next();
    EXPECT_TRUE(of_proxy.proxied);
    EXPECT_FALSE(of_proxy.place);
    EXPECT_TRUE(of_proxy.tls);
    EXPECT_EQ(of_proxy.listener, 7u);
    const UniqueFd direct = socket_to_connect();
    ASSERT_EQ(connect_from(direct.get(), address_.port, 0x7f000003), 0);
    const NewSocket of_direct = next();
    EXPECT_FALSE(of_direct.proxied);
    EXPECT_TRUE(of_direct.place);
    EXPECT_EQ(addresses.addresses(), 1u);
    // One too many of its address, where TLS is spoken: closed without a word of HTTP.
    const UniqueFd refused = socket_to_connect();
    ASSERT_EQ(connect_from(refused.get(), address_.port, 0x7f000003), 0);
    char byte = 0;
    EXPECT_LE(::recv(refused.get(), &byte, 1, 0), 0);
    stop();
}

// Peers of a Unix socket have no address, and can be trusted as proxies.
TEST_F(AcceptedSocketTest, PeersOfAUnixSocketHaveNoAddress) {
    std::string pattern = (std::filesystem::temp_directory_path() / "stentor-XXXXXX").string();
    const std::string path = std::string(::mkdtemp(pattern.data())) + "/chat.socket";
    start(("unix:" + path).c_str(), {.proxies = {*AddressRange::parse("unix")}});
    const UniqueFd peer(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    path.copy(where.sun_path, sizeof where.sun_path - 1);
    ASSERT_EQ(::connect(peer.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
    const NewSocket socket = next();
    EXPECT_EQ(socket.peer.to_string(), "unix");
    EXPECT_TRUE(socket.proxied);
    EXPECT_FALSE(socket.tls);
    stop();
    EXPECT_FALSE(std::filesystem::exists(path));
    std::filesystem::remove_all(std::filesystem::path(path).parent_path());
}

// Sockets that found their lane full when the acceptor ends belong to nobody: only those in the
// lane still count as connections, so that a drain does not wait for them.
TEST_F(AcceptedSocketTest, WhatWaitsForALaneAtTheEndDoesNotCount) {
    start("127.0.0.1:0", {.stop_timeout = std::chrono::milliseconds(20)});
    constexpr std::uint64_t kLane = 256;
    std::vector<UniqueFd> peers(kLane + 100);
    for (UniqueFd& fd : peers) {
        fd = socket_to_connect();
        ASSERT_EQ(connect_from(fd.get(), address_.port), 0);
    }
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (acceptor_->metrics().accepted_total.value() <= kLane &&
           std::chrono::steady_clock::now() < patience) {
        std::this_thread::yield();
    }
    stop();
    std::uint64_t in_lane = 0;
    handoff_.reactor_port(0).drain(
        0, peers.size(), [] { return true; }, [&](std::uint32_t, NewSocket&&) { ++in_lane; });
    EXPECT_LT(in_lane, acceptor_->metrics().accepted_total.value());
    EXPECT_EQ(handoff_.total(), in_lane);
}

}  // namespace
}  // namespace stentor::net
