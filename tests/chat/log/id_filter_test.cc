// A filter of fingerprints.
#include "chat/log/id_filter.h"

#include <gtest/gtest.h>

namespace stentor::chat {
namespace {

TEST(IdFilterTest, WhatWasAddedMayBeThereAndHardlyAnythingElse) {
    // All that was added, and at most one in a hundred of what was not.
    for (const std::uint32_t size : {1u, 64u, 1024u, 65'536u}) {
        IdFilter filter(size);
        const auto fingerprint = [](std::uint32_t i) { return i * 2'654'435'761u; };
        for (std::uint32_t i = 0; i < size; ++i) filter.add(fingerprint(i));
        std::uint32_t taken_for = 0;
        for (std::uint32_t i = 0; i < size; ++i) {
            ASSERT_TRUE(filter.may_have(fingerprint(i)));
            taken_for += filter.may_have(fingerprint(size + i)) ? 1U : 0U;
        }
        EXPECT_LE(taken_for, size / 100);
        EXPECT_LE(filter.bytes(), std::size_t{4} * size + 16);
    }
}

}  // namespace
}  // namespace stentor::chat
