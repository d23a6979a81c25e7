// A connection that goes from one reactor to another: nothing of what it sends is lost or doubled,
// and everything that counts it counts it once. Over real loopback sockets, on either back end.
#include <sys/socket.h>

#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "net/handoff.h"
#include "tests/net/loopback.h"
#include "tests/net/reactor_fixture.h"
#include "tests/support/io_kind.h"
#include "tests/support/tls_client.h"

namespace stentor::net {
namespace {

constexpr std::uint64_t kGroup = 0x1234567890abcdef;
constexpr std::uint32_t kListener = 3;

// Remembers by which listener connections come.
class HandoverApplication final : public ScriptedApplication {
public:
    std::vector<std::uint32_t> listeners;
    void on_open(ConnectionId id, std::uint32_t listener) override {
        listeners.push_back(listener);
        ScriptedApplication::on_open(id, listener);
    }
};

class ReactorHandoverTest : public testing::Test {
protected:
    struct Side {
        HandoverApplication app;
        std::unique_ptr<Reactor> reactor;
    };

    ReactorHandoverTest() {
        for (std::uint8_t shard = 0; shard < 2; ++shard) {
            ReactorConfig config{.shard = shard, .clock = &clock_, .io = test::io_for_test()};
            config.tls = contexts_.get();
            auto made_reactor = Reactor::create(config, &handoff_);
            EXPECT_TRUE(made_reactor) << made_reactor.error().message();
            side(shard).reactor = std::move(*made_reactor);
            side(shard).reactor->begin(side(shard).app);
        }
        listener_ = listen_on_loopback(port_);
    }
    ~ReactorHandoverTest() override {
        for (Side& one : sides_) {
            one.reactor->end();
            EXPECT_EQ(one.reactor->connections(), 0u);
            EXPECT_EQ(one.reactor->metrics().outbox_bytes.value(), 0);
            EXPECT_EQ(one.reactor->metrics().rings_lent.value(), 0);
            EXPECT_EQ(static_cast<std::size_t>(one.app.closed), one.app.opened.size());
        }
        EXPECT_EQ(handoff_.total(), 0u);
    }

    Side& side(std::size_t shard) { return sides_[shard]; }
    // A connection that side 0 was given.
    std::unique_ptr<Peer> connect(bool tls = false, AddressLimiter::Place place = {}) {
        auto peer = std::make_unique<Peer>(port_);
        UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        EXPECT_TRUE(fd);
        side(0).reactor->adopt({.fd = std::move(fd),
                                .peer = {},
                                .listener = kListener,
                                .tls = tls,
                                .place = std::move(place)});
        return peer;
    }
    // Side 0 consumes `first_bytes`, then hands over whoever sent more.
    void hand_over_behind(std::size_t first_bytes, std::uint64_t group = kGroup) {
        side(0).app.bytes_script = [this, first_bytes, group](ConnectionId id,
                                                              std::span<std::byte> bytes) {
            if (bytes.size() <= first_bytes) return std::size_t{0};
            side(0).app.keep(id, bytes.first(first_bytes));
            answer_ = side(0).reactor->hand_over(id, 1, group, kListener);
            return *answer_ ? first_bytes
                            : first_bytes + side(0).app.keep(id, bytes.subspan(first_bytes));
        };
    }
    // The first so many sides turn.
    void turn(std::size_t sides = 2) {
        for (std::size_t i = 0; i < sides; ++i) side(i).reactor->turn();
    }
    template <typename Condition>
    void turn_until(Condition&& condition, std::size_t sides = 2) {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), patience) << "it never came true";
            turn(sides);
        }
    }
    // Side 0 alone turns, until it has handed somebody over: nobody has him then.
    void turn_until_handed_over() {
        const std::uint64_t before = side(0).reactor->metrics().handed_over_total.value();
        turn_until([&] { return side(0).reactor->metrics().handed_over_total.value() > before; },
                   1);
    }
    const std::string& taken_by(std::size_t shard) {
        return side(shard).app.of(side(shard).app.opened.back()).bytes;
    }

    core::ManualClock clock_;
    std::unique_ptr<TlsContexts> contexts_ = make_tls_contexts();
    Handoff handoff_{2, 1};
    std::array<Side, 2> sides_;
    UniqueFd listener_;
    std::uint16_t port_ = 0;
    std::optional<bool> answer_;
};

