// Thread: one.
#include "tests/support/tls_client.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "core/check.h"

namespace stentor::test {

namespace {

void trust(SSL_CTX* context, SSL* ssl, const TlsClientOptions& options) {
    const net::BioPtr bio(BIO_new_mem_buf(options.trusted_pem.data(), -1));
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    for (;;) {
        const net::X509Ptr one(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
        if (!one) break;
        STENTOR_CHECK(X509_STORE_add_cert(store, one.get()) == 1);
    }
    ERR_clear_error();
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    STENTOR_CHECK(SSL_set1_host(ssl, options.name.c_str()) == 1);
}

}  // namespace

TlsClient::TlsClient(const TlsClientOptions& options) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX* context = context_.get();
    // A test may be older or stricter than the server allows for.
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, options.version);
    SSL_CTX_set_max_proto_version(context, options.version);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &TlsClient::on_new_session);
    if (!options.groups.empty()) {
        STENTOR_CHECK(SSL_CTX_set1_groups_list(context, options.groups.c_str()) == 1);
    }
    if (!options.ciphers.empty()) {
        STENTOR_CHECK(SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) == 1);
    }
    ssl_.reset(SSL_new(context));
    SSL* ssl = ssl_.get();
    SSL_set_app_data(ssl, this);
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(options.name.c_str()));
    if (!options.trusted_pem.empty()) trust(context, ssl, options);
    std::string wire;
    for (const std::string& name : options.alpn) {
        wire += static_cast<char>(name.size());
        wire += name;
    }
    if (!wire.empty()) {
        STENTOR_CHECK(SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(wire.data()),
                                          static_cast<unsigned int>(wire.size())) == 0);
    }
    if (!options.session.empty()) {
        const unsigned char* at = options.session.data();
        SSL_SESSION* session =
            d2i_SSL_SESSION(nullptr, &at, static_cast<long>(options.session.size()));
        STENTOR_CHECK(session != nullptr);
        SSL_set_session(ssl, session);
        SSL_SESSION_free(session);
    }
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(SSL_get_rbio(ssl), -1);
    SSL_set_connect_state(ssl);
}

int TlsClient::on_new_session(SSL* ssl, SSL_SESSION* session) {
    auto& self = *static_cast<TlsClient*>(SSL_get_app_data(ssl));
    self.session_.resize(static_cast<std::size_t>(i2d_SSL_SESSION(session, nullptr)));
    unsigned char* at = self.session_.data();
    i2d_SSL_SESSION(session, &at);
    return 0;
}

void TlsClient::note(int done) {
    const int error = SSL_get_error(ssl_.get(), done);
    if (error == SSL_ERROR_ZERO_RETURN) peer_finished_ = true;
    if (error == SSL_ERROR_SSL || error == SSL_ERROR_SYSCALL) {
        failed_ = true;
        failure_ = net::take_openssl_reason();
    }
    ERR_clear_error();
}

void TlsClient::turn() {
    if (failed_) return;
    ERR_clear_error();
    if (!connected()) {
        const int done = SSL_do_handshake(ssl_.get());
        if (done != 1) return note(done);
    }
    char bytes[16 * 1024];
    for (;;) {
        ERR_clear_error();
        const int got = SSL_read(ssl_.get(), bytes, sizeof bytes);
        if (got <= 0) return note(got);
        received_.append(bytes, static_cast<std::size_t>(got));
    }
}

void TlsClient::put(std::span<const std::byte> cipher) {
    if (!cipher.empty()) {
        STENTOR_CHECK(
            BIO_write(SSL_get_rbio(ssl_.get()), cipher.data(), static_cast<int>(cipher.size())) ==
            static_cast<int>(cipher.size()));
    }
    turn();
}

std::vector<std::byte> TlsClient::take() {
    BIO* bio = SSL_get_wbio(ssl_.get());
    std::vector<std::byte> bytes(BIO_ctrl_pending(bio));
    if (!bytes.empty()) BIO_read(bio, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

bool TlsClient::connected() const {
    return SSL_is_init_finished(ssl_.get()) == 1;
}

bool TlsClient::send(std::string_view text) {
    ERR_clear_error();
    const int done = SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
    if (done <= 0) note(done);
    return done == static_cast<int>(text.size());
}

void TlsClient::finish() {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

std::string TlsClient::alpn() const {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return name == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(name), size);
}

}  // namespace stentor::test
