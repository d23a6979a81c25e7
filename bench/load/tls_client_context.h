// What the connections of one wss:// target have in common: whom to trust, the name that the
// certificate must bear, the rules of the handshake (TLS 1.2 and 1.3; SNI, ALPN http/1.1).
// Thread: any; immutable.
// Invariant: a server is verified unless the user said --insecure.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "net/openssl_ptr.h"

namespace stentor::bench {

struct TlsTrust {
    std::string ca_file;    // trusted instead of what the system trusts; empty: the system's
    bool insecure = false;  // any certificate is good
    bool resumes = false;   // who comes back resumes the session that he had
};

class TlsClientContext {
public:
    // `host` is a name or an IP address. On failure: what is wrong, with the file's name.
    static std::expected<std::shared_ptr<const TlsClientContext>, std::string> make(
        const TlsTrust& trust, const std::string& host);
    TlsClientContext(const TlsClientContext&) = delete;
    TlsClientContext& operator=(const TlsClientContext&) = delete;

    // A client's side that has not begun; nothing when there is no memory.
    net::SslPtr open() const;
    bool verifies() const { return verifies_; }
    // Why the certificate is not good, for X509_V_ERR_… `result`, and what helps.
    std::string words_of_verify(long result) const;

private:
    TlsClientContext(net::SslCtxPtr context, std::string host, bool is_address, bool verifies);

    const net::SslCtxPtr context_;
    const std::string host_;
    const bool is_address_;
    const bool verifies_;
};

}  // namespace stentor::bench
