// SipHash as its paper describes it; see hash.h.
// Thread: any.
// Invariant: bytes are read as little-endian words, whatever the machine.
#include "core/hash.h"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <cstring>

#include "core/check.h"

namespace stentor::core {
namespace {

std::uint64_t first_word(std::string_view bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    if constexpr (std::endian::native == std::endian::big) {
        word = __builtin_bswap64(word);
    }
    return word;
}

// The last 0 to 7 bytes, and the length modulo 256 on top.
std::uint64_t last_word(std::string_view rest, std::size_t length) {
    std::uint64_t word = std::uint64_t{length & 0xff} << 56;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        word |= std::uint64_t{static_cast<unsigned char>(rest[i])} << (8 * i);
    }
    return word;
}

struct SipState {
    std::uint64_t v0, v1, v2, v3;

    explicit SipState(HashKey key)
        : v0(key.k0 ^ 0x736f6d6570736575u),
          v1(key.k1 ^ 0x646f72616e646f6du),
          v2(key.k0 ^ 0x6c7967656e657261u),
          v3(key.k1 ^ 0x7465646279746573u) {}

    void round() {
        v0 += v1;
        v2 += v3;
        v1 = std::rotl(v1, 13) ^ v0;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 = std::rotl(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = std::rotl(v1, 17) ^ v2;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 = std::rotl(v2, 32);
    }
    template <int kRounds>
    void compress(std::uint64_t word) {
        v3 ^= word;
        for (int i = 0; i < kRounds; ++i) {
            round();
        }
        v0 ^= word;
    }
};

template <int kCompression, int kFinalisation>
std::uint64_t siphash(HashKey key, std::string_view bytes) {
    SipState state(key);
    std::string_view rest = bytes;
    for (; rest.size() >= 8; rest.remove_prefix(8)) {
        state.compress<kCompression>(first_word(rest));
    }
    state.compress<kCompression>(last_word(rest, bytes.size()));
    state.v2 ^= 0xff;
    for (int i = 0; i < kFinalisation; ++i) {
        state.round();
    }
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

HashKey random_key() {
    HashKey key;
    ssize_t drawn = 0;
    do {
        drawn = ::getrandom(&key, sizeof key, 0);
    } while (drawn < 0 && errno == EINTR);
    STENTOR_CHECK(drawn == ssize_t{sizeof key});
    return key;
}

}  // namespace

std::uint64_t siphash_1_3(HashKey key, std::string_view bytes) {
    return siphash<1, 3>(key, bytes);
}

std::uint64_t siphash_2_4(HashKey key, std::string_view bytes) {
    return siphash<2, 4>(key, bytes);
}

HashKey process_hash_key() {
    static const HashKey key = random_key();
    return key;
}

}  // namespace stentor::core
