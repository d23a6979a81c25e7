// The outbox against a model: a list of strings.
#include "net/outbox.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <random>
#include <string>

namespace stentor::net {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::span<std::byte> writable(std::string& text) {
    return std::as_writable_bytes(std::span(text));
}

class OutboxTest : public testing::Test {
protected:
    ~OutboxTest() override {
        outbox_.clear(pool_);
        EXPECT_EQ(pool_.live(), 0u);
        EXPECT_EQ(outbox_.held_bytes(), 0u);
    }
    Parcel& parcel(std::string_view text, ParcelKind kind = ParcelKind::kEvents,
                   std::uint32_t topic = 1, std::uint64_t seq = 1) {
        Parcel& made = pool_.make(core::SharedBytes::copy_of(text));
        made.kind = kind;
        made.topic = topic;
        made.first_seq = made.last_seq = seq;
        return made;
    }
    void push(std::string_view text) { outbox_.push(parcel(text)); }
    // Takes `count` bytes as the socket would.
    std::string take(std::size_t count) {
        std::string taken;
        while (taken.size() < count) {
            std::array<iovec, 3> pieces;
            const std::size_t filled = outbox_.gather(pieces, count - taken.size());
            if (filled == 0) break;
            std::string chunk;
            for (std::size_t i = 0; i < filled; ++i) {
                chunk.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
            }
            chunk.resize(std::min(chunk.size(), count - taken.size()));
            outbox_.consume(chunk.size(), pool_);
            taken += chunk;
        }
        return taken;
    }

