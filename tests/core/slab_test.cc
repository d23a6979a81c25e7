// What slab.h promises: names that go stale, addresses that do not move, freeing that waits.
// Thread: one. Invariant: none.
#include "core/slab.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using stentor::core::Slab;
using stentor::core::SlabKey;

// An erased object is found no more at once, erasing is idempotent, and it lives until released.
TEST(Slab, ErasedObjectLivesUntilReleased) {
    Slab<std::shared_ptr<int>> slab;
    const std::shared_ptr<int> held = std::make_shared<int>(1);
    const auto made = slab.emplace(held);
    ASSERT_TRUE(made);
    EXPECT_EQ(slab.find(made.key), made.object);
    EXPECT_TRUE(slab.erase(made.key));
    EXPECT_FALSE(slab.erase(made.key));
    EXPECT_EQ(slab.find(made.key), nullptr);
    EXPECT_EQ(slab.size(), 0u);
    EXPECT_EQ(held.use_count(), 2);
    EXPECT_EQ(slab.release_freed(), 1u);
    EXPECT_EQ(held.use_count(), 1);
}

// A slot is not reused within the turn that freed it, and afterwards under another generation.
TEST(Slab, SlotIsReusedOnlyAfterRelease) {
    Slab<int> slab(2);
    const SlabKey first = slab.emplace(1).key;
    slab.erase(first);
    const SlabKey second = slab.emplace(2).key;
    EXPECT_NE(second.slot, first.slot);
    EXPECT_FALSE(slab.emplace(3));
    slab.release_freed();
    const SlabKey third = slab.emplace(3).key;
    EXPECT_EQ(third.slot, first.slot);
    EXPECT_NE(third.generation, first.generation);
    EXPECT_EQ(slab.find(first), nullptr);
    const int* found = slab.find(third);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(*found, 3);
}

// Keys that were never issued find nothing.
TEST(Slab, StrangeKeysFindNothing) {
    Slab<int> slab;
    const SlabKey key = slab.emplace(1).key;
    EXPECT_EQ(slab.find({}), nullptr);
    EXPECT_EQ(slab.find({key.slot, key.generation + 1}), nullptr);
    EXPECT_EQ(slab.find({key.slot, key.generation + 2}), nullptr);
    EXPECT_EQ(slab.find({Slab<int>::kSlotsMax, 1}), nullptr);
    EXPECT_EQ(slab.find({~0u, ~0u}), nullptr);
    slab.erase(key);
    EXPECT_EQ(slab.find({key.slot, key.generation + 1}), nullptr);
}

// The key that an object will have is known before it is made.
TEST(Slab, NextKeyIsTheNextObjects) {
    Slab<int> slab(2);
    for (int i = 0; i < 2; ++i) {
        const SlabKey expected = slab.next_key();
        EXPECT_EQ(slab.emplace(i).key, expected);
    }
    EXPECT_EQ(slab.next_key().generation, 0u);
}

// A destructor that runs in release_freed() may erase further objects: they go in the same release.
TEST(Slab, DestructorsMayErase) {
    struct Chain {
        std::function<void()> on_end;
        ~Chain() {
            if (on_end) {
                on_end();
            }
        }
    };
    Slab<Chain> slab;
    const SlabKey last = slab.emplace(Chain{}).key;
    const auto first = slab.emplace(Chain{});
    first.object->on_end = [&] { slab.erase(last); };
    slab.erase(first.key);
    EXPECT_EQ(slab.release_freed(), 2u);
    EXPECT_EQ(slab.size(), 0u);
}

// Against a map, over many chunks: what is live is found at the address where it was made.
TEST(Slab, BehavesLikeAMap) {
    Slab<std::string> slab;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::string*, std::string>> model;
    std::vector<SlabKey> issued;
    std::mt19937 random(7);
    for (int step = 0; step < 20'000; ++step) {
        if (random() % 5 < 3) {
            const std::string text = "object number " + std::to_string(step);
            const auto made = slab.emplace(text);
            issued.push_back(made.key);
            model[{made.key.slot, made.key.generation}] = {made.object, text};
        } else if (!issued.empty()) {
            const SlabKey key = issued[random() % issued.size()];
            ASSERT_EQ(slab.erase(key), model.erase({key.slot, key.generation}) == 1);
        }
        if (random() % 16 == 0) {
            slab.release_freed();
        }
    }
    ASSERT_EQ(slab.size(), model.size());
    std::size_t visited = 0;
    slab.for_each([&](SlabKey key, std::string& text) {
        ++visited;
        const auto& [address, expected] = model.at({key.slot, key.generation});
        ASSERT_EQ(&text, address);
        ASSERT_EQ(text, expected);
    });
    EXPECT_EQ(visited, model.size());
}

}  // namespace
