// The tool's side of TLS against the server's, with nothing between them but memory: bytes, trust,
// the end, and what a server should not do.
// Thread: one.
#include "bench/load/tls_client_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/net/tls_pair.h"

namespace stentor::bench {
namespace {

using net::TlsServer;
using Sent = TlsClientSession::Sent;
using State = TlsClientSession::State;

const TlsTrust kAnybody{.ca_file = {}, .insecure = true};

// Trusts the authority of net::tls_certificate().
TlsTrust trusting(const test::TestFolder& folder) {
    return {.ca_file = folder.write("ca.pem", net::tls_certificate().certificate_pem)};
}

struct Client {
    explicit Client(const TlsTrust& trust, const std::string& host = "localhost") {
        auto made = TlsClientContext::make(trust, host);
        EXPECT_TRUE(made.has_value()) << made.error();
        context = std::move(*made);
        session = std::make_unique<TlsClientSession>(*context);
        EXPECT_TRUE(session->begin());
    }

    void put(std::string_view cipher) {
        while (!cipher.empty()) {
            const std::string_view piece = cipher.substr(0, chunk);
            cipher.remove_prefix(piece.size());
            plain.resize(piece.size() + TlsClientSession::kRecordBytesMax);  // and no more
            received.append(plain.data(), session->receive(piece, plain));
        }
    }
    std::string take() const {
        std::string output(session->output());
        session->sent(output.size());
        return output;
    }

    std::shared_ptr<const TlsClientContext> context;
    std::unique_ptr<TlsClientSession> session;
    std::string received;
    std::vector<char> plain;
    std::size_t chunk = net::kWhole;
};

// Carries bytes both ways until both sides are silent.
void exchange(Client& client, TlsServer& server) {
    for (;;) {
        const std::string from_client = client.take();
        server.put(net::bytes_of(from_client));
        const std::string from_server = server.take();
        client.put(from_server);
        if (from_client.empty() && from_server.empty()) return;
    }
}

// OpenSSL's server by itself, for what net::TlsSession would not do.
struct RawServer {
    explicit RawServer(SSL_CTX* context = net::tls_context()->get()) : ssl(SSL_new(context)) {
        SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_accept_state(ssl.get());
    }
    void put(std::string_view cipher) const {
        BIO_write(SSL_get_rbio(ssl.get()), cipher.data(), static_cast<int>(cipher.size()));
    }
    std::string take() const {
        char* data = nullptr;
        const long size = BIO_get_mem_data(SSL_get_wbio(ssl.get()), &data);
        std::string output(data, static_cast<std::size_t>(size));
        (void)BIO_reset(SSL_get_wbio(ssl.get()));
        return output;
    }
    void shake_hands(Client& client) const {
        for (int i = 0; i < 3; ++i) {
            put(client.take());
            SSL_do_handshake(ssl.get());
            client.put(take());
        }
        EXPECT_EQ(client.session->state(), State::kOpen);
    }
    void ask_for_new_keys() const {
        EXPECT_EQ(SSL_key_update(ssl.get(), SSL_KEY_UPDATE_REQUESTED), 1);
        EXPECT_EQ(SSL_do_handshake(ssl.get()), 1);
    }

    std::string read() const {
        char text[64];
        const int got = SSL_read(ssl.get(), text, sizeof text);
        return {text, static_cast<std::size_t>(std::max(got, 0))};
    }

