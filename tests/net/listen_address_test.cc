// Addresses as operators write them.
#include "net/listen_address.h"

#include <gtest/gtest.h>

namespace stentor::net {
namespace {

// Good addresses are read and written back alike.
TEST(ListenAddress, IsReadAndWrittenBack) {
    for (const char* good :
         {"127.0.0.1:8080", "localhost:0", "[::1]:443", "0.0.0.0:65535", "tls:127.0.0.1:443",
          "tls:[::]:443", "unix:/run/stentor/chat.socket", "unix:chat.socket", "unix:a:b"}) {
        const auto address = ListenAddress::parse(good);
        ASSERT_TRUE(address) << good;
        EXPECT_EQ(address->to_string(), good);
    }
    const auto tls = ListenAddress::parse("tls:[::1]:443");
    EXPECT_TRUE(tls->tls);
    EXPECT_EQ(tls->place(), "[::1]:443");
    EXPECT_EQ(ListenAddress::parse("unix:/a")->kind, ListenAddress::Kind::kUnix);
    EXPECT_EQ(ListenAddress::parse("unix:/a")->place(), "unix:/a");
}

// Bad ones are refused with the text that was bad, and why.
TEST(ListenAddress, WhatIsNoneSaysWhy) {
    for (const char* bad :
         {"",        "8080",   ":8080",       "a:",        "a:x",       "a:65536",
          "a:-1",    "a:80x",  "::1:80",      "[::1]",     "[::1]80",   "[]:80",
          "[[]:8",   "[a]:80", "[::1:80",     "tls:",      "tls:8080",  "tls::443",
          "tls:::1", "unix:",  "tls:tls:a:1", "unix:a\nb", "tls:unix:a"}) {
        const auto address = ListenAddress::parse(bad);
        ASSERT_FALSE(address) << bad;
        EXPECT_NE(address.error().message().find(bad), std::string::npos);
    }
    EXPECT_NE(ListenAddress::parse("tls:unix:/a").error().message().find("no TLS"),
              std::string::npos);
}

// A path may be as long as the kernel takes it, and no longer.
TEST(ListenAddress, APathFitsTheKernel) {
    EXPECT_TRUE(ListenAddress::parse("unix:" + std::string(107, 'x')));
    const auto longer = ListenAddress::parse("unix:" + std::string(108, 'x'));
    ASSERT_FALSE(longer);
    EXPECT_NE(longer.error().message().find("107"), std::string::npos);
}

// Property: an address is a loopback one exactly if no other machine can reach it.
TEST(ListenAddress, KnowsWhatOnlyThisMachineCanReach) {
    for (const char* here : {"127.0.0.1:1", "127.1.2.3:1", "localhost:1", "[::1]:1", "unix:/a"}) {
        EXPECT_TRUE(ListenAddress::parse(here)->is_loopback()) << here;
    }
    for (const char* there : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "127.example.org:1"}) {
        EXPECT_FALSE(ListenAddress::parse(there)->is_loopback()) << there;
    }
}

}  // namespace
}  // namespace stentor::net
