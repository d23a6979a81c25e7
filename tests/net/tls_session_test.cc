// A TLS server over memory against OpenSSL's client, in both versions, whole and octet by octet.
#include "net/tls_session.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/net/tls_pair.h"

namespace stentor::net {
namespace {

using test::TlsClient;

struct Pace {
    int version;
    std::size_t chunk;
};

std::string name_of(const testing::TestParamInfo<Pace>& info) {
    const std::string version = info.param.version == TLS1_2_VERSION ? "Tls12" : "Tls13";
    return version +
           (info.param.chunk == kWhole ? "Whole" : "By" + std::to_string(info.param.chunk));
}

std::string noise(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& octet : text) {
        state = state * 1664525u + 1013904223u;
        octet = static_cast<char>(state >> 24);
    }
    return text;
}

// How many records `cipher` is; it must end with one.
std::size_t records_in(std::string_view cipher) {
    std::size_t records = 0;
    while (!cipher.empty()) {
        const auto octet = [&](std::size_t at) -> std::size_t {
            return static_cast<unsigned char>(cipher[at]);
        };
        const std::size_t size = 5 + (octet(3) << 8 | octet(4));
        EXPECT_LE(size, cipher.size());
        cipher.remove_prefix(std::min(size, cipher.size()));
        ++records;
    }
    return records;
}

class TlsSessionTest : public testing::TestWithParam<Pace> {
protected:
    void SetUp() override { server.chunk = GetParam().chunk; }
    void connect() {
        exchange(server, client);
        ASSERT_TRUE(client.connected()) << client.failure();
        ASSERT_EQ(server.session->state(), TlsState::kOpen) << server.session->failure();
    }
    TlsServer server;
    TlsClient client{
        {.version = GetParam().version, .trusted_pem = tls_certificate().certificate_pem}};
};

INSTANTIATE_TEST_SUITE_P(EveryPace, TlsSessionTest,
                         testing::Values(Pace{TLS1_2_VERSION, kWhole}, Pace{TLS1_2_VERSION, 1},
                                         Pace{TLS1_2_VERSION, 7}, Pace{TLS1_3_VERSION, kWhole},
                                         Pace{TLS1_3_VERSION, 1}, Pace{TLS1_3_VERSION, 7}),
                         name_of);

// A client that verifies the chain shakes hands, and both sides hear each other.
TEST_P(TlsSessionTest, CarriesBytesBothWays) {
    connect();
    EXPECT_EQ(SSL_version(client.ssl()), GetParam().version);
    EXPECT_TRUE(client.send("hello"));
    exchange(server, client);
    EXPECT_EQ(server.received, "hello");
    EXPECT_TRUE(server.send("and to you"));
    exchange(server, client);
    EXPECT_EQ(client.received(), "and to you");
}

// A megabyte (64 KiB when it comes by the octet) arrives as it was sent, both ways, and leaves no
// buffer behind.
TEST_P(TlsSessionTest, CarriesAMegabyte) {
    connect();
    const std::string much = noise(GetParam().chunk == 1 ? 64 * 1024 : 1024 * 1024);
    EXPECT_TRUE(client.send(much));
    exchange(server, client);
    EXPECT_TRUE(server.received == much);
    EXPECT_TRUE(server.send(much));
    EXPECT_EQ(records_in(text_of(server.session->output())),
              much.size() / TlsSession::kRecordBytesMax);
    exchange(server, client);
    EXPECT_TRUE(client.received() == much);
    EXPECT_EQ(server.session->held_bytes(), 0u);
}

// What the client sends right behind its part of the handshake is not lost.
TEST_P(TlsSessionTest, TakesDataThatComesWithTheHandshakesEnd) {
    client.turn();
    server.put(client.take());
    client.put(bytes_of(server.take()));
    if (GetParam().version == TLS1_3_VERSION) {
        ASSERT_TRUE(client.send("early bird"));
    }
    server.put(client.take());
    EXPECT_EQ(server.session->state(), TlsState::kOpen);
    if (GetParam().version == TLS1_3_VERSION) {
        EXPECT_EQ(server.received, "early bird");
    }
}

// Its close_notify is heard, and we may still speak; ours is heard too.
TEST_P(TlsSessionTest, EndsEachDirectionByItself) {
    connect();
    client.send("last words");
    client.finish();
    server.put(client.take());
    EXPECT_EQ(server.received, "last words");
    EXPECT_EQ(server.session->state(), TlsState::kPeerFinished);
    if (GetParam().version == TLS1_3_VERSION) {
        EXPECT_TRUE(server.send("heard you"));
        exchange(server, client);
        EXPECT_EQ(client.received(), "heard you");
    }
    server.session->finish();
    const std::size_t once = server.session->output().size();
    EXPECT_GT(once, 0u);
    server.session->finish();
    EXPECT_EQ(server.session->output().size(), once);
    exchange(server, client);
    EXPECT_TRUE(client.peer_finished());
}

// After our close_notify nothing that comes is looked at any more.
TEST_P(TlsSessionTest, HearsNothingAfterFinish) {
    connect();
    ASSERT_TRUE(server.send("bye"));
    server.session->finish();
    exchange(server, client);
    EXPECT_EQ(client.received(), "bye");
    EXPECT_TRUE(client.peer_finished());
    client.send("but wait");
    server.put(client.take());
    server.put(bytes_of("garbage"));
    EXPECT_EQ(server.received, "");
    EXPECT_EQ(server.session->state(), TlsState::kOpen);
    EXPECT_TRUE(server.session->output().empty());
}

// A client that comes back with its ticket is known again, on another session of the same context.
TEST_P(TlsSessionTest, ResumesByTicket) {
    connect();
    client.send("x");
    exchange(server, client);
    EXPECT_FALSE(server.session->resumed());
    ASSERT_FALSE(client.session().empty());
    TlsServer again;
    again.chunk = GetParam().chunk;
    TlsClient returning({.version = GetParam().version, .session = client.session()});
    exchange(again, returning);
    EXPECT_TRUE(again.session->resumed());
    EXPECT_EQ(SSL_session_reused(returning.ssl()), 1);
    EXPECT_TRUE(again.send("welcome back"));
    exchange(again, returning);
    EXPECT_EQ(returning.received(), "welcome back");
}

// A ticket that another context made is no reason to fail: the handshake is a full one.
TEST_P(TlsSessionTest, TakesTicketsOfAnotherContextForNone) {
    connect();
    client.send("x");
    exchange(server, client);
    TlsServer reloaded;
    reloaded.session = std::make_unique<TlsSession>(load_tls_context());
    TlsClient returning({.version = GetParam().version, .session = client.session()});
    exchange(reloaded, returning);
    EXPECT_TRUE(returning.connected());
    EXPECT_FALSE(reloaded.session->resumed());
}

// http/1.1 is selected from whatever is offered with it; without ALPN all is well; offers without
// it are refused with no_application_protocol.
TEST_P(TlsSessionTest, SelectsHttp11) {
    connect();
    EXPECT_EQ(client.alpn(), "");
    TlsServer other;
    TlsClient browser({.version = GetParam().version, .alpn = {"h2", "http/1.1"}});
    exchange(other, browser);
    EXPECT_TRUE(browser.connected());
    EXPECT_EQ(browser.alpn(), "http/1.1");
    TlsServer third;
    TlsClient stranger({.version = GetParam().version, .alpn = {"h2", "http/1.0", "http/1.11"}});
    exchange(third, stranger);
    EXPECT_TRUE(stranger.failed());
    EXPECT_EQ(stranger.failure(), "tlsv1 alert no application protocol");
    EXPECT_EQ(third.session->state(), TlsState::kFailed);
}

// Pieces of any size are one stream, in as few records as it takes.
TEST_P(TlsSessionTest, GathersPiecesIntoFewRecords) {
    connect();
    const std::string much = noise(100'000);
    const std::size_t kSizes[] = {1, 100, 0, 16'000, 300, 40'000, 16'384, 7};
    std::vector<iovec> pieces;
    std::size_t total = 0;
    for (const std::size_t size : kSizes) {
        pieces.push_back({const_cast<char*>(much.data()) + total, size});
        total += size;
    }
    ASSERT_TRUE(server.session->send(pieces));
    const std::size_t record = TlsSession::kRecordBytesMax;
    EXPECT_EQ(records_in(text_of(server.session->output())), (total + record - 1) / record);
    exchange(server, client);
    EXPECT_TRUE(client.received() == much.substr(0, total));
    EXPECT_TRUE(server.session->send({}));
    EXPECT_TRUE(server.session->output().empty());
}

// The socket takes what it likes; what is sent meanwhile comes behind it.
TEST_P(TlsSessionTest, OutputIsTakenInParts) {
    connect();
    ASSERT_TRUE(server.send("one "));
    client.put(server.session->output().first(3));
    server.session->sent(3);
    ASSERT_TRUE(server.send("two"));
    exchange(server, client);
    EXPECT_EQ(client.received(), "one two");
}

// A reader that never takes all of the output does not make it grow.
TEST_P(TlsSessionTest, OutputIsBoundedByWhatWaits) {
    connect();
    const std::string text = noise(10'000);
    ASSERT_TRUE(server.send(text));
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(server.send(text));
        client.put(server.session->output().first(10'000));
        server.session->sent(10'000);
        EXPECT_LE(server.session->held_bytes(), 50'000u);
    }
    exchange(server, client);
    EXPECT_EQ(client.received().size(), 101u * text.size());
    EXPECT_EQ(server.session->held_bytes(), 0u);
}

// A record with a flipped bit ends the session with an alert that the client can read.
TEST_P(TlsSessionTest, FlippedBitIsFatal) {
    connect();
    client.send("first");
    std::vector<std::byte> good = client.take();
    client.send("second");
    std::vector<std::byte> bad = client.take();
    bad.back() ^= std::byte{1};
    good.insert(good.end(), bad.begin(), bad.end());
    server.put(good);
    EXPECT_EQ(server.received, "first");
    EXPECT_EQ(server.session->state(), TlsState::kFailed);
    exchange(server, client);
    EXPECT_TRUE(client.failed());
    EXPECT_NE(client.failure().find("bad record mac"), std::string::npos) << client.failure();
}

// Half a record waits for its other half, and the end of the connection shows nothing of it.
TEST_P(TlsSessionTest, HalfARecordWaits) {
    connect();
    client.send("whole or not at all");
    const std::vector<std::byte> record = client.take();
    server.put(std::span(record).first(record.size() - 1));
    EXPECT_EQ(server.received, "");
    EXPECT_EQ(server.session->state(), TlsState::kOpen);
    server.put(std::span(record).last(1));
    EXPECT_EQ(server.received, "whole or not at all");
}

// Plain bytes come out into a span of just the size that is promised to be enough.
TEST_P(TlsSessionTest, HeldRecordFitsBesideWhatComes) {
    connect();
    const std::string much = noise(3 * TlsSession::kRecordBytesMax);
    client.send(much);
    const std::vector<std::byte> cipher = client.take();
    const std::size_t almost = cipher.size() / 3 - 1;  // of the first record all but an octet
    server.put(std::span(cipher).first(almost));
    server.put(std::span(cipher).subspan(almost));
    EXPECT_TRUE(server.received == much);
}

}  // namespace
}  // namespace stentor::net