    net::SslPtr ssl;
};

// Property: what is sent on one side arrives on the other, however it is cut, and all of it at once
// when it comes at once: nothing waits that no event would announce.
TEST(TlsClientSession, CarriesBytesAtEveryCut) {
    const test::TestFolder folder;
    std::string large(100'000, 'x');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7 % 251);
    for (const std::size_t chunk :
         {std::size_t{1}, std::size_t{7}, std::size_t{1000}, net::kWhole}) {
        Client client(trusting(folder));
        TlsServer server;
        client.chunk = server.chunk = chunk;
        exchange(client, server);
        ASSERT_EQ(client.session->state(), State::kOpen) << client.session->failure();
        ASSERT_EQ(client.session->send(large), Sent::kAll);
        ASSERT_TRUE(server.send(large));
        ASSERT_TRUE(server.send("and more"));
        exchange(client, server);
        EXPECT_EQ(server.received, large);
        EXPECT_EQ(client.received, large + "and more");
        TlsReport report;
        client.session->count_in(report);
        EXPECT_EQ(report.version, "TLSv1.3");
        EXPECT_TRUE(report.cipher.starts_with("TLS_")) << report.cipher;
        EXPECT_TRUE(report.verified);
    }
}

// Property: a certificate is taken when the file vouches for it, by its authority or by itself, and
// it bears the name or the address.
TEST(TlsClientSession, TakesWhatItIsToldToTrust) {
    const test::TestFolder folder;
    const std::string& chain = net::tls_certificate().certificate_pem;
    const std::size_t second = chain.find("-----BEGIN", 1);
    const std::string own = folder.write("own.pem", chain.substr(0, second));
    const std::string authority = folder.write("authority.pem", chain.substr(second));
    for (const std::string& file : {own, authority}) {
        for (const char* host : {"localhost", "127.0.0.1", "::1"}) {
            Client client({.ca_file = file}, host);
            TlsServer server;
            exchange(client, server);
            EXPECT_EQ(client.session->state(), State::kOpen) << client.session->failure();
        }
    }
    Client careless(kAnybody, "elsewhere.example");
    TlsServer server;
    exchange(careless, server);
    EXPECT_EQ(careless.session->state(), State::kOpen) << careless.session->failure();
    TlsReport report;
    careless.session->count_in(report);
    EXPECT_FALSE(report.verified);
}

// Property: a certificate that nobody vouches for, or that is another's, fails in words that say
// which, and the server hears an alert.
TEST(TlsClientSession, SaysWhatIsWrongWithACertificate) {
    const test::TestFolder folder;
    const TlsTrust trust = trusting(folder);
    struct Case {
        TlsTrust trust;
        std::string host;
        std::string words;
    };
    const std::vector<Case> cases{{TlsTrust{}, "localhost", "--ca FILE"},
                                  {trust, "elsewhere.example", "not for elsewhere.example"},
                                  {trust, "127.0.0.9", "not for 127.0.0.9"}};
    for (const Case& one : cases) {
        Client client(one.trust, one.host);
        TlsServer server;
        exchange(client, server);
        ASSERT_EQ(client.session->state(), State::kFailed);
        EXPECT_TRUE(client.session->failure().starts_with("TLS: certificate verify failed: "));
        EXPECT_NE(client.session->failure().find(one.words), std::string::npos)
            << client.session->failure();
        EXPECT_EQ(server.session->state(), net::TlsState::kFailed);
        EXPECT_NE(server.session->failure().find("alert"), std::string_view::npos)
            << server.session->failure();
    }
}

// Property: a file to trust that is none is an error that names it.
TEST(TlsClientSession, NamesAFileThatIsNone) {
    const test::TestFolder folder;
    for (const std::string& file : {folder.path("gone.pem"), folder.write("empty.pem", "")}) {
        const auto made = TlsClientContext::make({.ca_file = file}, "localhost");
        ASSERT_FALSE(made.has_value());
        EXPECT_NE(made.error().find(file), std::string::npos) << made.error();
    }
}

// Property: who comes back resumes if he may, even if he left without a word, and does not if not.
TEST(TlsClientSession, ResumesWhenAsked) {
    for (const bool resumes : {false, true}) {
        Client client({.ca_file = {}, .insecure = true, .resumes = resumes});
        TlsReport report;
        for (int round = 0; round < 3; ++round) {
            if (round > 0) {
                client.session->end();
                ASSERT_TRUE(client.session->begin());
            }
            TlsServer server;
            exchange(client, server);
            ASSERT_EQ(client.session->state(), State::kOpen) << client.session->failure();
            client.session->count_in(report);
            EXPECT_EQ(server.session->resumed(), resumes && round > 0);
        }
        EXPECT_EQ(report.handshakes, 3u);
        EXPECT_EQ(report.resumed, resumes ? 2u : 0u);
    }
}

// Property: the server's close_notify comes after its last bytes, and ours reaches it.
TEST(TlsClientSession, EndsOnBothSides) {
    Client client(kAnybody);
    TlsServer server;
    exchange(client, server);
    ASSERT_TRUE(server.send("last words"));
    server.session->finish();
    client.put(server.take());
    EXPECT_EQ(client.received, "last words");
    EXPECT_EQ(client.session->state(), State::kServerFinished);
    EXPECT_EQ(client.session->send("still here"), Sent::kAll);
    client.put("anything behind it is not looked at");
    EXPECT_EQ(client.session->state(), State::kServerFinished);

    Client other(kAnybody);
    TlsServer heard;
    exchange(other, heard);
    other.session->finish();
    heard.put(net::bytes_of(other.take()));
    EXPECT_EQ(heard.session->state(), net::TlsState::kPeerFinished);
}

// Property: an alert, and what is no TLS, fail in words; whatever comes and goes after that is let
// go.
TEST(TlsClientSession, SaysWhatTheServerSaid) {
    struct Case {
        std::string_view bytes;
        std::string_view words;
    };
    for (const Case& one : {Case{{"\x15\x03\x03\0\2\2\x28", 7}, "alert \"handshake failure\""},
                            Case{{"\x15\x03\x03\0\2\2\x46", 7}, "alert \"protocol version\""},
                            Case{"HTTP/1.1 400 Bad Request\r\n\r\n", "no TLS"}}) {
        Client client(kAnybody);
        client.put(one.bytes);
        EXPECT_EQ(client.session->state(), State::kFailed);
        EXPECT_NE(client.session->failure().find(one.words), std::string::npos)
            << client.session->failure();
        client.put(one.bytes);
        EXPECT_EQ(client.session->send("more"), Sent::kFailed);
        client.session->finish();
        EXPECT_EQ(client.received, "");
    }
}

// Property: a record that was spoilt on its way fails.
TEST(TlsClientSession, NoticesWhatWasSpoilt) {
    Client client(kAnybody);
    TlsServer server;
    exchange(client, server);
    ASSERT_TRUE(server.send("a message"));
    std::string cipher = server.take();
    cipher.back() = static_cast<char>(cipher.back() ^ 1);
    client.put(cipher);
    EXPECT_EQ(client.session->state(), State::kFailed);
    EXPECT_EQ(client.received, "");
}

// Property: a request for new keys is answered, a second one even when nothing is sent, and bytes
// go on.
TEST(TlsClientSession, AnswersARequestForNewKeys) {
    Client client(kAnybody);
    const RawServer server;
    server.shake_hands(client);
    client.take();
    for (int i = 0; i < 2; ++i) {
        server.ask_for_new_keys();
        client.put(server.take());
    }
    EXPECT_FALSE(client.session->output().empty());
    ASSERT_EQ(client.session->send("with new keys"), Sent::kAll);
    server.put(client.take());
    EXPECT_EQ(server.read(), "with new keys");
}

// Property: while a ticket has come in part, what is to be sent waits, and goes when the rest came.
TEST(TlsClientSession, WaitsForTheRestOfATicket) {
    const std::shared_ptr<const net::TlsContext> context = net::load_tls_context();
    const auto enlarge = [](SSL* ssl, void*) {
        const std::string large(2000, 't');
        return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), large.data(), large.size());
    };
    SSL_CTX_set_session_ticket_cb(context->get(), enlarge, nullptr, nullptr);
    SSL_CTX_set_max_send_fragment(context->get(), 512);
    Client client(kAnybody);
    const RawServer server(context->get());
    server.put(client.take());
    SSL_do_handshake(server.ssl.get());
    client.put(server.take());
    server.put(client.take());
    ASSERT_EQ(SSL_do_handshake(server.ssl.get()), 1);
    const std::string ticket = server.take();
    ASSERT_GT(ticket.size(), 2000u);
    client.put(ticket.substr(0, 1200));
    EXPECT_EQ(client.session->send("patience"), Sent::kLater);
    EXPECT_EQ(client.session->output(), "");
    client.put(ticket.substr(1200));
    ASSERT_EQ(client.session->send("patience"), Sent::kAll);
    server.put(client.take());
    EXPECT_EQ(server.read(), "patience");
}

// Property: a server that asks for new keys and never reads the answers does not make us grow.
TEST(TlsClientSession, BoundsWhatWaitsForTheServer) {
    Client client(kAnybody);
    const RawServer server;
    server.shake_hands(client);
    for (int i = 0; i < 20'000 && client.session->state() == State::kOpen; ++i) {
        server.ask_for_new_keys();
        client.put(server.take());
        ASSERT_LE(client.session->output().size(), 2 * TlsClientSession::kOutputBytesMax);
    }
    EXPECT_EQ(client.session->state(), State::kFailed);
    EXPECT_NE(client.session->failure().find("new keys"), std::string::npos);
}

}  // namespace
}  // namespace stentor::bench