    ParcelPool pool_;
    Outbox outbox_;
};

// Two references, the common case, cost no memory beyond the outbox itself; more give it back.
TEST_F(OutboxTest, HoldsNoMemoryWhileLittleWaitsOrNothing) {
    push("a");
    push("b");
    EXPECT_EQ(outbox_.held_bytes(), 0u);
    for (int i = 0; i < 100; ++i) push("c");
    EXPECT_GT(outbox_.held_bytes(), 0u);
    EXPECT_EQ(take(1000).size(), 102u);
    EXPECT_EQ(outbox_.held_bytes(), 0u);
}

// Small answers that follow each other share one block, and so one piece of a send.
TEST_F(OutboxTest, AnswersInARowShareABlock) {
    std::string expected;
    for (int i = 0; i < 300; ++i) {
        outbox_.append_answer(bytes_of("answer"), pool_);
        expected += "answer";
    }
    EXPECT_EQ(outbox_.references(), 1u);
    EXPECT_EQ(take(10'000), expected);
}

// A block of which bytes were sent is not touched any more (its address may be with the kernel).
TEST_F(OutboxTest, BegunAnswerIsNotAppendedTo) {
    outbox_.append_answer(bytes_of("first"), pool_);
    EXPECT_EQ(take(2), "fi");
    outbox_.append_answer(bytes_of("second"), pool_);
    EXPECT_EQ(outbox_.references(), 2u);
    EXPECT_EQ(take(100), "rstsecond");
}

// What is borrowed leaves in its place from where it lies; what is left of it when it is owned is a
// copy, in its place too, and the lender may write over his.
TEST_F(OutboxTest, BorrowedBytesKeepTheirPlaceAndAreCopiedWhenOwned) {
    std::string lenders(40'000, 'b');
    for (const std::size_t sent : {0u, 3u, 5u, 9u, 20'000u, 40'004u, 40'012u, 40'020u}) {
        std::ranges::fill(lenders, 'b');
        outbox_.append_answer(bytes_of("first"), pool_);
        outbox_.borrow(writable(lenders), writable(lenders).data(), pool_);
        push("parcel");
        outbox_.append_answer(bytes_of("answer"), pool_);
        outbox_.borrow(writable(lenders).first(4), writable(lenders).data(), pool_);
        const std::string expected = "first" + lenders + "parcelanswerbbbb";
        std::string taken = take(sent);
        outbox_.own_borrowed(pool_);
        std::ranges::fill(lenders, 'x');
        EXPECT_EQ(outbox_.bytes(), expected.size() - sent);
        taken += take(expected.size());
        EXPECT_EQ(taken, expected) << "sent before it was owned: " << sent;
    }
}

// What is borrowed of one place, with something in between that nobody needs, is one piece; of
// another place, or behind something else, it is a piece of its own.
TEST_F(OutboxTest, BorrowedBytesOfOnePlaceAreOnePiece) {
    std::string memory =
        "--one--two--"
        "three";
    const std::span<std::byte> all = writable(memory);
    const std::byte* const next_place = all.data() + 12;
    outbox_.borrow(all.subspan(2, 3), all.data(), pool_);
    outbox_.borrow(all.subspan(7, 3), all.data(), pool_);
    EXPECT_EQ(outbox_.references(), 1u);
    outbox_.borrow(all.subspan(12, 2), next_place, pool_);
    EXPECT_EQ(outbox_.references(), 2u);
    outbox_.borrow(all.subspan(15, 2), next_place, pool_);
    EXPECT_EQ(outbox_.references(), 2u);
    outbox_.append_answer(bytes_of("!"), pool_);
    outbox_.borrow(all.subspan(0, 1), all.data(), pool_);
    EXPECT_EQ(outbox_.references(), 4u);
    EXPECT_EQ(outbox_.bytes(), 12u);
    EXPECT_EQ(take(100), "onetwothee!-");
}

// Parcels are refused beyond either limit, yet never by an empty outbox: it would refuse for ever.
TEST_F(OutboxTest, RoomIsBoundedInBytesAndReferences) {
    EXPECT_TRUE(outbox_.has_room(5000, 1000));
    push(std::string(900, 'x'));
    EXPECT_TRUE(outbox_.has_room(100, 1000));
    EXPECT_FALSE(outbox_.has_room(101, 1000));
    for (std::uint32_t i = 1; i < Outbox::kReferencesMax; ++i) push("y");
    EXPECT_FALSE(outbox_.has_room(1, 1 << 20));
}

// One parcel in many outboxes is freed when the last lets go.
TEST_F(OutboxTest, SharedParcelLivesAsLongAsItsLastReader) {
    Outbox other;
    Parcel& shared = parcel("shared");
    outbox_.push(shared);
    other.push(shared);
    EXPECT_EQ(take(6), "shared");
    EXPECT_EQ(pool_.live(), 1u);
    other.clear(pool_);
    EXPECT_EQ(pool_.live(), 0u);
}

// The heaviest topic is that of the bytes, not of the count, and what is begun does not weigh.
TEST_F(OutboxTest, HeaviestTopicWeighsBytesThatMayBeLetGo) {
    EXPECT_FALSE(outbox_.heaviest_topic());
    outbox_.push(parcel(std::string(500, 'b'), ParcelKind::kEvents, 9));
    take(1);
    EXPECT_FALSE(outbox_.heaviest_topic());
    outbox_.push(parcel("1", ParcelKind::kEvents, 1));
    outbox_.push(parcel("1", ParcelKind::kEvents, 1));
    outbox_.push(parcel("two", ParcelKind::kEvents, 2));
    outbox_.push(parcel(std::string(99, 'e'), ParcelKind::kEphemeral, 3));
    EXPECT_EQ(outbox_.heaviest_topic(), 2u);
}

// The oldest events are those at the front that may still be let go: neither what is begun nor what
// is no event.
TEST_F(OutboxTest, OldestEventsMayBeLetGo) {
    const auto made_after = [this](std::string_view text, ParcelKind kind, int seconds) -> Parcel& {
        Parcel& made = parcel(text, kind, static_cast<std::uint32_t>(seconds));
        made.made = core::Instant{} + std::chrono::seconds{seconds};
        return made;
    };
    EXPECT_FALSE(outbox_.oldest_events());
    outbox_.push(made_after("begun", ParcelKind::kEvents, 1));
    take(1);
    outbox_.push(made_after("typing", ParcelKind::kEphemeral, 2));
    EXPECT_FALSE(outbox_.oldest_events());
    outbox_.push(made_after("older", ParcelKind::kEvents, 3));
    outbox_.push(made_after("newer", ParcelKind::kEvents, 4));
    ASSERT_TRUE(outbox_.oldest_events());
    EXPECT_EQ(outbox_.oldest_events()->topic, 3u);
    EXPECT_EQ(outbox_.oldest_events()->made, core::Instant{} + std::chrono::seconds{3});
}

// What an outbox holds, as texts in a queue.
class OutboxModel {
public:
    struct Waiting {
        std::string text;
        ParcelKind kind;
        std::uint32_t topic;
        std::uint64_t seq;
        bool begun = false;
    };

    void push(Waiting waiting) { queue_.push_back(std::move(waiting)); }
    bool empty() const { return queue_.empty(); }
    std::size_t bytes() const {
        std::size_t bytes = 0;
        for (const Waiting& waiting : queue_) bytes += waiting.text.size();
        return bytes;
    }
    std::string take(std::size_t count) {
        std::string taken;
        while (taken.size() < count && !queue_.empty()) {
            std::string& text = queue_.front().text;
            const std::size_t part = std::min(count - taken.size(), text.size());
            taken += text.substr(0, part);
            text.erase(0, part);
            // A begun answer block is begun as a whole; its pieces here are kAnswer anyway.
            queue_.front().begun = true;
            if (text.empty()) queue_.pop_front();
        }
        return taken;
    }
    // Lets go of what is unwanted and not begun; returns its bytes.
    template <typename Unwanted>
    std::size_t shed(Unwanted&& unwanted) {
        std::size_t freed_bytes = 0;
        for (auto it = queue_.begin(); it != queue_.end();) {
            if (it->begun || !unwanted(*it)) {
                ++it;
                continue;
            }
            freed_bytes += it->text.size();
            it = queue_.erase(it);
        }
        return freed_bytes;
    }

private:
    std::deque<Waiting> queue_;
};

// Whatever is pushed, partly sent and let go in any order, what comes out is what the model says.
TEST_F(OutboxTest, AgreesWithAModelUnderRandomUse) {
    OutboxModel model;
    std::mt19937 random(20'240'601);
    std::uint64_t seq = 0;
    const auto below = [&random](std::uint32_t bound) {
        return static_cast<std::uint32_t>(random() % bound);
    };
    for (int step = 0; step < 100'000; ++step) {
        const std::uint32_t action = below(100);
        if (action < 30) {
            const std::string text(below(300) + 1, static_cast<char>('a' + below(26)));
            const auto kind = below(3) == 0 ? ParcelKind::kEphemeral : ParcelKind::kEvents;
            const std::uint32_t topic = below(5);
            outbox_.push(parcel(text, kind, topic, ++seq));
            model.push({text, kind, topic, seq});
        } else if (action < 50) {
            const std::string text(below(action == 49 ? 40'000 : 200),
                                   static_cast<char>('A' + below(26)));
            outbox_.append_answer(bytes_of(text), pool_);
            if (!text.empty()) model.push({text, ParcelKind::kAnswer, 0, 0});
        } else if (action < 90) {
            const std::size_t count = below(action == 89 ? 100'000 : 400);
            const std::string expected = model.take(count);
            ASSERT_EQ(take(count), expected);
        } else if (action < 94) {
            const std::size_t freed_bytes = model.shed([](const OutboxModel::Waiting& waiting) {
                return waiting.kind == ParcelKind::kEphemeral;
            });
            ASSERT_EQ(outbox_.shed_ephemeral(pool_), freed_bytes);
        } else {
            const auto topic = outbox_.heaviest_topic().value_or(below(5));
            std::uint64_t oldest_seq = 0;
            const std::size_t expected_bytes = model.shed([&](const OutboxModel::Waiting& waiting) {
                const bool match = waiting.kind == ParcelKind::kEvents && waiting.topic == topic;
                if (match && oldest_seq == 0) oldest_seq = waiting.seq;
                return match;
            });
            std::size_t freed_bytes = 0;
            ASSERT_EQ(outbox_.shed_topic(topic, pool_, freed_bytes), oldest_seq);
            ASSERT_EQ(freed_bytes, expected_bytes);
        }
        ASSERT_EQ(outbox_.bytes(), model.bytes());
        ASSERT_EQ(outbox_.empty(), model.empty());
    }
}

}  // namespace
}  // namespace stentor::net
