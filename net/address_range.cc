// Thread: any.
// Invariant: see net/address_range.h.
#include "net/address_range.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace stentor::net {

namespace {

using Family = PeerAddress::Family;

constexpr unsigned kMappedPrefixBits = 96;  // of ::ffff:0:0/96

unsigned bits_of(Family family) {
    return family == Family::kV4 ? 32 : 128;
}

// The bits of octet `index` that belong to a prefix of that length.
std::uint8_t mask_of(unsigned prefix_bits, unsigned index) {
    const unsigned bits = std::clamp(prefix_bits, 8 * index, 8 * index + 8) - 8 * index;
    return static_cast<std::uint8_t>(0xff00u >> bits);
}

std::array<std::uint8_t, 16> masked(const std::array<std::uint8_t, 16>& bytes, Family family,
                                    unsigned prefix_bits) {
    std::array<std::uint8_t, 16> prefix{};
    for (unsigned i = 0; i < bits_of(family) / 8; ++i) {
        prefix[i] = static_cast<std::uint8_t>(bytes[i] & mask_of(prefix_bits, i));
    }
    return prefix;
}

// Decimal, without a sign or leading zeros; nothing when it is not that or is over `max`.
std::optional<unsigned> number_of(std::string_view text, unsigned max) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number > max) return {};
    if (text.size() > 1 && text[0] == '0') return {};
    return number;
}

// As it stands, v4-mapped ones not folded.
std::optional<AddressRange> address_of(const std::string& text) {
    AddressRange address;
    if (::inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) {
        address.family = Family::kV4;
    } else if (::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) {
        address.family = Family::kV6;
    } else {
        return {};
    }
    address.prefix_bits = static_cast<std::uint8_t>(bits_of(address.family));
    return address;
}

bool is_mapped(const AddressRange& range) {
    constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return range.family == Family::kV6 && range.prefix_bits >= kMappedPrefixBits &&
           std::equal(kMapped.begin(), kMapped.end(), range.bytes.begin());
}

// Peers come folded to IPv4, so ranges are folded as well.
AddressRange folded(const AddressRange& range) {
    if (!is_mapped(range)) return range;
    AddressRange v4{
        .family = Family::kV4,
        .prefix_bits = static_cast<std::uint8_t>(range.prefix_bits - kMappedPrefixBits)};
    std::copy(range.bytes.begin() + 12, range.bytes.end(), v4.bytes.begin());
    return v4;
}

}  // namespace

std::expected<AddressRange, std::string> AddressRange::parse(std::string_view text) {
    if (text == "unix") return AddressRange{};
    const std::size_t slash = text.find('/');
    const std::string host(text.substr(0, slash));
    const std::string shown = "\"" + std::string(text) + "\"";
    std::optional<AddressRange> range = address_of(host);
    if (!range || host.find('\0') != std::string::npos) {
        return std::unexpected(shown + " is not an address, a range like 10.0.0.0/8 or " +
                               "2001:db8::/32, or \"unix\"");
    }
    if (slash != std::string_view::npos) {
        const unsigned bits_max = bits_of(range->family);
        const auto bits = number_of(text.substr(slash + 1), bits_max);
        if (!bits) {
            return std::unexpected(shown + " needs a number from 0 to " + std::to_string(bits_max) +
                                   " behind the slash");
        }
        range->prefix_bits = static_cast<std::uint8_t>(*bits);
        const auto prefix = masked(range->bytes, range->family, *bits);
        // Whom to trust is not guessed: one host, or all of its network?
        if (prefix != range->bytes) {
            range->bytes = prefix;
            return std::unexpected(shown + " has bits behind the prefix; the range is " +
                                   range->to_string() + ", the address alone " + host);
        }
    }
    return folded(*range);
}

std::string AddressRange::to_string() const {
    if (family == Family::kNone) return "unix";
    char text[INET6_ADDRSTRLEN];
    ::inet_ntop(family == Family::kV4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
    std::string shown = text;
    if (prefix_bits != bits_of(family)) shown += "/" + std::to_string(prefix_bits);
    return shown;
}

bool AddressRange::contains(const PeerAddress& peer) const {
    if (peer.family != family) return false;
    return family == Family::kNone || masked(peer.bytes, family, prefix_bits) == bytes;
}

}  // namespace stentor::net
