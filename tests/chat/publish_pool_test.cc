// PublishPool: a box that comes again says nothing of what it held.
// Thread: one.
// Invariant: each test begins with an empty pool.
#include "chat/publish_pool.h"

#include <gtest/gtest.h>

namespace stentor::chat {
namespace {

Publish filled(std::size_t content_bytes) {
    return {.connection = {.generation = 1, .slot = 2, .shard = 3},
            .user = UserId{4},
            .name = "ann",
            .room = "lobby",
            .command_id = "an id that is too long to lie in place",
            .kind = EventKind::kReacted,
            .content = std::string(content_bytes, 'x'),
            .reply_to = 5,
            .target = 6,
            .on = false,
            .epoch = "k3",
            .seq = 7,
            .at_ms = 8,
            .durability = Durability::kSynced,
            .duplicate = true};
}

// What is taken equals a new one, and holds the memory of the one that was given back.
TEST(PublishPool, BoxesComeBackEmpty) {
    PublishPool pool;
    auto box = std::make_unique<Publish>(filled(100));
    const Publish* const which = box.get();
    const char* const content = box->content.data();
    pool.give_back(std::move(box));
    ASSERT_EQ(pool.kept(), 1u);
    box = pool.take();
    EXPECT_EQ(box.get(), which);
    EXPECT_EQ(box->content.data(), content);
    EXPECT_EQ(*box, Publish{});
    EXPECT_EQ(pool.kept(), 0u);
    EXPECT_EQ(*pool.take(), Publish{}) << "an empty pool makes one";
}

// Neither many boxes nor large texts stay.
TEST(PublishPool, IsBounded) {
    PublishPool pool;
    pool.give_back(std::make_unique<Publish>(filled(PublishPool::kTextBytesMax + 1)));
    EXPECT_EQ(pool.kept(), 0u);
    for (std::size_t i = 0; i <= PublishPool::kKeptMax; ++i) {
        pool.give_back(std::make_unique<Publish>(filled(10)));
    }
    EXPECT_EQ(pool.kept(), PublishPool::kKeptMax);
}

}  // namespace
}  // namespace stentor::chat
