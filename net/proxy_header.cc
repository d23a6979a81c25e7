// Thread: any.
// Invariant: see net/proxy_header.h. Numbers in brackets are offsets into the header.
#include "net/proxy_header.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace stentor::net {

namespace {

using Bytes = std::span<const std::byte>;
using Failure = std::unexpected<std::string_view>;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kVersion1 = "PROXY ";
constexpr std::size_t kFixedBytes =
    16;  // signature, [12] version and command, [13] family, [14] length

constexpr std::uint8_t kLocal = 0x20;
constexpr std::uint8_t kProxy = 0x21;

constexpr std::uint8_t kTlvCrc32c = 0x03;
constexpr std::size_t kTlvFixedBytes = 3;

// [13]: what the addresses are, and how many octets of them there must be.
struct Kind {
    enum Name : std::uint8_t { kUnspecified, kV4, kV6, kUnix } name;
    std::size_t address_bytes;
};

std::size_t u16_at(Bytes bytes, std::size_t at) {
    return std::to_integer<std::size_t>(bytes[at]) << 8 |
           std::to_integer<std::size_t>(bytes[at + 1]);
}

std::string_view text_of(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view why_no_signature(Bytes input) {
    const std::string_view begin = text_of(input).substr(0, kVersion1.size());
    if (kVersion1.starts_with(begin)) {
        return "a text header (version 1 of the PROXY protocol), or none; the proxy must send "
               "version 2";
    }
    return "no PROXY protocol header; the proxy must send version 2 of it";
}

std::expected<Kind, std::string_view> kind_of(std::uint8_t octet) {
    switch (octet) {
        case 0x00:
            return Kind{Kind::kUnspecified, 0};
        case 0x11:
            return Kind{Kind::kV4, 12};
        case 0x21:
            return Kind{Kind::kV6, 36};
        case 0x31:
            return Kind{Kind::kUnix, 216};
        case 0x12:
        case 0x22:
        case 0x32:
            return Failure("a PROXY header about datagrams");
        default:
            return Failure("a PROXY header with an unknown family or transport");
    }
}

PeerAddress source_v4(Bytes addresses) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    std::memcpy(&in.sin_addr, addresses.data(), 4);
    std::memcpy(&in.sin_port, addresses.data() + 8, 2);
    return PeerAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&in));
}

PeerAddress source_v6(Bytes addresses) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    std::memcpy(&in.sin6_addr, addresses.data(), 16);
    std::memcpy(&in.sin6_port, addresses.data() + 32, 2);
    return PeerAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&in));
}

// RFC 3720, appendix B.4: reflected, polynomial 0x1edc6f41.
class Crc32c {
public:
    void add(Bytes bytes) {
        for (const std::byte byte : bytes) {
            value_ ^= std::to_integer<std::uint32_t>(byte);
            for (int bit = 0; bit < 8; ++bit) {
                value_ = (value_ >> 1) ^ ((value_ & 1u) != 0 ? 0x82f63b78u : 0u);
            }
        }
    }
    std::array<std::byte, 4> result() const {
        std::array<std::byte, 4> octets;
        const std::uint32_t value = ~value_;
        for (std::size_t i = 0; i < 4; ++i) octets[i] = std::byte(value >> (24 - 8 * i) & 0xffu);
        return octets;
    }

private:
    std::uint32_t value_ = ~0u;
};

// The sum is taken over the whole header with its own four octets zero.
bool checksum_holds(Bytes header, std::size_t at) {
    Crc32c sum;
    sum.add(header.first(at));
    sum.add(std::array<std::byte, 4>{});
    sum.add(header.subspan(at + 4));
    return std::ranges::equal(sum.result(), header.subspan(at, 4));
}

// What stands behind the addresses, `input` being all that came of a header of `size` octets.
// Empty: nothing wrong so far.
std::string_view why_bad_tlvs(Bytes input, std::size_t begin, std::size_t size) {
    const Bytes header = input.first(std::min(input.size(), size));
    std::size_t checksum_at = 0;
    for (std::size_t at = begin; at < size;) {
        if (size - at < kTlvFixedBytes) return "a PROXY header with half an extension";
        if (header.size() <= at) return {};
        const bool is_checksum = std::to_integer<std::uint8_t>(header[at]) == kTlvCrc32c;
        if (is_checksum && checksum_at != 0) return "a PROXY header with two checksums";
        if (header.size() < at + kTlvFixedBytes) return {};
        const std::size_t length = u16_at(header, at + 1);
        if (length > size - at - kTlvFixedBytes) {
            return "a PROXY header with an extension that is longer than the header";
        }
        if (is_checksum && length != 4) return "a PROXY header with a checksum of a wrong size";
        if (is_checksum) checksum_at = at + kTlvFixedBytes;
        at += kTlvFixedBytes + length;
    }
    if (checksum_at != 0 && header.size() == size && !checksum_holds(header, checksum_at)) {
        return "a PROXY header with a wrong checksum";
    }
    return {};
}

}  // namespace

std::expected<std::optional<ProxyHeader>, std::string_view> parse_proxy_header(Bytes input) {
    const auto octet = [&](std::size_t at) { return std::to_integer<std::uint8_t>(input[at]); };
    const std::string_view begin = text_of(input).substr(0, kSignature.size());
    if (!kSignature.starts_with(begin)) return Failure(why_no_signature(input));
    if (input.size() < 13) return std::nullopt;
    if (octet(12) >> 4 != 2) return Failure("a PROXY header of an unknown version");
    if (octet(12) != kLocal && octet(12) != kProxy) {
        return Failure("a PROXY header with an unknown command");
    }
    if (input.size() < 14) return std::nullopt;
    // A proxy that speaks for itself (a health check, say) may write any family: it is ignored.
    Kind kind{Kind::kUnspecified, 0};
    if (octet(12) == kProxy) {
        const auto found = kind_of(octet(13));
        if (!found) return Failure(found.error());
        kind = *found;
    }
    if (input.size() < 15) return std::nullopt;
    const std::size_t length_at_least = std::size_t{octet(14)} << 8;
    if (kFixedBytes + length_at_least > kProxyHeaderBytesMax) {
        return Failure("a PROXY header that is too long");
    }
    if (input.size() < kFixedBytes) return std::nullopt;
    const std::size_t size = kFixedBytes + u16_at(input, 14);
    if (size > kProxyHeaderBytesMax) return Failure("a PROXY header that is too long");
    if (size < kFixedBytes + kind.address_bytes) {
        return Failure("a PROXY header that is too short for its addresses");
    }
    // Where addresses of an unknown kind end, and extensions begin, nobody can say.
    if (kind.name != Kind::kUnspecified) {
        const std::string_view wrong = why_bad_tlvs(input, kFixedBytes + kind.address_bytes, size);
        if (!wrong.empty()) return Failure(wrong);
    }
    if (input.size() < size) return std::nullopt;
    ProxyHeader header{.bytes = size, .client = std::nullopt};
    const Bytes addresses = input.subspan(kFixedBytes);
    if (kind.name == Kind::kV4) header.client = source_v4(addresses);
    if (kind.name == Kind::kV6) header.client = source_v6(addresses);
    return header;
}

}  // namespace stentor::net
