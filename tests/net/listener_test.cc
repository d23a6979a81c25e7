// Addresses as operators write them, and the sockets behind them.
#include "net/listener.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/peer_address.h"

namespace stentor::net {
namespace {

// Good addresses are read and written back alike; bad ones are refused with the text that was bad.
TEST(ListenAddress, IsReadAndWrittenBack) {
    for (const char* good : {"127.0.0.1:8080", "localhost:0", "[::1]:443", "0.0.0.0:65535"}) {
        const auto address = ListenAddress::parse(good);
        ASSERT_TRUE(address) << good;
        EXPECT_EQ(address->to_string(), good);
    }
    for (const char* bad : {"", "8080", ":8080", "a:", "a:x", "a:65536", "a:-1", "a:80x", "::1:80",
                            "[::1]", "[::1]80", "[]:80", "[::1:80"}) {
        const auto address = ListenAddress::parse(bad);
        ASSERT_FALSE(address) << bad;
        EXPECT_NE(address.error().message().find(bad), std::string::npos);
    }
}

// Port 0 becomes a real one, and all sockets of one address share it.
TEST(Listener, PortZeroBecomesOnePortForAllSockets) {
    const auto listeners = Listener::open(*ListenAddress::parse("127.0.0.1:0"), {.sockets = 3});
    ASSERT_TRUE(listeners) << listeners.error().message();
    ASSERT_EQ(listeners->size(), 3u);
    EXPECT_NE((*listeners)[0].address().port, 0);
    for (const Listener& listener : *listeners) {
        EXPECT_EQ(listener.address().port, (*listeners)[0].address().port);
    }
}

// An address that is listened on already is refused with its name and a way out, though
// SO_REUSEPORT would have let us share it.
TEST(Listener, PortInUseIsSaidWithAWayOut) {
    const auto first = Listener::open(*ListenAddress::parse("127.0.0.1:0"), {});
    ASSERT_TRUE(first);
    const ListenAddress taken = (*first)[0].address();
    const auto second = Listener::open(taken, {});
    ASSERT_FALSE(second);
    const std::string message = second.error().message();
    EXPECT_NE(message.find(taken.to_string()), std::string::npos) << message;
    EXPECT_NE(message.find("in use"), std::string::npos) << message;
    EXPECT_NE(message.find("127.0.0.1:0"), std::string::npos) << message;
    EXPECT_TRUE(Listener::open(taken, {.probe = false}));
}

// An address that this machine does not have, or nobody has, is an error that names it.
TEST(Listener, ForeignAddressIsAnError) {
    const auto foreign = Listener::open(*ListenAddress::parse("192.0.2.1:0"), {});
    ASSERT_FALSE(foreign);
    EXPECT_NE(foreign.error().message().find("192.0.2.1:0"), std::string::npos);
}

// An IPv4 peer on a dual-stack socket is an IPv4 peer.
TEST(PeerAddress, MappedAddressIsFolded) {
    sockaddr_in6 mapped{};
    mapped.sin6_family = AF_INET6;
    mapped.sin6_port = htons(4711);
    ASSERT_EQ(::inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr), 1);
    const auto peer = PeerAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&mapped));
    EXPECT_EQ(peer.family, PeerAddress::Family::kV4);
    EXPECT_EQ(peer.to_string(), "127.0.0.1:4711");
    EXPECT_TRUE(peer.is_loopback());
    mapped.sin6_addr = in6addr_loopback;
    const auto six = PeerAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&mapped));
    EXPECT_EQ(six.to_string(), "[::1]:4711");
    EXPECT_TRUE(six.is_loopback());
    EXPECT_EQ(PeerAddress{}.to_string(), "unix");
}

}  // namespace
}  // namespace stentor::net
