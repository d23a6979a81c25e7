// Pages on their way from the log.
#include "chat/home/page_reads.h"

#include <gtest/gtest.h>

namespace stentor::chat {
namespace {

PageReads::Waiting waiting(const std::string& id) {
    return {.connection = {}, .command_id = id, .from_oldest = true, .end = 201, .head = 200};
}

const PageRange kLow = PageRange::from(0, 101, 100, 1);
const PageRange kHigh = PageRange::from(100, 201, 100, 1);

TEST(PageReads, WhoAsksAlikeWaitsForOneRead) {
    // And all of them are answered with it, once.
    PageReads reads;
    const std::uint64_t low = reads.wait(kLow, waiting("a"));
    const std::uint64_t high = reads.wait(kHigh, waiting("b"));
    EXPECT_NE(low, 0u);
    EXPECT_NE(high, low);
    EXPECT_EQ(reads.wait(kLow, waiting("c")), 0u);
    const auto answered = reads.answered(low, false);
    ASSERT_TRUE(answered);
    EXPECT_EQ(answered->waiting.size(), 2u);
    EXPECT_TRUE(answered->is_present);
    EXPECT_EQ(reads.answered(high, true)->waiting.size(), 1u);
    EXPECT_TRUE(reads.empty());
}

TEST(PageReads, APageThatChangedMeanwhileIsReadAgain) {
    // A few times at most, and then it is not to be kept.
    PageReads reads;
    std::uint64_t request = reads.wait(kLow, waiting("a"));
    reads.changed(101, 101);
    reads.changed(100, 100);
    int repeats = 0;
    while (true) {
        const auto answered = reads.answered(request, false);
        if (answered) {
            EXPECT_FALSE(answered->is_present);
            break;
        }
        EXPECT_TRUE(reads.must_repeat());
        const auto again = reads.repeat();
        ASSERT_TRUE(again);
        EXPECT_EQ(again->range, kLow);
        EXPECT_NE(again->request, request);
        EXPECT_FALSE(reads.must_repeat());
        request = again->request;
        reads.changed(7, 7);
        ASSERT_LT(++repeats, 10);
    }
    EXPECT_GT(repeats, 1);
    EXPECT_TRUE(reads.empty());
}

TEST(PageReads, AChangeBeforeTheRepetitionIsInIt) {
    // The new read begins behind it.
    PageReads reads;
    const std::uint64_t first = reads.wait(kLow, waiting("a"));
    reads.changed(5, 5);
    EXPECT_FALSE(reads.answered(first, false));
    reads.changed(6, 6);
    const auto again = reads.repeat();
    ASSERT_TRUE(again);
    EXPECT_TRUE(reads.answered(again->request, false)->is_present);
}

}  // namespace
}  // namespace stentor::chat
