// The texts that `chat` sends: a stamp, a checksum of everything, and characters that are easily
// spoilt on the way (quotes, backslashes, control characters, several bytes for one).
// Thread: any; pure.
// Invariant: check_content() accepts what make_content() made, and nothing that differs in a byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/load/stamp.h"

namespace stentor::bench {

// Of about `bytes` bytes, the same for the same stamp.
std::string make_content(Stamp stamp, std::size_t bytes);

struct CheckedContent {
    Stamp stamp;
    bool whole = false;  // the checksum is right
};
// Nothing when it is not one of ours.
std::optional<CheckedContent> check_content(std::string_view content);

std::uint64_t hash_of(std::string_view text, std::uint64_t seed = 0);

}  // namespace stentor::bench
