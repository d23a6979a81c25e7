// Fuzz target: addresses as operators write them: ranges (net/address_range.h, RFC 4632, 4291) and
// listen addresses (net/listener.h).
// Thread: one.
// Invariant: what is read is written so that it reads back the same; a range holds its own first
// address and nothing of another family.
#include "net/address_range.h"

#include <string>

#include "net/listener.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace stentor;
using Family = net::PeerAddress::Family;

void fuzz_range(std::string_view text, std::span<const std::byte> peer_bytes) {
    const auto range = net::AddressRange::parse(text);
    if (!range) {
        STENTOR_CHECK(!range.error().empty() && !range.error().ends_with('.'));
        return;
    }
    const std::size_t bits = range->family == Family::kV4   ? 32
                             : range->family == Family::kV6 ? 128
                                                            : 0;
    STENTOR_CHECK(range->prefix_bits <= bits);
    for (std::size_t bit = range->prefix_bits; bit < 128; ++bit) {
        STENTOR_CHECK((range->bytes[bit / 8] >> (7 - bit % 8) & 1) == 0);
    }
    const auto again = net::AddressRange::parse(range->to_string());
    STENTOR_CHECK(again && again->family == range->family && again->bytes == range->bytes &&
                  again->prefix_bits == range->prefix_bits);

    net::PeerAddress peer{.family = range->family, .port = 1, .bytes = range->bytes};
    STENTOR_CHECK(range->contains(peer));
    // Any address, bit by bit.
    for (std::size_t i = 0; i < bits / 8 && i < peer_bytes.size(); ++i) {
        peer.bytes[i] ^= static_cast<std::uint8_t>(peer_bytes[i]);
    }
    bool within = true;
    for (std::size_t bit = 0; bit < range->prefix_bits; ++bit) {
        within =
            within && ((peer.bytes[bit / 8] ^ range->bytes[bit / 8]) >> (7 - bit % 8) & 1) == 0;
    }
    STENTOR_CHECK(range->contains(peer) == within);
    peer.family = range->family == Family::kV4 ? Family::kV6 : Family::kV4;
    STENTOR_CHECK(!range->contains(peer));
}

void fuzz_listen(std::string_view text) {
    const auto address = net::ListenAddress::parse(text);
    if (!address) return;
    const std::string written = address->to_string();
    const auto again = net::ListenAddress::parse(written);
    STENTOR_CHECK(again && again->to_string() == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const fuzz::TightBlock peer(input.take(16));
    const fuzz::TightBlock block(input.rest());
    fuzz_range(block.text(), peer.span());
    fuzz_listen(block.text());
    return 0;
}
