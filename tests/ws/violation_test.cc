// Tests of the table of violations (RFC 6455 7.4).
#include "ws/violation.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace stentor::ws {
namespace {

TEST(Violation, EveryRuleHasItsOwnReasonAndACodeForTheWire) {
    // Property: each enumerator can be told from the others in a log, and closes with a legal code.
    std::set<std::string_view> reasons;
    std::set<std::string_view> names;
    for (std::size_t i = 1; i < kViolationCount; ++i) {
        const auto violation = static_cast<Violation>(i);
        EXPECT_TRUE(is_wire_close_code(close_code(violation))) << i;
        EXPECT_FALSE(rfc_section(violation).empty()) << i;
        EXPECT_LE(describe(violation).size(), kCloseReasonBytesMax) << i;
        EXPECT_TRUE(reasons.insert(describe(violation)).second) << describe(violation);
        EXPECT_TRUE(names.insert(name_of(violation)).second) << name_of(violation);
        for (const char c : describe(violation)) EXPECT_TRUE(c >= ' ' && c <= '~');
    }
}

TEST(Violation, CodesAreThoseOfTheStandard) {
    // Property: the classes of violations close with the codes that RFC 6455 7.4.1 gives them.
    EXPECT_EQ(close_code(Violation::kNone), 0);
    EXPECT_EQ(close_code(Violation::kUnmaskedFrame), 1002);
    EXPECT_EQ(close_code(Violation::kBadCloseCode), 1002);
    EXPECT_EQ(close_code(Violation::kBinaryRefused), 1003);
    EXPECT_EQ(close_code(Violation::kInvalidUtf8InText), 1007);
    EXPECT_EQ(close_code(Violation::kInvalidUtf8InCloseReason), 1007);
    EXPECT_EQ(close_code(Violation::kTooManyFrames), 1008);
    EXPECT_EQ(close_code(Violation::kTooManyPings), 1008);
    EXPECT_EQ(close_code(Violation::kMessageTooSlow), 1008);
    EXPECT_EQ(close_code(Violation::kMessageTooLarge), 1009);
    EXPECT_EQ(close_code(Violation::kInflatesTooMuch), 1009);
    EXPECT_EQ(close_code(Violation::kTooManyInflating), 1013);
    EXPECT_EQ(close_code(Violation::kBrokenDeflate), 1007);
    EXPECT_EQ(row_of(Violation::kBrokenDeflate).rfc, 7692);
    EXPECT_EQ(name_of(Violation::kReservedBitsSet), "reserved_bits_set");
}

TEST(Violation, CloseCodesOnTheWireAreExactlyTheAssignedAndThePrivateOnes) {
    // Property: of all 65,536 codes, 1000-1003, 1007-1014 and 3000-4999 may stand in a frame.
    unsigned allowed = 0;
    for (unsigned code = 0; code <= 0xffff; ++code) {
        if (is_wire_close_code(static_cast<std::uint16_t>(code))) ++allowed;
    }
    EXPECT_EQ(allowed, 4U + 8U + 2000U);
    for (const unsigned code : {999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U}) {
        EXPECT_FALSE(is_wire_close_code(static_cast<std::uint16_t>(code))) << code;
    }
}

}  // namespace
}  // namespace stentor::ws
