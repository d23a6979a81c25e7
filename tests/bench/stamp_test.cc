// Stamps, templates and sequences: how a message is known again where it is delivered.
// Thread: one.
#include "bench/load/stamp.h"

#include <gtest/gtest.h>

#include <string>

#include "bench/load/message_template.h"
#include "bench/load/sequence.h"

namespace stentor::bench {
namespace {

std::string stamp_text(Stamp stamp) {
    std::string text(kStampBytes, ' ');
    write_stamp(text.data(), stamp);
    return text;
}

// Property: what is written is read back, at its place and by search, whatever stands around it.
TEST(Stamp, IsReadBack) {
    for (const Stamp stamp : {Stamp{0, 0}, Stamp{5, 77}, Stamp{0xffffff, kStampNumberMax}}) {
        const std::string text = "~~ab~0123~" + stamp_text(stamp) + "~tail";
        EXPECT_EQ(read_stamp(text, 10), stamp);
        const auto found = find_stamp(text);
        ASSERT_TRUE(found.has_value());
        EXPECT_EQ(found->stamp, stamp);
        EXPECT_EQ(found->offset, 10u);
    }
}

// Property: nothing that differs from a stamp in one character is one.
TEST(Stamp, NothingElseIsOne) {
    const std::string good = stamp_text({3, 4});
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = 'G';
        EXPECT_FALSE(find_stamp(bad).has_value()) << bad;
    }
    EXPECT_FALSE(read_stamp(good, 1).has_value());
    EXPECT_FALSE(read_stamp(good.substr(1), 0).has_value());
    EXPECT_FALSE(read_stamp("", 0).has_value());
}

// Property: a template is filled in at every placeholder; braces that are none stay.
TEST(MessageTemplate, IsFilledIn) {
    const auto parsed =
        MessageTemplate::parse(R"({"r":"{room}","u":"{user}","n":"{number}","t":"{stamp}{pad}"})");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(parsed->has_stamp() && parsed->has_pad() && parsed->varies());
    const PreparedMessage message = parsed->prepare("a", "b", 3);
    std::string text = message.text;
    message.number(text.data(), {1, 2});
    EXPECT_EQ(text, R"({"r":"a","u":"b","n":"0000010000000002","t":"~0000010000000002~xxx"})");
}

// Property: a second {stamp} or {pad} is refused, and says which.
TEST(MessageTemplate, RefusesWhatStandsTwice) {
    for (const std::string text : {"{stamp}", "{pad}"}) {
        const auto parsed = MessageTemplate::parse(text + text);
        ASSERT_FALSE(parsed.has_value());
        EXPECT_NE(parsed.error().find(text), std::string::npos);
    }
}

// Property: new, ahead, late and repeated are told apart, and what is missing is counted.
TEST(Sequence, TellsArrivalsApart) {
    using enum Sequence::Arrival;
    Sequence sequence;
    EXPECT_EQ(sequence.arrive(0), kNext);
    EXPECT_EQ(sequence.arrive(0), kRepeated);
    EXPECT_EQ(sequence.arrive(5), kAhead);
    EXPECT_EQ(sequence.missing(), 4u);
    EXPECT_EQ(sequence.arrive(3), kLate);
    EXPECT_EQ(sequence.arrive(3), kRepeated);
    EXPECT_EQ(sequence.arrive(1), kLate);
    EXPECT_EQ(sequence.arrive(4), kLate);
    EXPECT_EQ(sequence.missing(), 1u);
    EXPECT_EQ(sequence.arrive(2), kLate);
    EXPECT_EQ(sequence.missing(), 0u);
    EXPECT_EQ(sequence.arrive(6), kNext);
}

}  // namespace
}  // namespace stentor::bench
