// Says of a fingerprint that it is not among some others, or that it may be: a Bloom filter whose
// bits of one fingerprint lie in one word, at about sixteen bits each.
// Thread: owner.
// Invariant: of what was added it never says that it is not there.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/hash.h"

namespace stentor::chat {

class IdFilter {
public:
    // For so many, or about.
    explicit IdFilter(std::size_t fingerprints)
        : words_(std::bit_ceil(std::max<std::size_t>(1, fingerprints / kFingerprintsAWord))) {}

    void add(std::uint32_t fingerprint) {
        const Place place = place_of(fingerprint);
        words_[place.word] |= place.bits;
    }
    bool may_have(std::uint32_t fingerprint) const {
        const Place place = place_of(fingerprint);
        return (words_[place.word] & place.bits) == place.bits;
    }
    std::size_t bytes() const { return words_.size() * sizeof(std::uint64_t); }

private:
    static constexpr std::size_t kFingerprintsAWord = 4;
    static constexpr int kBitsEach = 5;
    struct Place {
        std::size_t word;
        std::uint64_t bits;
    };
    Place place_of(std::uint32_t fingerprint) const {
        std::uint64_t rest = core::mix64(fingerprint);
        const std::size_t word = (rest >> 32U) & (words_.size() - 1);
        std::uint64_t bits = 0;
        for (int i = 0; i < kBitsEach; ++i, rest >>= 6U) bits |= std::uint64_t{1} << (rest & 63U);
        return {word, bits};
    }

    std::vector<std::uint64_t> words_;
};

}  // namespace stentor::chat
