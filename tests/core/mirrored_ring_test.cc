// What mirrored_ring.h promises: contiguous at every offset, readable behind its end, and a pool
// that gives memory back. Thread: one. Invariant: none.
#include "core/mirrored_ring.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using stentor::core::kReadablePaddingBytes;
using stentor::core::MirroredRing;
using stentor::core::RingPool;

std::size_t page() {
    return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::unique_ptr<RingPool> make_pool(std::size_t ring_bytes, std::uint32_t rings_max,
                                    std::uint32_t kept_resident = 16) {
    auto pool = RingPool::create({ring_bytes, rings_max, kept_resident});
    EXPECT_TRUE(pool.has_value());
    return std::move(*pool);
}

// Receives `text` as a socket would: into the free space, then commit.
void receive(MirroredRing& ring, std::string_view text) {
    ASSERT_LE(text.size(), ring.writable().size());
    std::memcpy(ring.writable().data(), text.data(), text.size());
    ring.commit(text.size());
}

std::string held(MirroredRing& ring) {
    const std::span<std::byte> bytes = ring.readable();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Whatever the offset, what is held is one span in the order in which it came, and can be changed
// in place: every offset of a small ring, the ones over the edge too.
TEST(MirroredRing, HoldsContiguouslyAtEveryOffset) {
    const auto pool = make_pool(page(), 1);
    MirroredRing ring = pool->borrow();
    receive(ring, "#");
    for (std::size_t offset = 1; offset <= 2 * ring.capacity(); ++offset) {
        std::string text = "frame ";
        text += std::to_string(offset);
        receive(ring, text);
        ring.consume(1);  // the '#' of before: so the ring never empties and the offset moves on
        ASSERT_EQ(held(ring), text);
        ring.readable().front() = std::byte{'F'};
        text[0] = 'F';
        ASSERT_EQ(held(ring), text);
        ring.consume(text.size() - 1);
        ring.readable().front() = std::byte{'#'};
        ASSERT_EQ(held(ring), "#");
    }
}

// A random mix of commits and consumes of every size behaves as a queue of bytes.
TEST(MirroredRing, IsAQueueOfBytes) {
    const auto pool = make_pool(2 * page(), 1);
    MirroredRing ring = pool->borrow();
    std::mt19937 random(1);
    std::uint8_t next_in = 0;
    std::uint8_t next_out = 0;
    for (int step = 0; step < 2000; ++step) {
        const std::span<std::byte> room = ring.writable();
        ASSERT_EQ(room.size() + ring.size(), ring.capacity());
        const std::size_t in = random() % (room.size() + 1);
        for (std::size_t i = 0; i < in; ++i) {
            room[i] = std::byte{next_in++};
        }
        ring.commit(in);
        const std::size_t out = random() % (ring.size() + 1);
        for (const std::byte byte : ring.readable().first(out)) {
            ASSERT_EQ(byte, std::byte{next_out++});
        }
        ring.consume(out);
    }
}

// A ring may be full to the last byte, at any offset, and has no room then.
TEST(MirroredRing, FullToTheLastByte) {
    const auto pool = make_pool(page(), 1);
    MirroredRing ring = pool->borrow();
    receive(ring, "abc");
    ring.consume(2);
    receive(ring, std::string(ring.writable().size(), 'x'));
    EXPECT_EQ(ring.size(), ring.capacity());
    EXPECT_TRUE(ring.writable().empty());
    std::string expected(page(), 'x');
    expected[0] = 'c';
    EXPECT_EQ(held(ring), expected);
    ring.consume(ring.size());
    EXPECT_TRUE(ring.empty());
}

// The padding behind what is held may be read, behind the last slot too.
TEST(MirroredRing, PaddingIsReadableBehindEverySlot) {
    const auto pool = make_pool(page(), 3);
    std::vector<MirroredRing> rings;
    for (int i = 0; i < 3; ++i) {
        rings.push_back(pool->borrow());
        MirroredRing& ring = rings.back();
        receive(ring, std::string(page(), 'x'));
        ring.consume(page() - 1);
        receive(ring, std::string(page() - 1, 'y'));  // ends at the last byte but one of the mirror
        const volatile std::byte* end = ring.readable().data() + ring.size();
        int sum = 0;
        for (std::size_t i_padding = 0; i_padding < kReadablePaddingBytes; ++i_padding) {
            sum += std::to_integer<int>(end[i_padding]);
        }
        EXPECT_GE(sum, 0);
    }
}

// Rings of one pool do not touch each other's bytes, and a lent one can be swapped without a copy.
TEST(RingPool, RingsAreApartAndSwap) {
    const auto pool = make_pool(page(), 2);
    MirroredRing scratch = pool->borrow();
    MirroredRing lent;
    EXPECT_FALSE(lent);
    EXPECT_EQ(lent.capacity(), 0u);
    EXPECT_TRUE(lent.readable().empty());
    EXPECT_TRUE(lent.writable().empty());
    receive(scratch, "half a fra");
    std::swap(scratch, lent);
    scratch = pool->borrow();
    receive(scratch, std::string(page(), 'z'));
    EXPECT_EQ(held(lent), "half a fra");
    EXPECT_EQ(pool->lent(), 2u);
}

// A pool that has lent all it has says so with a ring without memory, and recovers.
TEST(RingPool, ExhaustionIsCountedAndPasses) {
    const auto pool = make_pool(page(), 2);
    {
        const MirroredRing first = pool->borrow();
        const MirroredRing second = pool->borrow();
        EXPECT_FALSE(pool->borrow());
        EXPECT_EQ(pool->exhausted(), 1u);
    }
    EXPECT_EQ(pool->lent(), 0u);
    EXPECT_TRUE(pool->borrow());
}

// A ring that is borrowed again is empty, and its first page was not given back.
TEST(RingPool, ReturnedRingComesBackEmpty) {
    const auto pool = make_pool(4 * page(), 1, 0);
    for (int round = 0; round < 3; ++round) {
        MirroredRing ring = pool->borrow();
        EXPECT_TRUE(ring.empty());
        EXPECT_EQ(ring.writable().size(), 4 * page());
        receive(ring, std::string(4 * page(), 'x'));
    }
}

std::size_t resident_pages(std::span<std::byte> bytes) {
    std::vector<unsigned char> pages(bytes.size() / page());
    EXPECT_EQ(::mincore(bytes.data(), bytes.size(), pages.data()), 0);
    std::size_t resident = 0;
    for (const unsigned char state : pages) {
        resident += state & 1u;
    }
    return resident;
}

// Only kept_resident free rings keep their memory; the others keep a page.
TEST(RingPool, ReturnedMemoryIsPunchedOut) {
    const auto pool = make_pool(8 * page(), 4, 1);
    std::vector<std::span<std::byte>> slots;
    {
        std::vector<MirroredRing> rings;
        for (int i = 0; i < 4; ++i) {
            rings.push_back(pool->borrow());
            slots.push_back(rings.back().writable());
            receive(rings.back(), std::string(8 * page(), 'x'));
        }
        for (const auto& slot : slots) {
            EXPECT_EQ(resident_pages(slot), 8u);
        }
    }
    std::size_t resident = 0;
    for (const auto& slot : slots) {
        resident += resident_pages(slot);
    }
    EXPECT_EQ(resident, 8u + 3u);
    EXPECT_EQ(pool->resident_free(), 1u);
}

std::size_t ring_mappings() {
    std::ifstream maps("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) {
        count += line.find("stentor-rings") != std::string::npos ? 1u : 0u;
    }
    return count;
}

// Each slot costs one mapping, and none before it is used: 20,000 rings of 128 KiB are only
// reserved.
TEST(RingPool, OneMappingASlot) {
    const std::size_t before = ring_mappings();
    const auto pool = make_pool(128 * 1024, 20'000);
    EXPECT_EQ(ring_mappings() - before, 1u);
    std::vector<MirroredRing> rings;
    for (int i = 0; i < 100; ++i) {
        rings.push_back(pool->borrow());
        receive(rings.back(), "x");
    }
    EXPECT_LE(ring_mappings() - before, 101u);
}

}  // namespace
