// The random sources of random.h.
// Thread: as there.
// Invariant: no number is given out twice, and none before the kernel's generator is seeded
// (getrandom without flags waits for that).
#include "chat/random.h"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <string_view>
#include <utility>

#include "core/check.h"

namespace stentor::chat {

void fill_from_kernel(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        STENTOR_CHECK(got > 0);
        bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
}

std::uint64_t SystemRandom::next() {
    if (used_ == buffer_.size()) {
        fill_from_kernel(std::as_writable_bytes(std::span(buffer_)));
        used_ = 0;
    }
    return std::exchange(buffer_[used_++], 0);
}

SeededRandom::SeededRandom(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
        seed += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = seed;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        word = mixed ^ (mixed >> 31U);
    }
}

std::uint64_t SeededRandom::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::string random_token(RandomSource& random, std::size_t length) {
    constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
    constexpr std::size_t kCharactersPerDraw = 12;  // 60 of 64 bits
    std::string token;
    token.reserve(length);
    std::uint64_t bits = 0;
    for (std::size_t at = 0; at < length; ++at) {
        if (at % kCharactersPerDraw == 0) bits = random.next();
        token.push_back(kAlphabet[bits & 31U]);
        bits >>= 5U;
    }
    return token;
}

std::string random_epoch(RandomSource& random) {
    return random_token(random, kEpochCharacters);
}

}  // namespace stentor::chat
