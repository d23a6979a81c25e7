// The server put together, in this process: it listens, serves, drains and stops.
// Thread: one, and those of the server. Invariant: ports are the system's choice.
#include "chat/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <string>
#include <vector>

#include "net/unique_fd.h"
#include "tests/support/io_kind.h"

namespace stentor::chat {
namespace {

Options options_for_test(std::uint32_t reactors) {
    Options options = default_options();
    options.store_file.clear();
    options.listen.front().port = 0;
    options.admin_listen = options.listen.front();
    options.reactors = reactors;
    options.io = test::io_for_test();
    options.connections_max = 100;
    return options;
}

net::UniqueFd connect_to(const net::ListenAddress& address) {
    net::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(address.port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), 0);
    return fd;
}

// To the end, or until `last` has come (an empty one never does).
std::string read_until(int fd, const std::string& last) {
    std::string text;
    char part[4096];
    while (last.empty() || text.find(last) == std::string::npos) {
        const ssize_t size = ::read(fd, part, sizeof part);
        if (size <= 0) break;
        text.append(part, static_cast<std::size_t>(size));
    }
    return text;
}

std::string get(const net::ListenAddress& address, const std::string& path) {
    const net::UniqueFd fd = connect_to(address);
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(::write(fd.get(), request.data(), request.size()),
              static_cast<ssize_t>(request.size()));
    return read_until(fd.get(), "");
}

// Property: each listener is served, the operator's with metrics and the public one without.
TEST(Server, ServesEachListener) {
    Options options = options_for_test(2);
    options.listen.push_back(options.listen.front());
    options.acceptors = 2;
    const auto server = Server::start(options);
    ASSERT_TRUE(server.has_value()) << server.error().message();
    const BoundAddresses& addresses = (*server)->addresses();
    ASSERT_EQ(addresses.listen.size(), 2u);
    for (const net::ListenAddress& address : addresses.listen) {
        EXPECT_TRUE(get(address, "/ws").starts_with("HTTP/1.1 426 "));
        EXPECT_TRUE(get(address, "/metrics").starts_with("HTTP/1.1 404 "));
    }
    EXPECT_TRUE(get(*addresses.admin, "/metrics").starts_with("HTTP/1.1 200 "));
    EXPECT_TRUE(get(*addresses.admin, "/ws").starts_with("HTTP/1.1 404 "));
}

// Property: an address in use is an error that names it, and leaves nothing running.
TEST(Server, AnAddressInUseIsSaid) {
    const auto first = Server::start(options_for_test(1));
    ASSERT_TRUE(first.has_value());
    Options options = options_for_test(1);
    const net::ListenAddress taken = (*first)->addresses().listen.front();
    options.listen = {taken};
    const auto second = Server::start(options);
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().message().find(taken.to_string()), std::string::npos);
}

// Property: the socket of a second program that cannot start is not there any more, nor its file.
TEST(Server, WhatFailsToStartLeavesNoSocketFile) {
    const auto first = Server::start(options_for_test(1));
    ASSERT_TRUE(first.has_value());
    std::string pattern = (std::filesystem::temp_directory_path() / "stentor-XXXXXX").string();
    const std::filesystem::path folder = ::mkdtemp(pattern.data());
    Options options = options_for_test(1);
    options.listen = {*net::ListenAddress::parse("unix:" + (folder / "chat.socket").string()),
                      (*first)->addresses().listen.front()};
    EXPECT_FALSE(Server::start(options).has_value());
    EXPECT_TRUE(std::filesystem::is_empty(folder));
    std::filesystem::remove_all(folder);
}

// Property: an address over its limit is refused on the public listeners, and the operator's is
// open to it nevertheless.
TEST(Server, TheOperatorIsBeyondTheLimitOfAnAddress) {
    Options options = options_for_test(1);
    options.connections_per_address_max = 1;
    const auto server = Server::start(options);
    ASSERT_TRUE(server.has_value()) << server.error().message();
    const BoundAddresses& addresses = (*server)->addresses();
    const net::UniqueFd first = connect_to(addresses.listen.front());
    EXPECT_TRUE(get(addresses.listen.front(), "/ws").starts_with("HTTP/1.1 503 "));
    EXPECT_TRUE(get(*addresses.admin, "/metrics").starts_with("HTTP/1.1 200 "));
}

// Property: a drain ends the connections that are open, and lets nobody in any more.
TEST(Server, ADrainEndsConnections) {
    const auto server = Server::start(options_for_test(2));
    ASSERT_TRUE(server.has_value());
    const net::UniqueFd fd = connect_to((*server)->addresses().listen.front());
    const std::string request =
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    EXPECT_EQ(::write(fd.get(), request.data(), request.size()),
              static_cast<ssize_t>(request.size()));
    char first = 0;
    ASSERT_EQ(::read(fd.get(), &first, 1), 1);
    (*server)->begin_drain();
    (*server)->say_goodbye();
    const std::string goodbye = "\"type\":\"goodbye\"";
    const std::string told = read_until(fd.get(), goodbye);
    EXPECT_NE(told.find(goodbye), std::string::npos) << told;
    // A masked close frame answers the server's.
    const unsigned char close_frame[] = {0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf4};
    EXPECT_EQ(::write(fd.get(), close_frame, sizeof close_frame),
              static_cast<ssize_t>(sizeof close_frame));
    read_until(fd.get(), "");
    (*server)->stop();
    EXPECT_TRUE((*server)->drained());
}

// Property: stopping with connections open gives back every one of them; twice is as good as once.
TEST(Server, StopsWithConnectionsOpen) {
    const auto server = Server::start(options_for_test(3));
    ASSERT_TRUE(server.has_value());
    std::vector<net::UniqueFd> open;
    for (int i = 0; i < 20; ++i) {
        open.push_back(connect_to((*server)->addresses().listen.front()));
    }
    (*server)->stop();
    (*server)->stop();
    EXPECT_TRUE((*server)->drained());
}

}  // namespace
}  // namespace stentor::chat
