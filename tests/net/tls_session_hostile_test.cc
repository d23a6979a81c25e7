// What a TLS port hears that is no honest TLS, and what it answers.
#include <gtest/gtest.h>

#include <string>

#include "net/tls_session.h"
#include "tests/net/tls_pair.h"

namespace stentor::net {
namespace {

using namespace std::string_literals;
using test::TlsClient;

// Whole and octet by octet: the state and what was answered.
struct Outcome {
    TlsState state;
    std::string output;
    std::string failure;
};
Outcome outcome_of(std::string_view bytes, std::size_t chunk) {
    TlsServer server;
    server.chunk = chunk;
    server.put(bytes_of(bytes));
    const std::string failure(server.session->failure());
    return {server.session->state(), server.take(), failure};
}

// Plain HTTP gets a plain answer, in words that a user can act upon.
TEST(TlsSessionHostile, PlainHttpIsAnsweredInPlainHttp) {
    for (const std::size_t chunk : {kWhole, std::size_t{1}}) {
        for (const char* request :
             {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST /x HTTP/1.1\r\n", "HEAD / HTTP/1.0\r\n",
              "PUT /x HTTP/1.1\r\n", "CONNECT a:1 HTTP/1.1\r\n"}) {
            const Outcome outcome = outcome_of(request, chunk);
            EXPECT_EQ(outcome.state, TlsState::kFailed);
            EXPECT_TRUE(outcome.output.starts_with("HTTP/1.1 400 Bad Request\r\n")) << request;
            EXPECT_TRUE(outcome.output.ends_with("use https:// or wss:// instead of http://\n"));
        }
    }
}

// Garbage of every first octet, and of every first octet before a plausible version, fails at once.
TEST(TlsSessionHostile, GarbageFails) {
    for (int first = 0; first < 256; ++first) {
        for (const char* second : {"\x01", "\x03"}) {
            const std::string bytes = static_cast<char>(first) + (second + std::string(8, '\x01'));
            for (const std::size_t chunk : {kWhole, std::size_t{1}}) {
                const Outcome outcome = outcome_of(bytes, chunk);
                if (first == 0x16 && *second == 3) continue;  // a good beginning
                EXPECT_EQ(outcome.state, TlsState::kFailed) << first;
                EXPECT_LE(outcome.output.size(), 7u) << first;
                EXPECT_FALSE(outcome.failure.empty());
            }
        }
    }
}

// Versions before TLS 1.2 are refused with protocol_version.
TEST(TlsSessionHostile, OldVersionsAreRefused) {
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        TlsServer server;
        TlsClient client({.version = version, .ciphers = "ALL:@SECLEVEL=0"});
        exchange(server, client);
        EXPECT_EQ(server.session->state(), TlsState::kFailed);
        EXPECT_EQ(client.failure(), "tlsv1 alert protocol version");
    }
}

// Without forward secrecy, or with CBC, there is no handshake.
TEST(TlsSessionHostile, WeakCiphersAreRefused) {
    for (const char* ciphers : {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256"}) {
        TlsServer server;
        TlsClient client({.version = TLS1_2_VERSION, .ciphers = ciphers});
        exchange(server, client);
        EXPECT_EQ(server.session->state(), TlsState::kFailed) << ciphers;
        EXPECT_EQ(server.session->failure(), "no shared cipher");
    }
}

// Large finite fields, by which strangers make us calculate, are not on offer.
TEST(TlsSessionHostile, ExpensiveGroupsAreRefused) {
    TlsServer server;
    TlsClient client({.version = TLS1_3_VERSION, .groups = "ffdhe8192"});
    exchange(server, client);
    EXPECT_EQ(server.session->state(), TlsState::kFailed);
}

// A client whose first key share is of another group is asked for a second hello, whole or octet by
// octet, and comes in.
TEST(TlsSessionHostile, SecondHelloIsHeard) {
    for (const std::size_t chunk : {kWhole, std::size_t{1}, std::size_t{6}}) {
        TlsServer server;
        server.chunk = chunk;
        TlsClient client({.version = TLS1_3_VERSION, .groups = "P-521:P-384"});
        exchange(server, client);
        EXPECT_TRUE(client.connected()) << client.failure();
        client.send("through");
        exchange(server, client);
        EXPECT_EQ(server.received, "through");
    }
}

// A second hello that announces too much is refused like a first one.
TEST(TlsSessionHostile, SecondHelloThatIsTooLargeIsRefused) {
    TlsServer server;
    TlsClient client({.version = TLS1_3_VERSION, .groups = "P-521:P-384"});
    client.turn();
    server.put(client.take());
    ASSERT_EQ(server.session->state(), TlsState::kHandshake);
    server.take();
    server.put(bytes_of("\x14\x03\x03\0\x01\x01"s));  // change_cipher_spec, of the compatible mode
    ASSERT_EQ(server.session->state(), TlsState::kHandshake);
    server.put(bytes_of("\x16\x03\x03\x40\0\x01\x01\0\0"s));
    EXPECT_EQ(server.session->state(), TlsState::kFailed);
    EXPECT_EQ(server.take(), "\x15\x03\x03\0\x02\x02\x2f"s);
}

// A client that asks to negotiate again (TLS 1.2) is told no, and what it says goes on; after too
// many times it is let go.
TEST(TlsSessionHostile, RenegotiationIsRefused) {
    TlsServer server;
    TlsClient client({.version = TLS1_2_VERSION});
    exchange(server, client);
    ASSERT_TRUE(client.connected());
    ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);
    SSL_do_handshake(client.ssl());
    server.put(client.take());
    EXPECT_EQ(server.session->state(), TlsState::kOpen);
    EXPECT_FALSE(server.session->output().empty());  // a warning
    exchange(server, client);
    EXPECT_EQ(client.failure(), "no renegotiation");
}

// New keys are ours to give a few times, not without end, and the flood is not read to its end.
TEST(TlsSessionHostile, KeyUpdateFloodFails) {
    TlsServer server;
    TlsClient client({.version = TLS1_3_VERSION});
    exchange(server, client);
    for (std::uint32_t i = 0; i < TlsSession::kRekeyRequestsMax; ++i) {
        ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
        client.send("x");
    }
    exchange(server, client);
    EXPECT_EQ(server.session->state(), TlsState::kOpen);
    EXPECT_EQ(server.received.size(), TlsSession::kRekeyRequestsMax);
    ASSERT_TRUE(server.send("with new keys"));
    exchange(server, client);
    EXPECT_EQ(client.received(), "with new keys");
    for (int i = 0; i < 1000; ++i) {
        SSL_key_update(client.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
        client.send("y");
    }
    server.put(client.take());
    EXPECT_EQ(server.session->state(), TlsState::kFailed);
    EXPECT_EQ(server.session->failure(), "too many requests for new keys");
    EXPECT_EQ(server.received.size(), TlsSession::kRekeyRequestsMax);
}

// Our tickets promise no early data; a client that sends some all the same comes in without it.
TEST(TlsSessionHostile, EarlyDataIsNotTaken) {
    TlsServer first;
    TlsClient client({.version = TLS1_3_VERSION});
    exchange(first, client);
    SSL_SESSION* session = SSL_get_session(client.ssl());
    ASSERT_EQ(SSL_SESSION_get_max_early_data(session), 0u);
    ASSERT_EQ(SSL_SESSION_set_max_early_data(session, 1000), 1);
    std::vector<unsigned char> bold(static_cast<std::size_t>(i2d_SSL_SESSION(session, nullptr)));
    unsigned char* at = bold.data();
    i2d_SSL_SESSION(session, &at);
    for (const std::size_t chunk : {kWhole, std::size_t{1}}) {
        TlsServer server;
        server.chunk = chunk;
        TlsClient hasty({.version = TLS1_3_VERSION, .session = bold});
        std::size_t written = 0;
        ASSERT_EQ(SSL_write_early_data(hasty.ssl(), "early", 5, &written), 1);
        exchange(server, hasty);
        EXPECT_TRUE(hasty.connected()) << hasty.failure();
        EXPECT_EQ(SSL_get_early_data_status(hasty.ssl()), SSL_EARLY_DATA_REJECTED);
        EXPECT_EQ(server.received, "");
        hasty.send("in time");
        exchange(server, hasty);
        EXPECT_EQ(server.received, "in time");
    }
}

// A fatal alert of the client ends the session without an answer.
TEST(TlsSessionHostile, AlertOfTheClientEndsIt) {
    TlsServer server;
    TlsClient suspicious({.version = TLS1_2_VERSION,
                          .trusted_pem = tls_certificate().certificate_pem,
                          .name = "elsewhere.example"});
    exchange(server, suspicious);
    EXPECT_TRUE(suspicious.failed());
    EXPECT_EQ(server.session->state(), TlsState::kFailed);
    EXPECT_TRUE(server.session->output().empty());
    EXPECT_FALSE(server.session->failure().empty());
}

// A hello in records of one octet each is legal and heard.
TEST(TlsSessionHostile, FragmentedHelloIsHeard) {
    TlsServer server;
    TlsClient client({.version = TLS1_3_VERSION});
    client.turn();
    const std::string hello = text_of(client.take());
    std::string fragments;
    for (const char octet : hello.substr(5)) fragments += "\x16\x03\x01\0\x01"s + octet;
    server.put(bytes_of(fragments));
    exchange(server, client);
    EXPECT_TRUE(client.connected()) << client.failure();
}

// Half a hello costs what came of it, whatever it announces, and not OpenSSL's buffers.
TEST(TlsSessionHostile, HalfAHelloCostsWhatCameOfIt) {
    TlsServer server;
    const std::string half = "\x16\x03\x01\x3f\0\x01\0\x3e\0"s + std::string(50, 'h');
    server.put(bytes_of(half));
    ASSERT_EQ(server.session->state(), TlsState::kHandshake);
    EXPECT_LE(server.session->held_bytes(), 300u);
    server.put(bytes_of(std::string(10'000, 'h')));
    EXPECT_LE(server.session->held_bytes(), 20'500u);
    server.put(bytes_of("\x17\x03\x03\0\1"s + std::string(16'000, 'h')));
    EXPECT_EQ(server.session->state(), TlsState::kFailed);
    EXPECT_LE(server.session->held_bytes(), 16u);  // an alert
    TlsServer honest;
    TlsClient client;
    exchange(honest, client);
    EXPECT_EQ(honest.session->held_bytes(), 0u);
}

// Whatever bit of a hello flips on the way, the handshake fails; but for the version in the
// record's header, which nobody reads.
TEST(TlsSessionHostile, FlippedBitInTheHelloIsNoticed) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        std::size_t size = 1;
        for (std::size_t at = 0; at < size; ++at) {
            TlsServer server;
            TlsClient client({.version = version});
            client.turn();
            std::vector<std::byte> hello = client.take();
            size = hello.size();
            hello[at] ^= std::byte(1 << (at % 8));
            server.put(hello);
            exchange(server, client);
            EXPECT_TRUE(server.session->state() != TlsState::kOpen || at < 5) << at;
        }
    }
}

}  // namespace
}  // namespace stentor::net
