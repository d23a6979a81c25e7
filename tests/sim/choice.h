// Every decision of a simulated run, out of its seed (docs/simulation.md).
// Thread: the simulation has one. Invariant: the same seed and the same questions, the same
// answers.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "chat/random.h"

namespace stentor::sim {

class Choice {
public:
    explicit Choice(std::uint64_t seed) : random_(seed) {}

    std::uint64_t next() { return random_.next(); }
    // 0 .. n-1; 0 when there is nothing to choose.
    std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : next() % n; }
    // first .. last
    std::uint64_t between(std::uint64_t first, std::uint64_t last) {
        return first + below(last - first + 1);
    }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    bool percent(std::uint64_t chance) { return below(100) < chance; }
    // 1 .. max, small ones as likely as large ones: cuts of a byte stream.
    std::uint64_t piece_of(std::uint64_t max) {
        const std::uint64_t bits = below(static_cast<std::uint64_t>(std::bit_width(max)) + 1);
        const std::uint64_t most = std::min<std::uint64_t>(max, (std::uint64_t{1} << bits));
        return most == 0 ? 0 : between(1, most);
    }
    template <typename T>
    T& pick(std::vector<T>& among) {
        return among[below(among.size())];
    }
    template <typename T>
    const T& pick(const std::vector<T>& among) {
        return among[below(among.size())];
    }

private:
    chat::SeededRandom random_;
};

}  // namespace stentor::sim
