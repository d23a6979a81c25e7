// A TLS server over memory against OpenSSL's client, in both versions, whole and octet by octet.
#include "net/tls_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>

#include "tests/support/test_certificate.h"
#include "tests/support/tls_client.h"

namespace stentor::net {
namespace {

using test::TlsClient;
using test::TlsClientOptions;

constexpr std::size_t kWhole = std::numeric_limits<std::size_t>::max();

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[maybe_unused]] std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}
[[maybe_unused]] std::string noise(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& octet : text)
        octet = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
    return text;
}

const test::TestCertificate& certificate() {
    static const test::TestCertificate made = test::make_test_certificate({.from_authority = true});
    return made;
}

std::shared_ptr<const TlsContext> context() {
    static const std::shared_ptr<const TlsContext> loaded = [] {
        const test::TestFolder folder;
        auto made = TlsContext::load({folder.write("chain.pem", certificate().certificate_pem),
                                      folder.write("key.pem", certificate().private_key_pem)});
        EXPECT_TRUE(made) << made.error().message();
        return made.value();
    }();
    return loaded;
}

// A session and what came out of it; bytes go in by `chunk`.
struct Server {
    std::unique_ptr<TlsSession> session = TlsSession::create(context()).value();
    std::string received;
    std::size_t chunk = kWhole;

    void put(std::span<const std::byte> cipher) {
        while (!cipher.empty()) {
            const auto piece = cipher.first(std::min(chunk, cipher.size()));
            cipher = cipher.subspan(piece.size());
            std::vector<std::byte> plain(piece.size() + TlsSession::kRecordBytesMax);
            const std::size_t filled = session->receive(piece, plain);
            received += text_of(std::span(plain).first(filled));
        }
    }
    bool send(std::string_view text) {
        const iovec piece{const_cast<char*>(text.data()), text.size()};
        return session->send({&piece, 1});
    }
};

// Carries bytes both ways until both sides are silent.
void exchange(Server& server, TlsClient& client) {
    client.turn();
    for (;;) {
        const std::vector<std::byte> from_client = client.take();
        server.put(from_client);
        const auto output = server.session->output();
        if (from_client.empty() && output.empty()) return;
        for (std::size_t at = 0; at < output.size();) {
            const std::size_t size = std::min(server.chunk, output.size() - at);
            client.put(output.subspan(at, size));
            at += size;
        }
        server.session->sent(output.size());
    }
}

struct Pace {
    int version;
    std::size_t chunk;
};

class TlsSessionAtEveryPace : public testing::TestWithParam<Pace> {
protected:
    void SetUp() override { server.chunk = GetParam().chunk; }
    Server server;
    TlsClient client{{.version = GetParam().version, .trusted_pem = certificate().certificate_pem}};
};

INSTANTIATE_TEST_SUITE_P(Tls, TlsSessionAtEveryPace,
                         testing::Values(Pace{TLS1_2_VERSION, kWhole}, Pace{TLS1_2_VERSION, 1},
                                         Pace{TLS1_2_VERSION, 7}, Pace{TLS1_3_VERSION, kWhole},
                                         Pace{TLS1_3_VERSION, 1}, Pace{TLS1_3_VERSION, 7}));

// A client that verifies the chain shakes hands, and both sides hear each other.
TEST_P(TlsSessionAtEveryPace, CarriesBytesBothWays) {
    exchange(server, client);
    ASSERT_TRUE(client.connected()) << client.failure();
    ASSERT_EQ(server.session->state(), TlsState::kOpen) << server.session->failure();
    EXPECT_EQ(SSL_version(client.ssl()), GetParam().version);
    EXPECT_TRUE(client.send("hello"));
    exchange(server, client);
    EXPECT_EQ(server.received, "hello");
    EXPECT_TRUE(server.send("and to you"));
    exchange(server, client);
    EXPECT_EQ(client.received(), "and to you");
}

}  // namespace
}  // namespace stentor::net
