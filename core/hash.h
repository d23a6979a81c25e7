// Hashes for tables: SipHash-1-3 with a random key per process for strings that an attacker chooses
// (Aumasson, Bernstein: "SipHash: a fast short-input PRF"), and a mixer for 64-bit ids.
// Thread: any.
// Invariant: the process key is drawn once and never shown; equal keys, equal hashes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stentor::core {

struct HashKey {
    std::uint64_t k0 = 0;
    std::uint64_t k1 = 0;
};

// The published function with c compression and d finalisation rounds.
std::uint64_t siphash_1_3(HashKey key, std::string_view bytes);
std::uint64_t siphash_2_4(HashKey key, std::string_view bytes);

// From the kernel; for process_hash_key().
HashKey random_hash_key();

// Random, drawn at first use.
inline HashKey process_hash_key() {
    static const HashKey key = random_hash_key();
    return key;
}

// A bijection of 64 bits that spreads each bit over all (the finaliser of MurmurHash3, Stafford's
// variant 13). Not keyed: only for ids that the server gave out.
constexpr std::uint64_t mix64(std::uint64_t id) {
    id = (id ^ (id >> 30)) * 0xbf58476d1ce4e5b9u;
    id = (id ^ (id >> 27)) * 0x94d049bb133111ebu;
    return id ^ (id >> 31);
}

// For boost::unordered_flat_map<std::string, V, StringHash, std::equal_to<>>: looks up by
// string_view without making a string.
struct StringHash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view text) const {
        return siphash_1_3(process_hash_key(), text);
    }
};

// For boost::unordered_flat_map<std::uint64_t, V, IdHash>.
struct IdHash {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t id) const { return mix64(id); }
};

}  // namespace stentor::core
