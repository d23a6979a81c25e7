// Lengths, and the XOR with the key (RFC 6455 5.2, 5.3).
// Thread: see frames.h.
// Invariant: see frames.h.
#include "bench/limit/frames.h"

#include <cstdint>
#include <cstring>

namespace stentor::bench::limit {
namespace {

constexpr std::size_t kShortHeadBytes = 2;
constexpr std::size_t kLength16 = 126;  // the length is in the next 2 bytes
constexpr std::size_t kLength64 = 127;  // … 8 bytes

using Vector [[gnu::vector_size(32)]] = std::uint64_t;

std::size_t big_endian(const std::byte* at, std::size_t bytes) {
    std::size_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | std::to_integer<unsigned>(at[i]);
    return value;
}

// From `from` to `to`, which is the same place or one before it: each vector is loaded before
// anything is stored over it.
[[gnu::always_inline]] inline void unmask_vectors(std::byte* to, const std::byte* from,
                                                  std::size_t vectors, std::uint64_t key) {
    const Vector wide = {key, key, key, key};
    for (; vectors != 0; --vectors, to += sizeof(Vector), from += sizeof(Vector)) {
        Vector vector;
        std::memcpy(&vector, from, sizeof vector);
        vector ^= wide;
        std::memcpy(to, &vector, sizeof vector);
    }
}

void unmask_baseline(std::byte* to, const std::byte* from, std::size_t vectors, std::uint64_t key) {
    unmask_vectors(to, from, vectors, key);
}

// The scalar loop would double the work of a 16 KiB echo, this one is 2 % of it.
#if defined(__x86_64__)
[[gnu::target("avx2")]] void unmask_avx2(std::byte* to, const std::byte* from, std::size_t vectors,
                                         std::uint64_t key) {
    unmask_vectors(to, from, vectors, key);
}
const auto kUnmask = __builtin_cpu_supports("avx2") != 0 ? unmask_avx2 : unmask_baseline;
#else
constexpr auto kUnmask = unmask_baseline;
#endif

void unmask(std::byte* to, const std::byte* from, std::size_t bytes, const std::byte* key) {
    std::byte keys[sizeof(std::uint64_t)];
    std::memcpy(keys, key, kKeyBytes);
    std::memcpy(keys + kKeyBytes, keys, kKeyBytes);
    std::uint64_t wide;
    std::memcpy(&wide, keys, sizeof wide);
    const std::size_t vectors = bytes / sizeof(Vector);
    kUnmask(to, from, vectors, wide);
    for (std::size_t i = vectors * sizeof(Vector); i < bytes; ++i) {
        to[i] = from[i] ^ keys[i % kKeyBytes];
    }
}

}  // namespace

std::optional<ClientFrame> whole_frame(std::span<std::byte> bytes) {
    if (bytes.size() < kShortHeadBytes + kKeyBytes) return std::nullopt;
    std::size_t payload_bytes = std::to_integer<std::size_t>(bytes[1] & std::byte{0x7f});
    const std::size_t length_bytes =
        payload_bytes == kLength64 ? 8 : (payload_bytes == kLength16 ? 2 : 0);
    const std::size_t head_bytes = kShortHeadBytes + length_bytes + kKeyBytes;
    if (bytes.size() < head_bytes) return std::nullopt;
    if (length_bytes != 0) payload_bytes = big_endian(&bytes[kShortHeadBytes], length_bytes);
    if (bytes.size() - head_bytes < payload_bytes) return std::nullopt;
    return ClientFrame{bytes.data(), head_bytes, payload_bytes};
}

std::span<std::byte> unmask_frame(const ClientFrame& frame, std::byte* to) {
    const std::size_t head_bytes = frame.head_bytes - kKeyBytes;
    std::byte key[kKeyBytes];
    std::memcpy(key, frame.begin + head_bytes, kKeyBytes);
    std::memmove(to, frame.begin, head_bytes);
    to[1] &= std::byte{0x7f};
    unmask(to + head_bytes, frame.begin + frame.head_bytes, frame.payload_bytes, key);
    return {to, head_bytes + frame.payload_bytes};
}

std::string_view short_text(std::span<const std::byte> server_frame) {
    return {reinterpret_cast<const char*>(server_frame.data()) + kShortHeadBytes,
            server_frame.size() - kShortHeadBytes};
}

}  // namespace stentor::bench::limit
