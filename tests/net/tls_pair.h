// A TlsSession and OpenSSL's client, with nothing between them but memory.
// Thread: one.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls_session.h"
#include "tests/support/test_certificate.h"
#include "tests/support/tls_client.h"

namespace stentor::net {

inline constexpr std::size_t kWhole = std::numeric_limits<std::size_t>::max();

inline std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// Made once for all tests of the program: localhost, with an authority behind it.
inline const test::TestCertificate& tls_certificate() {
    static const test::TestCertificate made = test::make_test_certificate({.from_authority = true});
    return made;
}
inline std::shared_ptr<const TlsContext> load_tls_context() {
    const test::TestFolder folder;
    auto made = TlsContext::load({folder.write("chain.pem", tls_certificate().certificate_pem),
                                  folder.write("key.pem", tls_certificate().private_key_pem)});
    EXPECT_TRUE(made) << made.error().message();
    return made.value();
}
inline std::shared_ptr<const TlsContext> tls_context() {
    static const std::shared_ptr<const TlsContext> loaded = load_tls_context();
    return loaded;
}

// A session and what came out of it; bytes go in and out by `chunk`.
struct TlsServer {
    std::unique_ptr<TlsSession> session = std::make_unique<TlsSession>(tls_context());
    std::string received;
    std::vector<std::byte> plain;
    std::size_t chunk = kWhole;

    void put(std::span<const std::byte> cipher) {
        while (!cipher.empty()) {
            const auto piece = cipher.first(std::min(chunk, cipher.size()));
            cipher = cipher.subspan(piece.size());
            const std::size_t room = piece.size() + TlsSession::kRecordBytesMax;  // and no more
            if (plain.size() < room) plain.resize(room);
            const std::size_t filled = session->receive(piece, std::span(plain).first(room));
            received += text_of(std::span(plain).first(filled));
        }
    }
    bool send(std::string_view text) const {
        const iovec piece{const_cast<char*>(text.data()), text.size()};
        return session->send({&piece, 1});
    }
    std::string take() const {
        std::string output = text_of(session->output());
        session->sent(output.size());
        return output;
    }
};

// Carries bytes both ways until both sides are silent.
inline void exchange(TlsServer& server, test::TlsClient& client) {
    client.turn();
    for (;;) {
        const std::vector<std::byte> from_client = client.take();
        server.put(from_client);
        if (from_client.empty() && server.session->output().empty()) return;
        while (!server.session->output().empty()) {
            const auto output = server.session->output();
            const std::size_t size = std::min(server.chunk, output.size());
            client.put(output.first(size));
            server.session->sent(size);
        }
    }
}

}  // namespace stentor::net
