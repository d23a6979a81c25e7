// What is wiped from a page, and what is not.
#include "chat/log/scrubbing_vfs.h"

#include <gtest/gtest.h>

#include <array>

namespace stentor::chat {
namespace {

using Page = std::array<std::byte, 512>;

// A table leaf with two cells, of which one lies behind a free block.
Page leaf() {
    Page page;
    page.fill(std::byte{'x'});
    const auto put = [&](std::size_t at, std::initializer_list<int> bytes) {
        for (const int byte : bytes) page[at++] = static_cast<std::byte>(byte);
    };
    put(0, {0x0d, 0x01, 0x40, 0, 2, 0x01, 0x00, 0});  // free block at 320; cells from 256 on
    put(8, {0x01, 0x00, 0x01, 0xc0});
    put(320, {0, 0, 0, 64});
    return page;
}

TEST(ScrubbingVfsTest, OnlyUnusedBytesAreWiped) {
    // The middle and the inside of free blocks; header, pointers and cells stay.
    Page page = leaf();
    scrub_page(page, 0);
    const Page before = leaf();
    for (std::size_t i = 0; i < page.size(); ++i) {
        const bool is_unused = (i >= 12 && i < 256) || (i >= 324 && i < 384);
        EXPECT_EQ(page[i], is_unused ? std::byte{0} : before[i]) << i;
    }
}

TEST(ScrubbingVfsTest, WhatIsNotUnderstoodIsLeftAlone) {
    // Another type of page, or numbers that cannot be.
    for (const auto& [at, byte] : std::initializer_list<std::pair<std::size_t, int>>{
             {0, 0x00}, {0, 0x0c}, {5, 0x7f}, {3, 0x70}}) {
        Page page = leaf();
        page[at] = static_cast<std::byte>(byte);
        const Page before = page;
        scrub_page(page, 0);
        EXPECT_EQ(page, before) << at;
    }
    Page page = leaf();
    page[322] = std::byte{0x7f};  // a free block that is larger than the page
    scrub_page(page, 0);
    EXPECT_EQ(page[400], std::byte{'x'});
}

}  // namespace
}  // namespace stentor::chat
