// Signing and checking session tokens (RFC 2104, RFC 4648 section 5).
// Thread: any.
// Invariant: each identity has one token per key: base64url is read strictly (no padding, no stray
// bits), so a token with any character changed is refused.
#include "chat/session_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdint>

#include "chat/names.h"
#include "chat/random.h"
#include "core/check.h"

namespace stentor::chat {
namespace {

constexpr std::string_view kPrefix = "s1.";
constexpr std::size_t kUserBytes = 8;
constexpr std::size_t kMacBytes = 32;
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::size_t base64url_characters(std::size_t bytes) {
    return (bytes * 8 + 5) / 6;
}

constexpr std::size_t kMacCharacters = base64url_characters(kMacBytes);
constexpr std::size_t kTokenCharactersMax =
    kPrefix.size() + base64url_characters(kUserBytes + kUserNameBytesMax) + 1 + kMacCharacters;

using Mac = std::array<unsigned char, kMacBytes>;

void append_base64url(std::string& out, std::string_view bytes) {
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char byte : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(byte);
        for (held += 8; held >= 6; held -= 6) out.push_back(kAlphabet[(bits >> (held - 6)) & 63U]);
    }
    if (held > 0) out.push_back(kAlphabet[(bits << (6 - held)) & 63U]);
}

std::optional<std::string> decode_base64url(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char character : text) {
        const std::size_t value = kAlphabet.find(character);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes.push_back(static_cast<char>((bits >> held) & 255U));
    }
    const bool is_canonical = held < 6 && (bits & ((1U << held) - 1)) == 0;
    if (!is_canonical) return std::nullopt;
    return bytes;
}

// Over the text as sent, version included: what is not authentic is never decoded.
Mac mac_of(const SessionTokens::Key& key, std::string_view signed_text) {
    Mac mac;
    unsigned int length = 0;
    const auto* text = reinterpret_cast<const unsigned char*>(signed_text.data());
    const unsigned char* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text,
                                     signed_text.size(), mac.data(), &length);
    STENTOR_CHECK(made != nullptr && length == kMacBytes);
    return mac;
}

std::optional<SessionTokens::Identity> read_identity(std::string_view base64url) {
    const auto bytes = decode_base64url(base64url);
    if (!bytes || bytes->size() <= kUserBytes) return std::nullopt;
    SessionTokens::Identity identity;
    for (const char byte : std::string_view(*bytes).substr(0, kUserBytes)) {
        identity.user.value = (identity.user.value << 8U) | static_cast<unsigned char>(byte);
    }
    if (!identity.user) return std::nullopt;
    identity.name = bytes->substr(kUserBytes);
    return identity;
}

}  // namespace

SessionTokens::Key SessionTokens::random_key() {
    Key key;
    fill_from_kernel(key);
    return key;
}

std::string SessionTokens::sign(UserId user, std::string_view name) const {
    STENTOR_CHECK(user && !name.empty() && name.size() <= kUserNameBytesMax);
    std::string payload;
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        payload.push_back(static_cast<char>((user.value >> (shift - 8)) & 255U));
    }
    payload += name;

    std::string token(kPrefix);
    append_base64url(token, payload);
    const Mac mac = mac_of(key_, token);
    token.push_back('.');
    append_base64url(token, {reinterpret_cast<const char*>(mac.data()), mac.size()});
    return token;
}

std::optional<SessionTokens::Identity> SessionTokens::verify(std::string_view token) const {
    constexpr std::size_t kTailCharacters = 1 + kMacCharacters;
    if (token.size() > kTokenCharactersMax || token.size() <= kPrefix.size() + kTailCharacters) {
        return std::nullopt;
    }
    const std::string_view signed_text = token.substr(0, token.size() - kTailCharacters);
    const std::string_view tail = token.substr(signed_text.size());
    if (!signed_text.starts_with(kPrefix) || tail.front() != '.') return std::nullopt;
    const auto claimed = decode_base64url(tail.substr(1));
    if (!claimed || claimed->size() != kMacBytes) return std::nullopt;
    const Mac mac = mac_of(key_, signed_text);
    if (CRYPTO_memcmp(claimed->data(), mac.data(), mac.size()) != 0) return std::nullopt;
    return read_identity(signed_text.substr(kPrefix.size()));
}

}  // namespace stentor::chat
