// The way in: bytes, rings, pausing, ends. Reactor turned by hand over real loopback sockets.
#include "net/reactor.h"

#include "tests/net/reactor_fixture.h"

namespace stentor::net {
namespace {

// What a peer sends comes back byte for byte from an application that echoes.
TEST_F(ReactorTest, EchoReturnsEveryByteInOrder) {
    start();
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) {
        link().send(id, bytes);
        return bytes.size();
    };
    connect();
    const std::string text = pattern(1 << 20);
    std::size_t sent = 0;
    turn_until([&] {
        sent += peer(0).send(std::string_view(text).substr(sent, 10'000));
        peer(0).read();
        return peer(0).received.size() == text.size();
    });
    EXPECT_EQ(peer(0).received, text);
}

// A half received frame keeps the ring it came in, at the same content, and gives it back when
// whole.
TEST_F(ReactorTest, HalfReceivedBytesAreHandedInAgainAndTheRingComesBack) {
    start();
    std::string last;
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) -> std::size_t {
        last.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return bytes.size() < 10 ? 0 : app_.keep(id, bytes);
    };
    const ConnectionId id = connect();
    const ConnectionId other = connect();
    peer(0).send("01234");
    turn_until([&] { return last == "01234"; });
    turn();
    EXPECT_EQ(reactor_->metrics().rings_lent.value(), 1);
    peer(1).send("another ring");
    turn_until([&] { return text_of(other) == "another ring"; });
    peer(0).send("56789");
    turn_until([&] { return text_of(id) == "0123456789"; });
    EXPECT_EQ(reactor_->metrics().rings_lent.value(), 0);
}

// Consuming a part leaves exactly the rest for the next time.
TEST_F(ReactorTest, PartlyConsumedBytesContinueWhereTheyWereLeft) {
    start();
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) {
        return app_.keep(id, bytes.first(bytes.size() / 2 + 1));
    };
    const ConnectionId id = connect();
    const std::string text = pattern(50'000);
    std::size_t sent = 0;
    turn_until([&] {
        sent += peer(0).send(std::string_view(text).substr(sent, 999));
        return sent == text.size();
    });
    app_.bytes_script = nullptr;
    peer(0).send(".");
    turn_until([&] { return text_of(id).ends_with('.'); });
    EXPECT_EQ(text_of(id), text + ".");
    EXPECT_EQ(reactor_->metrics().rings_lent.value(), 0);
}

// A paused connection loses nothing, hears nothing, and does not keep the reactor awake.
TEST_F(ReactorTest, PausedConnectionLosesNothingAndDoesNotSpin) {
    start({}, true);
    const ConnectionId id = connect();
    link().pause(id);
    const std::string text = pattern(20'000);
    ASSERT_EQ(peer(0).send(text), text.size());
    EXPECT_LT(turns_while_idle(), 10);
    EXPECT_EQ(text_of(id), "");
    link().resume(id);
    turn_until([&] { return text_of(id) == text; });
}

// Bytes that were held when the application paused are handed in after resume() though the socket
// is silent.
TEST_F(ReactorTest, ResumeHandsInHeldBytesWithoutTheSocket) {
    start({}, true);
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) {
        link().pause(id);
        return app_.keep(id, bytes.first(1));
    };
    const ConnectionId id = connect();
    peer(0).send("abc");
    turn_until([&] { return text_of(id) == "a"; });
    EXPECT_LT(turns_while_idle(), 10);
    EXPECT_EQ(text_of(id), "a");
    link().resume(id);
    turn();
    EXPECT_EQ(text_of(id), "ab");
    link().resume(id);
    turn();
    EXPECT_EQ(text_of(id), "abc");
    EXPECT_EQ(reactor_->metrics().rings_lent.value(), 0);
}

// A full ring of which nothing is consumed can never become more: that connection ends.
TEST_F(ReactorTest, FullRingWithoutProgressIsAborted) {
    start({.ring_bytes = 4096, .scratch_bytes = 4096});
    app_.bytes_script = [](ConnectionId, std::span<std::byte>) -> std::size_t { return 0; };
    const ConnectionId id = connect();
    peer(0).send(pattern(10'000));
    turn_until([&] { return app_.of(id).closed; });
    EXPECT_EQ(reactor_->metrics().unconsumed_total.value(), 1u);
}

// The same, when the application paused, is no error: it waits.
TEST_F(ReactorTest, FullRingOfAPausedConnectionWaits) {
    start({.ring_bytes = 4096, .scratch_bytes = 4096});
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte>) -> std::size_t {
        link().pause(id);
        return 0;
    };
    const ConnectionId id = connect();
    const std::string text = pattern(10'000);
    ASSERT_EQ(peer(0).send(text), text.size());
    turn_until([&] { return reactor_->metrics().rings_lent.value() == 1; });
    turn(5);
    EXPECT_FALSE(app_.of(id).closed);
    app_.bytes_script = nullptr;
    link().resume(id);
    turn_until([&] { return text_of(id) == text; });
}

// Nor when it asked to be handed the same again: in the next turn, once, with nothing more behind.
TEST_F(ReactorTest, FullRingOfAResumedConnectionComesAgainOnceATurn) {
    start({.ring_bytes = 4096, .scratch_bytes = 4096});
    std::size_t calls = 0;
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) -> std::size_t {
        if (bytes.size() == 4096) ++calls;
        link().pause(id);
        link().resume(id);
        return 0;
    };
    const ConnectionId id = connect();
    const std::string text = pattern(10'000);
    ASSERT_EQ(peer(0).send(text), text.size());
    turn_until([&] { return calls > 0; });
    const std::size_t before = calls;
    turn(5);
    EXPECT_EQ(calls, before + 5);
    EXPECT_FALSE(app_.of(id).closed);
    app_.bytes_script = nullptr;
    turn_until([&] { return text_of(id) == text; });
}

// When no ring is left to lend, the connection that needs one ends, and the others go on.
TEST_F(ReactorTest, ExhaustedRingsCostOnlyTheConnectionThatNeedsOne) {
    start({.rings_max = 1});
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) -> std::size_t {
        return bytes.size() < 10 ? 0 : app_.keep(id, bytes);
    };
    const ConnectionId first = connect();
    const ConnectionId second = connect();
    peer(0).send("half");
    turn_until([&] { return reactor_->metrics().rings_lent.value() == 1; });
    peer(1).send("half");
    turn_until([&] { return app_.of(second).closed; });
    EXPECT_EQ(reactor_->metrics().rings_exhausted_total.value(), 1u);
    peer(0).send(" and the rest");
    turn_until([&] { return text_of(first) == "half and the rest"; });
}

// One connection that sends without end gets its share of a turn, not the turn.
TEST_F(ReactorTest, OneConnectionTakesNoMoreThanItsShareOfATurn) {
    start({.receive_bytes_max = 4096});
    const ConnectionId id = connect();
    const std::string text = pattern(60'000);
    ASSERT_EQ(peer(0).send(text), text.size());
    std::size_t before = 0;
    turn_until([&] {
        const std::size_t now = text_of(id).size();
        EXPECT_LE(now - before, 4096u);
        before = now;
        return now == text.size();
    });
}

// All connections together take little more than a turn's share; who is left over comes first in
// the next turn, and sleeps are not waited for.
TEST_F(ReactorTest, WhatATurnLeavesOverComesInTheNext) {
    start({.receive_bytes_per_turn = 1000});
    app_.may_sleep = true;
    std::vector<ConnectionId> ids;
    for (int i = 0; i < 4; ++i) ids.push_back(connect());
    for (std::size_t i = 0; i < ids.size(); ++i) peer(i).send(pattern(800));
    std::vector<int> heard_in_turn;
    for (int turns = 0; turns < 2; ++turns) {
        turn();
        heard_in_turn.push_back(static_cast<int>(std::ranges::count_if(
            ids, [&](ConnectionId id) { return text_of(id) == pattern(800); })));
    }
    EXPECT_EQ(heard_in_turn, (std::vector<int>{2, 4}));
}

// The peer's FIN is told once, and a connection that waits behind it does not keep the reactor
// awake.
TEST_F(ReactorTest, PeerFinIsToldOnceAndDoesNotSpin) {
    start({}, true);
    const ConnectionId id = connect();
    peer(0).send("bye");
    peer(0).shut_for_writing();
    turn_until([&] { return app_.of(id).fins == 1; });
    EXPECT_EQ(text_of(id), "bye");
    EXPECT_LT(turns_while_idle(), 10);
    EXPECT_EQ(app_.of(id).fins, 1);
    link().send(id, bytes_of("you too"));
    link().finish(id);
    turn_until([&] { return app_.of(id).closed; });
    peer(0).read();
    EXPECT_EQ(peer(0).received, "you too");
    EXPECT_TRUE(peer(0).ended);
}

// A reset ends the connection, also one that is paused or half closed.
TEST_F(ReactorTest, PeerResetClosesInEveryState) {
    start();
    const ConnectionId open = connect();
    const ConnectionId paused = connect();
    const ConnectionId half = connect();
    const ConnectionId finishing = connect();
    link().pause(paused);
    peer(2).shut_for_writing();
    turn_until([&] { return app_.of(half).fins == 1; });
    link().finish(finishing);
    turn();
    for (std::size_t i = 0; i < 4; ++i) peer(i).reset();
    turn_until([&] { return app_.closed == 4; });
    EXPECT_TRUE(app_.of(open).closed);
}

// An id whose connection is gone does nothing, though its slot has a new owner.
TEST_F(ReactorTest, StaleIdsDoNothing) {
    start();
    const ConnectionId old = connect();
    link().abort(old);
    link().abort(old);
    turn();
    ASSERT_TRUE(app_.of(old).closed);
    const ConnectionId reused = connect();
    ASSERT_EQ(reused.slot, old.slot);
    ASSERT_FALSE(reused == old);
    link().send(old, bytes_of("lost"));
    link().pause(old);
    link().resume(old);
    link().watch_drain(old);
    EXPECT_EQ(link().backlog_bytes(old), 0u);
    EXPECT_EQ(link().shed_ephemeral(old), 0u);
    EXPECT_EQ(link().shed_topic(old, 1), 0u);
    EXPECT_FALSE(link().heaviest_topic(old));
    EXPECT_EQ(link().last_received(old), core::Instant{});
    link().finish(old);
    link().abort(old);
    turn(3);
    EXPECT_FALSE(app_.of(reused).closed);
    link().send(reused, bytes_of("mine"));
    turn_until([&] {
        peer(1).read();
        return peer(1).received == "mine";
    });
}

// Closing another connection, or oneself, in the middle of a batch of events is safe.
TEST_F(ReactorTest, ClosingInsideCallbacksIsSafe) {
    start();
    std::vector<ConnectionId> ids;
    for (int i = 0; i < 8; ++i) ids.push_back(connect());
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) -> std::size_t {
        for (const ConnectionId other : ids) link().abort(other);
        link().send(id, bytes);
        return 0;
    };
    app_.closed_script = [&](ConnectionId id) {
        link().abort(id);
        link().finish(id);
    };
    for (std::size_t i = 0; i < 8; ++i) peer(i).send("x");
    turn_until([&] { return app_.closed == 8; });
}

// finish() and abort() from inside on_bytes() leave the span alone until it returns, and no more
// comes.
TEST_F(ReactorTest, FinishInsideOnBytesHandsInNothingMore) {
    start();
    int calls = 0;
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) -> std::size_t {
        ++calls;
        link().finish(id);
        EXPECT_EQ(static_cast<char>(bytes.back()), 'x');
        return 0;
    };
    const ConnectionId id = connect();
    peer(0).send("x");
    turn_until([&] { return calls == 1; });
    peer(0).send("more");
    peer(0).shut_for_writing();
    turn_until([&] { return app_.of(id).closed; });
    EXPECT_EQ(calls, 1);
}

// A reactor without work and deadline does not turn.
TEST_F(ReactorTest, IdleReactorSleeps) {
    start({}, true);
    for (int i = 0; i < 50; ++i) connect();
    turn(3);
    EXPECT_LT(turns_while_idle(), 10);
}

// last_received is the instant of the turn in which bytes came.
TEST_F(ReactorTest, LastReceivedIsTheTurnInWhichBytesCame) {
    start();
    const ConnectionId id = connect();
    turn();
    clock_.advance(std::chrono::seconds(7));
    peer(0).send("x");
    turn_until([&] { return text_of(id) == "x"; });
    EXPECT_EQ(link().last_received(id), clock_.now());
    clock_.advance(std::chrono::seconds(7));
    turn();
    EXPECT_EQ(link().last_received(id), clock_.now() - std::chrono::seconds(7));
}

// Connections that come, say half a thing and go in every way leave every gauge where it was.
TEST_F(ReactorTest, ManyConnectionsReturnEveryGauge) {
    start();
    app_.bytes_script = [](ConnectionId, std::span<std::byte> bytes) { return bytes.size() / 2; };
    app_.fin_script = [&](ConnectionId id) { link().finish(id); };
    for (std::size_t round = 0; round < 10; ++round) {
        for (std::size_t i = 0; i < 30; ++i) {
            const ConnectionId id = connect();
            Peer& client = *peers_.back();
            client.send("half a frame");
            link().send(id, bytes_of("greeting"));
            if (i % 3 == 0) turn();
            if (i % 5 == 0)
                client.reset();
            else if (i % 5 == 1)
                link().abort(id);
            else if (i % 5 == 2)
                link().finish(id);
            else if (i % 5 == 3)
                client.shut_for_writing();
            else
                client.close();
        }
        turn(3);
        peers_.clear();
    }
    turn_until([&] { return reactor_->connections() == 0; });
    EXPECT_EQ(reactor_->metrics().accepted_total.value(), 300u);
    EXPECT_EQ(reactor_->metrics().closed_total.value(), 300u);
    EXPECT_EQ(reactor_->metrics().outbox_bytes.value(), 0);
    EXPECT_EQ(reactor_->metrics().rings_lent.value(), 0);
}

}  // namespace
}  // namespace stentor::net
