// The program's version, as in `welcome`, `--version` and CMakeLists.txt.
// Thread: any; constants.
// Invariant: kServerName is the name, a slash and the version.
#pragma once

#include <string_view>

namespace stentor::chat {

inline constexpr std::string_view kVersion = "0.1.0";
inline constexpr std::string_view kServerName = "stentor/0.1.0";
static_assert(kServerName.ends_with(kVersion));

}  // namespace stentor::chat
