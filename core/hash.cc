// SipHash as its paper describes it; see hash.h.
// Thread: any.
// Invariant: bytes are read as little-endian words.
#include "core/hash.h"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <cstring>

#include "core/check.h"

namespace stentor::core {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie");

template <typename Word>
std::uint64_t word_at(const char* bytes) {
    Word word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

// The last 0 to 7 bytes of all, and their length modulo 256 on top. What is read overlaps what was
// read before, so that nothing goes byte by byte.
std::uint64_t last_word(std::string_view bytes) {
    const std::size_t size = bytes.size();
    const std::size_t rest = size % 8;
    const char* const end = bytes.data() + size;
    std::uint64_t word = std::uint64_t{size & 0xff} << 56;
    if (rest == 0) return word;
    if (size >= 8) {
        word |= word_at<std::uint64_t>(end - 8) >> (8 * (8 - rest));
    } else if (size >= 4) {
        word |= word_at<std::uint32_t>(bytes.data()) | word_at<std::uint32_t>(end - 4)
                                                           << (8 * (size - 4));
    } else {  // the first, the middle and the last byte; of one or two some are read twice
        word |= word_at<std::uint8_t>(bytes.data()) |
                word_at<std::uint8_t>(bytes.data() + size / 2) << (8 * (size / 2)) |
                word_at<std::uint8_t>(end - 1) << (8 * (size - 1));
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
        state.compress<kCompression>(word_at<std::uint64_t>(rest.data()));
    }
    state.compress<kCompression>(last_word(bytes));
    state.v2 ^= 0xff;
    for (int i = 0; i < kFinalisation; ++i) {
        state.round();
    }
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace

std::uint64_t siphash_1_3(HashKey key, std::string_view bytes) {
    return siphash<1, 3>(key, bytes);
}

std::uint64_t siphash_2_4(HashKey key, std::string_view bytes) {
    return siphash<2, 4>(key, bytes);
}

HashKey random_hash_key() {
    HashKey key;
    ssize_t drawn = 0;
    do {
        drawn = ::getrandom(&key, sizeof key, 0);
    } while (drawn < 0 && errno == EINTR);
    STENTOR_CHECK(drawn == ssize_t{sizeof key});
    return key;
}

}  // namespace stentor::core
