// Ranges that are taken, whom they hold, and ranges that are refused.
#include "net/address_range.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

namespace stentor::net {
namespace {

PeerAddress peer(const char* text) {
    sockaddr_in6 v6{};
    sockaddr_in v4{};
    v6.sin6_family = AF_INET6;
    v4.sin_family = AF_INET;
    if (::inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        return PeerAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&v4));
    }
    EXPECT_EQ(::inet_pton(AF_INET6, text, &v6.sin6_addr), 1) << text;
    return PeerAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&v6));
}

struct Membership {
    const char* range;
    const char* shown;  // to_string()
    const char* inside;
    const char* outside;  // nullptr: nothing of its family
};

const Membership kMemberships[] = {
    {"10.0.0.0/8", "10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
    {"10.0.0.0/8", "10.0.0.0/8", "10.0.0.0", "9.255.255.255"},
    {"0.0.0.0/0", "0.0.0.0/0", "203.0.113.9", nullptr},
    {"128.0.0.0/1", "128.0.0.0/1", "128.0.0.0", "127.255.255.255"},
    {"192.0.2.128/25", "192.0.2.128/25", "192.0.2.255", "192.0.2.127"},
    {"192.0.2.8/31", "192.0.2.8/31", "192.0.2.9", "192.0.2.10"},
    {"192.0.2.1/32", "192.0.2.1", "192.0.2.1", "192.0.2.0"},
    {"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.3"},
    {"2001:db8::/32", "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"},
    {"2001:db8::/33", "2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
    {"::/0", "::/0", "fe80::1", nullptr},
    {"::1/128", "::1", "::1", "::2"},
    {"::1", "::1", "::1", "::"},
    {"::ffff:10.0.0.0/104", "10.0.0.0/8", "10.1.2.3", "11.0.0.0"},
    {"::ffff:0:0/96", "0.0.0.0/0", "203.0.113.9", nullptr},
    {"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"},
    {"10.0.0.0/8", "10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.0.0.1"},
};

// A range holds what shares its prefix, and nothing beside it.
TEST(AddressRange, HoldsWhatSharesItsPrefix) {
    for (const Membership& row : kMemberships) {
        const auto range = AddressRange::parse(row.range);
        ASSERT_TRUE(range) << row.range << ": " << range.error();
        EXPECT_EQ(range->to_string(), row.shown);
        EXPECT_EQ(AddressRange::parse(range->to_string()), *range) << row.range;
        EXPECT_TRUE(range->contains(peer(row.inside))) << row.range << " " << row.inside;
        if (row.outside == nullptr) continue;
        EXPECT_FALSE(range->contains(peer(row.outside))) << row.range << " " << row.outside;
    }
}

// Families do not mix: all of IPv6 holds no IPv4 peer, mapped or not, and "unix" holds neither.
TEST(AddressRange, HoldsItsOwnFamilyAlone) {
    const auto v4 = AddressRange::parse("0.0.0.0/0").value();
    const auto v6 = AddressRange::parse("::/0").value();
    const auto local = AddressRange::parse("unix").value();
    EXPECT_FALSE(v6.contains(peer("10.0.0.1")));
    EXPECT_FALSE(v6.contains(peer("::ffff:10.0.0.1")));
    EXPECT_FALSE(v4.contains(peer("::1")));
    EXPECT_FALSE(v4.contains(PeerAddress{}));
    EXPECT_FALSE(v6.contains(PeerAddress{}));
    EXPECT_TRUE(local.contains(PeerAddress{}));
    EXPECT_FALSE(local.contains(peer("127.0.0.1")));
    EXPECT_EQ(local.to_string(), "unix");
}

// What is not a range is refused; nothing is guessed.
TEST(AddressRange, RefusesWhatIsNoRange) {
    const std::string_view kBad[] = {"",
                                     "/8",
                                     "10.0.0.0/",
                                     "10.0.0.0/33",
                                     "10.0.0.0/-1",
                                     "10.0.0.0/+8",
                                     "10.0.0.0/08",
                                     "10.0.0.0/8 ",
                                     "10.0.0.0/8/8",
                                     "10.0.0/8",
                                     "010.0.0.0/8",
                                     "10.0.0.256",
                                     "::/129",
                                     "[::1]",
                                     "::1%lo",
                                     "localhost",
                                     "Unix",
                                     "unix/8",
                                     "10.0.0.1:80",
                                     std::string_view("10.0.0.1\0", 9),
                                     std::string_view("10.0.0.0\0/8", 11)};
    for (const std::string_view text : kBad) {
        EXPECT_FALSE(AddressRange::parse(text)) << text;
    }
}

// Bits behind the prefix are refused with both things that may have been meant.
TEST(AddressRange, RefusesBitsBehindThePrefix) {
    EXPECT_EQ(AddressRange::parse("10.1.2.3/8").error(),
              "\"10.1.2.3/8\" has bits behind the prefix; the range is 10.0.0.0/8, the address "
              "alone 10.1.2.3");
    EXPECT_FALSE(AddressRange::parse("2001:db8::1/64"));
    EXPECT_FALSE(AddressRange::parse("192.0.2.9/31"));
    EXPECT_FALSE(AddressRange::parse("::ffff:10.0.0.1/104"));
}

}  // namespace
}  // namespace stentor::net
