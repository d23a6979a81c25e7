// OpenSSL's objects as owned pointers, and its reasons as words.
// Thread: as the object.
// Invariant: an owned object is freed once, by its own function.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace stentor::net {

template <auto kFree>
struct OpensslFree {
    template <typename T>
    void operator()(T* object) const {
        kFree(object);
    }
};

using BioPtr = std::unique_ptr<BIO, OpensslFree<&BIO_free_all>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<&EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslFree<&X509_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, OpensslFree<&SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslFree<&SSL_free>>;

// Why OpenSSL refused, in its words ("ee key too small"); empties its error queue.
inline std::string take_openssl_reason() {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason == nullptr ? "no reason given" : reason;
}

}  // namespace stentor::net
