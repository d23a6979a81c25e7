// The listening sockets behind an address: on all that a host has, on a Unix socket, or not at all.
#include "net/listener.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>

#include "net/peer_address.h"

namespace stentor::net {
namespace {

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

// Does this machine let anybody listen there?
bool is_there(const char* place) {
    return Listener::open(*ListenAddress::parse(place), {}).has_value();
}

// The sockets of a Listener's descriptor, as the kernel names them.
PeerAddress bound_to(const Listener& listener) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    EXPECT_EQ(::getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&storage), &size), 0);
    return PeerAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&storage));
}

// A name is listened on at each address that it has, with one port for all, and in an order that
// gives each acceptor its own; a port that is free on one address alone is not taken.
TEST(Listener, ANameIsListenedOnAtAllItsAddresses) {
    const auto listeners = Listener::open(*ListenAddress::parse("localhost:0"), {.sockets = 2});
    ASSERT_TRUE(listeners) << listeners.error().message();
    ASSERT_EQ(listeners->size() % 2, 0u);
    bool v4 = false;
    bool v6 = false;
    for (const Listener& listener : *listeners) {
        const PeerAddress bound = bound_to(listener);
        EXPECT_EQ(bound.port, (*listeners)[0].address().port);
        EXPECT_TRUE(bound.is_loopback());
        v4 |= bound.family == PeerAddress::Family::kV4;
        v6 |= bound.family == PeerAddress::Family::kV6;
    }
    EXPECT_TRUE(v4);
    EXPECT_TRUE(!v6 || listeners->size() == 4);
    const std::string port = std::to_string((*listeners)[0].address().port);
    EXPECT_FALSE(is_there(("127.0.0.1:" + port).c_str()));
    EXPECT_FALSE(v6 && is_there(("[::1]:" + port).c_str()));
    EXPECT_EQ((*listeners)[0].address().to_string(), "localhost:" + port);
}

// A name of which one address is taken is taken.
TEST(Listener, OneAddressInUseIsEnoughToRefuseAName) {
    const auto first = Listener::open(*ListenAddress::parse("127.0.0.1:0"), {});
    ASSERT_TRUE(first);
    ListenAddress name = (*first)[0].address();
    name.host = "localhost";
    const auto second = Listener::open(name, {});
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message().find("in use"), std::string::npos);
}

class UnixListenerTest : public testing::Test {
protected:
    UnixListenerTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "stentor-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        address_ = *ListenAddress::parse("unix:" + (folder_ / "chat.socket").string());
    }
    ~UnixListenerTest() override { std::filesystem::remove_all(folder_); }

    bool file_is_there() const { return std::filesystem::exists(address_.path); }
    // Leaves a socket's file behind that nobody listens on, as a killed server does.
    void leave_stale_file() const {
        UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ASSERT_EQ(bind_to(fd.get()), 0);
    }
    int bind_to(int fd) const {
        const sockaddr_un address = where();
        return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    int connect_to() const {
        const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const sockaddr_un address = where();
        return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    sockaddr_un where() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        address_.path.copy(address.sun_path, sizeof address.sun_path - 1);
        return address;
    }

    std::filesystem::path folder_;
    ListenAddress address_;
};

// A Unix socket is one, however many acceptors there are; it answers while it is open, and its file
// goes with it.
TEST_F(UnixListenerTest, IsOneSocketAndTakesItsFileAway) {
    {
        auto listeners = Listener::open(address_, {.sockets = 3});
        ASSERT_TRUE(listeners) << listeners.error().message();
        ASSERT_EQ(listeners->size(), 1u);
        EXPECT_EQ((*listeners)[0].address().to_string(), address_.to_string());
        const Listener moved = std::move((*listeners)[0]);
        listeners->clear();
        EXPECT_EQ(connect_to(), 0);
    }
    EXPECT_FALSE(file_is_there());
}

// The file of a server that was killed does not keep the next one from starting.
TEST_F(UnixListenerTest, AStaleFileIsReplaced) {
    leave_stale_file();
    ASSERT_TRUE(file_is_there());
    const auto listeners = Listener::open(address_, {});
    ASSERT_TRUE(listeners) << listeners.error().message();
    EXPECT_EQ(connect_to(), 0);
}

// A socket on which somebody listens is in use, and goes on.
TEST_F(UnixListenerTest, ALiveSocketIsInUse) {
    const auto first = Listener::open(address_, {});
    ASSERT_TRUE(first);
    const auto second = Listener::open(address_, {.probe = false});
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message().find(address_.path), std::string::npos);
    EXPECT_NE(second.error().message().find("in use"), std::string::npos);
    EXPECT_EQ(connect_to(), 0);
}

// A socket whose backlog is full is in use as well.
TEST_F(UnixListenerTest, ABusySocketIsInUse) {
    const auto first = Listener::open(address_, {.backlog = 0});
    ASSERT_TRUE(first);
    ASSERT_EQ(connect_to(), 0);
    const auto second = Listener::open(address_, {});
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message().find("in use"), std::string::npos);
}

// What is no socket, or a link to somewhere, is not touched.
TEST_F(UnixListenerTest, AnotherKindOfFileIsNotTouched) {
    std::ofstream(address_.path) << "precious";
    EXPECT_FALSE(Listener::open(address_, {}));
    std::string text;
    std::ifstream(address_.path) >> text;
    EXPECT_EQ(text, "precious");
    std::filesystem::remove(address_.path);
    std::filesystem::create_symlink("/nowhere", address_.path);
    const auto link = Listener::open(address_, {});
    ASSERT_FALSE(link);
    EXPECT_NE(link.error().message().find("no socket"), std::string::npos);
    EXPECT_TRUE(std::filesystem::is_symlink(address_.path));
    std::filesystem::remove(address_.path);
    std::filesystem::create_directory(address_.path);
    EXPECT_FALSE(Listener::open(address_, {}));
    EXPECT_TRUE(std::filesystem::is_directory(address_.path));
}

// At the end only the own file is removed, not that of a successor at the same path.
TEST_F(UnixListenerTest, TheFileOfASuccessorStays) {
    {
        const auto first = Listener::open(address_, {});
        ASSERT_TRUE(first);
        std::filesystem::remove(address_.path);
        leave_stale_file();
    }
    EXPECT_TRUE(file_is_there());
}

// A folder that is not there is an error with the path.
TEST_F(UnixListenerTest, AMissingFolderIsAnError) {
    address_.path = (folder_ / "none" / "chat.socket").string();
    const auto listeners = Listener::open(address_, {});
    ASSERT_FALSE(listeners);
    EXPECT_NE(listeners.error().message().find(address_.path), std::string::npos);
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
