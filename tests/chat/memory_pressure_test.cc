// The steps of memory pressure.
#include "chat/memory_pressure.h"

#include <gtest/gtest.h>

#include <optional>

namespace stentor::chat {
namespace {

using Level = MemoryPressure::Level;
using std::chrono::milliseconds;
constexpr std::size_t kLimit = 16 << 20;
constexpr std::size_t kRoom = kLimit / 16 * 15;

// Looks that pass the limit until the level is reached.
void press(MemoryPressure& pressure, Level level) {
    while (!pressure.at_least(level)) {
        pressure.look(kLimit + 1);
    }
}

// While the limit is passed what waits longest goes first, half as old at each look, then joins are
// refused, then connections; never anything before, nor anything beyond.
TEST(MemoryPressure, GivesUpOneStepALook) {
    MemoryPressure pressure(kLimit);
    EXPECT_FALSE(pressure.look(kLimit).sheds_beyond);
    EXPECT_EQ(pressure.level(), Level::kNone);
    for (const int age_ms : {8000, 4000, 2000, 1000, 500, 250}) {
        EXPECT_EQ(pressure.look(kLimit + 1).sheds_beyond, milliseconds{age_ms});
        EXPECT_EQ(pressure.level(), Level::kShedding);
    }
    EXPECT_EQ(pressure.look(kLimit + 1).sheds_beyond, milliseconds{250});
    EXPECT_EQ(pressure.level(), Level::kNoJoins);
    EXPECT_FALSE(pressure.refuses_connections());
    EXPECT_TRUE(pressure.look(kLimit + 1).changed);
    EXPECT_EQ(pressure.level(), Level::kNoConnections);
    EXPECT_TRUE(pressure.refuses_connections());
    EXPECT_FALSE(pressure.look(kLimit * 2).changed);
    EXPECT_EQ(pressure.look(kLimit * 2).sheds_beyond, milliseconds{250});
}

// What was given up comes back level by level, each when there was room for a while; a limit that
// is only just kept changes nothing.
TEST(MemoryPressure, ComesBackWhenThereWasRoomForAWhile) {
    MemoryPressure pressure(kLimit);
    press(pressure, Level::kNoConnections);
    for (const Level next : {Level::kNoJoins, Level::kShedding, Level::kNone}) {
        for (int i = 1; i < MemoryPressure::kLooksWithRoom; ++i) {
            EXPECT_FALSE(pressure.look(kRoom).changed);
        }
        for (int i = 0; i < 3; ++i) {
            EXPECT_FALSE(pressure.look(kRoom + 1).changed);
        }
        for (int i = 1; i < MemoryPressure::kLooksWithRoom; ++i) {
            EXPECT_FALSE(pressure.look(kRoom).changed);
        }
        const MemoryPressure::Verdict verdict = pressure.look(kRoom);
        EXPECT_TRUE(verdict.changed);
        EXPECT_FALSE(verdict.sheds_beyond);
        EXPECT_EQ(pressure.level(), next);
        EXPECT_FALSE(pressure.refuses_connections());
    }
    // And then it begins anew, with the oldest.
    EXPECT_EQ(pressure.look(kLimit + 1).sheds_beyond, MemoryPressure::kFirstAge);
}

// Empty rooms go from the first step on, and until there is room again, not only above the limit:
// or what they hold could keep a level for good.
TEST(MemoryPressure, IsShortUntilThereIsRoom) {
    MemoryPressure pressure(kLimit);
    EXPECT_FALSE(pressure.look(kLimit).is_short);
    press(pressure, Level::kNoConnections);
    EXPECT_TRUE(pressure.look(kLimit + 1).is_short);
    EXPECT_TRUE(pressure.look(kRoom + 1).is_short);
    EXPECT_FALSE(pressure.look(kRoom + 1).sheds_beyond);
    EXPECT_FALSE(pressure.look(kRoom).is_short);
}

// Free memory is worth giving back when the limit is passed, and later as long as there is no room.
TEST(MemoryPressure, WantsFreeMemoryBackUntilThereIsRoom) {
    MemoryPressure pressure(kLimit);
    EXPECT_FALSE(pressure.wants_less_than(kLimit));
    EXPECT_TRUE(pressure.wants_less_than(kLimit + 1));
    press(pressure, Level::kShedding);
    EXPECT_TRUE(pressure.wants_less_than(kLimit));
    EXPECT_FALSE(pressure.wants_less_than(kRoom));
}

// Without a limit nothing is ever given up.
TEST(MemoryPressure, NoLimitIsNoPressure) {
    MemoryPressure pressure(0);
    EXPECT_FALSE(pressure.look(SIZE_MAX).changed);
    EXPECT_FALSE(pressure.wants_less_than(SIZE_MAX));
    EXPECT_EQ(no_memory_limit().level(), Level::kNone);
}

}  // namespace
}  // namespace stentor::chat
