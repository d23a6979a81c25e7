// What a test looks for in the frames that a client heard.
// Thread: any; pure.
// Invariant: an empty answer where there is none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "chat/ids.h"

namespace stentor::chat {

inline std::size_t count_of(std::string_view heard, std::string_view what) {
    std::size_t count = 0;
    for (std::size_t at = heard.find(what); at != std::string_view::npos;
         at = heard.find(what, at + 1)) {
        ++count;
    }
    return count;
}

// The value of the first string field of that name.
inline std::string text_of(std::string_view heard, std::string_view field) {
    const std::string key = '"' + std::string(field) + "\":\"";
    const std::size_t at = heard.find(key);
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view rest = heard.substr(at + key.size());
    return std::string(rest.substr(0, rest.find('"')));
}

inline UserId user_of(std::string_view logged_in) {
    return UserId::parse(text_of(logged_in, "user")).value_or(UserId{});
}

}  // namespace stentor::chat
