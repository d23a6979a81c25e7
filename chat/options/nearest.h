// "Did you mean": the known word nearest to one that is not known.
// Thread: any; pure.
// Invariant: a word that is far from all of them gets no suggestion.
#pragma once

#include <span>
#include <string_view>

namespace stentor::chat {

// Empty when none is within two edits, or a third of the word's length (neighbours swapped are one
// edit). `-` and `_` count as equal.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known);

}  // namespace stentor::chat
