// Scratch and lent rings, without sockets.
// Thread: one. Invariant: every ring came back.
#include "net/receive_rings.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace stentor::net {
namespace {

constexpr std::size_t kRingBytes = 64 * 1024;
constexpr std::size_t kScratchBytes = 256 * 1024;

class ReceiveRingsTest : public testing::Test {
protected:
    using Lent = std::unique_ptr<core::MirroredRing>;

    void start(std::uint32_t rings_max) {
        auto made = ReceiveRings::create(
            {.ring_bytes = kRingBytes, .rings_max = rings_max, .scratch_bytes = kScratchBytes});
        ASSERT_TRUE(made) << made.error().message();
        rings_ = std::make_unique<ReceiveRings>(std::move(*made));
    }
    // As a socket would, then a connection keeps it.
    Lent receive_and_lend(std::string_view text) {
        core::MirroredRing& scratch = rings_->scratch();
        EXPECT_TRUE(scratch.empty());
        std::ranges::copy(std::as_bytes(std::span(text)), scratch.writable().begin());
        scratch.commit(text.size());
        return rings_->lend_scratch();
    }
    static std::string held(core::MirroredRing& ring) {
        const std::span<std::byte> bytes = ring.readable();
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    void TearDown() override { EXPECT_EQ(rings_->lent(), 0u); }

    std::unique_ptr<ReceiveRings> rings_;
};

// What must wait waits unchanged in a ring of its own, and the scratch ring is empty for the next.
TEST_F(ReceiveRingsTest, LittleIsLentInASmallRing) {
    start(2);
    const Lent first = receive_and_lend("first");
    const Lent second = receive_and_lend(std::string(kRingBytes, 's'));
    EXPECT_EQ(held(*first), "first");
    EXPECT_EQ(held(*second), std::string(kRingBytes, 's'));
    EXPECT_EQ(first->capacity(), kRingBytes);
    EXPECT_EQ(rings_->scratch().capacity(), kScratchBytes);
    EXPECT_EQ(rings_->lent(), 2u);
}

// More than a small ring holds waits as well: in large rings while there are some, then the scratch
// ring is a small one, until a large one comes back.
TEST_F(ReceiveRingsTest, MuchIsLentAsLongAsThereAreRings) {
    start(3);
    const std::string much(kRingBytes + 1, 'm');
    std::vector<Lent> lent;
    while (rings_->scratch().capacity() == kScratchBytes) {
        lent.push_back(receive_and_lend(much));
        ASSERT_TRUE(lent.back());
        rings_->renew_scratch();
    }
    for (const Lent& ring : lent) EXPECT_EQ(held(*ring), much);
    EXPECT_EQ(rings_->lent(), lent.size());
    EXPECT_EQ(held(*receive_and_lend("little")), "little");
    lent.pop_back();
    rings_->renew_scratch();
    EXPECT_EQ(rings_->scratch().capacity(), kScratchBytes);
}

// Where no ring is left nothing is lent, and the scratch ring goes on being of use.
TEST_F(ReceiveRingsTest, WithoutRingsNothingIsLent) {
    start(1);
    Lent only = receive_and_lend("only");
    EXPECT_FALSE(receive_and_lend("second"));
    only.reset();
    only = receive_and_lend("third");
    EXPECT_EQ(held(*only), "third");
}

// Little comes back to the scratch ring, in front of what comes next; much stays where it is, and
// so does what fills its ring: that could not become more.
TEST_F(ReceiveRingsTest, OnlyLittleIsBroughtBack) {
    start(2);
    Lent little = receive_and_lend("little");
    rings_->bring_back(little);
    EXPECT_FALSE(little);
    EXPECT_EQ(held(rings_->scratch()), "little");
    EXPECT_EQ(rings_->lent(), 0u);
    rings_->scratch().consume(rings_->scratch().size());
    Lent much = receive_and_lend(std::string(kRingBytes - 1, 'm'));
    rings_->bring_back(much);
    ASSERT_TRUE(much);
    EXPECT_EQ(much->size(), kRingBytes - 1);
}

}  // namespace
}  // namespace stentor::net
