// What hash.h promises: the published functions, keyed; usable in flat maps.
// Thread: one. Invariant: none.
#include "core/hash.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace stentor::core;

std::string counting(std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) {
        text.push_back(static_cast<char>(i));
    }
    return text;
}

// SipHash-2-4 gives the values of its paper (appendix A) and of the reference vectors.
TEST(Hash, SipHash24MatchesItsPaper) {
    const HashKey key{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    constexpr std::array<std::uint64_t, 16> kExpected = {
        0x726fdb47dd0e0e31u, 0x74f839c593dc67fdu, 0x0d6c8009d9a94f5au, 0x85676696d7fb7e2du,
        0xcf2794e0277187b7u, 0x18765564cd99a68du, 0xcbc9466e58fee3ceu, 0xab0200f58b01d137u,
        0x93f5f5799a932462u, 0x9e0082df0ba9e4b0u, 0x7a5dbbc594ddb9f3u, 0xf4b32f46226bada7u,
        0x751e8fbc860ee5fbu, 0x14ea5627c0843d90u, 0xf723ca908e7af2eeu, 0xa129ca6149be45e5u};
    for (std::size_t size = 0; size < kExpected.size(); ++size) {
        const std::string text = counting(size);
        const std::vector<char> exact(text.begin(), text.end());  // so that an overread is seen
        EXPECT_EQ(siphash_2_4(key, {exact.data(), exact.size()}), kExpected[size]) << size;
    }
}

// SipHash-1-3 agrees with another implementation (CPython 3.11, whose key is zero with hash seed
// 0).
TEST(Hash, SipHash13MatchesAnotherImplementation) {
    EXPECT_EQ(siphash_1_3({}, "a"), 0x407448d2b89b1813u);
    EXPECT_EQ(siphash_1_3({}, "abcdefg"), 0x6db12aae9070f506u);
    EXPECT_EQ(siphash_1_3({}, "abcdefgh"), 0x3f7b849c0b8e35eau);
    EXPECT_EQ(siphash_1_3({}, "stentor had the voice of fifty men"), 0x3a432a841be78c53u);
}

// Another key gives other values, and the process keeps its own.
TEST(Hash, KeyMatters) {
    EXPECT_NE(siphash_1_3({1, 2}, "room"), siphash_1_3({1, 3}, "room"));
    EXPECT_EQ(StringHash{}("room"), siphash_1_3(process_hash_key(), "room"));
}

// Ids that differ in few low bits spread over the high ones.
TEST(Hash, MixSpreadsSmallIds) {
    std::set<std::uint64_t> tops;
    for (std::uint64_t id = 0; id < 256; ++id) {
        tops.insert(mix64(id) >> 48);
    }
    EXPECT_GT(tops.size(), 250u);
}

// A flat map with string keys is asked by string_view.
TEST(Hash, FlatMapIsAskedByView) {
    boost::unordered_flat_map<std::string, int, StringHash, std::equal_to<>> rooms;
    rooms.emplace("lobby", 1);
    EXPECT_NE(rooms.find(std::string_view("lobby")), rooms.end());
    EXPECT_EQ(rooms.find(std::string_view("other")), rooms.end());
    boost::unordered_flat_map<std::uint64_t, int, IdHash> ids{{7, 1}};
    EXPECT_TRUE(ids.contains(7));
}

}  // namespace
