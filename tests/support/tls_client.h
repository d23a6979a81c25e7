// A TLS client over memory: what it has for the server is taken out, what the server has for it is
// put in, in pieces as the test likes.
// Thread: one.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/openssl_ptr.h"

namespace stentor::test {

struct TlsClientOptions {
    int version = 0;                       // TLS1_2_VERSION, TLS1_3_VERSION; 0: either
    std::vector<std::string> alpn{};       // offered, in this order
    std::string trusted_pem{};             // verified against it and `name`, unless empty
    std::string name = "localhost";        // SNI
    std::vector<unsigned char> session{};  // to resume: what session() gave
    std::string groups{};                  // offered, unless empty
    std::string ciphers{};                 // of TLS 1.2, unless empty
};

class TlsClient {
public:
    explicit TlsClient(const TlsClientOptions& options = {});

    // Goes on with the handshake and reads what can be read; called by put() too.
    void turn();
    void put(std::span<const std::byte> cipher);
    // All that it has for the server.
    std::vector<std::byte> take();

    bool connected() const;
    bool failed() const { return failed_; }
    bool peer_finished() const { return peer_finished_; }  // the server's close_notify came
    const std::string& received() const { return received_; }
    void forget_received() { received_.clear(); }

    bool send(std::string_view text);
    void finish();  // its close_notify
    std::string alpn() const;
    // The newest session, for a client to come; empty when the server gave no ticket.
    std::vector<unsigned char> session() const { return session_; }
    SSL* ssl() const { return ssl_.get(); }
    // Why it failed, in OpenSSL's words.
    const std::string& failure() const { return failure_; }

private:
    static int on_new_session(SSL* ssl, SSL_SESSION* session);
    void note(int done);

    net::SslCtxPtr context_;
    net::SslPtr ssl_;
    std::string received_;
    std::string failure_;
    std::vector<unsigned char> session_;
    bool failed_ = false;
    bool peer_finished_ = false;
};

}  // namespace stentor::test
