// Thread: any.
#include "tests/support/test_certificate.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "core/check.h"
#include "net/openssl_ptr.h"

namespace stentor::test {

namespace {

using net::BioPtr;
using net::PkeyPtr;
using net::X509Ptr;

PkeyPtr make_key(int rsa_bits) {
    PkeyPtr key(rsa_bits == 0 ? EVP_EC_gen("P-256")
                              : EVP_RSA_gen(static_cast<unsigned int>(rsa_bits)));
    STENTOR_CHECK(key);
    return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
    STENTOR_CHECK(extension != nullptr);
    STENTOR_CHECK(X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

struct Identity {
    X509Ptr certificate;
    PkeyPtr key;
};

// Signed by `issuer`, or by itself when there is none.
Identity make_identity(const TestCertificateRequest& request, const Identity* issuer,
                       bool authority) {
    Identity made{X509Ptr(X509_new()), make_key(request.rsa_bits)};
    X509* certificate = made.certificate.get();
    X509* by = issuer == nullptr ? certificate : issuer->certificate.get();
    STENTOR_CHECK(X509_set_version(certificate, X509_VERSION_3) == 1);
    unsigned char serial[8];
    STENTOR_CHECK(RAND_bytes(serial, sizeof serial) == 1);
    serial[0] = static_cast<unsigned char>((serial[0] & 0x3f) | 0x40);  // positive, no padding
    ASN1_STRING_set(X509_get_serialNumber(certificate), serial, sizeof serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), static_cast<long>(request.begins.count()));
    X509_gmtime_adj(X509_getm_notAfter(certificate), static_cast<long>(request.ends.count()));
    X509_set_pubkey(certificate, made.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(request.name.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(certificate, X509_get_subject_name(by));
    add_extension(certificate, by, NID_basic_constraints,
                  authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!authority) {
        const std::string names = "DNS:" + request.name + ",IP:127.0.0.1,IP:::1";
        add_extension(certificate, by, NID_subject_alt_name, names.c_str());
    }
    EVP_PKEY* signer = issuer == nullptr ? made.key.get() : issuer->key.get();
    STENTOR_CHECK(X509_sign(certificate, signer, EVP_sha256()) > 0);
    return made;
}

std::string text_of(const BioPtr& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(const X509Ptr& certificate) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    STENTOR_CHECK(PEM_write_bio_X509(bio.get(), certificate.get()) == 1);
    return text_of(bio);
}

std::string pem_of(const PkeyPtr& key, const std::string* phrase = nullptr) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    const EVP_CIPHER* cipher = phrase == nullptr ? nullptr : EVP_aes_256_cbc();
    const char* words = phrase == nullptr ? nullptr : phrase->data();
    const int size = phrase == nullptr ? 0 : static_cast<int>(phrase->size());
    STENTOR_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), cipher, words, size, nullptr,
                                                nullptr) == 1);
    return text_of(bio);
}

}  // namespace

TestCertificate make_test_certificate(const TestCertificateRequest& request) {
    if (!request.from_authority) {
        const Identity own = make_identity(request, nullptr, false);
        return {pem_of(own.certificate), pem_of(own.key)};
    }
    TestCertificateRequest authority_request = request;
    authority_request.name = "the authority of a test";
    const Identity authority = make_identity(authority_request, nullptr, true);
    const Identity own = make_identity(request, &authority, false);
    return {pem_of(own.certificate) + pem_of(authority.certificate), pem_of(own.key)};
}

std::string encrypt_private_key(const std::string& private_key_pem, const std::string& phrase) {
    const BioPtr in(BIO_new_mem_buf(private_key_pem.data(), -1));
    const PkeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
    STENTOR_CHECK(key);
    return pem_of(key, &phrase);
}

TestFolder::TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "stentor-test-XXXXXX").string();
    STENTOR_CHECK(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
}

TestFolder::~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string TestFolder::write(const std::string& name, const std::string& content) const {
    std::ofstream file(folder_ / name, std::ios::binary | std::ios::trunc);
    file << content;
    file.close();
    STENTOR_CHECK(file.good());
    return path(name);
}

}  // namespace stentor::test
