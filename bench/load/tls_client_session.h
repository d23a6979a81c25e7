// The client's side of TLS for one connection as a function of bytes: OpenSSL over memory, no
// socket. What came from the socket goes in, plain bytes come out, and the other way.
// Thread: the worker of the connection.
// Invariant: after a call all input is consumed: nothing waits that no event would announce. While
// idle it holds OpenSSL's state and 4 KiB of its own at most. OpenSSL's error queue is empty
// between calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bench/load/tls_client_context.h"
#include "net/openssl_ptr.h"

namespace stentor::bench {

// What the handshakes of a target came to.
struct TlsReport {
    std::string version;  // of the first one: "TLSv1.3"
    std::string cipher;
    bool verified = true;
    std::uint64_t handshakes = 0;
    std::uint64_t resumed = 0;  // of these
};

class TlsClientSession {
public:
    enum class State : std::uint8_t {
        kHandshake,
        kOpen,
        kServerFinished,  // its close_notify came
        kFailed,          // output() may hold our alert
    };
    static constexpr std::size_t kRecordBytesMax = 16 * 1024;
    // Only a server that asks for new keys, again and again, and reads no answer gets there.
    static constexpr std::size_t kOutputBytesMax = 256 * 1024;

    // `context` outlives it.
    explicit TlsClientSession(const TlsClientContext& context) : context_(context) {}
    TlsClientSession(const TlsClientSession&) = delete;
    TlsClientSession& operator=(const TlsClientSession&) = delete;

    // A new handshake, which resumes when there is a ticket: output() has the hello. False: failed.
    bool begin();
    // Takes all of `cipher`; returns how many bytes of `plain` it filled, which may be some before
    // it failed or ended. Precondition: plain.size() >= cipher.size() + kRecordBytesMax. May add
    // to output().
    std::size_t receive(std::string_view cipher, std::span<char> plain);
    // Encrypts all of it behind what output() holds. kLater: none of it, since the server is in the
    // middle of a message of the handshake's kind (a ticket in several records); after receive().
    enum class Sent : std::uint8_t { kAll, kLater, kFailed };
    Sent send(std::string_view plain);
    // Our close_notify, if the handshake was completed.
    void finish();
    // Frees all but the ticket.
    void end();

    State state() const { return state_; }
    // Ciphertext for the socket; valid until anything else is called.
    std::string_view output() const { return std::string_view(output_).substr(output_begin_); }
    void sent(std::size_t bytes);
    // Why it failed: "TLS: certificate verify failed: …".
    const std::string& failure() const { return failure_; }
    // Adds this handshake, which was completed.
    void count_in(TlsReport& report) const;

    // OpenSSL's callback: a ticket for the next time.
    static int on_ticket(SSL* ssl, SSL_SESSION* ticket) noexcept;

private:
    struct Bio;
    using SessionPtr = std::unique_ptr<SSL_SESSION, net::OpensslFree<&SSL_SESSION_free>>;

    void shake_hands();
    std::size_t decrypt(std::span<char> plain);
    void fail(const std::string& why);
    std::string reason() const;

    const TlsClientContext& context_;
    net::SslPtr ssl_;
    SessionPtr ticket_;
    std::string_view input_;  // during receive()
    std::string output_;
    std::size_t output_begin_ = 0;
    std::string failure_;
    State state_ = State::kHandshake;
};

}  // namespace stentor::bench
