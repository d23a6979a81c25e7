// What a program that started the server on port 0 reads. See chat/ports_file.h.
// Thread: one. Invariant: the text is compared whole.
#include "chat/ports_file.h"

#include <gtest/gtest.h>

namespace stentor::chat {
namespace {

net::ListenAddress at(const char* text) {
    return *net::ListenAddress::parse(text);
}

// Property: the ports file is JSON with what is there, and without what is not.
TEST(PortsFile, SaysWhereTheServerListens) {
    EXPECT_EQ(ports_json({.listen = {at("127.0.0.1:1"), at("[::1]:2")}, .admin = {}}, 7),
              "{\"pid\":7,\"listen\":[\"127.0.0.1:1\",\"[::1]:2\"]}\n");
    EXPECT_EQ(ports_json({.listen = {at("127.0.0.1:1")}, .admin = at("127.0.0.1:3")}, 7),
              "{\"pid\":7,\"listen\":[\"127.0.0.1:1\"],\"admin\":\"127.0.0.1:3\"}\n");
    EXPECT_EQ(ports_json({.listen = {}, .admin = {}, .line = at("127.0.0.1:4")}, 7),
              "{\"pid\":7,\"listen\":[],\"line\":\"127.0.0.1:4\"}\n");
    EXPECT_FALSE(write_ports_file("/nonexistent/ports.json", {}).has_value());
}

// Property: all addresses stand in the order of the flags without "tls:", and those that speak it
// stand a second time under "tls".
TEST(PortsFile, SaysWhichAddressesSpeakTls) {
    EXPECT_EQ(ports_json({.listen = {at("tls:127.0.0.1:1"), at("127.0.0.1:2"), at("tls:[::1]:3")},
                          .admin = {}},
                         7),
              "{\"pid\":7,\"listen\":[\"127.0.0.1:1\",\"127.0.0.1:2\",\"[::1]:3\"],"
              "\"tls\":[\"127.0.0.1:1\",\"[::1]:3\"]}\n");
}

// Property: a path is JSON whatever it holds.
TEST(PortsFile, PathsAreEscaped) {
    EXPECT_EQ(ports_json({.listen = {at("unix:/a \"b\"\\c")}, .admin = at("unix:/d")}, 7),
              "{\"pid\":7,\"listen\":[\"unix:/a \\\"b\\\"\\\\c\"],\"admin\":\"unix:/d\"}\n");
}

}  // namespace
}  // namespace stentor::chat
