// What a program that started the server on port 0 reads. See chat/ports_file.h.
// Thread: one. Invariant: the text is compared whole.
#include "chat/ports_file.h"

#include <gtest/gtest.h>

namespace stentor::chat {
namespace {

// Property: the ports file is JSON with what is there, and without what is not.
TEST(PortsFile, SaysWhereTheServerListens) {
    EXPECT_EQ(ports_json({.listen = {"127.0.0.1:1", "[::1]:2"}, .admin = ""}, 7),
              "{\"pid\":7,\"listen\":[\"127.0.0.1:1\",\"[::1]:2\"]}\n");
    EXPECT_EQ(ports_json({.listen = {"127.0.0.1:1"}, .admin = "127.0.0.1:3"}, 7),
              "{\"pid\":7,\"listen\":[\"127.0.0.1:1\"],\"admin\":\"127.0.0.1:3\"}\n");
    EXPECT_FALSE(write_ports_file("/nonexistent/ports.json", {}).has_value());
}

}  // namespace
}  // namespace stentor::chat
