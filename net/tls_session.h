// TLS of one connection as a function of bytes: OpenSSL over memory, no socket (docs/decisions.md,
// "TLS is a stage"). What came from the socket goes in, plain bytes come out, and the other way.
// Thread: owner reactor.
// Invariant: holds no buffer of its own while idle: what is received is decrypted at once, what is
// sent waits as ciphertext only until the socket takes it. Before the client's hello is whole it
// costs what came of it. OpenSSL's error queue is empty between calls.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "net/client_hello_watch.h"
#include "net/openssl_ptr.h"
#include "net/tls_context.h"

namespace stentor::net {

enum class TlsState : std::uint8_t {
    kHandshake,
    kOpen,
    kPeerFinished,  // its close_notify came; we may still send
    kFailed,        // output() may hold the last word: an alert, or plain text for plain HTTP
};

class TlsSession {
public:
    // A record decrypts to at most this; one that came in parts waits inside until it is whole.
    static constexpr std::size_t kRecordBytesMax = 16 * 1024;
    // Requests to change keys (TLS 1.3) or to negotiate again (1.2, refused) cost us more than the
    // peer. An honest one makes a few in a lifetime; who makes more fails.
    static constexpr std::uint32_t kRekeyRequestsMax = 128;

    // OpenSSL comes in with the client's hello: until then there is nothing that could fail.
    explicit TlsSession(std::shared_ptr<const TlsContext> context);
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    // Takes all of `cipher`; returns how many bytes of `plain` it filled, which may be some before
    // the session failed. Precondition: plain.size() >= cipher.size() + kRecordBytesMax. Moves the
    // state on; may add to output(). Throws everything away in kPeerFinished, kFailed and after
    // finish().
    std::size_t receive(std::span<const std::byte> cipher, std::span<std::byte> plain);
    // Encrypts all pieces, in as few records as can be, behind what output() holds. Precondition:
    // kOpen or kPeerFinished, and finish() was not called. False: the session failed.
    bool send(std::span<const iovec> pieces);
    // Our close_notify, once; nothing in kHandshake and kFailed.
    void finish();

    TlsState state() const { return state_; }
    // Ciphertext for the socket; valid until anything else is called.
    std::span<const std::byte> output() const { return std::span(output_).subspan(output_begin_); }
    // The socket took that many bytes of output().
    void sent(std::size_t bytes);
    // Did the client resume an earlier session?
    bool resumed() const;
    // Why it is kFailed, in OpenSSL's words or ours; for the log of a single connection.
    std::string_view failure() const { return failure_; }
    // Buffers of ours that it holds now; OpenSSL's state, some 14 KB from the hello on, beside it.
    std::size_t held_bytes() const;

private:
    struct Bio;
    // Until the client has said its hello, or, after a HelloRetryRequest, its second one.
    struct Hello {
        std::shared_ptr<const TlsContext> context;
        ClientHelloWatch watch;
        std::vector<std::byte> held;  // of the first
        bool retry = false;           // a second one was asked for
    };

    void hear_hello(std::span<const std::byte>& cipher);
    bool begin();
    void shake_hands(std::span<const std::byte> cipher);
    std::size_t decrypt(std::span<const std::byte> cipher, std::span<std::byte> plain);
    void make_room(std::size_t bytes);
    bool write(const void* bytes, std::size_t size);
    // After OpenSSL reported `error` (SSL_get_error) other than that it wants more.
    void fail(int error);
    void fail(const char* why);
    void append(std::span<const std::byte> bytes);

    SslPtr ssl_;  // none before the hello
    std::unique_ptr<Hello> hello_;
    std::span<const std::byte> input_;  // during receive()
    std::vector<std::byte> output_;
    std::size_t output_begin_ = 0;
    const char* failure_ = "";
    std::uint32_t rekey_requests_ = 0;
    TlsState state_ = TlsState::kHandshake;
    bool finished_ = false;
};

}  // namespace stentor::net
