// What thread_owner.h promises in debug builds (clang proves the rest at compile time).
// Thread: several. Invariant: none.
#include "core/thread_owner.h"

#include <gtest/gtest.h>

#include <thread>

namespace {

using stentor::core::ThreadOwner;

struct Owned {
    ThreadOwner owner;
    int value STENTOR_GUARDED_BY(owner) = 0;
    void set(int to) {
        owner.assert_here();
        value = to;
    }
};

// Before anybody adopts it, and after it was abandoned, every thread passes.
TEST(ThreadOwner, NobodysMayBeTouchedByAnyone) {
    Owned owned;
    owned.set(1);
    std::thread([&] { owned.set(2); }).join();
    owned.owner.adopt();
    owned.set(3);
    owned.owner.abandon();
    std::thread([&] { owned.set(4); }).join();
}

#ifndef NDEBUG
// A thread that is not the owner is stopped in a debug build.
TEST(ThreadOwner, StrangerIsStopped) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            Owned owned;
            owned.owner.adopt();
            std::thread([&] { owned.set(1); }).join();
        },
        "check failed");
}
#endif

}  // namespace
