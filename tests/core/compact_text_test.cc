// What compact_text.h promises: every length comes back, through copies, moves and assignments.
// Thread: one. Invariant: none.
#include "core/compact_text.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace stentor::core {
namespace {

// A text of any length, in place or on the heap, comes back byte for byte, from copies and moves
// too, zero bytes included.
TEST(CompactText, GivesBackTextsOfEveryLength) {
    std::string text;
    for (std::size_t length = 0; length < 40; ++length) {
        CompactText original(text);
        const CompactText copy = original;
        EXPECT_EQ(original.view(), text);
        EXPECT_EQ(original.empty(), text.empty());
        const CompactText moved = std::move(original);
        EXPECT_EQ(moved, copy);
        EXPECT_EQ(moved, std::string_view(text));
        text += static_cast<char>(length);
    }
}

// Assignment replaces what was there, whichever of the two lies on the heap; to itself, nothing.
TEST(CompactText, AssignmentReplacesEitherKind) {
    const std::string brief = "ann";
    const std::string lengthy = "a name that needs the heap";
    CompactText text;
    for (const std::string& next : {brief, lengthy, lengthy, brief, std::string()}) {
        text = next;
        EXPECT_EQ(text.view(), next);
        const CompactText& same = text;
        text = same;
        EXPECT_EQ(text.view(), next);
    }
    text = lengthy;
    text = text.view();
    EXPECT_EQ(text.view(), lengthy);
}

// A text that was moved from is empty and may be used again.
TEST(CompactText, MovedFromIsEmpty) {
    CompactText from("a name that needs the heap");
    const CompactText to = std::move(from);
    EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): the property
    from = "again";
    EXPECT_EQ(from.view(), "again");
    EXPECT_EQ(to.view(), "a name that needs the heap");
}

}  // namespace
}  // namespace stentor::core
