// Thread: any.
// Invariant: see net/pem_file.h.
#include "net/pem_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "net/unique_fd.h"

namespace stentor::net {

namespace {

std::unexpected<core::Error> because(std::string what) {
    return std::unexpected(core::Error::because(std::move(what)));
}

// Text that is wiped in the end: it may hold a key.
struct SecretText {
    std::string text;
    SecretText() = default;
    SecretText(SecretText&& other) noexcept : text(std::move(other.text)) {}
    SecretText& operator=(SecretText&&) = delete;
    ~SecretText() { OPENSSL_cleanse(text.data(), text.size()); }
};

// One block of a PEM file: what stands behind BEGIN, whether it is encrypted, and its octets.
struct PemBlock {
    std::string label;
    bool encrypted = false;
    unsigned char* der = nullptr;
    long der_bytes = 0;

    PemBlock() = default;
    PemBlock(PemBlock&& other) noexcept
        : label(std::move(other.label)),
          encrypted(other.encrypted),
          der(std::exchange(other.der, nullptr)),
          der_bytes(std::exchange(other.der_bytes, 0)) {}
    PemBlock& operator=(PemBlock&&) = delete;
    ~PemBlock() { OPENSSL_clear_free(der, static_cast<std::size_t>(der_bytes)); }

    bool is_certificate() const {
        return label == PEM_STRING_X509 || label == PEM_STRING_X509_OLD ||
               label == PEM_STRING_X509_TRUSTED;
    }
    bool is_private_key() const { return label.ends_with("PRIVATE KEY"); }
};

std::expected<SecretText, core::Error> read_file(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return std::unexpected(core::Error::from_errno(errno, path));
    SecretText file;
    file.text.resize(kPemFileBytesMax + 1);  // once, so that no copy is left behind
    std::size_t size = 0;
    while (size < file.text.size()) {
        const ssize_t got = ::read(fd.get(), file.text.data() + size, file.text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(core::Error::from_errno(errno, path));
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size == 0) return because(path + ": the file is empty");
    if (size > kPemFileBytesMax) return because(path + ": larger than 1 MiB, so no PEM file");
    file.text.resize(size);
    return file;
}

std::expected<std::vector<PemBlock>, core::Error> read_blocks(const std::string& path) {
    const auto file = read_file(path);
    if (!file) return std::unexpected(file.error());
    ERR_clear_error();
    const BioPtr bio(BIO_new_mem_buf(file->text.data(), static_cast<int>(file->text.size())));
    std::vector<PemBlock> blocks;
    for (;;) {
        PemBlock block;
        char* label = nullptr;
        char* header = nullptr;
        if (PEM_read_bio(bio.get(), &label, &header, &block.der, &block.der_bytes) == 0) break;
        block.label = label;
        block.encrypted = block.label == PEM_STRING_PKCS8 ||
                          std::string_view(header).find("ENCRYPTED") != std::string_view::npos;
        OPENSSL_free(label);
        OPENSSL_free(header);
        blocks.push_back(std::move(block));
    }
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const std::string reason = take_openssl_reason();
    if (!at_end) return because(path + ": broken PEM: " + reason);
    if (blocks.empty()) return because(path + ": not a PEM file (no \"-----BEGIN …\" line)");
    return blocks;
}

std::string found_instead(const std::vector<PemBlock>& blocks) {
    return " (the first block is \"" + blocks.front().label + "\")";
}

}  // namespace

std::expected<std::vector<X509Ptr>, core::Error> read_certificates(const std::string& path) {
    const auto blocks = read_blocks(path);
    if (!blocks) return std::unexpected(blocks.error());
    std::vector<X509Ptr> certificates;
    for (const PemBlock& block : *blocks) {
        if (!block.is_certificate()) continue;
        const unsigned char* at = block.der;
        X509Ptr certificate(block.label == PEM_STRING_X509_TRUSTED
                                ? d2i_X509_AUX(nullptr, &at, block.der_bytes)
                                : d2i_X509(nullptr, &at, block.der_bytes));
        if (!certificate) {
            return because(path + ": certificate " + std::to_string(certificates.size() + 1) +
                           " is broken: " + take_openssl_reason());
        }
        certificates.push_back(std::move(certificate));
    }
    if (certificates.empty()) {
        return because(path + ": no certificate in it" + found_instead(*blocks));
    }
    return certificates;
}

std::expected<PkeyPtr, core::Error> read_private_key(const std::string& path) {
    const auto blocks = read_blocks(path);
    if (!blocks) return std::unexpected(blocks.error());
    const PemBlock* found = nullptr;
    for (const PemBlock& block : *blocks) {
        if (!block.is_private_key()) continue;
        if (found != nullptr) return because(path + ": several private keys in it; leave one");
        found = &block;
    }
    if (found == nullptr) return because(path + ": no private key in it" + found_instead(*blocks));
    if (found->encrypted) {
        return because(path + ": the key is locked with a pass phrase, which a server cannot be " +
                       "asked for; write it without one: openssl pkey -in " + path + " -out FILE");
    }
    const unsigned char* at = found->der;
    PkeyPtr key(d2i_AutoPrivateKey(nullptr, &at, found->der_bytes));
    if (!key) return because(path + ": the key is broken: " + take_openssl_reason());
    return key;
}

}  // namespace stentor::net
