// The way out: fan-out, slow readers, finishing, aborting. Reactor turned by hand over loopback.
#include "net/reactor.h"

#include <algorithm>

#include "tests/net/reactor_fixture.h"

namespace stentor::net {
namespace {

constexpr int kSmallBuffer = 4096;

class SendTest : public ReactorTest {
protected:
    // One parcel to the given connections; what did not fit.
    std::vector<std::uint32_t> deliver(std::vector<ConnectionId> ids, std::string_view text,
                                       ParcelKind kind = ParcelKind::kEvents,
                                       std::uint32_t topic = 1, std::uint64_t seq = 1) {
        std::vector<std::uint32_t> slots;
        for (const ConnectionId id : ids) slots.push_back(id.slot);
        std::vector<std::uint32_t> full;
        Parcel& parcel = link().make_parcel(core::SharedBytes::copy_of(text));
        parcel.kind = kind;
        parcel.topic = topic;
        parcel.first_seq = parcel.last_seq = seq;
        link().deliver(slots, parcel, full);
        link().release_parcel(parcel);
        return full;
    }
    // Sends until the peer's and our socket buffers are full and the outbox holds a backlog.
    std::string fill(ConnectionId id) {
        std::string queued;
        turn_until([&] {
            const std::string text = pattern(8000, static_cast<std::uint32_t>(queued.size()));
            link().send(id, bytes_of(text));
            queued += text;
            turn();
            return link().backlog_bytes(id) > 16'000;
        });
        return queued;
    }
};

// One parcel reaches every member, by reference: the bytes exist once and are gone when all have
// them.
TEST_F(SendTest, OneParcelReachesAllMembersAndIsFreed) {
    start();
    std::vector<ConnectionId> ids;
    for (int i = 0; i < 200; ++i) ids.push_back(connect());
    EXPECT_TRUE(deliver(ids, "hello ").empty());
    EXPECT_TRUE(deliver(ids, "world").empty());
    turn_until([&] {
        return std::ranges::all_of(peers_, [](const auto& peer) {
            peer->read();
            return peer->received == "hello world";
        });
    });
    turn();
    EXPECT_EQ(reactor_->metrics().parcels.value(), 0);
    // Two parcels a connection, one send.
    EXPECT_EQ(reactor_->metrics().sends_total.value(), 200u);
}

// A parcel delivered to nobody is freed by release_parcel().
TEST_F(SendTest, UndeliveredParcelIsFreed) {
    start();
    EXPECT_TRUE(deliver({}, "nobody").empty());
    turn();
    EXPECT_EQ(reactor_->metrics().parcels.value(), 0);
}

// Answers and parcels leave in the order in which they were queued.
TEST_F(SendTest, AnswersAndParcelsKeepTheirOrder) {
    start();
    const ConnectionId id = connect({.receive_buffer_bytes = kSmallBuffer});
    std::string expected;
    for (std::uint32_t i = 0; i < 300; ++i) {
        const std::string text = pattern(i * 7 % 900 + 1, i);
        expected += text;
        if (i % 3 == 0)
            ASSERT_TRUE(deliver({id}, text).empty());
        else
            link().send(id, bytes_of(text));
        if (i % 40 == 0) turn();
    }
    turn_until([&] {
        peer(0).read(1000);
        return peer(0).received.size() == expected.size();
    });
    EXPECT_EQ(peer(0).received, expected);
}

// A reader that stops is left out and listed when its outbox is full; on_drained() comes once, when
// it has read half of it; what it was sent is whole.
TEST_F(SendTest, SlowReaderIsListedAsFullAndDrainsOnce) {
    start({.outbox_bytes = 64 * 1024});
    const ConnectionId slow = connect({.receive_buffer_bytes = kSmallBuffer});
    const ConnectionId quick = connect();
    std::string expected;
    std::uint32_t number = 0;
    turn_until([&] {
        const std::string text = pattern(4000, ++number);
        const auto full = deliver({slow, quick}, text);
        peer(1).read();
        if (full.empty())
            expected += text;
        else
            EXPECT_EQ(full, std::vector<std::uint32_t>{slow.slot});
        return !full.empty();
    });
    EXPECT_LE(link().backlog_bytes(slow), 64u * 1024);
    EXPECT_GT(link().backlog_bytes(slow), 60'000u);
    link().watch_drain(slow);
    turn(3);
    EXPECT_EQ(app_.of(slow).drains, 0);
    app_.drained_script = [&](ConnectionId id) {
        EXPECT_LE(link().backlog_bytes(id), 32u * 1024);
        EXPECT_GT(link().backlog_bytes(id), 0u);
    };
    turn_until([&] {
        peer(0).read(1000);
        return peer(0).received.size() == expected.size();
    });
    EXPECT_EQ(peer(0).received, expected);
    EXPECT_EQ(app_.of(slow).drains, 1);
    EXPECT_FALSE(app_.of(slow).closed);
    EXPECT_EQ(app_.of(quick).drains, 0);
}

// watch_drain() on an outbox that is already half empty is answered too, but not from inside the
// call.
TEST_F(SendTest, WatchingADrainedOutboxIsAnswered) {
    start();
    const ConnectionId id = connect();
    link().watch_drain(id);
    link().watch_drain(id);
    EXPECT_EQ(app_.of(id).drains, 0);
    turn();
    EXPECT_EQ(app_.of(id).drains, 1);
    turn(3);
    EXPECT_EQ(app_.of(id).drains, 1);
}

// A backlog waits for the socket: no send is tried and no turn made until it is writable.
TEST_F(SendTest, BacklogDoesNotSpin) {
    start({.stall_timeout = std::chrono::hours(1)}, true);
    const ConnectionId id = connect({.receive_buffer_bytes = kSmallBuffer});
    std::string expected = fill(id);
    std::uint64_t sends = 0;
    do {  // until the sockets' buffers have taken all that they take
        sends = reactor_->metrics().sends_total.value();
        turns_while_idle();
    } while (sends != reactor_->metrics().sends_total.value());
    link().send(id, bytes_of("waits with the rest"));
    ASSERT_TRUE(deliver({id}, "and so does this").empty());
    expected += "waits with the restand so does this";
    EXPECT_LT(turns_while_idle(), 10);
    EXPECT_EQ(reactor_->metrics().sends_total.value(), sends);
    turn_until([&] {
        peer(0).read(5000);
        return peer(0).received.size() == expected.size();
    });
    EXPECT_EQ(peer(0).received, expected);
    EXPECT_LT(turns_while_idle(), 10);
}

// Letting go of parcels leaves the begun one whole: the peer reads whole texts and nothing else.
TEST_F(SendTest, SheddingKeepsWhatIsBegun) {
    start();
    const ConnectionId id = connect({.receive_buffer_bytes = kSmallBuffer});
    std::string expected = fill(id);
    ASSERT_TRUE(deliver({id}, "<typing>", ParcelKind::kEphemeral, 7).empty());
    ASSERT_TRUE(deliver({id}, "<seven 5>", ParcelKind::kEvents, 7, 5).empty());
    ASSERT_TRUE(deliver({id}, "<eight 1, longer>", ParcelKind::kEvents, 8, 1).empty());
    ASSERT_TRUE(deliver({id}, "<seven 6>", ParcelKind::kEvents, 7, 6).empty());
    EXPECT_EQ(link().shed_ephemeral(id), 8u);
    EXPECT_EQ(link().heaviest_topic(id), 7u);
    EXPECT_EQ(link().shed_topic(id, 7), 5u);
    EXPECT_EQ(link().shed_topic(id, 7), 0u);
    EXPECT_EQ(link().heaviest_topic(id), 8u);
    link().send(id, bytes_of("<answer>"));
    expected += "<eight 1, longer><answer>";
    turn_until([&] {
        peer(0).read(5000);
        return peer(0).received.size() >= expected.size();
    });
    EXPECT_EQ(peer(0).received, expected);
}

// After finish() the peer reads everything that was queued, then the end, even if it goes on
// sending.
TEST_F(SendTest, FinishLetsThePeerReadEverything) {
    start({.outbox_bytes = 4 << 20});
    const ConnectionId id = connect({.receive_buffer_bytes = kSmallBuffer});
    const std::string expected = pattern(300'000);
    link().send(id, bytes_of(expected));
    link().finish(id);
    link().send(id, bytes_of("too late"));
    turn_until([&] {
        peer(0).send("still talking");
        peer(0).read(20'000);
        return peer(0).ended || peer(0).was_reset;
    });
    EXPECT_FALSE(peer(0).was_reset);
    EXPECT_EQ(peer(0).received, expected);
    EXPECT_EQ(text_of(id), "");
    EXPECT_FALSE(app_.of(id).closed);
    peer(0).close();
    turn_until([&] { return app_.of(id).closed; });
}

// A peer that never ends is waited for a second after our shutdown, not longer.
TEST_F(SendTest, LingeringEndsAfterASecond) {
    start();
    const ConnectionId id = connect();
    link().finish(id);
    turn(3);
    peer(0).read();
    EXPECT_TRUE(peer(0).ended);
    clock_.advance(std::chrono::milliseconds(900));
    turn(2);
    EXPECT_FALSE(app_.of(id).closed);
    clock_.advance(std::chrono::milliseconds(120));
    turn(2);
    EXPECT_TRUE(app_.of(id).closed);
    EXPECT_EQ(reactor_->metrics().linger_timeouts_total.value(), 1u);
}

// A peer that does not read its last words is waited for three seconds.
TEST_F(SendTest, FinishGivesUpOnAPeerThatNeverReads) {
    start();
    const ConnectionId id = connect({.receive_buffer_bytes = kSmallBuffer});
    fill(id);
    link().finish(id);
    clock_.advance(std::chrono::milliseconds(2900));
    turn(2);
    EXPECT_FALSE(app_.of(id).closed);
    clock_.advance(std::chrono::milliseconds(120));
    turn(2);
    EXPECT_TRUE(app_.of(id).closed);
    EXPECT_EQ(reactor_->metrics().finish_timeouts_total.value(), 1u);
}

// abort() resets: the peer does not mistake it for an orderly end.
TEST_F(SendTest, AbortResets) {
    start();
    const ConnectionId id = connect();
    link().abort(id);
    EXPECT_FALSE(app_.of(id).closed) << "only in the reap phase";
    turn();
    EXPECT_TRUE(app_.of(id).closed);
    turn_until([&] {
        peer(0).read();
        return peer(0).was_reset;
    });
}

class StallTest : public SendTest {
protected:
    // A connection whose outbox has just refused a parcel.
    ConnectionId stalled(std::size_t stall_bytes_min = 16 * 1024) {
        start({.outbox_bytes = 32 * 1024, .stall_bytes_min = stall_bytes_min});
        const ConnectionId id = connect({.receive_buffer_bytes = kSmallBuffer});
        turn_until([&] { return !deliver({id}, pattern(4000)).empty(); });
        return id;
    }
};

// A full outbox without progress ends after the stall timeout and not before.
TEST_F(StallTest, FullOutboxWithoutProgressIsAborted) {
    const ConnectionId id = stalled();
    clock_.advance(std::chrono::milliseconds(29'900));
    turn(3);
    EXPECT_FALSE(app_.of(id).closed);
    clock_.advance(std::chrono::milliseconds(200));
    turn(3);
    EXPECT_TRUE(app_.of(id).closed);
    EXPECT_EQ(reactor_->metrics().stalled_total.value(), 1u);
}

// A reader whose drain is waited for ends in the same way, though its outbox is not full.
TEST_F(StallTest, DrainIsNotWaitedForWithoutEnd) {
    start({.outbox_bytes = 32 * 1024});
    const ConnectionId id = connect({.receive_buffer_bytes = kSmallBuffer});
    turn_until([&] {
        if (link().backlog_bytes(id) <= 20'000) link().send(id, bytes_of(pattern(4000)));
        return link().backlog_bytes(id) > 20'000;
    });
    turn(3);
    ASSERT_LT(link().backlog_bytes(id), 32u * 1024);
    link().watch_drain(id);
    clock_.advance(std::chrono::milliseconds(29'900));
    turn(3);
    EXPECT_FALSE(app_.of(id).closed);
    clock_.advance(std::chrono::milliseconds(200));
    turn(3);
    EXPECT_TRUE(app_.of(id).closed);
    EXPECT_EQ(app_.of(id).drains, 0);
}

// Letting go of what waits is no progress of the reader.
TEST_F(StallTest, SheddingDoesNotStopTheStallRule) {
    const ConnectionId id = stalled();
    EXPECT_GT(link().shed_topic(id, 1), 0u);
    clock_.advance(std::chrono::seconds(31));
    turn(3);
    EXPECT_TRUE(app_.of(id).closed);
}

// A reader that comes back and finds its outbox let go of is not stalled: nothing waits for it.
TEST_F(StallTest, ReaderThatComesBackToAnEmptyOutboxStays) {
    const ConnectionId id = stalled();
    link().shed_topic(id, 1);
    turn_until([&] {
        peer(0).read();
        return link().backlog_bytes(id) == 0;
    });
    for (int i = 0; i < 5; ++i) {
        peer(0).read();
        turn();
    }
    clock_.advance(std::chrono::seconds(31));
    turn(3);
    EXPECT_FALSE(app_.of(id).closed);
}

// A reader that reads on, however full its outbox stays, is not stalled.
TEST_F(StallTest, ReaderThatReadsOnStays) {
    const ConnectionId id = stalled();
    for (int i = 0; i < 100; ++i) {
        clock_.advance(std::chrono::seconds(1));
        const std::size_t goal = peer(0).received.size() + 4000;
        turn_until([&] {
            peer(0).read(goal - peer(0).received.size());
            deliver({id}, pattern(4000));
            return peer(0).received.size() >= goal;
        });
    }
    EXPECT_FALSE(app_.of(id).closed);
}

// A reader that is never silent but slower than the least rate holds its outbox no longer than one
// that takes nothing.
TEST_F(StallTest, DrippingReaderIsAborted) {
    const ConnectionId id = stalled(1 << 20);
    int seconds = 0;
    for (; seconds < 60 && !app_.of(id).closed; ++seconds) {
        clock_.advance(std::chrono::seconds(1));
        const std::size_t goal = peer(0).received.size() + 4000;
        turn_until([&] {
            peer(0).read(goal - peer(0).received.size());
            deliver({id}, pattern(4000));
            return peer(0).received.size() >= goal || app_.of(id).closed;
        });
    }
    EXPECT_TRUE(app_.of(id).closed);
    EXPECT_GE(seconds, 30);
    EXPECT_LE(seconds, 32);
    EXPECT_EQ(reactor_->metrics().stalled_total.value(), 1u);
}

// A flush that has used up its time goes on in the next turn, which comes at once, oldest first.
TEST_F(SendTest, FlushBeyondItsTimeGoesOnInTheNextTurn) {
    start({.flush_budget = std::chrono::nanoseconds(0)});
    std::vector<ConnectionId> ids;
    for (int i = 0; i < 200; ++i) ids.push_back(connect());
    turn();
    deliver(ids, "x");
    turn();
    const auto served = [&] {
        std::size_t count = 0;
        for (const auto& peer : peers_) {
            peer->read();
            count += peer->received.size();
        }
        return count;
    };
    EXPECT_EQ(served(), 64u);
    EXPECT_EQ(peer(63).received, "x");
    app_.may_sleep = true;   // without work left over these turns would block for ever
    link().abort(ids[150]);  // in the middle of what waits, and its slot has a new owner
    turn();
    connect();
    turn(2);
    EXPECT_EQ(served(), 199u);
    EXPECT_EQ(reactor_->metrics().flush_overruns_total.value(), 3u);
}

}  // namespace
}  // namespace stentor::net
