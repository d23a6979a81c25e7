// The restricted edit distance (Damerau, Levenshtein), three rows of it. See nearest.h.
// Thread: any; pure.
// Invariant: the cost is bounded, for longer words than any of ours are cut.
#include "chat/options/nearest.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace stentor::chat {
namespace {

constexpr std::size_t kLettersMax = 48;
using Row = std::array<std::size_t, kLettersMax + 1>;

bool same(char a, char b) {
    return a == b || ((a == '-' || a == '_') && (b == '-' || b == '_'));
}

std::size_t distance(std::string_view a, std::string_view b) {
    a = a.substr(0, kLettersMax);
    b = b.substr(0, kLettersMax);
    Row before_last{};
    Row last{};
    Row row{};
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
            row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
        before_last = last;
        last = row;
    }
    return last[b.size()];
}

}  // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known) {
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string_view candidate : known) {
        const std::size_t edits = distance(word, candidate);
        if (edits < best_distance && edits < candidate.size()) {
            best = candidate;
            best_distance = edits;
        }
    }
    return best;
}

}  // namespace stentor::chat
