// What is sent from where it was received. Reactor turned by hand over loopback.
#include <algorithm>
#include <array>
#include <ranges>

#include "tests/net/reactor_fixture.h"

namespace stentor::net {
namespace {

constexpr int kSmallBuffer = 4096;

// Bytes that go back whence they came arrive whole and in order, between others that are copied,
// and whatever is received over the place where they lay; from readers who take them at once and
// from readers who take them later.
TEST_F(ReactorTest, ReceivedBytesGoBackWholeToQuickAndSlowReaders) {
    start({.scratch_bytes = 128 * 1024});
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) {
        for (auto left = bytes; !left.empty();) {
            const auto part = left.first(std::min<std::size_t>(left.size(), 5000));
            link().send_received(id, part.first(part.size() / 2));
            link().send(id, part.subspan(part.size() / 2));
            left = left.subspan(part.size());
        }
        return bytes.size();
    };
    for (const int buffer : {0, kSmallBuffer, 0, kSmallBuffer}) {
        connect({.receive_buffer_bytes = buffer});
    }
    std::vector<std::string> texts;
    for (std::uint32_t i = 0; i < 4; ++i) {
        texts.push_back(pattern(i % 2 == 0 ? 5'000'000 : 500'000, i));
    }
    std::vector<std::size_t> sent(4);
    turn_until([&] {
        for (std::size_t i = 0; i < 4; ++i) {
            const std::string_view left = std::string_view(texts[i]).substr(sent[i]);
            if (sent[i] < peer(i).received.size() + 300'000) sent[i] += peer(i).send(left);
            peer(i).read(i % 2 == 0 ? SIZE_MAX : 7000);
        }
        return std::ranges::all_of(std::views::iota(0u, 4u), [&](std::size_t i) {
            return peer(i).received.size() == texts[i].size();
        });
    });
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(peer(i).received, texts[i]) << i;
}

// Small pieces with what nobody needs between them, as an echo without its masks, arrive as they
// are, each once.
TEST_F(ReactorTest, SmallReceivedPiecesGoBackWithoutWhatLiesBetween) {
    start();
    std::string expected;
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) {
        std::size_t at = 0;
        for (; bytes.size() - at >= 100; at += 100) {
            link().send_received(id, bytes.subspan(at + 4, 96));
        }
        return at;
    };
    connect();
    const std::string text = pattern(1'000'000);
    for (std::size_t at = 0; at < text.size(); at += 100) expected += text.substr(at + 4, 96);
    std::size_t sent = 0;
    turn_until([&] {
        sent += peer(0).send(std::string_view(text).substr(sent));
        peer(0).read();
        return peer(0).received.size() == expected.size();
    });
    EXPECT_EQ(peer(0).received, expected);
}

// Bytes that were not received just now, or go to somebody else, may be passed as well.
TEST_F(ReactorTest, BytesFromElsewhereMayBePassedAsReceived) {
    start();
    const ConnectionId other = connect();
    const std::string elsewhere = pattern(10'000);
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) {
        link().send_received(id, bytes_of(elsewhere));
        link().send_received(other, bytes);
        return bytes.size();
    };
    connect();
    peer(1).send(pattern(8000, 1));
    turn_until([&] {
        peer(0).read();
        peer(1).read();
        return peer(0).received.size() == 8000 && peer(1).received.size() >= elsewhere.size();
    });
    EXPECT_EQ(peer(0).received, pattern(8000, 1));
    EXPECT_EQ(peer(1).received, elsewhere);
}

// Who dies with such bytes queued takes nobody along.
TEST_F(ReactorTest, ReceivedBytesOfOneThatIsAbortedAreLetGo) {
    start();
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) {
        link().send_received(id, bytes);
        link().abort(id);
        return bytes.size();
    };
    const ConnectionId id = connect();
    peer(0).send(pattern(20'000));
    turn_until([&] { return app_.of(id).closed; });
}

class ReactorTestShedding : public ReactorTest {
protected:
    // A connection that does not read, and was let go of when little waited for it.
    ConnectionId let_go_of() {
        start({.outbox_bytes = 64 * 1024});
        const ConnectionId id = connect({.receive_buffer_bytes = kSmallBuffer});
        turn_until([&] {
            deliver(id);
            turn();
            return link().backlog_bytes(id) > 0;
        });
        deliver(id);
        EXPECT_LT(link().backlog_bytes(id), 32u * 1024);
        clock_.advance(std::chrono::seconds(31));
        turn(3);
        EXPECT_FALSE(app_.of(id).closed);
        EXPECT_GT(link().shed_topic(id, 1), 0u);
        return id;
    }

private:
    void deliver(ConnectionId id) {
        Parcel& parcel = link().make_parcel(core::SharedBytes::copy_of(pattern(4000)));
        parcel.kind = ParcelKind::kEvents;
        parcel.topic = 1;
        parcel.first_seq = parcel.last_seq = 1;
        std::vector<std::uint32_t> full;
        link().deliver(std::array{id.slot + 0u}, parcel, full);
        link().release_parcel(parcel);
    }
};

// Whoever is let go of has no room back before it took something, however little waited for it.
TEST_F(ReactorTestShedding, WaitsForTheReaderToo) {
    const ConnectionId id = let_go_of();
    link().watch_drain(id);
    turn(3);
    EXPECT_EQ(app_.of(id).drains, 0);
    turn_until([&] {
        peer(0).read();
        return app_.of(id).drains == 1;
    });
}

// And if it takes nothing, it is stalled.
TEST_F(ReactorTestShedding, BeginsTheStallRule) {
    const ConnectionId id = let_go_of();
    clock_.advance(std::chrono::milliseconds(29'900));
    turn(3);
    EXPECT_FALSE(app_.of(id).closed);
    clock_.advance(std::chrono::milliseconds(200));
    turn(3);
    EXPECT_TRUE(app_.of(id).closed);
    EXPECT_EQ(reactor_->metrics().stalled_total.value(), 1u);
}

}  // namespace
}  // namespace stentor::net
