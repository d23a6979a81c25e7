// The server's TLS identity: certificate chain, key and the rules of the handshake (TLS 1.2 and
// 1.3, RFC 8446; tickets, no renegotiation, ALPN http/1.1). Read from files, replaced on SIGHUP.
// Thread: any; a TlsContext is immutable, TlsContexts swaps it under a lock.
// Invariant: a TlsContext that exists has a certificate and the key that belongs to it.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <string>

#include "core/error.h"
#include "net/openssl_ptr.h"

namespace stentor::net {

struct TlsFiles {
    std::string certificate_chain;  // PEM, the server's own certificate first
    std::string private_key;        // PEM, without a pass phrase
};

class TlsContext {
public:
    // Errors name the file and what is wrong with it: not there, not readable, no certificate in
    // it, a key that belongs to another certificate, a pass phrase. A certificate out of its time
    // is taken, with a warning().
    static std::expected<std::shared_ptr<const TlsContext>, core::Error> load(
        const TlsFiles& files);
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    SSL_CTX* get() const { return context_.get(); }
    // When the certificate ends, Unix seconds, for the log and the metrics.
    std::int64_t not_after_unix_s() const { return not_after_unix_s_; }
    // What the operator should hear and clients will not like: expired, or not yet valid. Empty
    // when all is well.
    const std::string& warning() const { return warning_; }

private:
    TlsContext(SslCtxPtr context, std::int64_t not_after_unix_s, std::string warning);
    const SslCtxPtr context_;
    const std::int64_t not_after_unix_s_;
    const std::string warning_;
};

// The context that new connections get. Those that are open keep theirs.
class TlsContexts {
public:
    TlsContexts(TlsFiles files, std::shared_ptr<const TlsContext> first);
    std::shared_ptr<const TlsContext> current() const;
    // Reads the files again; on an error the present context stays. Tickets of the one before are
    // not honoured by the new one: who comes back makes a full handshake once.
    std::expected<void, core::Error> reload();

private:
    const TlsFiles files_;
    mutable std::mutex mutex_;
    std::shared_ptr<const TlsContext> current_;
};

}  // namespace stentor::net
