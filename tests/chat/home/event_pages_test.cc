// Ranges of pages, and pages that are kept.
#include "chat/home/event_pages.h"

#include <gtest/gtest.h>

namespace stentor::chat {
namespace {

bool covers(const PageRange& range, std::uint64_t first, std::uint64_t last) {
    return range.after + 1 == first && range.before == last + 1;
}

TEST(PageRange, BoundsAreExclusiveAndWithinWhatIsKept) {
    // From the oldest on and up to the newest, in a room of the events 4 to 20.
    EXPECT_TRUE(covers(PageRange::from(7, 21, 5, 4), 8, 12));
    EXPECT_TRUE(covers(PageRange::from(0, 21, 5, 4), 4, 8));
    EXPECT_TRUE(covers(PageRange::from(18, 21, 5, 4), 19, 20));
    EXPECT_TRUE(PageRange::from(20, 21, 5, 4).empty());
    EXPECT_TRUE(PageRange::from(900, 21, 5, 4).empty());
    EXPECT_TRUE(PageRange::from(0, 3, 5, 4).empty());
    EXPECT_TRUE(covers(PageRange::up_to(21, 5, 4), 16, 20));
    EXPECT_TRUE(covers(PageRange::up_to(6, 5, 4), 4, 5));
    EXPECT_TRUE(PageRange::up_to(4, 5, 4).empty());
    EXPECT_TRUE(PageRange::up_to(1, 5, 4).empty());
    EXPECT_TRUE(PageRange::up_to(21, 0, 4).empty());
}

TEST(PageRange, EventsToComeDoNotChangeAFullPage) {
    // So that who pages through a busy room shares pages with others.
    EXPECT_EQ(PageRange::from(3, 500, 100, 1), PageRange::from(3, 600, 100, 1));
    EXPECT_EQ(PageRange::up_to(200, 1000, 1), PageRange::up_to(200, 100, 1));
}

EventTexts texts(std::size_t bytes) {
    return {1, 1, core::SharedBytes::copy_of(std::string(bytes, 'x'))};
}

TEST(EventPages, APageIsKeptUntilSomethingInItChanges) {
    // Of that room, and in its range.
    EventPages pages;
    const PageRange low = PageRange::from(0, 101, 100, 1), high = PageRange::from(100, 201, 100, 1);
    pages.keep(1, low, texts(10));
    pages.keep(1, high, texts(10));
    pages.keep(2, low, texts(10));
    pages.changed(1, 100, 100);
    EXPECT_EQ(pages.find(1, low), nullptr);
    EXPECT_NE(pages.find(1, high), nullptr);
    EXPECT_NE(pages.find(2, low), nullptr);
    EXPECT_EQ(pages.find(3, low), nullptr);
}

TEST(EventPages, WhatIsKeptIsBoundedAndWhatWasUsedLatelyStays) {
    // In pages and in bytes; a page above all bounds is kept alone.
    EventPages pages;
    const auto range = [](std::uint64_t i) { return PageRange::from(i, 1000, 1, 1); };
    pages.keep(1, range(0), texts(10));
    for (std::uint64_t i = 1; i < 500; ++i) {
        pages.keep(1, range(i), texts(10));
        EXPECT_NE(pages.find(1, range(0)), nullptr);
    }
    EXPECT_EQ(pages.find(1, range(1)), nullptr);
    EXPECT_NE(pages.find(1, range(499)), nullptr);
    pages.keep(1, range(600), texts(8 * 1024 * 1024));
    EXPECT_EQ(pages.find(1, range(499)), nullptr);
    EXPECT_NE(pages.find(1, range(600)), nullptr);
}

}  // namespace
}  // namespace stentor::chat