// What side 0 left unconsumed, what it had not received and what comes later reach side 1 in order,
// whenever they come; and what side 1 says reaches the peer.
TEST_F(ReactorHandoverTest, EveryByteGoesAlong) {
    for (const std::size_t early : {101uz, 5000uz, 60'000uz, 120'000uz}) {
        hand_over_behind(100);
        const std::string text = pattern(200'000, static_cast<std::uint32_t>(early));
        std::size_t sent = 0;
        const auto send_up_to = [&](Peer& peer, std::size_t end) {
            while (sent < end) {
                const std::size_t now = peer.send(std::string_view(text).substr(sent, end - sent));
                sent += now;
                if (now == 0) turn();
            }
        };
        const std::size_t opened = side(1).app.opened.size();
        const auto peer = connect();
        send_up_to(*peer, early);
        turn_until_handed_over();
        send_up_to(*peer, early + 3000);  // nobody's at this moment
        turn_until([&] { return side(1).app.opened.size() > opened; });
        send_up_to(*peer, text.size());
        turn_until([&] { return taken_by(1).size() >= text.size() - 100; });
        EXPECT_EQ(taken_by(0), text.substr(0, 100));
        EXPECT_EQ(taken_by(1), text.substr(100));
        EXPECT_TRUE(side(0).app.of(side(0).app.opened.back()).closed);
        EXPECT_EQ(side(1).app.listeners.back(), kListener);
        side(1).reactor->send(side(1).app.opened.back(), bytes_of("welcome"));
        turn_until([&] { return peer->read(), !peer->received.empty(); });
        EXPECT_EQ(peer->received, "welcome");
        EXPECT_FALSE(peer->ended);
    }
}

// It counts as one connection at any time, as accepted and closed once, and its address keeps its
// place until it is closed.
TEST_F(ReactorHandoverTest, CountsOnce) {
    AddressLimiter addresses(1, {1, 2});
    const PeerAddress address{
        .family = PeerAddress::Family::kV4, .port = 1, .bytes = {192, 0, 2, 1}};
    hand_over_behind(1);
    auto peer = connect(false, std::move(*addresses.take(address)));
    EXPECT_EQ(handoff_.load(0), 1u);
    peer->send("ab");
    turn_until([&] {
        EXPECT_EQ(handoff_.total(), 1u);
        EXPECT_FALSE(addresses.take(address));
        return !side(1).app.opened.empty();
    });
    EXPECT_EQ(handoff_.load(1), 1u);
    const ReactorMetrics& before = side(0).reactor->metrics();
    const ReactorMetrics& after = side(1).reactor->metrics();
    EXPECT_EQ(before.accepted_total.value(), 1u);
    EXPECT_EQ(before.handed_over_total.value(), 1u);
    EXPECT_EQ(before.closed_total.value(), 0u);
    EXPECT_EQ(after.accepted_total.value(), 0u);
    EXPECT_EQ(after.taken_up_total.value(), 1u);
    side(1).app.fin_script = [&](ConnectionId id) { side(1).reactor->abort(id); };
    peer->close();
    turn_until([&] { return side(1).app.closed == 1; });
    EXPECT_EQ(after.closed_total.value(), 1u);
    EXPECT_EQ(handoff_.total(), 0u);
    EXPECT_TRUE(addresses.take(address));
}

// A TLS session goes along in the middle of the stream, both ways.
TEST_F(ReactorHandoverTest, TlsGoesOn) {
    hand_over_behind(10);
    side(1).app.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) {
        side(1).reactor->send(id, bytes);
        return side(1).app.keep(id, bytes);
    };
    const auto peer = connect(true);
    test::TlsClient client;
    const auto exchange = [&] {
        const std::vector<std::byte> out = client.take();
        peer->send({reinterpret_cast<const char*>(out.data()), out.size()});
        peer->read();
        client.put(bytes_of(peer->received));
        peer->received.clear();
    };
    turn_until([&] { return exchange(), client.connected(); });
    const std::string text = pattern(50'000);
    client.send(text.substr(0, 20'000));
    exchange();
    turn_until_handed_over();
    client.send(text.substr(20'000));
    turn_until([&] { return exchange(), client.received().size() >= text.size() - 10; });
    EXPECT_EQ(client.received(), text.substr(10));
    EXPECT_EQ(taken_by(1), text.substr(10));
}

// Who ends right behind his bytes is heard to the end by the next reactor.
TEST_F(ReactorHandoverTest, EndComesBehindTheBytes) {
    hand_over_behind(2);
    const auto peer = connect();
    peer->send("hello");
    turn_until_handed_over();
    peer->shut_for_writing();
    turn_until([&] {
        return !side(1).app.opened.empty() && side(1).app.of(side(1).app.opened[0]).fins == 1;
    });
    EXPECT_EQ(taken_by(1), "llo");
}

// Who resets while he is under way is closed by the next reactor.
TEST_F(ReactorHandoverTest, ResetUnderWayIsHeard) {
    hand_over_behind(2);
    const auto peer = connect();
    peer->send("hello");
    turn_until_handed_over();
    peer->reset();
    side(1).app.fin_script = [&](ConnectionId id) { side(1).reactor->abort(id); };
    turn_until([&] { return side(1).app.closed == 1; });
}

// A group has so many places and no more; who finds none stays and is served. A place is free again
// when its connection ends.
TEST_F(ReactorHandoverTest, GroupsAreBounded) {
    hand_over_behind(1);
    std::vector<std::unique_ptr<Peer>> peers;
    for (std::uint32_t i = 0; i < Handoff::kHandedOverPerGroup; ++i) {
        peers.push_back(connect());
        peers.back()->send("ab");
    }
    turn_until([&] { return side(1).app.opened.size() == Handoff::kHandedOverPerGroup; });
    const auto late = connect();
    late->send("late");
    turn_until([&] { return taken_by(0) == "late"; });
    EXPECT_EQ(answer_, false);
    // Another group has places of its own.
    hand_over_behind(1, kGroup + 1);
    const auto other = connect();
    other->send("other");
    turn_until([&] { return side(1).app.opened.size() == Handoff::kHandedOverPerGroup + 1; });

    side(1).app.fin_script = [&](ConnectionId id) { side(1).reactor->abort(id); };
    peers.front()->close();
    turn_until([&] { return side(1).app.closed == 1; });
    hand_over_behind(1);
    const auto next = connect();
    next->send("next");
    turn_until([&] { return side(1).app.opened.size() == Handoff::kHandedOverPerGroup + 2; });
    EXPECT_EQ(taken_by(1), "ext");
}

// More of them than a lane holds, while the other reactor does not turn: they wait, and all arrive.
TEST_F(ReactorHandoverTest, FullLaneLosesNobody) {
    constexpr std::size_t kMany = 400;
    std::uint64_t group = 0;
    side(0).app.bytes_script = [&](ConnectionId id, std::span<std::byte>) {
        EXPECT_TRUE(side(0).reactor->hand_over(id, 1, ++group << 32, kListener));
        return std::size_t{0};
    };
    std::vector<std::unique_ptr<Peer>> peers;
    for (std::size_t i = 0; i < 2 * kMany; ++i) peers.push_back(connect());
    for (std::size_t i = 0; i < kMany; ++i)
        peers[i]->send(pattern(20, static_cast<std::uint32_t>(i)));
    const ReactorMetrics& metrics = side(0).reactor->metrics();
    turn_until([&] { return metrics.handed_over_total.value() == kMany; }, 1);
    turn_until([&] { return side(1).app.opened.size() == kMany; });
    std::set<std::string> expected;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < kMany; ++i) {
        expected.insert(pattern(20, static_cast<std::uint32_t>(i)));
        seen.insert(side(1).app.of(side(1).app.opened[i]).bytes);
    }
    EXPECT_EQ(seen, expected);
}

// Those who leave in one turn count for the next who is asked about.
TEST_F(ReactorHandoverTest, OneTurnKeepsLoadEvenToo) {
    std::uint64_t group = 0;
    std::uint64_t left = 0;
    side(0).app.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) {
        const bool leaves = side(0).reactor->hand_over(id, 1, ++group << 32, kListener);
        left += leaves ? 1 : 0;
        return leaves ? std::size_t{0} : bytes.size();
    };
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 300; ++i) {
        peers.push_back(connect());
        peers.back()->send("x");
    }
    turn_until([&] { return group == 300; });
    const std::uint64_t mean = 150;
    EXPECT_LE(left, mean + mean / 8 + Handoff::kImbalanceMax + 1);
    EXPECT_GE(left, mean);
    EXPECT_EQ(side(0).reactor->metrics().handovers_declined_total.value(), 300 - left);
    turn_until([&] { return side(1).app.opened.size() == left; });
}

// A reactor that has much more than its share is given no more, whatever the group.
TEST_F(ReactorHandoverTest, LoadStaysEven) {
    const std::uint32_t many = 200;
    for (std::uint32_t i = 0; i < many; ++i) handoff_.add(1);
    hand_over_behind(1);
    const auto peer = connect();
    peer->send("stay");
    turn_until([&] { return taken_by(0) == "stay"; });
    EXPECT_EQ(answer_, false);
    for (std::uint32_t i = 0; i < many; ++i) handoff_.subtract(1);
}

// While an answer is queued, and towards where it is already, a connection stays.
TEST_F(ReactorHandoverTest, StaysWhileSomethingIsQueued) {
    side(0).app.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) {
        EXPECT_FALSE(side(0).reactor->hand_over(id, 0, kGroup, kListener));
        side(0).reactor->send(id, bytes);
        EXPECT_FALSE(side(0).reactor->hand_over(id, 1, kGroup, kListener));
        return bytes.size();
    };
    const auto peer = connect();
    peer->send("echo");
    turn_until([&] { return peer->read(), peer->received == "echo"; });
}

// Sockets that nobody took up any more are closed with the hand-off's reactor.
TEST_F(ReactorHandoverTest, EndingReactorClosesWhatIsUnderWay) {
    hand_over_behind(1);
    const auto peer = connect();
    peer->send("ab");
    turn_until_handed_over();
    side(1).reactor->end();
    turn_until([&] {
        peer->read();
        return peer->ended || peer->was_reset;
    });
    EXPECT_EQ(handoff_.total(), 0u);
    side(1).reactor->begin(side(1).app);  // the fixture ends it
}

}  // namespace
}  // namespace stentor::net
