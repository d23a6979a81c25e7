// Thread: any.
// Invariant: see net/tls_context.h.
#include "net/tls_context.h"

#include <openssl/asn1.h>

#include <algorithm>
#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

#include "core/check.h"
#include "net/pem_file.h"

namespace stentor::net {

namespace {

using core::Error;

// TLS 1.2: ephemeral keys and AEAD alone. What TLS 1.3 has is all of that kind.
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
// The list of our own leaves out large groups, finite fields above all, by which a stranger makes a
// handshake cost milliseconds. The first try is for an OpenSSL that knows the hybrid one.
constexpr const char* kGroups[] = {"X25519MLKEM768:X25519:P-256:P-384", "X25519:P-256:P-384"};
constexpr long kTicketLifetimeSeconds = 2 * 60 * 60;
// One ticket for each connection is what a client that reconnects needs.
constexpr std::size_t kTickets = 1;

constexpr std::string_view kAlpn = "http/1.1";

// RFC 7301 3.2: a client that offers protocols, and not ours, is refused; one that offers none is
// fine.
int select_alpn(SSL*, const unsigned char** out, unsigned char* out_bytes,
                const unsigned char* offered, unsigned int offered_bytes, void*) noexcept {
    std::string_view left(reinterpret_cast<const char*>(offered), offered_bytes);
    while (!left.empty()) {
        const std::size_t size = static_cast<unsigned char>(left[0]);
        const std::string_view name = left.substr(1, size);
        if (name == kAlpn) {
            *out = reinterpret_cast<const unsigned char*>(name.data());
            *out_bytes = static_cast<unsigned char>(name.size());
            return SSL_TLSEXT_ERR_OK;
        }
        left.remove_prefix(std::min(1 + size, left.size()));
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool set_rules(SSL_CTX* context) {
    // A machine's openssl.cnf may have said otherwise.
    SSL_CTX_clear_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_TLSv1_3 | SSL_OP_NO_TLSv1_2 |
                                       SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
                                       SSL_OP_ALLOW_CLIENT_RENEGOTIATION |
                                       SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_ENABLE_KTLS);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // Writes never fall short, since the session takes all, so partial writes have no meaning here.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Sessions live in tickets, that is with the clients.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(context, kTicketLifetimeSeconds);
    SSL_CTX_set_alpn_select_cb(context, &select_alpn, nullptr);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, 0) == 1 &&
           SSL_CTX_set_num_tickets(context, kTickets) == 1 &&
           SSL_CTX_set_max_early_data(context, 0) == 1 &&
           SSL_CTX_set_cipher_list(context, kCiphers12) == 1 &&
           (SSL_CTX_set1_groups_list(context, kGroups[0]) == 1 ||
            SSL_CTX_set1_groups_list(context, kGroups[1]) == 1);
}

std::string wrong_key(const TlsFiles& files, const std::vector<X509Ptr>& chain,
                      const PkeyPtr& key) {
    for (std::size_t i = 1; i < chain.size(); ++i) {
        if (X509_check_private_key(chain[i].get(), key.get()) != 1) continue;
        return files.certificate_chain + ": the key in " + files.private_key +
               " belongs to certificate " + std::to_string(i + 1) +
               "; the server's own certificate must come first";
    }
    return files.private_key + ": the key does not belong to the certificate in " +
           files.certificate_chain;
}

std::int64_t unix_seconds(const ASN1_TIME* time) {
    std::tm broken_down{};
    if (ASN1_TIME_to_tm(time, &broken_down) != 1) return 0;
    return ::timegm(&broken_down);
}

std::string utc(const ASN1_TIME* time) {
    std::tm broken_down{};
    if (ASN1_TIME_to_tm(time, &broken_down) != 1) return "an unreadable time";
    char text[32];
    const std::size_t size =
        std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &broken_down);
    return {text, size};
}

// A certificate that ran out in the night must not keep the server from starting in the morning:
// clients that check it refuse it in clearer words than a port that is closed.
std::string validity_warning(const std::string& path, const X509* certificate) {
    const ASN1_TIME* begin = X509_get0_notBefore(certificate);
    const ASN1_TIME* end = X509_get0_notAfter(certificate);
    if (X509_cmp_current_time(end) < 0) return path + ": the certificate expired on " + utc(end);
    if (X509_cmp_current_time(begin) > 0) {
        return path + ": the certificate is not valid before " + utc(begin);
    }
    return {};
}

}  // namespace

TlsContext::TlsContext(SslCtxPtr context, std::int64_t not_after_unix_s, std::string warning)
    : context_(std::move(context)),
      not_after_unix_s_(not_after_unix_s),
      warning_(std::move(warning)) {}

std::expected<std::shared_ptr<const TlsContext>, Error> TlsContext::load(const TlsFiles& files) {
    auto chain = read_certificates(files.certificate_chain);
    if (!chain) return std::unexpected(chain.error());
    auto key = read_private_key(files.private_key);
    if (!key) return std::unexpected(key.error());
    const auto refused = [](const std::string& what) {
        return std::unexpected(Error::because(what + ": " + take_openssl_reason()));
    };

    ERR_clear_error();
    SslCtxPtr context(SSL_CTX_new(TLS_server_method()));
    if (!context || !set_rules(context.get())) return refused("TLS cannot be set up");
    X509* own = chain->front().get();
    if (X509_check_private_key(own, key->get()) != 1) {
        std::string what = wrong_key(files, *chain, *key);
        ERR_clear_error();
        return std::unexpected(Error::because(std::move(what)));
    }
    if (SSL_CTX_use_certificate(context.get(), own) != 1) return refused(files.certificate_chain);
    if (SSL_CTX_use_PrivateKey(context.get(), key->get()) != 1) return refused(files.private_key);
    for (std::size_t i = 1; i < chain->size(); ++i) {
        if (SSL_CTX_add1_chain_cert(context.get(), (*chain)[i].get()) != 1) {
            return refused(files.certificate_chain + ": certificate " + std::to_string(i + 1));
        }
    }
    ERR_clear_error();  // of the group list that an older OpenSSL does not know
    return std::shared_ptr<const TlsContext>(
        new TlsContext(std::move(context), unix_seconds(X509_get0_notAfter(own)),
                       validity_warning(files.certificate_chain, own)));
}

TlsContexts::TlsContexts(TlsFiles files, std::shared_ptr<const TlsContext> first)
    : files_(std::move(files)), current_(std::move(first)) {
    STENTOR_CHECK(current_ != nullptr);
}

std::shared_ptr<const TlsContext> TlsContexts::current() const {
    const std::scoped_lock lock(mutex_);
    return current_;
}

std::expected<void, Error> TlsContexts::reload() {
    auto next = TlsContext::load(files_);
    if (!next) return std::unexpected(next.error());
    const std::scoped_lock lock(mutex_);
    current_.swap(*next);  // the old one goes when nobody waits for the lock
    return {};
}

}  // namespace stentor::net
