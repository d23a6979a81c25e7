// See tls_client_context.h.
// Thread: any.
// Invariant: see tls_client_context.h. OpenSSL's error queue is empty between calls.
#include "bench/load/tls_client_context.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include <utility>

#include "bench/load/tls_client_session.h"
#include "net/pem_file.h"

namespace stentor::bench {
namespace {

constexpr unsigned char kAlpn[] = "\x08http/1.1";  // RFC 7301: the length, then the name

bool is_ip_address(const std::string& host) {
    in6_addr address{};
    return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool set_rules(SSL_CTX* context, bool resumes) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Thousands of connections sit idle, and each would keep its buffers.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    // The session object keeps its ticket itself.
    SSL_CTX_set_session_cache_mode(
        context, resumes ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF);
    SSL_CTX_sess_set_new_cb(context, &TlsClientSession::on_ticket);
    // This one says 0 when all is well.
    return SSL_CTX_set_alpn_protos(context, kAlpn, sizeof kAlpn - 1) == 0 &&
           SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
}

// A certificate of the file is trusted whatever it is: an authority, or the server's own.
std::expected<void, std::string> trust_file(SSL_CTX* context, const std::string& file) {
    const auto certificates = net::read_certificates(file);
    if (!certificates) return std::unexpected("--ca: " + certificates.error().message());
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    for (const net::X509Ptr& one : *certificates) {
        if (X509_STORE_add_cert(store, one.get()) != 1) {
            return std::unexpected("--ca: " + file + ": " + net::take_openssl_reason());
        }
    }
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    return {};
}

std::expected<void, std::string> set_trust(SSL_CTX* context, const TlsTrust& trust,
                                           const std::string& host, bool is_address) {
    if (trust.insecure) {
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
        return {};
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    X509_VERIFY_PARAM* param = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int named = is_address ? X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str())
                                 : X509_VERIFY_PARAM_set1_host(param, host.data(), host.size());
    if (named != 1) return std::unexpected("TLS: " + host + ": " + net::take_openssl_reason());
    if (!trust.ca_file.empty()) return trust_file(context, trust.ca_file);
    if (SSL_CTX_set_default_verify_paths(context) == 1) return {};
    return std::unexpected("TLS: whom this system trusts: " + net::take_openssl_reason());
}

}  // namespace

TlsClientContext::TlsClientContext(net::SslCtxPtr context, std::string host, bool is_address,
                                   bool verifies)
    : context_(std::move(context)),
      host_(std::move(host)),
      is_address_(is_address),
      verifies_(verifies) {}

std::expected<std::shared_ptr<const TlsClientContext>, std::string> TlsClientContext::make(
    const TlsTrust& trust, const std::string& host) {
    ERR_clear_error();
    net::SslCtxPtr context(SSL_CTX_new(TLS_client_method()));
    if (!context || !set_rules(context.get(), trust.resumes)) {
        return std::unexpected("TLS cannot be set up: " + net::take_openssl_reason());
    }
    const bool is_address = is_ip_address(host);
    const auto set = set_trust(context.get(), trust, host, is_address);
    ERR_clear_error();
    if (!set) return std::unexpected(set.error());
    return std::shared_ptr<const TlsClientContext>(
        new TlsClientContext(std::move(context), host, is_address, !trust.insecure));
}

net::SslPtr TlsClientContext::open() const {
    net::SslPtr ssl(SSL_new(context_.get()));
    if (!ssl) return ssl;
    SSL_set_connect_state(ssl.get());
    // RFC 6066 3: an address is no server name.
    const bool named =
        is_address_ || SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                                const_cast<char*>(host_.c_str())) == 1;
    if (!named) ssl.reset();
    return ssl;
}

std::string TlsClientContext::words_of_verify(long result) const {
    std::string words = "certificate verify failed: ";
    words += X509_verify_cert_error_string(result);
    switch (result) {
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return words + ", it is not for " + host_;
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return words + "; --ca FILE trusts one, --insecure trusts all";
        default:
            return words;
    }
}

}  // namespace stentor::bench
