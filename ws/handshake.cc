// The rules of the opening handshake (RFC 6455 4.2), in the order in which a request is judged.
// Thread: any; pure.
// Invariant: as in handshake.h.
#include "ws/handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "core/ascii.h"
#include "core/check.h"

namespace stentor::ws {

namespace {

using core::ascii::equal_ignoring_case;

constexpr std::string_view kAcceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view kVersion = "13";
constexpr std::size_t kKeyChars = 24;  // base64 of 16 bytes: 22 characters and "=="
constexpr std::size_t kSha1Bytes = 20;

// An answer of 426 names what to upgrade to (RFC 9110 15.5.22) and the version we speak.
constexpr std::string_view kUpgradeHeaders =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";

constexpr RefusedHandshake bad_request(std::string_view reason) {
    return {400, reason, {}};
}

bool list_has(FieldValues values, std::string_view wanted) {
    return !for_each_element(
        values, [&](std::string_view element) { return !equal_ignoring_case(element, wanted); });
}

constexpr int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Strict: 16 bytes need the last character's low four bits to be zero.
bool is_key(std::string_view key) {
    if (key.size() != kKeyChars || !key.ends_with("==")) return false;
    const std::string_view digits = key.substr(0, kKeyChars - 2);
    return std::ranges::all_of(digits, [](char c) { return base64_value(c) >= 0; }) &&
           base64_value(digits.back()) % 16 == 0;
}

std::optional<RefusedHandshake> refuse_upgrade(const HandshakeRequest& request) {
    if (request.method != "GET") {
        return RefusedHandshake{405, "a WebSocket handshake is a GET", "Allow: GET\r\n"};
    }
    if (request.http_version < 11) return bad_request("a WebSocket handshake needs HTTP/1.1");
    if (!asks_for_websocket(request)) {
        return RefusedHandshake{426, "this address speaks WebSocket", kUpgradeHeaders};
    }
    if (!list_has(request.connection, "upgrade")) {
        return bad_request("Connection does not name Upgrade");
    }
    return std::nullopt;
}

std::optional<RefusedHandshake> refuse_websocket_fields(const HandshakeRequest& request) {
    if (request.version.size() != 1) {
        return RefusedHandshake{400, "Sec-WebSocket-Version must stand once",
                                "Sec-WebSocket-Version: 13\r\n"};
    }
    if (request.version.front() != kVersion) {
        return RefusedHandshake{426, "the WebSocket version must be 13", kUpgradeHeaders};
    }
    if (request.key.size() != 1) return bad_request("Sec-WebSocket-Key must stand once");
    if (!is_key(request.key.front())) {
        return bad_request("Sec-WebSocket-Key is not base64 of 16 bytes");
    }
    return std::nullopt;
}

// The best of `supported` that is offered, empty for none; nothing when the offer is malformed: not
// a list of tokens (4.2.1), or one that says a token twice (4.1).
std::optional<std::string_view> select_subprotocol(FieldValues offers,
                                                   std::span<const std::string_view> supported) {
    std::size_t best = supported.size();
    std::vector<std::string_view> seen;
    const bool tokens = for_each_element(offers, [&](std::string_view offer) {
        const auto found = std::ranges::find(supported, offer);
        best = std::min(best, static_cast<std::size_t>(found - supported.begin()));
        seen.push_back(offer);
        return is_token(offer);
    });
    if (!tokens || (seen.empty() && !offers.empty())) return std::nullopt;
    std::ranges::sort(seen);
    if (std::ranges::adjacent_find(seen) != seen.end()) return std::nullopt;
    return best == supported.size() ? std::string_view() : supported[best];
}

}  // namespace

bool asks_for_websocket(const HandshakeRequest& request) {
    return list_has(request.upgrade, "websocket");
}

std::expected<AcceptedHandshake, RefusedHandshake> accept_handshake(
    const HandshakeRequest& request, std::span<const std::string_view> supported, bool deflate) {
    if (const auto refused = refuse_upgrade(request)) return std::unexpected(*refused);
    if (const auto refused = refuse_websocket_fields(request)) return std::unexpected(*refused);
    const auto subprotocol = select_subprotocol(request.protocols, supported);
    if (!subprotocol) {
        return std::unexpected(
            bad_request("Sec-WebSocket-Protocol is not a list of different tokens"));
    }
    auto extensions = answer_deflate_offers(request.extensions, deflate);
    if (!extensions) {
        return std::unexpected(bad_request("Sec-WebSocket-Extensions is not a list of extensions"));
    }
    return AcceptedHandshake{.accept_key = accept_key_for(request.key.front()),
                             .subprotocol = *subprotocol,
                             .deflate = extensions->parameters,
                             .extensions = std::move(extensions->extension)};
}

std::array<char, 28> accept_key_for(std::string_view key) {
    // Fetched once: a fetch by name costs more than the digest itself.
    static EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    std::array<char, kKeyChars + kAcceptGuid.size()> text;
    STENTOR_CHECK(sha1 != nullptr && key.size() == kKeyChars);
    std::ranges::copy(kAcceptGuid, std::ranges::copy(key, text.begin()).out);

    std::array<unsigned char, kSha1Bytes> digest;
    const int hashed = EVP_Digest(text.data(), text.size(), digest.data(), nullptr, sha1, nullptr);
    STENTOR_CHECK(hashed == 1);
    std::array<unsigned char, 29> encoded;  // EVP_EncodeBlock ends it with a NUL
    EVP_EncodeBlock(encoded.data(), digest.data(), kSha1Bytes);
    std::array<char, 28> accept;
    std::ranges::copy(std::span(encoded).first<28>(), accept.begin());
    return accept;
}

std::string switching_protocols(const AcceptedHandshake& accepted) {
    constexpr std::size_t kBytesMost = 256;  // of an answer with all that we agree to
    std::string answer;
    answer.reserve(kBytesMost);
    answer +=
        "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Accept: ";
    answer.append(accepted.accept()).append("\r\n");
    if (!accepted.subprotocol.empty()) {
        answer.append("Sec-WebSocket-Protocol: ").append(accepted.subprotocol).append("\r\n");
    }
    if (!accepted.extensions.empty()) {
        answer.append("Sec-WebSocket-Extensions: ").append(accepted.extensions).append("\r\n");
    }
    answer.append("\r\n");
    return answer;
}

}  // namespace stentor::ws
