// The stages in front of the application: the PROXY header and TLS, over real loopback sockets.
#include <string>
#include <utility>

#include "tests/net/reactor_fixture.h"
#include "tests/support/tls_client.h"

namespace stentor::net {
namespace {

// PROXY v2, TCP over IPv4 from 192.0.2.`host`:1000 (written out by hand from the specification).
std::string proxy_header(std::uint8_t host) {
    std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
    header += std::string("\x21\x11\x00\x0c", 4);
    header += std::string("\xc0\x00\x02", 3) + static_cast<char>(host);
    header += std::string("\x7f\x00\x00\x01\x03\xe8\x1f\x90", 8);
    return header;
}

class ReactorStagesTest : public ReactorTest {
protected:
    void start_with_tls(ReactorConfig config = {}) {
        config.tls = contexts_.get();
        start(config);
    }
    void echo_everything() {
        app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) {
            link().send(id, bytes);
            return bytes.size();
        };
    }
    // What the TLS client and the socket of peer `index` have for each other, up to so many bytes
    // each way.
    void exchange(test::TlsClient& client, std::size_t index, std::size_t bytes_max = SIZE_MAX) {
        const std::vector<std::byte> out = client.take();
        to_send_[index].append(reinterpret_cast<const char*>(out.data()), out.size());
        const std::size_t size = std::min(bytes_max, to_send_[index].size());
        to_send_[index].erase(0,
                              peer(index).send(std::string_view(to_send_[index]).substr(0, size)));
        peer(index).read(bytes_max);
        client.put(bytes_of(peer(index).received));
        peer(index).received.clear();
    }
    // Until both ends are through: the client is so first.
    void shake_hands(test::TlsClient& client, std::size_t index) {
        const std::uint64_t before = reactor_->metrics().tls_handshakes_total.value();
        turn_until([&] {
            exchange(client, index);
            return reactor_->metrics().tls_handshakes_total.value() > before;
        });
        EXPECT_TRUE(client.connected());
    }
    std::unique_ptr<TlsContexts> contexts_ = make_tls_contexts();
    std::map<std::size_t, std::string> to_send_;
};

// What follows a PROXY header reaches the application as if nothing had been in front of it.
TEST_F(ReactorStagesTest, ProxyHeaderIsTakenAwayHoweverItIsSplit) {
    start();
    const std::string bytes = proxy_header(1) + "hello";
    for (std::size_t split = 0; split <= bytes.size(); ++split) {
        const ConnectionId id = connect({.proxied = true});
        peers_.back()->send(std::string_view(bytes).substr(0, split));
        turn(3);
        peers_.back()->send(std::string_view(bytes).substr(split));
        turn_until([&] { return text_of(id) == "hello"; });
    }
    EXPECT_EQ(reactor_->metrics().rings_lent.value(), 0);
}

// A trusted proxy that sends anything else is not served: its client would go unnamed.
TEST_F(ReactorStagesTest, MissingProxyHeaderEndsTheConnection) {
    start();
    const ConnectionId id = connect({.proxied = true});
    peer(0).send("GET / HTTP/1.1\r\n\r\n");
    turn_until([&] { return app_.of(id).closed; });
    EXPECT_EQ(text_of(id), "");
    EXPECT_EQ(reactor_->metrics().proxy_headers_refused_total.value(), 1u);
}

// Behind a proxy each client counts by its own address, and its place is free when it is gone.
TEST_F(ReactorStagesTest, ClientsOfAProxyAreLimitedByTheirOwnAddress) {
    AddressLimiter addresses(1, {1, 2});
    ReactorConfig config;
    config.addresses = &addresses;
    start(config);
    const ConnectionId first = connect({.proxied = true});
    peer(0).send(proxy_header(1) + "one");
    turn_until([&] { return text_of(first) == "one"; });
    const ConnectionId again = connect({.proxied = true});
    peer(1).send(proxy_header(1) + "two");
    turn_until([&] { return peer(1).read(), peer(1).ended; });
    EXPECT_TRUE(peer(1).received.starts_with("HTTP/1.1 503 ")) << peer(1).received;
    EXPECT_EQ(text_of(again), "");
    const ConnectionId other = connect({.proxied = true});
    peer(2).send(proxy_header(2) + "three");
    turn_until([&] { return text_of(other) == "three"; });
    EXPECT_EQ(addresses.addresses(), 2u);
    peer(0).reset();
    turn_until([&] { return app_.of(first).closed; });
    EXPECT_EQ(addresses.addresses(), 1u);
    EXPECT_EQ(reactor_->metrics().refused_per_address_total.value(), 1u);
    peer(2).reset();
    turn_until([&] { return app_.of(other).closed; });
}

// What a TLS client sends comes back byte for byte, whatever the sizes of records and segments.
TEST_F(ReactorStagesTest, TlsEchoReturnsEveryByteInOrder) {
    start_with_tls();
    echo_everything();
    connect({.tls = true});
    test::TlsClient client;
    shake_hands(client, 0);
    const std::string text = pattern(1 << 20);
    std::size_t sent = 0;
    turn_until([&] {
        if (sent < text.size() && to_send_[0].size() < 100'000) {
            const std::string_view some = std::string_view(text).substr(sent, 10'007);
            EXPECT_TRUE(client.send(some));
            sent += some.size();
        }
        exchange(client, 0);
        return client.received().size() >= text.size();
    });
    EXPECT_EQ(client.received(), text);
    EXPECT_EQ(reactor_->metrics().tls_handshakes_total.value(), 1u);
    EXPECT_EQ(reactor_->metrics().rings_lent.value(), 0);
}

// A handshake and a message that come octet by octet, behind a PROXY header that does so too, end
// like those that come at once.
TEST_F(ReactorStagesTest, TlsBehindAProxyHeaderWorksOctetByOctet) {
    start_with_tls();
    echo_everything();
    connect({.tls = true, .proxied = true});
    to_send_[0] = proxy_header(7);
    test::TlsClient client;
    turn_until([&] { return exchange(client, 0, 1), client.connected(); });
    EXPECT_TRUE(client.send("hello"));
    turn_until([&] { return exchange(client, 0, 1), client.received() == "hello"; });
    to_send_[0].clear();
}

// The same when all of it comes in one piece.
TEST_F(ReactorStagesTest, ClientHelloInTheSegmentOfTheProxyHeaderIsNotLost) {
    start_with_tls();
    echo_everything();
    connect({.tls = true, .proxied = true});
    test::TlsClient client;
    client.turn();
    to_send_[0] = proxy_header(7);
    shake_hands(client, 0);
    EXPECT_TRUE(client.send("hello"));
    turn_until([&] { return exchange(client, 0), client.received() == "hello"; });
}

// A message that the application leaves in the ring is handed in again with its rest, decrypted
// once.
TEST_F(ReactorStagesTest, HalfAMessageWaitsDecryptedInItsRing) {
    start_with_tls();
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) -> std::size_t {
        return bytes.size() < 90'000 ? 0 : app_.keep(id, bytes);
    };
    const ConnectionId id = connect({.tls = true});
    test::TlsClient client;
    shake_hands(client, 0);
    const std::string text = pattern(90'000);
    for (std::size_t i = 0; i < text.size(); i += 9'000) {
        EXPECT_TRUE(client.send(text.substr(i, 9'000)));
        exchange(client, 0);
        turn(2);
    }
    turn_until([&] { return exchange(client, 0), text_of(id).size() == text.size(); });
    EXPECT_EQ(text_of(id), text);
    EXPECT_EQ(reactor_->metrics().rings_lent.value(), 0);
}

// A paused connection is not decrypted either; what waits comes when it goes on.
TEST_F(ReactorStagesTest, PauseHoldsTlsBytesToo) {
    start_with_tls();
    const ConnectionId id = connect({.tls = true});
    test::TlsClient client;
    shake_hands(client, 0);
    link().pause(id);
    EXPECT_TRUE(client.send("waits"));
    exchange(client, 0);
    turn(3);
    EXPECT_EQ(text_of(id), "");
    link().resume(id);
    turn_until([&] { return text_of(id) == "waits"; });
}

// A slow TLS reader blocks at its own buffers: the backlog counts until the socket took it, and
// everything arrives once.
TEST_F(ReactorStagesTest, SlowTlsReaderGetsAllOfItLater) {
    start_with_tls();
    const ConnectionId id = connect({.receive_buffer_bytes = 4096, .tls = true});
    test::TlsClient client;
    shake_hands(client, 0);
    const std::string text = pattern(300'000);
    link().send(id, bytes_of(text));
    turn(20);
    EXPECT_GT(link().backlog_bytes(id), 100'000u);
    turn_until([&] { return exchange(client, 0, 3'000), client.received().size() >= text.size(); });
    EXPECT_EQ(client.received(), text);
    turn(2);
    EXPECT_EQ(link().backlog_bytes(id), 0u);
}

// What is encrypted and not taken by the socket is backlog too: on_drained() waits for it.
TEST_F(ReactorStagesTest, DrainCountsWhatIsEncryptedAndNotTaken) {
    constexpr std::size_t kHalf = 16 * 1024;
    ReactorConfig config;
    config.outbox_bytes = 2 * kHalf;
    start_with_tls(config);
    const ConnectionId id = connect({.receive_buffer_bytes = 4096, .tls = true});
    test::TlsClient client;
    shake_hands(client, 0);
    std::size_t backlog_when_drained = 0;
    app_.drained_script = [&](ConnectionId of) { backlog_when_drained = link().backlog_bytes(of); };
    while (link().backlog_bytes(id) == 0) {
        link().send(id, bytes_of(pattern(kHalf)));
        turn(3);
    }
    link().send(id, bytes_of(pattern(kHalf)));
    link().watch_drain(id);
    turn(3);
    EXPECT_EQ(app_.of(id).drains, 0);
    turn_until([&] { return exchange(client, 0, 3'000), app_.of(id).drains == 1; });
    EXPECT_LE(backlog_when_drained, kHalf);
}

// finish() says close_notify behind the last byte, then ends the socket's way out.
TEST_F(ReactorStagesTest, FinishEndsWithCloseNotify) {
    start_with_tls();
    const ConnectionId id = connect({.tls = true});
    test::TlsClient client;
    shake_hands(client, 0);
    link().send(id, bytes_of("last words"));
    link().finish(id);
    turn_until([&] { return exchange(client, 0), peer(0).ended; });
    EXPECT_EQ(client.received(), "last words");
    EXPECT_TRUE(client.peer_finished());
    EXPECT_FALSE(client.failed());
    peer(0).close();
    turn_until([&] { return app_.of(id).closed; });
}

// The client's close_notify is its end, behind what it sent before.
TEST_F(ReactorStagesTest, CloseNotifyIsThePeersEnd) {
    start_with_tls();
    app_.fin_script = [&](ConnectionId id) { link().finish(id); };
    const ConnectionId id = connect({.tls = true});
    test::TlsClient client;
    shake_hands(client, 0);
    EXPECT_TRUE(client.send("bye"));
    client.finish();
    turn_until([&] { return exchange(client, 0), app_.of(id).fins == 1; });
    EXPECT_EQ(text_of(id), "bye");
    turn_until([&] { return exchange(client, 0), client.peer_finished(); });
}

// Bytes that are held when the application paused come before the end that came with them.
TEST_F(ReactorStagesTest, CloseNotifyWaitsBehindHeldBytes) {
    start_with_tls();
    bool paused = false;
    app_.bytes_script = [&](ConnectionId id, std::span<std::byte> bytes) -> std::size_t {
        if (std::exchange(paused, true)) return app_.keep(id, bytes);
        link().pause(id);
        return 0;
    };
    app_.fin_script = [&](ConnectionId id) { link().finish(id); };
    const ConnectionId id = connect({.tls = true});
    test::TlsClient client;
    shake_hands(client, 0);
    EXPECT_TRUE(client.send("bye"));
    client.finish();
    turn_until([&] { return exchange(client, 0), paused; });
    turn(3);
    EXPECT_EQ(app_.of(id).fins, 0);
    link().resume(id);
    turn_until([&] { return exchange(client, 0), client.peer_finished(); });
    EXPECT_EQ(text_of(id), "bye");
    EXPECT_EQ(app_.of(id).fins, 1);
}

// What is no TLS ends with an answer that the peer can read, and is counted; the application never
// sees a byte of it.
TEST_F(ReactorStagesTest, PlainHttpOnATlsListenerIsToldSo) {
    start_with_tls();
    const ConnectionId id = connect({.tls = true});
    peer(0).send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    turn_until([&] { return peer(0).read(), peer(0).ended; });
    EXPECT_TRUE(peer(0).received.starts_with("HTTP/1.1 400 ")) << peer(0).received;
    EXPECT_EQ(text_of(id), "");
    EXPECT_EQ(reactor_->metrics().tls_failures_total.value(), 1u);
    peer(0).close();
    turn_until([&] { return app_.of(id).closed; });
}

// A record that was tampered with ends the connection with an alert; what came before it counts.
TEST_F(ReactorStagesTest, BrokenRecordEndsTheConnection) {
    start_with_tls();
    const ConnectionId id = connect({.tls = true});
    test::TlsClient client;
    shake_hands(client, 0);
    EXPECT_TRUE(client.send("good"));
    exchange(client, 0);
    EXPECT_TRUE(client.send("tampered"));
    std::vector<std::byte> record = client.take();
    record.back() ^= std::byte{1};
    to_send_[0].append(reinterpret_cast<const char*>(record.data()), record.size());
    turn_until([&] { return exchange(client, 0), peer(0).ended; });
    EXPECT_EQ(text_of(id), "good");
    EXPECT_TRUE(client.failed());
    EXPECT_EQ(reactor_->metrics().tls_failures_total.value(), 1u);
    peer(0).close();
    turn_until([&] { return app_.of(id).closed; });
}

// Every look at it takes a millisecond.
class TickingClock final : public core::Clock {
public:
    core::Instant now() const override { return now_ += std::chrono::milliseconds{1}; }
    std::int64_t unix_ms() const override { return 0; }

private:
    mutable core::Instant now_{};
};

// Handshakes take no more of a turn than their budget: the rest waits for the next one, while plain
// connections are served, and all of them come to their end.
TEST_F(ReactorStagesTest, HandshakesAreSpreadOverTurns) {
    TickingClock clock;
    ReactorConfig config;
    config.tls = contexts_.get();
    config.clock = &clock;
    config.handshake_budget = std::chrono::microseconds{1};
    start(config, true);
    std::vector<test::TlsClient> clients(3);
    for (std::size_t i = 0; i < clients.size(); ++i) {
        connect({.tls = true});
        clients[i].turn();
        exchange(clients[i], i);
    }
    const ConnectionId plain = connect();
    peers_.back()->send("at once");
    turn();
    EXPECT_EQ(text_of(plain), "at once");
    EXPECT_EQ(reactor_->metrics().tls_deferrals_total.value(), 2u);
    turn_until([&] {
        for (std::size_t i = 0; i < clients.size(); ++i) exchange(clients[i], i);
        return reactor_->metrics().tls_handshakes_total.value() == clients.size();
    });
}

// Aborted in the middle of the handshake or later, nothing of a session is left.
TEST_F(ReactorStagesTest, AbortAtAnyStageLeavesNothing) {
    start_with_tls();
    for (const bool handshake_done : {false, true}) {
        const ConnectionId id = connect({.tls = true});
        test::TlsClient client;
        const std::size_t index = peers_.size() - 1;
        if (handshake_done) {
            shake_hands(client, index);
        } else {
            client.turn();
            exchange(client, index);
            turn(2);
        }
        link().abort(id);
        turn_until([&] { return app_.of(id).closed; });
    }
}

}  // namespace
}  // namespace stentor::net
