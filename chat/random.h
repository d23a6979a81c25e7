// Where a shard's random numbers come from: the kernel in the program, a seed in the simulation.
// Thread: a source belongs to one thread.
// Invariant: a shard draws from its RandomSource alone, so that one seed repeats a whole run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace stentor::chat {

class RandomSource {
public:
    virtual ~RandomSource() = default;
    virtual std::uint64_t next() = 0;
};

// Fills `bytes` from the kernel's generator, fit for keys.
void fill_from_kernel(std::span<std::byte> bytes);

// The kernel's generator, fetched 64 numbers at a time; fit for ids and tokens. A number is wiped
// from the buffer when it is given out.
class SystemRandom final : public RandomSource {
public:
    std::uint64_t next() override;

private:
    std::array<std::uint64_t, 64> buffer_{};
    std::size_t used_ = 64;
};

// xoshiro256**, seeded by splitmix64. For the simulation and the tests: anyone can predict it.
class SeededRandom final : public RandomSource {
public:
    explicit SeededRandom(std::uint64_t seed);
    std::uint64_t next() override;

private:
    std::array<std::uint64_t, 4> state_{};
};

// `length` characters of lower-case base32 (a-z, 2-7), 5 random bits each.
std::string random_token(RandomSource& random, std::size_t length);

// An epoch: 12 characters, 60 bits.
inline constexpr std::size_t kEpochCharacters = 12;
std::string random_epoch(RandomSource& random);

}  // namespace stentor::chat
