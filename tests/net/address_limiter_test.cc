// Places by address: how many, whose, and that each is given back.
#include "net/address_limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace stentor::net {
namespace {

constexpr core::HashKey kKey{1, 2};

PeerAddress v4(std::uint8_t last, std::uint16_t port = 1) {
    return {.family = PeerAddress::Family::kV4, .port = port, .bytes = {192, 0, 2, last}};
}
// Of the /64 `network`, the host `host`.
PeerAddress v6(std::uint8_t network, std::uint8_t host) {
    PeerAddress peer{.family = PeerAddress::Family::kV6, .port = 1, .bytes = {0x20, 0x01}};
    peer.bytes[7] = network;
    peer.bytes[15] = host;
    return peer;
}

// An address gets as many places as the limit says, whatever its ports, and others get their own.
TEST(AddressLimiter, CountsByAddress) {
    AddressLimiter limiter(2, kKey);
    const auto first = limiter.take(v4(1, 1));
    const auto second = limiter.take(v4(1, 2));
    ASSERT_TRUE(first && *first && second && *second);
    EXPECT_FALSE(limiter.take(v4(1, 3)));
    EXPECT_TRUE(limiter.take(v4(2)));
    EXPECT_EQ(limiter.addresses(), 1u);  // the last place is back already
}

// All hosts of an IPv6 /64 are one address; the next /64 is another.
TEST(AddressLimiter, CountsIpv6ByPrefix) {
    AddressLimiter limiter(2, kKey);
    const auto first = limiter.take(v6(1, 1));
    const auto second = limiter.take(v6(1, 2));
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(limiter.take(v6(1, 3)));
    EXPECT_TRUE(limiter.take(v6(2, 1)));
}

// Without a limit, and for Unix sockets, every place is empty and nothing is counted.
TEST(AddressLimiter, CountsNothingWithoutALimit) {
    AddressLimiter unlimited(0, kKey);
    AddressLimiter limited(1, kKey);
    for (int i = 0; i < 10; ++i) {
        const auto place = unlimited.take(v4(1));
        ASSERT_TRUE(place);
        EXPECT_FALSE(*place);
        const auto local = limited.take(PeerAddress{});
        ASSERT_TRUE(local);
        EXPECT_FALSE(*local);
    }
    EXPECT_EQ(unlimited.addresses(), 0u);
    EXPECT_EQ(limited.addresses(), 0u);
}

// A place moves with its connection and is given back once, by whoever holds it last.
TEST(AddressLimiter, PlaceIsGivenBackOnce) {
    AddressLimiter limiter(1, kKey);
    {
        AddressLimiter::Place held = *limiter.take(v4(1));
        AddressLimiter::Place moved = std::move(held);
        EXPECT_TRUE(moved);
        EXPECT_FALSE(limiter.take(v4(1)));
        AddressLimiter::Place& itself = moved;
        moved = std::move(itself);
        EXPECT_TRUE(moved);
        EXPECT_FALSE(limiter.take(v4(1)));
        // Assigned over: the place that was held is free, the new one is not.
        moved = *limiter.take(v4(2));
        EXPECT_TRUE(limiter.take(v4(1)));
        EXPECT_FALSE(limiter.take(v4(2)));
        moved = {};
        EXPECT_TRUE(limiter.take(v4(2)));
        EXPECT_EQ(limiter.addresses(), 0u);
        moved = *limiter.take(v4(3));
        EXPECT_EQ(limiter.addresses(), 1u);
    }
    EXPECT_EQ(limiter.addresses(), 0u);
}

// A refused address leaves nothing behind, so a flood of refusals does not grow the table.
TEST(AddressLimiter, RefusalLeavesNothingBehind) {
    AddressLimiter limiter(1, kKey);
    std::vector<AddressLimiter::Place> places;
    for (int last = 0; last < 256; ++last) {
        places.push_back(*limiter.take(v4(static_cast<std::uint8_t>(last))));
        EXPECT_FALSE(limiter.take(v4(static_cast<std::uint8_t>(last))));
    }
    EXPECT_EQ(limiter.addresses(), 256u);
    places.clear();
    EXPECT_EQ(limiter.addresses(), 0u);
}

// Whatever threads take and give back at once, an address never has more places than the limit, and
// in the end all are back.
TEST(AddressLimiter, HoldsItsLimitAmongThreads) {
    constexpr std::uint32_t kMax = 3;
    constexpr std::size_t kAddresses = 5;
    AddressLimiter limiter(kMax, kKey);
    std::atomic<std::uint32_t> held[kAddresses] = {};
    std::atomic<bool> exceeded = false;
    std::atomic<std::uint32_t> refused = 0;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            std::vector<std::pair<std::size_t, AddressLimiter::Place>> mine;
            for (std::size_t i = 0; i < 2000; ++i) {
                const std::size_t at = (t + i / 4) % kAddresses;  // four of one: over the limit
                auto place = limiter.take(v4(static_cast<std::uint8_t>(at)));
                if (!place) {
                    refused.fetch_add(1);
                } else {
                    if (held[at].fetch_add(1) >= kMax) exceeded = true;
                    mine.emplace_back(at, std::move(*place));
                }
                // Counted down before it is given back, so `held` never says too much.
                if (mine.size() < 4 && place) continue;
                for (auto& [index, kept] : mine) {
                    held[index].fetch_sub(1);
                    kept = {};
                }
                mine.clear();
            }
            for (auto& [index, kept] : mine) held[index].fetch_sub(1);
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(exceeded);
    EXPECT_GT(refused, 0u);
    EXPECT_EQ(limiter.addresses(), 0u);
}

}  // namespace
}  // namespace stentor::net
