// Fuzz target: the PROXY protocol's header as it comes (net/proxy_header.h).
// Thread: one.
// Invariant: nothing is said until the one verdict, which then stands: a header of so many bytes,
// or an error as soon as it shows.
#include "net/proxy_header.h"

#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace stentor;

constexpr std::size_t kFixedBytes = 16;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::size_t chunk_bytes = input.chunk_bytes();
    const auto bytes = input.rest();
    if (chunk_bytes < 16 && bytes.size() > 256 * chunk_bytes) return 0;  // time, and nothing new
    const auto whole = net::parse_proxy_header(bytes);
    STENTOR_CHECK(whole || !whole.error().empty());
    if (whole && *whole) {
        const net::ProxyHeader& header = **whole;
        STENTOR_CHECK(header.bytes >= kFixedBytes && header.bytes <= bytes.size());
        STENTOR_CHECK(header.bytes <= net::kProxyHeaderBytesMax);
        STENTOR_CHECK(!header.client || header.client->family != net::PeerAddress::Family::kNone);
    }
    std::size_t end = 0;
    bool judged = false;
    fuzz::for_each_chunk(bytes, chunk_bytes, [&](std::span<const std::byte> chunk) {
        end += chunk.size();
        const fuzz::TightBlock block(bytes.first(end));
        const auto part = net::parse_proxy_header(block.span());
        if (part && !*part) {
            STENTOR_CHECK(!judged && (!whole || !*whole || end < (*whole)->bytes));
            return;
        }
        judged = true;
        STENTOR_CHECK(part.has_value() == whole.has_value());
        if (!part) return;  // the words may say more when more is there
        STENTOR_CHECK(*whole && (*part)->bytes == (*whole)->bytes &&
                      (*part)->client == (*whole)->client);
    });
    STENTOR_CHECK(bytes.empty() || judged == (!whole || whole->has_value()));
    return 0;
}
